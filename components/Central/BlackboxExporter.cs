using System.Collections.Immutable;
using FleetPrometheus.Scraping;
using FleetPrometheus.Workloads;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;

namespace FleetPrometheus.Central;

/// <summary>The exporter that probes the clusters' API servers for the Prometheus in whose pod it runs.</summary>
/// <remarks>
/// Whoever can ask it has it send a cluster's token to an address of his choice. So it stands in Prometheus's own pod, listens there
/// only, and asks for the password besides. It reads its configuration again by itself: a new cluster restarts nothing.
/// </remarks>
internal static class BlackboxExporter
{
    /// <summary>The container's name.</summary>
    public const string Name = "blackbox-exporter";

    /// <summary>Where it listens.</summary>
    public const string Address = "127.0.0.1:9115";

    /// <summary>The container. It has no probes: nothing outside of its pod reaches it, and while it hangs, Prometheus says so (<c>up</c>).</summary>
    /// <param name="options">Its settings.</param>
    /// <param name="directory">Where the configuration is.</param>
    /// <param name="web">What protects it.</param>
    /// <param name="mounts">The volumes of the configuration.</param>
    public static ContainerArgs Container(BlackboxExporterOptions options, string directory, WebAccess web, ImmutableArray<VolumeMountArgs> mounts) => new()
    {
        Name = Name,
        Image = options.Image,
        Args =
        {
            $"--config.file={directory}/{ConfigurationPaths.Blackbox}",
            "--config.enable-auto-reload",
            $"--web.listen-address={Address}",
            $"--web.config.file={directory}/{(web.Tls is null ? ConfigurationPaths.Web : ConfigurationPaths.WebLoopback)}",
            "--log.level=warn", // else it says every half minute that it has read its configuration again
        },
        Resources = options.Resources.ToArgs(),
        VolumeMounts = mounts.ToArray(),
    };
}
