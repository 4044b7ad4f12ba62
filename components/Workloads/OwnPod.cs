using Pulumi;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;

namespace FleetPrometheus.Workloads;

/// <summary>What all our pods have in common.</summary>
internal static class OwnPod
{
    /// <param name="account">The name of its account, whose token it has only if it mounts it.</param>
    /// <param name="ownsVolumes">Whether its volumes are to belong to its group, which persistent volumes need.</param>
    public static PodSpecArgs Of(Input<string> account, bool ownsVolumes = false) => new()
    {
        ServiceAccountName = account,
        AutomountServiceAccountToken = false,
        EnableServiceLinks = false,
        NodeSelector = { ["kubernetes.io/os"] = "linux" },
        SecurityContext = PodSecurity.Pod(ownsVolumes),
    };
}
