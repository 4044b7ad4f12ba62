using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Verification;

namespace FleetPrometheus.Tests.Lab;

/// <summary>That <c>--verify=scale</c> accepts the program as it is; a part of it, the rest is tried by the lab itself.</summary>
[Collection("Lab")]
public sealed class ScaleVerificationTests
{
    [Fact]
    public async Task Verify_SeveralShardsAndAStore_Hold()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        var interval = TimeSpan.FromSeconds(2);
        var options = ScaleVerification.Prepare(new LabOptions { Project = Repository.Root, Interval = interval }) with { Nodes = 1 };
        var said = new List<string>();
        await using var fleet = await LabFleet.StartAsync(options, said.Add, bound.Token);

        var checks = await new ScaleVerification(fleet, interval, () => said, _ => { }).RunAsync(brief: true, bound.Token);

        Assert.All(checks, check => Assert.True(check.Holds, $"{check.Name}:\n{string.Join('\n', check.Failures)}"));
        Assert.Contains(checks, check => check.Name.StartsWith("with one shard more", StringComparison.Ordinal));
    }
}
