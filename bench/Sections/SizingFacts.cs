using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Sizing;
using Microsoft.AspNetCore.Http;

namespace FleetPrometheus.Bench.Sections;

/// <summary>What <see cref="SizingFigures"/> rest on, beside what <see cref="FleetEstimate"/> says of the same.</summary>
internal sealed class SizingFacts : Section
{
    private const int Nodes = 2;
    private const int SeriesPerTarget = 1_000;
    private const int BlockSeries = 1_000;
    private const int BlockSamples = 240; // two hours at 30 s, a block as Prometheus writes it

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Watched = 4 * Interval;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private static readonly ImmutableArray<int> Sizes = [50_000, 200_000];

    public override string Name => "sizing";

    public override string Question => "What ./dev size computes with";

    public override async Task<JsonObject> MeasureAsync(Run run, CancellationToken cancellation)
    {
        var tools = await run.LocateAsync(cancellation, [.. Tool.Core]);
        run.Say("a block of two hours");
        var disk = await DiskPerSampleAsync(tools[Tool.Promtool], cancellation);
        run.Say($"{string.Join(" and ", Sizes)} series, and {Sizes[0]} sent on");
        var carried = await CarryAsync(tools[Tool.Prometheus], cancellation, [.. Sizes.Select(size => (size, false)), (Sizes[0], true)]);
        run.Say("a cluster with few and with many pods");
        var (few, many) = await ClusterAsync(cancellation);
        return new JsonObject
        {
            ["disk_bytes_per_sample"] = disk,
            ["carrying"] = new JsonObject(Sizes.Zip(carried).Select(size => KeyValuePair.Create(Key(size.First), (JsonNode?)size.Second))),
            ["sending"] = carried[^1],
            ["cores_per_node"] = Environment.ProcessorCount,
            ["few_pods"] = few,
            ["many_pods"] = many,
        };
    }

    public override IEnumerable<FigureTable> Tables(JsonObject figures) =>
    [
        FigureTable.Compare(
            "A Prometheus by the number of its series",
            figures["carrying"]!.AsObject(),
            [.. Sizes.Select(size => new Heading(Key(size), $"{size.ToString("#,0", CultureInfo.InvariantCulture)} series"))],
            [new("resident_bytes", "resident memory"), new("estimated_bytes", "what ./dev size says"), new("processor_seconds_per_million_samples", "processor seconds per million samples"), new("log_bytes_per_sample", "bytes per sample in the write-ahead log")]),
        new FigureTable(
            "A sample elsewhere",
            ["", "measured", "what ./dev size says"],
            [
                ["bytes in a block", FigureTable.Text("", (double)figures["disk_bytes_per_sample"]!), FigureTable.Text("", SizingFigures.DiskPerSample)],
                ["bytes to a remote store", FigureTable.Text("", (double)figures["sending"]!["sent_bytes_per_sample"]!), FigureTable.Text("", SizingFigures.RemoteWritePerSample)],
            ]),
    ];

    /// <summary>
    /// Resident memory, processor time and log of Prometheuses that scrape so many series, as cadvisor's look after relabelling, and send them on
    /// or not. All at once: together they take a small part of one core, and whatever else this machine does is not one's alone.
    /// </summary>
    internal static Task<JsonObject[]> CarryAsync(LocatedTool program, CancellationToken cancellation, params ImmutableArray<(int Series, bool Sends)> sides) =>
        Task.WhenAll(sides.Select(side => CarryAsync(program, side.Series, side.Sends, cancellation)));

    private static async Task<JsonObject> CarryAsync(LocatedTool program, int series, bool sends, CancellationToken cancellation)
    {
        await using var processes = new ProcessSupervisor();
        long received = 0;
        var exporter = FreePort.Find();
        var bodies = Enumerable.Range(0, 2).Select(Body).ToArray();
        await using var server = await WebServer.StartAsync(options => options.Listen(System.Net.IPAddress.Loopback, exporter), async context =>
        {
            if (context.Request.Method == "POST")
            {
                var buffer = new byte[1 << 16];
                while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) is > 0 and var read)
                {
                    Interlocked.Add(ref received, read);
                }

                context.Response.StatusCode = StatusCodes.Status204NoContent;
                return;
            }

            // Values change from scrape to scrape.
            context.Response.ContentType = Exposition.ContentType;
            await context.Response.Body.WriteAsync(bodies[DateTimeOffset.UtcNow.ToUnixTimeSeconds() / (int)Interval.TotalSeconds % 2], context.RequestAborted);
        }, cancellation);

        var configuration = new StringBuilder($"global: {{ scrape_interval: {Interval.TotalSeconds:0}s, scrape_timeout: {Interval.TotalSeconds:0}s }}\nscrape_configs:\n- job_name: kubelet\n  static_configs:\n");
        for (var target = 0; target < series / SeriesPerTarget; target++)
        {
            configuration.Append(CultureInfo.InvariantCulture, $"  - {{ targets: ['127.0.0.1:{exporter}'], labels: {{ cluster: cluster-{target / 20}, instance: node-{target}.example.com, node: node-{target}.example.com, metrics_path: /metrics/cadvisor }} }}\n");
        }

        if (sends)
        {
            configuration.Append(CultureInfo.InvariantCulture, $"remote_write: [{{ url: 'http://127.0.0.1:{exporter}/write' }}]\n");
        }

        await File.WriteAllTextAsync(Path.Combine(processes.DirectoryPath, "prometheus.yml"), configuration.ToString(), cancellation);
        await using var watcher = await Watcher.StartAsync(processes, program, "prometheus", processes.DirectoryPath, cancellation);
        var metrics = await UntilAllAsync(watcher.Api, series, cancellation);
        var resident = 0.0;
        var first = metrics;
        var log = LogSize();
        var end = DateTime.UtcNow + Watched;
        while (DateTime.UtcNow < end)
        {
            await Task.Delay(TimeSpan.FromSeconds(2), cancellation);
            metrics = await watcher.Api.MetricsAsync(cancellation);
            resident = Math.Max(resident, metrics["process_resident_memory_bytes"]);
        }

        var samples = Grown("prometheus_tsdb_head_samples_appended_total");
        var figures = new JsonObject
        {
            ["resident_bytes"] = resident,
            ["estimated_bytes"] = FleetEstimate.ResidentFor(metrics["prometheus_tsdb_head_series"]),
            ["processor_seconds_per_million_samples"] = Grown("process_cpu_seconds_total") / samples * 1e6,
            ["log_bytes_per_sample"] = (LogSize() - log) / samples,
        };
        if (sends)
        {
            figures["sent_samples_per_second"] = Grown("prometheus_remote_storage_samples_total") / (metrics["prometheus_remote_storage_highest_timestamp_in_seconds"] - first["prometheus_remote_storage_highest_timestamp_in_seconds"]);
            figures["sent_bytes_per_sample"] = Interlocked.Read(ref received) / metrics["prometheus_remote_storage_samples_total"];
        }

        return figures;

        double Grown(string name) => metrics[name] - first[name];

        double LogSize() => new DirectoryInfo(Path.Combine(processes.DirectoryPath, "data", "wal")).EnumerateFiles("*", SearchOption.AllDirectories).Sum(one => (double)one.Length);
    }

    private static byte[] Body(int variant)
    {
        var text = new StringBuilder();
        for (var series = 0; series < SeriesPerTarget; series++)
        {
            var (metric, container) = (series / 40, series % 40);
            text.Append(CultureInfo.InvariantCulture, $"container_metric_{metric:00}_bytes_total{{container=\"app\",id=\"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{Uid(container)}.slice/cri-containerd-{Uid(container)}.scope\",image=\"registry.example.com/shop/web:1.4.{container}\",name=\"{Uid(container)}\",namespace=\"shop-{container % 7}\",pod=\"web-{Uid(container)[..10]}-{container:00000}\"}} {(series * 7919) + (variant * (series % 50))}\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());

        static string Uid(int container) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData([(byte)container]));
    }

    private static async Task<IReadOnlyDictionary<string, double>> UntilAllAsync(PrometheusApi prometheus, int series, CancellationToken cancellation)
    {
        var end = DateTime.UtcNow + Patience;
        while (true)
        {
            var metrics = await prometheus.MetricsAsync(cancellation);
            if (metrics["prometheus_tsdb_head_series"] >= series)
            {
                return metrics;
            }

            if (DateTime.UtcNow > end)
            {
                throw new ExpectedFailure($"After {Patience.TotalMinutes:0} minutes Prometheus still has {metrics["prometheus_tsdb_head_series"]} series: this machine has too much to do.");
            }

            await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
        }
    }

    /// <summary>Bytes for each sample of a block that Prometheus's own tool writes: a third of the series constant, a third gauges, a third counters.</summary>
    private static async Task<double> DiskPerSampleAsync(LocatedTool promtool, CancellationToken cancellation)
    {
        var directory = Directory.CreateTempSubdirectory("fleet-bench-");
        try
        {
            var file = Path.Combine(directory.FullName, "samples");
            await using (var text = new StreamWriter(file))
            {
                var random = new Random(1);
                var values = Enumerable.Range(0, BlockSeries).Select(_ => Math.Floor(random.NextDouble() * 1e6)).ToArray();
                // A multiple of two hours, so that it is one block.
                const long Begin = 1_699_999_200;
                for (var series = 0; series < BlockSeries; series++)
                {
                    for (var sample = 0; sample < BlockSamples; sample++)
                    {
                        values[series] += (series % 3) switch { 0 => 0, 1 => Math.Floor(random.NextDouble() * 200) - 100, _ => Math.Floor(random.NextDouble() * 50) };
                        await text.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"metric_{series % 25}{{cluster=\"stage\",job=\"kubelet\",instance=\"node-{series / 500}\",namespace=\"shop\",pod=\"web-{series / 25}\",container=\"app\"}} {values[series]} {Begin + (sample * 30)}\n"));
                    }
                }

                await text.WriteAsync("# EOF\n");
            }

            var blocks = Path.Combine(directory.FullName, "blocks");
            var result = await OneShot.RunAsync(promtool.Path, ["tsdb", "create-blocks-from", "openmetrics", file, blocks], TimeSpan.FromMinutes(2), cancellation);
            return result.ExitCode == 0
                ? Directory.EnumerateFiles(blocks, "*", SearchOption.AllDirectories).Sum(one => (double)new FileInfo(one).Length) / BlockSeries / BlockSamples
                : throw new ExpectedFailure($"promtool tsdb create-blocks-from openmetrics: {result.LastLine}");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <summary>Series per job of a cluster of the lab, through the very jobs and drop-lists that the program makes, with few pods and with many.</summary>
    private static async Task<(JsonObject Few, JsonObject Many)> ClusterAsync(CancellationToken cancellation)
    {
        await using var fleet = await LabFleet.StartAsync(new LabOptions { Project = SourceTree.Root, Nodes = Nodes, Interval = TimeSpan.FromSeconds(5) }, _ => { }, cancellation);
        var member = fleet.Members[0];
        var few = await SettledAsync(fleet, member, cancellation);
        await member.Cluster.Admin.ApplyAsync(JsonNode.Parse("""
            { "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "many", "namespace": "shop" }, "spec": { "replicas": 60, "selector": { "matchLabels": { "app": "many" } }, "template": {
              "metadata": { "labels": { "app": "many" } }, "spec": { "containers": [{ "name": "app", "image": "registry.example/many:1",
                "resources": { "requests": { "cpu": "100m", "memory": "128Mi" }, "limits": { "cpu": "500m", "memory": "256Mi" } } }] } } } }
            """)!.AsObject(), cancellation);
        return (few, await SettledAsync(fleet, member, cancellation));
    }

    private static async Task<JsonObject> SettledAsync(LabFleet fleet, FleetMember member, CancellationToken cancellation)
    {
        var end = DateTime.UtcNow + Patience;
        var before = "";
        while (true)
        {
            // Two looks that are two scrapes apart agree, and no target is missing.
            await Task.Delay(TimeSpan.FromSeconds(11), cancellation);
            var series = await fleet.Centre.Prometheus.QueryAsync($$"""sum by (job, metrics_path) (scrape_samples_post_metric_relabeling{cluster="{{member.Name}}"})""", cancellation);
            var up = await fleet.Centre.Prometheus.ScalarAsync($$"""sum(up{cluster="{{member.Name}}"})""", cancellation);
            var figures = new JsonObject
            {
                ["nodes"] = Nodes,
                ["pods"] = member.Cluster.Pods.Count(pod => pod.Text("status", "podIP") is not null),
                ["series"] = new JsonObject(series.OrderBy(one => one["job"] + one["metrics_path"], StringComparer.Ordinal).Select(one => KeyValuePair.Create(
                    one["metrics_path"].EndsWith("/cadvisor", StringComparison.Ordinal) ? "cadvisor" : one["job"].Replace('-', '_'), (JsonNode?)one.Value))),
            };
            if (figures.ToJsonString() == before && up == member.Expected.Length)
            {
                return figures;
            }

            before = figures.ToJsonString();
            if (DateTime.UtcNow > end)
            {
                throw new ExpectedFailure($"After {Patience.TotalMinutes:0} minutes {up} of {member.Expected.Length} targets are up: this machine has too much to do.");
            }
        }
    }
}
