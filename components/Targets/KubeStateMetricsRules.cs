using System.Collections.Immutable;

namespace FleetPrometheus.Targets;

/// <summary>What kube-state-metrics must be able to list and watch, derived from the resources it exports.</summary>
/// <remarks>Source of the resources' names: kube-state-metrics 2.19, flag <c>--resources</c>.</remarks>
public static class KubeStateMetricsRules
{
    private static readonly ImmutableSortedDictionary<string, string> ApiGroups = new Dictionary<string, string>
    {
        ["certificatesigningrequests"] = "certificates.k8s.io",
        ["clusterrolebindings"] = "rbac.authorization.k8s.io",
        ["clusterroles"] = "rbac.authorization.k8s.io",
        ["configmaps"] = "",
        ["cronjobs"] = "batch",
        ["daemonsets"] = "apps",
        ["deployments"] = "apps",
        ["endpoints"] = "",
        ["endpointslices"] = "discovery.k8s.io",
        ["horizontalpodautoscalers"] = "autoscaling",
        ["ingressclasses"] = "networking.k8s.io",
        ["ingresses"] = "networking.k8s.io",
        ["jobs"] = "batch",
        ["leases"] = "coordination.k8s.io",
        ["limitranges"] = "",
        ["mutatingwebhookconfigurations"] = "admissionregistration.k8s.io",
        ["namespaces"] = "",
        ["networkpolicies"] = "networking.k8s.io",
        ["nodes"] = "",
        ["persistentvolumeclaims"] = "",
        ["persistentvolumes"] = "",
        ["poddisruptionbudgets"] = "policy",
        ["pods"] = "",
        ["replicasets"] = "apps",
        ["replicationcontrollers"] = "",
        ["resourcequotas"] = "",
        ["rolebindings"] = "rbac.authorization.k8s.io",
        ["roles"] = "rbac.authorization.k8s.io",
        ["secrets"] = "",
        ["serviceaccounts"] = "",
        ["services"] = "",
        ["statefulsets"] = "apps",
        ["storageclasses"] = "storage.k8s.io",
        ["validatingwebhookconfigurations"] = "admissionregistration.k8s.io",
        ["volumeattachments"] = "storage.k8s.io",
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>Every resource that can be exported, ordinally sorted.</summary>
    public static ImmutableArray<string> KnownResources { get; } = [.. ApiGroups.Keys];

    /// <summary>
    /// What is exported unless chosen otherwise: kube-state-metrics' own default without Secrets and ConfigMaps, whose
    /// contents would come with the right to list them.
    /// </summary>
    public static ImmutableArray<string> DefaultResources { get; } =
    [
        .. KnownResources.Except(
        [
            "clusterrolebindings", "clusterroles", "configmaps", "endpoints", "ingressclasses", "rolebindings", "roles", "secrets",
            "serviceaccounts",
        ]),
    ];

    /// <summary>One rule per API group, groups and resources ordinally sorted.</summary>
    /// <exception cref="KeyNotFoundException">A resource is none of <see cref="KnownResources"/>.</exception>
    public static ImmutableArray<AccessRule> For(ImmutableArray<string> resources) =>
    [
        .. resources.Distinct().Order(StringComparer.Ordinal)
            .GroupBy(resource => ApiGroups[resource])
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new AccessRule { ApiGroups = [group.Key], Resources = [.. group], Verbs = ["list", "watch"] }),
    ];
}
