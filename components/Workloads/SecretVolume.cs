using Pulumi;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;

namespace FleetPrometheus.Workloads;

/// <summary>Secrets as files, for the pod's own group to read.</summary>
internal static class SecretVolume
{
    public static VolumeArgs Of(string name, Input<string> secret) => new()
    {
        Name = name,
        Secret = new SecretVolumeSourceArgs { SecretName = secret, DefaultMode = PodSecurity.GroupReadable },
    };

    public static VolumeArgs Of(string name, Secret secret) => Of(name, secret.Metadata.Apply(metadata => metadata.Name));
}
