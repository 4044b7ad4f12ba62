using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Verification;
using FleetPrometheus.Lab.Verification.Join;

namespace FleetPrometheus.Tests.Lab;

/// <summary>The fleet of every way of joining, and that its verification sees each way stop answering.</summary>
[Collection("Lab")]
public class MixedFleetTests
{
    [Fact]
    public async Task Verify_OneWayAfterTheOtherStopsAnswering_IsSeen()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        await using var fleet = await LabFleet.StartAsync(
            MixedFleet.Prepare(new LabOptions { Project = Repository.Root, Interval = TimeSpan.FromSeconds(2), Nodes = 1 }), _ => { }, bound.Token);

        var checks = await new MixedFleet(fleet, _ => { }).RunAsync(bound.Token);
        Assert.All(checks, check => Assert.True(check.Holds, $"{check.Name}:\n{string.Join('\n', check.Failures)}"));

        var cut = new HashSet<string>();
        foreach (var watched in fleet.Watched)
        {
            await watched.Cluster.CutOffAsync();
            cut.Add(watched.Name);
            await Task.Delay(TimeSpan.FromSeconds(5), bound.Token);

            var failures = (await new MixedFleet(fleet, _ => { }) { Patience = TimeSpan.Zero }.RunAsync(bound.Token)).SelectMany(check => check.Failures).ToList();
            Assert.All(cut, name => Assert.Contains(failures, failure => failure.Contains($"Cluster = {name},", StringComparison.Ordinal)));
            Assert.All(cut, name => Assert.Contains(failures, failure => failure.StartsWith($"{name}: sum by (cluster) (up", StringComparison.Ordinal)));
            Assert.DoesNotContain(failures, failure => fleet.Watched.Any(other => !cut.Contains(other.Name) && failure.Contains(other.Name, StringComparison.Ordinal)));
        }
    }
}
