using System.Collections.Immutable;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Lab.Verification;

/// <summary>What the programs' own tools say of the running centre.</summary>
internal static class ProgramChecks
{
    /// <summary>The pods' probes succeed, as the pods run them.</summary>
    public static async Task<ImmutableArray<string>> ProbesAsync(LabFleet fleet, CancellationToken cancellation)
    {
        var prometheus = Path.Combine(fleet.Centre.PrometheusDirectory, ConfigurationPaths.WebClient);
        var alertmanager = Path.Combine(fleet.Centre.AlertmanagerDirectory, ConfigurationPaths.WebClient);
        return
        [
            .. await RunAsync(fleet, Tool.Promtool, cancellation, "check", "ready", $"--url={fleet.Centre.Prometheus.Address}", $"--http.config.file={prometheus}"),
            .. await RunAsync(fleet, Tool.Promtool, cancellation, "check", "healthy", $"--url={fleet.Centre.Prometheus.Address}", $"--http.config.file={prometheus}"),
            .. await RunAsync(fleet, Tool.Amtool, cancellation, "cluster", "show", $"--alertmanager.url={fleet.Centre.AlertmanagerAddress}", $"--http.config.file={alertmanager}"),
        ];
    }

    /// <summary>Every file of the configuration is accepted, with its credentials in place.</summary>
    public static async Task<ImmutableArray<string>> ConfigurationAsync(LabFleet fleet, CancellationToken cancellation) =>
    [
        .. await RunAsync(fleet, Tool.Promtool, cancellation, "check", "config", Path.Combine(fleet.Centre.PrometheusDirectory, ConfigurationPaths.Main)),
        .. await RunAsync(fleet, Tool.Promtool, cancellation, "check", "web-config", Path.Combine(fleet.Centre.PrometheusDirectory, ConfigurationPaths.Web)),
        .. await RunAsync(fleet, Tool.Promtool, cancellation, "check", "web-config", Path.Combine(fleet.Centre.AlertmanagerDirectory, ConfigurationPaths.Web)),
        .. await RunAsync(fleet, Tool.Amtool, cancellation, "check-config", Path.Combine(fleet.Centre.AlertmanagerDirectory, "alertmanager.yml")),
        .. await RunAsync(fleet, Tool.BlackboxExporter, cancellation, "--config.check", $"--config.file={Path.Combine(fleet.Centre.PrometheusDirectory, ConfigurationPaths.Blackbox)}"),
    ];

    private static async Task<ImmutableArray<string>> RunAsync(LabFleet fleet, Tool tool, CancellationToken cancellation, params string[] arguments)
    {
        var result = await OneShot.RunAsync(fleet.Tools[tool].Path, arguments, TimeSpan.FromSeconds(20), cancellation);
        return result.ExitCode == 0 ? [] : [$"{tool} {string.Join(' ', arguments)}: {result.LastLine}"];
    }
}
