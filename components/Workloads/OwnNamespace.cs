using Pulumi;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;

namespace FleetPrometheus.Workloads;

/// <summary>A namespace that we declare ourselves.</summary>
internal static class OwnNamespace
{
    public static Namespace Declare(string name, string place, PodSecurityLevel level, Resource parent) => new(name, new NamespaceArgs
    {
        Metadata = new ObjectMetaArgs
        {
            Name = place,
            Labels = ObjectLabels.Of(ObjectLabels.Project, "namespace").SetItems(PodSecurity.NamespaceLabels(level)),
        },
    }, new CustomResourceOptions { Parent = parent });
}
