using Pulumi;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;

namespace FleetPrometheus.Workloads;

/// <summary>
/// The token of a pod's own account as programs look for it, declared in the pod instead of being mounted by the account's default: it shows in
/// review who has one. Kubernetes replaces the file before the token expires.
/// </summary>
internal static class AccountToken
{
    /// <summary>Where it is mounted.</summary>
    public const string Directory = "/var/run/secrets/kubernetes.io/serviceaccount";

    private const string VolumeName = "token";

    /// <summary>The volume, with the files <c>token</c>, <c>ca.crt</c> and <c>namespace</c>.</summary>
    public static VolumeArgs Volume() => new()
    {
        Name = VolumeName,
        Projected = new ProjectedVolumeSourceArgs
        {
            Sources =
            {
                new VolumeProjectionArgs { ServiceAccountToken = new ServiceAccountTokenProjectionArgs { Path = "token", ExpirationSeconds = 3600 } },
                new VolumeProjectionArgs
                {
                    ConfigMap = new ConfigMapProjectionArgs
                    {
                        Name = "kube-root-ca.crt",
                        Items = new KeyToPathArgs { Key = "ca.crt", Path = "ca.crt" },
                    },
                },
                new VolumeProjectionArgs
                {
                    DownwardAPI = new DownwardAPIProjectionArgs
                    {
                        Items = new DownwardAPIVolumeFileArgs { Path = "namespace", FieldRef = new ObjectFieldSelectorArgs { FieldPath = "metadata.namespace" } },
                    },
                },
            },
        },
    };

    /// <summary>Its mount.</summary>
    public static VolumeMountArgs Mount() => new() { Name = VolumeName, MountPath = Directory, ReadOnly = true };
}
