using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Verification;

namespace FleetPrometheus.Tests.Lab;

/// <summary>Who is told what, on a fleet with two of each central program.</summary>
[Collection("Lab")]
public sealed class AlertsVerificationTests
{
    [Fact]
    public async Task Verify_Alerts_EveryClaimHolds()
    {
        var family = Family.All.Single(family => family.Name == "alerts");
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await using var fleet = await LabFleet.StartAsync(family.Prepare(new LabOptions { Project = Repository.Root }), _ => { }, bound.Token);

        var checks = await family.VerifyAsync(fleet, () => [], _ => { }, bound.Token);

        Assert.All(checks, check => Assert.True(check.Holds, $"{check.Name}:\n{string.Join('\n', check.Failures)}"));
        Assert.Contains(checks, check => check.Name.Contains("its end is told once", StringComparison.Ordinal));
    }
}
