using System.Collections.Immutable;
using FleetPrometheus.Workloads;
using Pulumi;
using Pulumi.Kubernetes.Rbac.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;
using Pulumi.Kubernetes.Types.Inputs.Rbac.V1;

namespace FleetPrometheus.Targets;

/// <summary>The roles that give an account the rights of <see cref="ScrapeRules"/>.</summary>
internal sealed record ScrapeRights
{
    /// <summary>The name of every role and binding.</summary>
    public required string RoleName { get; init; }

    /// <summary>The rights.</summary>
    public required ScrapeRules Rules { get; init; }

    /// <summary>Who gets them.</summary>
    public required SubjectArgs Account { get; init; }

    /// <inheritdoc cref="ScrapeAccessArgs.Namespaces"/>
    public required ImmutableDictionary<string, Input<string>> Namespaces { get; init; }

    /// <summary>Declares everything as children of a component.</summary>
    public void Declare(string name, ComponentResource parent)
    {
        var child = new CustomResourceOptions { Parent = parent };
        if (!Rules.Cluster.IsEmpty)
        {
            ClusterRights.Declare($"{name}-cluster", Metadata(), Rules.Cluster, Account, child);
        }

        foreach (var (jobNamespace, namespaced) in Rules.Namespaced)
        {
            var place = Namespaces.GetValueOrDefault(jobNamespace, jobNamespace);
            var role = new Role($"{name}-{jobNamespace}-role", new RoleArgs
            {
                Metadata = Metadata(place),
                Rules = namespaced.Select(rule => rule.ToArgs()).ToArray(),
            }, child);
            _ = new RoleBinding($"{name}-{jobNamespace}-rolebinding", new RoleBindingArgs
            {
                Metadata = Metadata(place),
                RoleRef = new RoleRefArgs { ApiGroup = ClusterRights.RbacGroup, Kind = "Role", Name = role.Metadata.Apply(metadata => metadata.Name) },
                Subjects = Account,
            }, child);
        }
    }

    private ObjectMetaArgs Metadata(Input<string>? place = null)
    {
        var metadata = new ObjectMetaArgs { Name = RoleName, Labels = ObjectLabels.Of(ObjectLabels.Project, "scrape-access") };
        if (place is not null)
        {
            metadata.Namespace = place;
        }

        return metadata;
    }
}
