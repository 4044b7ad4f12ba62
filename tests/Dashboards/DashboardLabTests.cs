using FleetPrometheus.Dashboards;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Verification;

namespace FleetPrometheus.Tests.Dashboards;

[Collection("Pulumi")]
public sealed class DashboardLabTests
{
    [Fact]
    public async Task Queries_OnARunningFleet_AllAnswer()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await using var fleet = await LabFleet.StartAsync(
            new LabOptions { Project = Repository.Root, Interval = TimeSpan.FromSeconds(2), Nodes = 2 }, _ => { }, bound.Token);

        var wrong = await Eventually.NothingWrongAsync(() => DashboardChecks.QueriesAnswerAsync(fleet, bound.Token), TimeSpan.FromSeconds(45), bound.Token);

        Assert.True(wrong.IsEmpty, string.Join('\n', wrong));
        Assert.Equal(
            ["no data", "no number", "no such function", "no such label", "no such variable"],
            (await DashboardChecks.QueriesAnswerAsync(fleet, [Broken], bound.Token)).Select(failure => failure.Split(", ")[1]).Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>Proves that the check sees what it is for.</summary>
    private static Dashboard Broken { get; } = new("broken", "Broken", "", [Variable.Cluster],
    [
        new("All",
            Panel.Stat("fine", Unit.Number, new("""count(up{cluster=~"$cluster"})""")),
            Panel.Stat("empty by design", Unit.Number, new("""absent(up{cluster=~"$cluster"})""")) with { MayBeEmpty = "for the test" },
            Panel.Stat("no data", Unit.Number, new("""absent(up{cluster=~"$cluster"})""")),
            Panel.Stat("no number", Unit.Number, new("""0 * count(up{cluster=~"$cluster"}) / 0""")),
            Panel.Stat("no such function", Unit.Number, new("""rote(up{cluster=~"$cluster"}[5m])""")) with { MayBeEmpty = "for the test" },
            Panel.Stat("no such label", Unit.Number, new("""count(up{cluster=~"$cluster"})""", "{{instance}}")),
            Panel.Stat("no such variable", Unit.Number, new("""count(up{instance=~"$node"})"""))),
    ]);
}
