using System.CommandLine;
using System.Globalization;
using FleetPrometheus.Central;
using FleetPrometheus.Scraping;
using FleetPrometheus.Sizing;
using FleetPrometheus.Validation;
using FleetPrometheus.Yaml;
using Spectre.Console;

namespace FleetPrometheus.Lab.Commands;

/// <summary><c>./dev size</c>: what a centre for a fleet takes, and the configuration that gives it that.</summary>
internal static class SizeCommand
{
    private const double Gibi = 1 << 30;

    public static Command Create()
    {
        var clusters = new Option<int>("--clusters") { Description = "Target clusters.", Required = true };
        var nodes = new Option<int>("--nodes") { Description = "Nodes of each cluster.", Required = true };
        var defaults = new FleetSize { Clusters = 1, NodesPerCluster = 1 };
        var pods = new Option<int>("--pods-per-node") { Description = "Pods on each node.", DefaultValueFactory = _ => defaults.PodsPerNode };
        var cores = new Option<int>("--cores-per-node") { Description = "Processors of each node.", DefaultValueFactory = _ => defaults.CoresPerNode };
        var interval = new Option<string>("--interval") { Description = "Time between two scrapes of a target.", DefaultValueFactory = _ => PrometheusDuration.Format(defaults.Interval) };
        var retention = new Option<string>("--retention") { Description = "How long samples are kept.", DefaultValueFactory = _ => PrometheusDuration.Format(defaults.Retention) };
        var replicas = new Option<int>("--replicas") { Description = "Identical Prometheus per shard.", DefaultValueFactory = _ => defaults.Replicas };
        var memory = new Option<string>("--memory") { Description = "Memory that one Prometheus may take; beyond it the clusters are split into shards.", DefaultValueFactory = _ => "16Gi" };
        var command = new Command("size", "Estimate what a centre for a fleet takes: memory, disk, shards, bandwidth, and the configuration for it.")
        {
            clusters, nodes, pods, cores, interval, retention, replicas, memory,
        };
        command.SetAction(result =>
        {
            var problems = new Problems();
            int Whole(Option<int> option, int most)
            {
                var value = result.GetValue(option);
                problems.Check(option.Name, $"{value}", value < 1 || value > most ? $"write a number from 1 to {most.ToString(CultureInfo.InvariantCulture)}" : null);
                return value;
            }

            TimeSpan Duration(Option<string> option, TimeSpan least, string example)
            {
                var text = result.GetValue(option)!;
                var good = PrometheusDuration.TryParse(text, out var duration) && duration >= least;
                problems.Check(option.Name, text, good ? null : $"write a duration of at least {PrometheusDuration.Format(least)}, such as {example}");
                return duration;
            }

            var atMost = result.GetValue(memory)!;
            problems.Check(memory.Name, atMost, Quantity.TryParse(atMost, out var bytes) && bytes >= 1 << 30 && bytes <= 1L << 44 ? null : "write a Kubernetes quantity from 1Gi to 16Ti, such as 16Gi");
            var size = new FleetSize
            {
                Clusters = Whole(clusters, 10_000),
                NodesPerCluster = Whole(nodes, 5_000),
                PodsPerNode = Whole(pods, 500),
                CoresPerNode = Whole(cores, 1_024),
                Interval = Duration(interval, TimeSpan.FromSeconds(1), "30s"),
                Retention = Duration(retention, TimeSpan.FromHours(2), "15d"),
                Replicas = Whole(replicas, 10),
                MemoryAtMost = problems.Count == 0 ? (long)bytes : 0,
            };
            if (problems.Count > 0)
            {
                throw new ExpectedFailure(problems.Describe("This fleet cannot be estimated:"));
            }

            Show(size, FleetEstimate.Of(size));
            return 0;
        });
        return command;
    }

    private static void Show(FleetSize size, FleetEstimate estimate)
    {
        var table = new Table().RoundedBorder().AddColumns("", "each Prometheus", "all together");
        table.Columns[1].RightAligned();
        table.Columns[2].RightAligned();
        var count = estimate.Shards * size.Replicas;
        void Row(string name, string each, string all) => table.AddRow(new Text(name), new Text(each), new Text(all));
        Row("shards × replicas", "", string.Create(CultureInfo.InvariantCulture, $"{estimate.Shards} × {size.Replicas}"));
        Row("series", Number(estimate.ShardSeries), Number(estimate.Series));
        Row("samples per second", Number(estimate.ShardSamplesPerSecond), Number(estimate.SamplesPerSecond * size.Replicas));
        Row("memory, with room for queries", Bytes(estimate.Memory), Bytes(estimate.Memory * count));
        Row("busy processors", Decimal(estimate.Processors), Decimal(estimate.Processors * count));
        Row("blocks on disk", Bytes(estimate.Blocks), Bytes(estimate.Blocks * count));
        Row("volume", Bytes(estimate.Volume), Bytes(estimate.Volume * count));
        Row("from the clusters, per second", "", Bytes(estimate.ScrapeBytesPerSecond));
        Row("to a remote store, if any, per second", "", Bytes(estimate.RemoteWriteBytesPerSecond));
        AnsiConsole.Write(table);
        if (!estimate.Fits)
        {
            AnsiConsole.MarkupLine($"[yellow]Even so the fullest takes more than --memory: a cluster is never split, and there are {ClusterShards.Most} shards at most. Give more memory, or scrape less (a longer interval saves disk, not memory).[/]");
        }

        AnsiConsole.WriteLine();
        AnsiConsole.WriteLine("# Pulumi.central.yaml");
        Console.Write(Configuration(size, estimate));
        AnsiConsole.WriteLine();
        AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            Assumed: {size.PodsPerNode} pods of one container and {size.CoresPerNode} processors per node, the shipped drop-list, no jobs of your own; pods that come and go
            ({SizingFigures.Churn:0.0} series in memory for each that is scraped), {SizingFigures.MemoryHeadroom:0.0} times the memory for queries; the fullest shard {SizingFigures.ShardImbalance:0.00} times its share.
            Where the figures come from: docs/sizing.md. Afterwards look at prometheus_tsdb_head_series and process_resident_memory_bytes.
            """));
    }

    /// <summary>The keys of the central stack that give each Prometheus what was estimated.</summary>
    internal static string Configuration(FleetSize size, FleetEstimate estimate)
    {
        var memory = $"{Up(estimate.Memory, Gibi):0}Gi";
        var volume = Up(estimate.Volume, Gibi);
        var prometheus = new YamlMap
        {
            { "replicas", size.Replicas },
            { "scrapeInterval", (TimeSpan?)size.Interval },
            { "scrapeTimeout", size.Interval < new PrometheusOptions().ScrapeTimeout ? size.Interval : (TimeSpan?)null },
            { "retention", (TimeSpan?)size.Retention },
            { "retentionSize", $"{Math.Max(1, Math.Floor(volume * SizingFigures.VolumeFill)).ToString(CultureInfo.InvariantCulture)}GB" },
            { "storage", new YamlMap { { "size", $"{volume.ToString(CultureInfo.InvariantCulture)}Gi" } } },
            { "resources", new YamlMap
                {
                    { "cpuRequest", $"{Up(Math.Max(estimate.Processors, 0.1), 0.1) * 100:0}m" },
                    { "memoryRequest", memory },
                    { "memoryLimit", memory },
                }
            },
        };
        var keys = new YamlMap { { "fleet-prometheus:prometheus", prometheus } };
        if (estimate.Shards > 1)
        {
            keys.Add("fleet-prometheus:shards", estimate.Shards);
        }

        return new YamlMap { { "config", keys } }.ToString();
    }

    private static double Up(double value, double unit) => Math.Ceiling(value / unit);

    private static string Number(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Decimal(double value) => value.ToString("#,0.0", CultureInfo.InvariantCulture);

    private static string Bytes(double value) => value switch
    {
        >= 1e12 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e12:0.0} TB"),
        >= 1e9 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e9:0.0} GB"),
        >= 1e6 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0.0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value / 1e3:0.0} kB"),
    };
}
