using FleetPrometheus.Evaluation;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Verification;

namespace FleetPrometheus.Tests.Lab;

/// <summary>That <c>--verify=faults</c> accepts the program as it is and sees when nobody would be told. The other faults are tried by the lab itself.</summary>
[Collection("Lab")]
public sealed class FaultsVerificationTests
{
    private const string Fault = "API server answers 500";

    [Fact]
    public async Task Verify_AnApiServerThatFails_IsTold()
    {
        var checks = await VerifyAsync(new Sabotage());

        Assert.All(checks, check => Assert.True(check.Holds, $"{check.Name}:\n{string.Join('\n', check.Failures)}"));
        Assert.Contains(checks, check => check.Name.StartsWith(Fault, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_AnAlertThatOverlooksIt_IsSeen()
    {
        var checks = await VerifyAsync(new Sabotage { File = file => file with { Content = file.Content.Replace(">= 500", ">= 600", StringComparison.Ordinal) } });

        Assert.Contains(checks.SelectMany(check => check.Failures), failure => failure.StartsWith("nobody was told ClusterUnreachable", StringComparison.Ordinal));
    }

    private static async Task<IReadOnlyList<Check>> VerifyAsync(Sabotage sabotage)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        var interval = TimeSpan.FromSeconds(2);
        var options = FaultsVerification.Prepare(new LabOptions { Project = Repository.Root, Interval = interval, Sabotage = sabotage }) with { Clusters = 2 };
        await using var fleet = await LabFleet.StartAsync(options, _ => { }, bound.Token);
        return await new FaultsVerification(fleet, interval, _ => { }).RunAsync([Fault], bound.Token);
    }
}
