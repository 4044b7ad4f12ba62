using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using FleetPrometheus.Bench.Clusters;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Rendering;
using FleetPrometheus.Lab;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Processes;

namespace FleetPrometheus.Bench.Sections;

/// <summary>What a fleet costs the program and the centre as it grows, and what one cluster more, or one that changes, costs the others.</summary>
/// <remarks>
/// The program evaluates in a process of its own, whose memory is thus known. The centre is the real one, on what the program rendered. Its
/// clusters are one small simulated cluster under many names: each has its own files, its own watch and its own connections, as if it were
/// elsewhere. Nobody scrapes meanwhile, because that is no question of how many clusters there are but of how many targets.
/// </remarks>
internal sealed class Growth : Section
{
    private static readonly ImmutableArray<int> Sizes = [1, 10, 100, 1_000];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly (string, string) Unhurried = ("prometheus", """{ "scrapeInterval": "1h", "evaluationInterval": "1h" }""");

    public override string Name => "growth";

    public override string Question => "From one cluster to a thousand";

    public override async Task<JsonObject> MeasureAsync(Run run, CancellationToken cancellation)
    {
        var tools = await run.LocateAsync(cancellation, Tool.Core);
        await using var processes = new ProcessSupervisor();
        await using var cluster = await BenchCluster.StartAsync("growth", new Population(1, 1, 1), processes, null, cancellation);
        var evaluator = new StackEvaluator(Randomness.Session());
        var fleet = new MadeUpFleet(evaluator, await cluster.InstallAsync(evaluator));
        await cluster.UntilRunningAsync([("fleet-exporters", 2)], cancellation);

        var sizes = new JsonObject();
        foreach (var size in Sizes)
        {
            run.Say($"{size} clusters: evaluating");
            var figures = await EvaluateCommand.RunAsync(size, cancellation);
            run.Say($"{size} clusters: watching them");
            foreach (var (key, figure) in await WatchAsync(fleet, size, cluster, tools, cancellation))
            {
                figures[key] = figure?.DeepClone();
            }

            sizes[Key(size)] = figures;
        }

        return new JsonObject { ["clusters"] = sizes };
    }

    public override IEnumerable<FigureTable> Tables(JsonObject figures) =>
    [
        FigureTable.Compare(
            Question,
            figures["clusters"]!.AsObject(),
            [.. Sizes.Select(size => new Heading(Key(size), $"{size.ToString("#,0", CultureInfo.InvariantCulture)} cluster{(size == 1 ? "" : "s")}"))],
            [
                new("evaluation_seconds", "evaluating the central stack"),
                new("evaluation_cpu_seconds", "processor time of that"),
                new("evaluation_bytes", "peak memory of that"),
                new("objects", "Kubernetes objects"),
                new("largest_object_bytes", "largest object (limit 1,049 kB)"),
                new("configuration_bytes", "configuration of Prometheus"),
                new("check_seconds", "promtool check config"),
                new("ready_seconds", "Prometheus ready after its start"),
                new("rss_bytes", "memory of Prometheus, nothing scraped"),
                new("watches", "watches at the API servers"),
                new("add_reload_seconds", "reload when a cluster is added"),
                new("add_changed_files", "files of other clusters that this changes"),
                new("add_disturbed_pools", "scrapes of other clusters that this restarts"),
                new("add_watches", "watches that this begins"),
                new("change_reload_seconds", "reload when a cluster changes"),
                new("change_changed_files", "files of other clusters that this changes"),
                new("change_disturbed_pools", "scrapes of other clusters that this restarts"),
                new("change_watches", "watches that this begins"),
            ]),
    ];

    /// <summary>Evaluates a fleet in this process, after one cluster that pays for what only the first pays.</summary>
    internal static async Task<JsonObject> EvaluateAsync(int clusters)
    {
        var fleet = new MadeUpFleet(new StackEvaluator(Randomness.Placeholder));
        await fleet.EvaluateAsync(await fleet.OutputsAsync(1));
        var outputs = await fleet.OutputsAsync(clusters);
        var use = new ProcessUse(Environment.ProcessId);
        var cpu = use.CpuSeconds;
        var clock = Stopwatch.StartNew();
        var central = await fleet.EvaluateAsync(outputs);
        return new JsonObject
        {
            ["evaluation_seconds"] = Round(clock.Elapsed.TotalSeconds),
            ["evaluation_cpu_seconds"] = Round(use.CpuSeconds - cpu),
            ["evaluation_bytes"] = use.PeakBytes,
            ["objects"] = central.Manifests.Length,
            ["largest_object_bytes"] = central.Manifests.Max(manifest => (long)Encoding.UTF8.GetByteCount(manifest.Content.ToJsonString())),
            ["configuration_bytes"] = Files(central).Sum(file => (long)Encoding.UTF8.GetByteCount(file.Value)),
        };
    }

    private static async Task<JsonObject> WatchAsync(
        MadeUpFleet fleet, int size, BenchCluster cluster, ImmutableDictionary<Tool, LocatedTool> tools, CancellationToken cancellation)
    {
        var outputs = await fleet.OutputsAsync(size);
        var before = await fleet.EvaluateAsync(outputs, Unhurried);
        await using var processes = new ProcessSupervisor();
        using var centre = new Centre(processes, tools, before);
        var idle = await WatchesAsync(cluster, cancellation);
        await centre.ApplyAsync(before, cancellation);
        await UntilAsync($"{size} watches", async () => await WatchesAsync(cluster, cancellation) - idle == size, cancellation);
        var clock = Stopwatch.StartNew();
        var check = await OneShot.RunAsync(tools[Tool.Promtool].Path, ["check", "config", Path.Combine(centre.PrometheusDirectory, "prometheus.yml")], Patience, cancellation);
        var checking = clock.Elapsed;
        if (check.ExitCode != 0)
        {
            throw new ExpectedFailure($"promtool refuses the configuration of {size} clusters: {check.LastLine}");
        }

        // Once more, without what starts beside it.
        const string Replica = "prometheus-0";
        await centre.Replica(Replica).StopAsync(Patience);
        await UntilAsync("end of all watches", async () => await WatchesAsync(cluster, cancellation) == idle, cancellation);
        clock.Restart();
        await centre.StartAgainAsync(Replica, cancellation);
        var ready = clock.Elapsed;
        await UntilAsync($"{size} watches", async () => await WatchesAsync(cluster, cancellation) - idle == size, cancellation);
        var figures = new JsonObject
        {
            ["check_seconds"] = Round(checking.TotalSeconds),
            ["ready_seconds"] = Round(ready.TotalSeconds),
            ["rss_bytes"] = new ProcessUse(centre.Replica(Replica).Id).AnonymousBytes,
            ["watches"] = size,
        };

        var more = await fleet.OutputsAsync(size + 1);
        var added = await fleet.EvaluateAsync(more, Unhurried);
        var newcomer = more.Keys.Except(outputs.Keys).Single();
        figures["add_changed_files"] = Changed(before, added).Count(file => !IsOf(file, newcomer) && file.StartsWith("clusters/", StringComparison.Ordinal));
        await ReloadAsync("add", added);

        var changed = await fleet.EvaluateAsync(MadeUpFleet.Relabel(more, newcomer), Unhurried);
        figures["change_changed_files"] = Changed(added, changed).Count(file => !IsOf(file, newcomer));
        await ReloadAsync("change", changed);
        return figures;

        async Task ReloadAsync(string what, EvaluatedStack central)
        {
            var (watches, lists, reloads, last) = await StateAsync();
            var own = Files(central).Where(file => file.Key == $"clusters/{newcomer}.yml").Sum(file => file.Value.Split("job_name:").Length - 1);
            await centre.ApplyAsync(central, cancellation);
            await UntilAsync("reload", async () => (await StateAsync()).Reload > last, cancellation);
            // What it begins, it begins at once; what it should not begin is given the time to show.
            await Task.Delay(TimeSpan.FromSeconds(3), cancellation);
            var after = await StateAsync();
            figures[$"{what}_reload_seconds"] = Round(ReloadSeconds(centre.Replica(Replica).LogPath));
            // Scrape pools that are made anew are no reloads; those of the cluster that changes are meant.
            figures[$"{what}_disturbed_pools"] = after.Reloads - reloads - (what == "change" ? own : 0);
            figures[$"{what}_watches"] = Math.Max(after.Watches - watches, after.Lists - lists);
        }

        async Task<(double Watches, double Lists, double Reloads, double Reload)> StateAsync()
        {
            var metrics = await centre.Prometheus.MetricsAsync(cancellation);
            return (
                await WatchesAsync(cluster, cancellation),
                await cluster.MetricAsync("apiserver_request_total", cancellation, "verb=\"LIST\"", "resource=\"pods\""),
                metrics["prometheus_target_scrape_pool_reloads_total"],
                metrics["prometheus_config_last_reload_success_timestamp_seconds"]);
        }
    }

    private static Task<double> WatchesAsync(BenchCluster cluster, CancellationToken cancellation) =>
        cluster.MetricAsync("apiserver_longrunning_requests", cancellation, "verb=\"WATCH\"", "resource=\"pods\"");

    private static async Task UntilAsync(string what, Func<Task<bool>> holds, CancellationToken cancellation)
    {
        var deadline = DateTime.UtcNow + Patience;
        while (!await holds())
        {
            if (DateTime.UtcNow > deadline)
            {
                throw new ExpectedFailure($"No {what} within {Patience.TotalSeconds:0} s.");
            }

            await Task.Delay(250, cancellation);
        }
    }

    /// <summary>How long the last reload took, which Prometheus tells nowhere but in its log.</summary>
    private static double ReloadSeconds(string log)
    {
        const string Field = " totalDuration=";
        using var file = new StreamReader(new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        var line = file.ReadToEnd().Split('\n').Last(line => line.Contains(Field, StringComparison.Ordinal));
        var text = line[(line.IndexOf(Field, StringComparison.Ordinal) + Field.Length)..].Split(' ')[0];
        (string Unit, double Seconds)[] units = [("ms", 1e-3), ("µs", 1e-6), ("s", 1)];
        var (unit, seconds) = units.First(unit => text.EndsWith(unit.Unit, StringComparison.Ordinal));
        return double.Parse(text[..^unit.Length], CultureInfo.InvariantCulture) * seconds;
    }

    private static ImmutableSortedDictionary<string, string> Files(EvaluatedStack central) =>
        PodFiles.Under("/etc/prometheus", "prometheus", central.Manifests).ToImmutableSortedDictionary(file => file.Path, file => file.Content, StringComparer.Ordinal);

    private static IEnumerable<string> Changed(EvaluatedStack before, EvaluatedStack after)
    {
        var (old, now) = (Files(before), Files(after));
        return old.Keys.Union(now.Keys).Where(path => old.GetValueOrDefault(path) != now.GetValueOrDefault(path));
    }

    private static bool IsOf(string path, string cluster) => path.StartsWith($"clusters/{cluster}.", StringComparison.Ordinal);

    private static double Round(double seconds) => Math.Round(seconds, 4);
}
