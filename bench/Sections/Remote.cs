using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Binaries;

namespace FleetPrometheus.Bench.Sections;

/// <summary>What sending everything to a store takes, against the same Prometheus that sends nothing.</summary>
internal sealed class Remote : Section
{
    private const int Series = 50_000;
    private const int Each = 3;

    public override string Name => "remote";

    public override string Question => "What remote write takes";

    public override async Task<JsonObject> MeasureAsync(Run run, CancellationToken cancellation)
    {
        var tools = await run.LocateAsync(cancellation, [.. Tool.Core]);
        run.Say($"{Each} that send and {Each} that do not");
        var all = await SizingFacts.CarryAsync(tools[Tool.Prometheus], cancellation, [.. Enumerable.Repeat((Series, false), Each), .. Enumerable.Repeat((Series, true), Each)]);
        var (quiet, sending) = (all[..Each], all[Each..]);
        return new JsonObject
        {
            ["series"] = Series,
            ["baseline"] = "the same Prometheus without remote write",
            ["without"] = Medians(quiet),
            ["with"] = Medians(sending),
            ["resident_ratio"] = Ratio("resident_bytes"),
            ["processor_ratio"] = Ratio("processor_seconds_per_million_samples"),
        };

        double Ratio(string figure) => Median(sending, figure) / Median(quiet, figure);
    }

    public override IEnumerable<FigureTable> Tables(JsonObject figures) =>
    [
        FigureTable.Compare(
            "50,000 series every 10 s",
            figures,
            [new("without", "without"), new("with", "with remote write")],
            [
                new("resident_bytes", "resident memory"), new("processor_seconds_per_million_samples", "processor seconds per million samples"),
                new("sent_samples_per_second", "samples delivered per second"), new("sent_bytes_per_sample", "bytes per sample on the wire"),
            ],
            "with", "without"),
    ];

    private static JsonObject Medians(JsonObject[] measured) => new(measured[0].Select(figure => KeyValuePair.Create(figure.Key, (JsonNode?)Median(measured, figure.Key))));

    private static double Median(JsonObject[] measured, string figure) => Median(measured.Select(one => (double)one[figure]!));
}
