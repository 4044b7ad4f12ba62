using System.Text.Json.Nodes;
using FleetPrometheus.Bench;

namespace FleetPrometheus.Tests.Bench;

public sealed class FigureTableTests
{
    private static readonly JsonObject Sides = JsonNode.Parse(
        """{ "theirs": { "watches": 4, "rss_bytes": 194000000, "ready_seconds": 2 }, "ours": { "watches": 1, "rss_bytes": 9700000 } }""")!.AsObject();

    [Fact]
    public void Compare_TwoSides_DividesOursByTheBaseline()
    {
        var table = FigureTable.Compare(
            "Discovery",
            Sides,
            [new("theirs", "theirs"), new("ours", "ours")],
            [new("watches", "watches"), new("rss_bytes", "memory"), new("ready_seconds", "ready")],
            "ours",
            "theirs");

        Assert.Equal(
            """
            Discovery:

            |  | theirs | ours | ours / theirs |
            | --- | ---: | ---: | ---: |
            | watches | 4 | 1 | 0.25 |
            | memory | 194 MB | 9.70 MB | 0.050 |
            | ready | 2 s |  |  |

            """,
            table.ToMarkdown());
    }

    [Theory]
    [InlineData("watches", 3000, "3,000")]
    [InlineData("cores", 0.5, "0.50")]
    [InlineData("list_bytes", 12_640_000, "12.6 MB")]
    [InlineData("list_bytes", 0, "0 B")]
    [InlineData("scrape_seconds", 0.0042, "4.20 ms")]
    [InlineData("rss_ratio", 0.094, "0.094")]
    public void Text_ByTheEndOfItsKey_HasItsUnit(string key, double figure, string expected) => Assert.Equal(expected, FigureTable.Text(key, figure));
}
