using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Bench.Sections;

/// <summary>How evenly shards share the clusters, how many move when there is one more, and what one of them takes against a Prometheus with all.</summary>
internal sealed class Shards : Section
{
    private const int Clusters = 1_000;
    private const int Series = 200_000;
    private const int Share = 4;

    private static readonly ImmutableArray<int> Counts = [2, 4, 8, 16];

    public override string Name => "shards";

    public override string Question => "What shards share";

    public override async Task<JsonObject> MeasureAsync(Run run, CancellationToken cancellation)
    {
        var names = Enumerable.Range(0, Clusters).Select(number => string.Create(CultureInfo.InvariantCulture, $"cluster-{number:0000}")).ToArray();
        var spread = new JsonObject();
        foreach (var count in Counts)
        {
            var fullest = names.CountBy(name => ClusterShards.Of(name, count)).Max(shard => shard.Value);
            var moved = names.Count(name => ClusterShards.Of(name, count) != ClusterShards.Of(name, count + 1));
            spread[$"shards_{Key(count)}"] = new JsonObject
            {
                ["fullest"] = fullest,
                ["fullest_ratio"] = (double)fullest * count / Clusters,
                ["moved"] = moved,
                ["moved_ratio"] = (double)moved * (count + 1) / Clusters,
            };
        }

        var tools = await run.LocateAsync(cancellation, [.. Tool.Core]);
        run.Say("a Prometheus with all series, and one with its share");
        var both = await SizingFacts.CarryAsync(tools[Tool.Prometheus], cancellation, (Series, false), (Series / Share, false));
        var (one, shard) = (both[0], both[1]);
        return new JsonObject
        {
            ["clusters"] = Clusters,
            ["baseline"] = "spread: a perfectly even share, and one cluster in as many as there are shards then; memory: one Prometheus with all series",
            ["spread"] = spread,
            ["one"] = one,
            ["shard"] = shard,
            ["resident_ratio"] = (double)shard["resident_bytes"]! / (double)one["resident_bytes"]!,
        };
    }

    public override IEnumerable<FigureTable> Tables(JsonObject figures) =>
    [
        FigureTable.Compare(
            "1,000 clusters",
            figures["spread"]!.AsObject(),
            [.. Counts.Select(count => new Heading($"shards_{Key(count)}", $"{count} shards"))],
            [new("fullest", "clusters of the fullest"), new("fullest_ratio", "against an even share"), new("moved", "clusters that move with one shard more"), new("moved_ratio", "against what must")]),
        FigureTable.Compare(
            "200,000 series",
            figures,
            [new("one", "one Prometheus"), new("shard", "each of 4 shards")],
            [new("resident_bytes", "resident memory"), new("processor_seconds_per_million_samples", "processor seconds per million samples")],
            "shard", "one"),
    ];
}
