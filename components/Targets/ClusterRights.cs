using Pulumi;
using Pulumi.Kubernetes.Rbac.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;
using Pulumi.Kubernetes.Types.Inputs.Rbac.V1;

namespace FleetPrometheus.Targets;

/// <summary>Rights in the whole cluster: a ClusterRole and its binding.</summary>
internal static class ClusterRights
{
    /// <summary>The API group of roles.</summary>
    public const string RbacGroup = "rbac.authorization.k8s.io";

    /// <param name="prefix">What the resources' names begin with, before <c>role</c> and <c>rolebinding</c>.</param>
    /// <param name="metadata">Of both objects.</param>
    /// <param name="rules">The rights.</param>
    /// <param name="account">Who gets them.</param>
    /// <param name="options">The resources' options.</param>
    public static void Declare(string prefix, ObjectMetaArgs metadata, IEnumerable<AccessRule> rules, SubjectArgs account, CustomResourceOptions options)
    {
        var role = new ClusterRole($"{prefix}role", new ClusterRoleArgs { Metadata = metadata, Rules = rules.Select(rule => rule.ToArgs()).ToArray() }, options);
        _ = new ClusterRoleBinding($"{prefix}rolebinding", new ClusterRoleBindingArgs
        {
            Metadata = metadata,
            RoleRef = new RoleRefArgs { ApiGroup = RbacGroup, Kind = "ClusterRole", Name = role.Metadata.Apply(made => made.Name) },
            Subjects = account,
        }, options);
    }
}
