using System.Collections.Immutable;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.RealKube;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Bench.Sections;

/// <summary>What the ways to a cluster's metrics cost, whom, and how much goes through.</summary>
internal sealed class ScrapePath : Section
{
    private const string Baseline = "nodes_proxy";

    private static readonly ImmutableArray<Heading> Ways = [new(Baseline, "nodesProxy"), new("relay", "relay"), new("direct", "direct"), new("push", "push")];

    private static readonly ImmutableArray<Heading> Costs =
    [
        new("p50_seconds", "a scrape, median"),
        new("p99_seconds", "a scrape, 99 of 100"),
        new("api_server_cpu_seconds", "CPU of the API server"),
        new("node_cpu_seconds", "CPU of relays or agent"),
        new("centre_cpu_seconds", "CPU of the centre"),
        new("received_bytes", "received by the centre"),
        new("samples_per_second", "samples a second"),
    ];

    public override string Name => "scrape_path";

    public override string Question => "The ways to a cluster's metrics";

    public override async Task<JsonObject> MeasureAsync(Run run, CancellationToken cancellation)
    {
        run.Say("on a simulated API server");
        var figures = await ScrapePathCommand.RunAsync(real: false, cancellation);
        Complete(figures);
        // It shares a process with the simulated kubelets, which work alike in all ways; asked directly, they work alone.
        var ways = figures["ways"]!.AsObject();
        var kubelets = (double)ways["direct"]!["api_server_cpu_seconds"]!;
        foreach (var (key, way) in ways.Concat(figures["settings"]!.AsObject()))
        {
            var alone = (double?)figures["settings_direct"]![key]?["api_server_cpu_seconds"] ?? kubelets;
            way!["api_server_cpu_seconds"] = Math.Max(0, (double)way["api_server_cpu_seconds"]! - alone);
        }

        if (KubeAssets.AreWanted)
        {
            if (await NetworkNamespace.WhyUnavailableAsync(cancellation) is { } reason)
            {
                run.Say($"a real API server is left out: {reason}");
            }
            else
            {
                run.Say("on a real API server");
                figures["real"] = await ScrapePathCommand.RunAsync(real: true, cancellation);
                Complete(figures["real"]!.AsObject());
            }
        }

        return figures;
    }

    public override IEnumerable<FigureTable> Tables(JsonObject figures)
    {
        yield return Costing("The ways to a cluster's metrics, on a simulated API server; CPU and bytes per 1,000 samples", figures, Ways);
        yield return FigureTable.Compare("Settings of Prometheus, through the relay; CPU and bytes per 1,000 samples", figures["settings"]!.AsObject(),
            [new("usual", "as usual"), new("uncompressed", "without compression"), new("http1", "without HTTP/2")], Costs);
        foreach (var table in Rest("on a simulated API server", figures))
        {
            yield return table;
        }

        if (figures["real"]?.AsObject() is { } real)
        {
            yield return Costing("The ways to a cluster's metrics, on a real API server; CPU and bytes per 1,000 samples", real, Ways[..^1]);
            foreach (var table in Rest("on a real API server", real))
            {
                yield return table;
            }
        }
    }

    private static FigureTable Costing(string title, JsonObject figures, ImmutableArray<Heading> ways) =>
        FigureTable.Compare(title, figures["ways"]!.AsObject(), ways, Costs, "relay", Baseline);

    private static IEnumerable<FigureTable> Rest(string where, JsonObject figures)
    {
        if (figures["saturation"]?.AsObject() is { } saturation)
        {
            yield return FigureTable.Compare($"The most that went through before scrapes were missed, {where}", saturation, Ways[..2],
                [new("samples_per_second", "samples a second"), new("interval_seconds", "interval"), new("in_time", "scrapes in time, of 1"), new("p99_seconds", "a scrape, 99 of 100")], "relay", Baseline);
        }

        yield return FigureTable.Compare($"Series stored of a cluster, {where}", figures["stored"]!.AsObject(), [new("all", "`all`"), new("usual", "`usual`"), new("needed", "`needed`")],
            [.. new[] { ApiServerJob.JobName, ScrapeJob.Kubelet, ScrapeJob.Cadvisor, ScrapeJob.NodeExporter, ScrapeJob.KubeStateMetrics, "sum" }.Select(job => new Heading(job.Replace('-', '_'), job))],
            "needed", "all");
    }

    private static void Complete(JsonObject figures)
    {
        figures["baseline"] = Baseline;
        var ways = figures["ways"]!;
        foreach (var (ratio, key) in new[] { ("latency_ratio", "p50_seconds"), ("received_ratio", "received_bytes"), ("centre_cpu_ratio", "centre_cpu_seconds") })
        {
            figures[ratio] = (double)ways["relay"]![key]! / (double)ways[Baseline]![key]!;
        }

        var stored = figures["stored"]!.AsObject();
        foreach (var (_, profile) in stored)
        {
            profile!["sum"] = profile.AsObject().Sum(job => (double)job.Value!);
        }

        figures["usual_stored_ratio"] = (double)stored["usual"]!["sum"]! / (double)stored["all"]!["sum"]!;
        figures["needed_stored_ratio"] = (double)stored["needed"]!["sum"]! / (double)stored["all"]!["sum"]!;
    }
}
