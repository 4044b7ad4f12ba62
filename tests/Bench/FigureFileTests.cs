using System.Text.Json.Nodes;
using FleetPrometheus.Bench;
using FleetPrometheus.Lab;

namespace FleetPrometheus.Tests.Bench;

public sealed class FigureFileTests
{
    [Fact]
    public void Put_OneSection_LeavesTheOthers()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "figures.json");
        File.WriteAllText(path, """{ "zebra": { "b": 1, "a": 2 }, "growth": { "old": true }, "ant": 3 }""");

        new FigureFile(path).Put("growth", new JsonObject { ["size"] = 7 });

        // Sections first, in their order; what is none behind them. Figures keep the order in which they were written.
        Assert.Equal(
            """
            {
              "growth": {
                "size": 7
              },
              "ant": 3,
              "zebra": {
                "b": 1,
                "a": 2
              }
            }

            """,
            File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(directory.Path));
    }

    [Fact]
    public void Check_NewFile_MakesIt()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "figures.json");

        new FigureFile(path).Check();

        Assert.Equal("{}\n", File.ReadAllText(path));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    public void Check_SomethingElse_IsRefusedAndLeft(string content)
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "figures.json");
        File.WriteAllText(path, content);

        var refusal = Assert.Throws<ExpectedFailure>(() => new FigureFile(path).Check());

        Assert.Contains(path, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(path));
    }

    [Fact]
    public void Check_NoSuchDirectory_IsRefused()
    {
        using var directory = new TemporaryDirectory();

        Assert.Throws<ExpectedFailure>(() => new FigureFile(Path.Combine(directory.Path, "missing", "figures.json")).Check());
    }
}
