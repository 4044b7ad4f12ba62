using System.Collections.Immutable;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Binaries;

namespace FleetPrometheus.Bench.Sections;

/// <summary>What sending everything to a store takes, against the same Prometheus that sends nothing.</summary>
internal sealed class Remote : Section
{
    private const int Series = 50_000;
    private const int Rounds = 3;

    public override string Name => "remote";

    public override string Question => "What remote write takes";

    public override async Task<JsonObject> MeasureAsync(Run run, CancellationToken cancellation)
    {
        var tools = await run.LocateAsync(cancellation, [.. Tool.Core]);
        var (quiet, sending) = (new List<JsonObject>(), new List<JsonObject>());
        for (var round = 1; round <= Rounds; round++)
        {
            run.Say($"with and without, round {round} of {Rounds}");
            var both = await SizingFacts.CarryAsync(tools[Tool.Prometheus], cancellation, (Series, false), (Series, true));
            quiet.Add(both[0]);
            sending.Add(both[1]);
        }

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

    private static JsonObject Medians(List<JsonObject> rounds) => new(rounds[0].Select(figure => KeyValuePair.Create(figure.Key, (JsonNode?)Median(rounds, figure.Key))));

    private static double Median(List<JsonObject> rounds, string figure) => Median(rounds.Select(round => (double)round[figure]!));
}
