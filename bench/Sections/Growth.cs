using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Rendering;

namespace FleetPrometheus.Bench.Sections;

/// <summary>What a fleet costs the program and the centre as it grows.</summary>
internal sealed class Growth : Section
{
    private static readonly ImmutableArray<int> Sizes = [1, 10, 100, 1_000];

    public override string Name => "growth";

    public override string Question => "From one cluster to a thousand";

    public override async Task<JsonObject> MeasureAsync(Run run, CancellationToken cancellation)
    {
        var sizes = new JsonObject();
        foreach (var size in Sizes)
        {
            run.Say($"{size} clusters: evaluating");
            sizes[Key(size)] = await EvaluateCommand.RunAsync(size, cancellation);
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
                new("evaluation_bytes", "peak memory of that"),
                new("objects", "Kubernetes objects"),
                new("configuration_bytes", "configuration of Prometheus"),
                new("largest_object_bytes", "largest object"),
            ]),
    ];

    /// <summary>Evaluates a fleet in this process, after one cluster that pays for what only the first pays.</summary>
    internal static async Task<JsonObject> EvaluateAsync(int clusters)
    {
        var fleet = new MadeUpFleet(new StackEvaluator(Randomness.Placeholder));
        await fleet.EvaluateAsync(await fleet.OutputsAsync(1));
        var outputs = await fleet.OutputsAsync(clusters);
        var cpu = new ProcessUse(Environment.ProcessId).CpuSeconds;
        var clock = Stopwatch.StartNew();
        var central = await fleet.EvaluateAsync(outputs);
        var took = clock.Elapsed;
        return new JsonObject
        {
            ["evaluation_seconds"] = took.TotalSeconds,
            ["evaluation_cpu_seconds"] = new ProcessUse(Environment.ProcessId).CpuSeconds - cpu,
            ["evaluation_bytes"] = new ProcessUse(Environment.ProcessId).PeakBytes,
            ["objects"] = central.Manifests.Length,
            ["configuration_bytes"] = PodFiles.Under("/etc/prometheus", "prometheus", central.Manifests).Sum(file => (long)Encoding.UTF8.GetByteCount(file.Content)),
            ["largest_object_bytes"] = central.Manifests.Max(manifest => (long)Encoding.UTF8.GetByteCount(manifest.Content.ToJsonString())),
        };
    }

    private static string Key(int size) => size.ToString(CultureInfo.InvariantCulture);
}
