using FleetPrometheus.Scraping;
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
    public const string Directory = ServiceAccountFiles.Directory;

    private const string VolumeName = "token";

    /// <summary>
    /// The life of a token that a program may read once and then keep, as some builds of Prometheus do (see the remarks on <see cref="InsideScrape"/>):
    /// one year, as long as Kubernetes itself lets such tokens live. It ends with its pod at the latest, and API servers may set a lower bound.
    /// </summary>
    public static readonly TimeSpan PodLife = TimeSpan.FromDays(365);

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>The volume, with the files <c>token</c>, <c>ca.crt</c> and <c>namespace</c>.</summary>
    /// <param name="life">How long a token is valid; Kubernetes renews the file at four fifths of it, or every day. Default 1 h.</param>
    public static VolumeArgs Volume(TimeSpan? life = null) => new()
    {
        Name = VolumeName,
        Projected = new ProjectedVolumeSourceArgs
        {
            Sources =
            {
                new VolumeProjectionArgs { ServiceAccountToken = new ServiceAccountTokenProjectionArgs { Path = "token", ExpirationSeconds = (int)(life ?? Hour).TotalSeconds } },
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
