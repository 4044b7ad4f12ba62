using FleetPrometheus.Scraping;
using FleetPrometheus.Workloads;
using Pulumi;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;

namespace FleetPrometheus.Central;

/// <summary>A program's certificate and key as files, beside its configuration.</summary>
internal static class CertificateVolume
{
    private const string Name = "tls";

    /// <summary>The volume.</summary>
    /// <param name="secret">The Secret of both, see <see cref="CertificateOptions"/>.</param>
    public static VolumeArgs Of(Input<string> secret) => SecretVolume.Of(Name, secret);

    /// <summary>Its place.</summary>
    /// <param name="directory">The directory of the program's configuration.</param>
    public static VolumeMountArgs Mount(string directory) => new() { Name = Name, MountPath = Directory(directory), ReadOnly = true };

    /// <summary>The arguments that tell vmauth and vmagent of both.</summary>
    /// <param name="directory">As for <see cref="Mount"/>.</param>
    public static string[] Arguments(string directory) =>
    [
        "-tls",
        $"-tlsCertFile={Directory(directory)}/{CertificateOptions.CertificateFile}",
        $"-tlsKeyFile={Directory(directory)}/{CertificateOptions.KeyFile}",
    ];

    private static string Directory(string directory) => $"{directory}/{ConfigurationPaths.Tls}";
}
