using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FleetPrometheus.Bench;

namespace FleetPrometheus.Tests.Docs;

/// <summary>Whatever the documentation says of cost and speed was measured: it is what <c>./dev bench --json docs/bench.json</c> wrote last.</summary>
public sealed partial class CostPageTests
{
    private const string Path = "docs/cost.md";

    private static readonly JsonObject Figures = new FigureFile(Repository.PathOf("docs", "bench.json")).Read();

    public static TheoryData<string> Sections => [.. Section.All.Select(section => section.Name)];

    /// <summary><c>UPDATE_GOLDEN=1</c> writes the tables anew. What was not measured has none.</summary>
    [Theory]
    [MemberData(nameof(Sections))]
    public void Tables_AreTheFiguresOfTheBench(string name)
    {
        var section = Section.All.Single(section => section.Name == name);

        GeneratedPart.AssertIs(Path, name, Figures[name] is JsonObject figures ? string.Join('\n', section.Tables(figures).Select(table => table.ToMarkdown())) : "");
    }

    [Fact]
    public void Page_HasEverySection() =>
        Assert.Equal(Section.All.Select(section => section.Name), Begin().Matches(File.ReadAllText(Repository.PathOf(Path.Split('/')))).Select(match => match.Groups[1].Value));

    /// <summary><c>UPDATE_GOLDEN=1</c> writes the sentences anew.</summary>
    [Fact]
    public void Readme_Headline_IsWhatWasMeasured()
    {
        var discovery = Figures["discovery"]!;
        var (theirs, ours) = (discovery["sides"]!["seed_000"]!, discovery["sides"]!["relay"]!);
        var thousand = Figures["growth"]!["clusters"]!["1000"]!;

        GeneratedPart.AssertIs("README.md", "cost", $"""
            - **Wide discovery is expensive.** For a cluster of 100 nodes and 3,000 pods the usual four jobs (nodes, cadvisor, all endpoints) keep
              {Text(theirs, "watches")} watches, list {Text(theirs, "listed_bytes")} from the API server and take {Text(theirs, "rss_bytes")} of memory in Prometheus; finding the same targets takes {Text(ours, "watches")} watch, {Text(ours, "listed_bytes")}
              and {Text(ours, "rss_bytes")} here. A thousand clusters are assembled in {Text(thousand, "evaluation_seconds")} ([what it costs](docs/cost.md)).

            """);
    }

    [Fact]
    public void Discovery_FindsAsMuchForLess()
    {
        var discovery = Figures["discovery"]!;
        Assert.Equal((int)discovery["sides"]!["seed_000"]!["node_targets"]!, (int)discovery["node_targets"]!);
        Assert.True((double)discovery["rss_ratio"]! <= 0.25, string.Create(CultureInfo.InvariantCulture, $"{discovery["rss_ratio"]}"));
        Assert.True((double)discovery["bytes_ratio"]! <= 0.1, string.Create(CultureInfo.InvariantCulture, $"{discovery["bytes_ratio"]}"));
        Assert.InRange((double)discovery["watches"]!, 1, 2);
    }

    private static string Text(JsonNode figures, string key) => FigureTable.Text(key, (double)figures[key]!);

    [GeneratedRegex("<!-- begin generated: ([a-z_]+) -->")]
    private static partial Regex Begin();
}
