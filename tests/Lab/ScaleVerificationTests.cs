using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Verification;

namespace FleetPrometheus.Tests.Lab;

/// <summary>That <c>--verify=scale</c> accepts the program as it is, in the part that is quick, and sees what would be wrong.</summary>
[Collection("Lab")]
public sealed class ScaleVerificationTests
{
    [Fact]
    public async Task Verify_SeveralShardsAndAStore_Hold()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        var interval = TimeSpan.FromSeconds(2);
        // By plain HTTP, as the lab itself does it by HTTPS.
        var options = ScaleVerification.Prepare(new LabOptions { Project = Repository.Root, Interval = interval }) with { Nodes = 1, ServesTls = false };
        var said = new List<string>();
        await using var fleet = await LabFleet.StartAsync(options, said.Add, bound.Token);

        var checks = await new ScaleVerification(fleet, interval, () => said, _ => { }).RunAsync(brief: true, bound.Token);

        Assert.All(checks, check => Assert.True(check.Holds, $"{check.Name}:\n{string.Join('\n', check.Failures)}"));
        Assert.Contains(checks, check => check.Name.StartsWith("with one shard more", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_AClusterScrapedByEveryShard_IsSeen()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var interval = TimeSpan.FromSeconds(2);
        var options = ScaleVerification.Prepare(new LabOptions
        {
            Project = Repository.Root,
            Interval = interval,
            Sabotage = new Sabotage
            {
                File = file => file with
                {
                    Content = file.Content.Replace("\nscrape_configs:\n", """

                        scrape_configs:
                          - job_name: stray
                            static_configs:
                              - targets: ["127.0.0.1:1"]
                                labels: { cluster: stage }

                        """, StringComparison.Ordinal),
                },
            },
        }) with { Clusters = 2, Nodes = 1 };
        await using var fleet = await LabFleet.StartAsync(options, _ => { }, bound.Token);

        var checks = await new ScaleVerification(fleet, interval, () => [], _ => { }) { Patience = TimeSpan.FromSeconds(5) }.RunAsync(brief: true, bound.Token);

        var failures = Assert.Single(checks).Failures;
        Assert.Single(failures, failure => failure.StartsWith("shard ", StringComparison.Ordinal) && failure.Contains("Job = stray,", StringComparison.Ordinal));
    }
}
