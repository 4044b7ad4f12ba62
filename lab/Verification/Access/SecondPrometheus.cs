using System.Globalization;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Lab.Verification.Access;

/// <summary>
/// A Prometheus of the generation before ours, 2.x, on one cluster's very files. Other than ours it reads a job's token file again for every
/// scrape. It knows neither auto-reload nor <c>fallback_scrape_protocol</c>, so it is told to reload, and spared that line.
/// </summary>
internal sealed class SecondPrometheus : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly LabFleet _fleet;
    private readonly string _cluster;
    private readonly string _directory;
    private readonly SupervisedProcess _process;

    private SecondPrometheus(LabFleet fleet, string cluster, LocatedTool program, TimeSpan interval)
    {
        (_fleet, _cluster, _directory) = (fleet, cluster, Path.Combine(fleet.Processes.DirectoryPath, "prometheus-2"));
        Directory.CreateDirectory(Path.Combine(_directory, ConfigurationPaths.Clusters));
        var pace = string.Create(CultureInfo.InvariantCulture, $"{interval.TotalSeconds}s");
        var main = Path.Combine(_directory, ConfigurationPaths.Main);
        File.WriteAllText(main, $"global: {{scrape_interval: {pace}, scrape_timeout: {pace}}}\nscrape_config_files: ['{ConfigurationPaths.Clusters}/*.yml']\n");
        Copy();
        var address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{FreePort.Find()}");
        Api = new PrometheusApi(new Uri($"http://{address}"), "", "");
        _process = fleet.Processes.Start(program.Run("prometheus-2", [$"--config.file={main}", $"--storage.tsdb.path={Path.Combine(_directory, "data")}", $"--web.listen-address={address}"]));
    }

    public PrometheusApi Api { get; }

    /// <summary>Starts it and waits until it is ready.</summary>
    public static async Task<SecondPrometheus> StartAsync(LabFleet fleet, string cluster, LocatedTool program, TimeSpan interval, CancellationToken cancellation)
    {
        var second = new SecondPrometheus(fleet, cluster, program, interval);
        using var client = new HttpClient();
        await second._process.UntilReadyAsync(client, new Uri(second.Api.Address, "/-/ready"), Patience, cancellation);
        return second;
    }

    /// <summary>Takes over the cluster's present files, and a while later loads them, as kubelet and Prometheus do.</summary>
    public async Task FollowAsync(TimeSpan pause, CancellationToken cancellation)
    {
        Copy();
        await Task.Delay(pause, cancellation);
        Signals.Send(_process.Id, Signals.Hangup);
    }

    public void Dispose() => Api.Dispose();

    private void Copy()
    {
        foreach (var file in Directory.GetFiles(Path.Combine(_fleet.Centre.PrometheusDirectory, ConfigurationPaths.Clusters), $"{_cluster}.*"))
        {
            var lines = File.ReadAllLines(file);
            File.WriteAllText(
                Path.Combine(_directory, ConfigurationPaths.Clusters, Path.GetFileName(file)),
                string.Join('\n', lines.Where(line => !line.Contains("fallback_scrape_protocol:", StringComparison.Ordinal))));
        }
    }
}
