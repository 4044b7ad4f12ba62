using System.Collections.Immutable;
using Pulumi.Kubernetes.Types.Inputs.Rbac.V1;

namespace FleetPrometheus.Targets;

/// <summary>One RBAC rule: these verbs on these resources, or on these addresses of the API server itself.</summary>
public sealed record AccessRule
{
    /// <summary>API groups of <see cref="Resources"/>; the core group is the empty string.</summary>
    public ImmutableArray<string> ApiGroups { get; init; } = [];

    /// <summary>Resources and subresources, such as <c>pods/proxy</c>.</summary>
    public ImmutableArray<string> Resources { get; init; } = [];

    /// <summary>The only objects of <see cref="Resources"/> that are meant; lists and watches then must ask for one of these names. Empty: all.</summary>
    public ImmutableArray<string> ResourceNames { get; init; } = [];

    /// <summary>Addresses that belong to no resource, such as <c>/metrics</c>; only in ClusterRoles.</summary>
    public ImmutableArray<string> NonResourceUrls { get; init; } = [];

    /// <summary>What may be done.</summary>
    public required ImmutableArray<string> Verbs { get; init; }

    /// <summary>A rule on resources of the core group.</summary>
    public static AccessRule Core(string resource, params ImmutableArray<string> verbs) =>
        new() { ApiGroups = [""], Resources = [resource], Verbs = verbs };

    internal PolicyRuleArgs ToArgs()
    {
        if (!NonResourceUrls.IsEmpty)
        {
            return new PolicyRuleArgs { NonResourceURLs = NonResourceUrls, Verbs = Verbs };
        }

        var rule = new PolicyRuleArgs { ApiGroups = ApiGroups, Resources = Resources, Verbs = Verbs };
        if (!ResourceNames.IsEmpty)
        {
            rule.ResourceNames = ResourceNames;
        }

        return rule;
    }
}
