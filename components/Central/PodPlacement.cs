using FleetPrometheus.Workloads;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;

namespace FleetPrometheus.Central;

/// <summary>Where replicas stand.</summary>
internal static class PodPlacement
{
    /// <summary>On different nodes where there are enough.</summary>
    public static AffinityArgs Apart(string program) => new()
    {
        PodAntiAffinity = new PodAntiAffinityArgs
        {
            PreferredDuringSchedulingIgnoredDuringExecution = new WeightedPodAffinityTermArgs
            {
                Weight = 100,
                PodAffinityTerm = new PodAffinityTermArgs
                {
                    TopologyKey = "kubernetes.io/hostname",
                    LabelSelector = new LabelSelectorArgs { MatchLabels = ObjectLabels.Selector(program) },
                },
            },
        },
    };
}
