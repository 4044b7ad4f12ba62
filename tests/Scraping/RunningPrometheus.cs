using System.Text.Json;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Tests.Scraping;

/// <summary>A real Prometheus on a generated configuration.</summary>
internal sealed class RunningPrometheus : IAsyncDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();
    private readonly ProcessSupervisor _supervisor = new();
    private readonly HttpClient _client = new();

    public string Directory => _directory.Path;

    public required Uri Address { get; init; }

    public static async Task<RunningPrometheus> StartAsync(IEnumerable<Cluster> clusters, string? certificate = null, string? exporter = null, Func<Cluster, string>? render = null)
    {
        var address = $"127.0.0.1:{FreePort.Find()}";
        var prometheus = new RunningPrometheus { Address = new($"http://{address}/") };
        var second = TimeSpan.FromSeconds(1);
        var main = Samples.Local with { Prometheuses = [address], ScrapeInterval = second, ScrapeTimeout = second, EvaluationInterval = second, ExternalLabels = Samples.Central.ExternalLabels, BlackboxExporter = exporter };
        ConfigurationTree.Write(prometheus._directory, main, clusters, certificate, render);
        var process = prometheus._supervisor.Start(new("prometheus", await Tools.PathOfAsync(Tool.Prometheus),
        [
            $"--config.file={Path.Combine(prometheus.Directory, ConfigurationPaths.Main)}",
            $"--storage.tsdb.path={Path.Combine(prometheus.Directory, "data")}",
            $"--web.listen-address={address}",
        ])
        {
            Environment = Samples.Labels((PrometheusMainFile.ReplicaVariable, "prometheus-7")),
        });
        await process.UntilReadyAsync(prometheus._client, new(prometheus.Address, "-/ready"), Soon);
        return prometheus;
    }

    /// <summary>Asks until the answer holds what is wanted.</summary>
    public async Task<JsonElement> UntilAsync(string query, Func<JsonElement, bool> wanted)
    {
        var deadline = DateTime.UtcNow + Soon;
        while (true)
        {
            using var answer = JsonDocument.Parse(await _client.GetStringAsync(new Uri(Address, query)));
            var data = answer.RootElement.GetProperty("data").Clone();
            if (wanted(data))
            {
                return data;
            }

            Assert.True(DateTime.UtcNow < deadline, $"{query} still answers {data}");
            await Task.Delay(200);
        }
    }

    /// <summary>The labels of every series of a query, once there are so many.</summary>
    public async Task<Dictionary<string, string>[]> SeriesAsync(string query, int count)
    {
        var data = await UntilAsync($"api/v1/query?query={Uri.EscapeDataString(query)}", data => data.GetProperty("result").GetArrayLength() == count);
        return [.. data.GetProperty("result").EnumerateArray().Select(series => series.GetProperty("metric").Deserialize<Dictionary<string, string>>()!)];
    }

    public async ValueTask DisposeAsync()
    {
        await _supervisor.DisposeAsync();
        _client.Dispose();
        _directory.Dispose();
    }
}
