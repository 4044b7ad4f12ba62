using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Verification;

namespace FleetPrometheus.Tests.Lab;

/// <summary>The rules on a running fleet.</summary>
[Collection("Lab")]
public class RuleChecksTests
{
    [Fact]
    public async Task Rules_OnARunningFleet_EvaluateAndAreNotDead()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await using var fleet = await LabFleet.StartAsync(new LabOptions { Project = Repository.Root, OnACopy = true, Interval = TimeSpan.FromSeconds(2), Nodes = 2 }, _ => { }, bound.Token);

        var wrong = await Eventually.NothingWrongAsync(
            async () => [.. await RuleChecks.RulesEvaluateAsync(fleet, bound.Token), .. await RuleChecks.SelectorsMatchAsync(fleet, bound.Token)],
            TimeSpan.FromSeconds(45), bound.Token);
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong));
    }
}
