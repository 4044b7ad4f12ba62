using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Verification;

namespace FleetPrometheus.Tests.Lab;

/// <summary>That a rule which can never say anything is seen; that there is none, <see cref="AlertsVerificationTests"/> shows.</summary>
[Collection("Lab")]
public class RuleChecksTests
{
    [Fact]
    public async Task Rules_DeadOrMissing_AreSeen()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var sabotage = new Sabotage
        {
            File = file => file with
            {
                Content = file.Content
                    .Replace("(kube_node_info{job", "(kube_node_infos{job", StringComparison.Ordinal)
                    .Replace("      - record: cluster:up:sum\n        expr: sum by (cluster) (up)\n", "", StringComparison.Ordinal),
            },
        };
        await using var fleet = await LabFleet.StartAsync(
            new LabOptions { Project = Repository.Root, OnACopy = true, Interval = TimeSpan.FromSeconds(2), Nodes = 2, Sabotage = sabotage }, _ => { }, bound.Token);
        var selector = "kube_node_infos{job=\"kube-state-metrics\"}";

        // At first nothing is there yet; what stays is what was broken, and what is made from it.
        var wrong = await Eventually.NothingWrongAsync(
            async () => [.. (await RuleChecks.SelectorsMatchAsync(fleet, bound.Token)).Where(one => !one.EndsWith(selector, StringComparison.Ordinal) && !one.Contains("kube_node_info:", StringComparison.Ordinal))],
            TimeSpan.FromSeconds(45), bound.Token);
        var dead = await RuleChecks.SelectorsMatchAsync(fleet, bound.Token);
        var missing = await RuleChecks.RulesEvaluateAsync(fleet, bound.Token);

        Assert.True(wrong.IsEmpty, string.Join('\n', wrong));
        Assert.Contains($"cluster:kube_node_info:count: nothing matches {selector}", dead);
        Assert.Matches("^[0-9]+ rules are loaded, [0-9]+ are written$", Assert.Single(missing));
    }
}
