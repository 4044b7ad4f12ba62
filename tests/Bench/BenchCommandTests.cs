using FleetPrometheus.Bench;

namespace FleetPrometheus.Tests.Bench;

public sealed class BenchCommandTests
{
    [Fact]
    public void Only_UnknownSection_NamesThoseThereAre()
    {
        var parsed = BenchCommand.Create().Parse(["--only", "weather"]);

        var error = Assert.Single(parsed.Errors).Message;
        Assert.Contains("weather", error, StringComparison.Ordinal);
        Assert.All(Section.All, section => Assert.Contains(section.Name, error, StringComparison.Ordinal));
    }

    [Fact]
    public void Only_EverySection_IsTaken() =>
        Assert.All(Section.All, section => Assert.Empty(BenchCommand.Create().Parse(["--only", section.Name, "--json", "figures.json"]).Errors));

    [Fact]
    public void Sections_HaveNamesOfTheirOwn() =>
        Assert.Equal(Section.All.Select(section => section.Name), Section.All.Select(section => section.Name).Distinct());
}
