using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Verification;

namespace FleetPrometheus.Tests.Lab;

/// <summary>That <c>--verify=access</c> accepts the program as it is and sees what is broken on purpose.</summary>
[Collection("Lab")]
public class AccessVerificationTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Verify_TheProgramAsItIs_EveryClaimHolds()
    {
        var checks = await VerifyAsync(manifest => manifest, patience: 60);

        Assert.All(checks, check => Assert.True(check.Holds, $"{check.Name}:\n{string.Join('\n', check.Failures)}"));
    }

    [Fact]
    public async Task Verify_EverythingHandedOutTooFreely_IsSeen()
    {
        var checks = await VerifyAsync(manifest => manifest switch
        {
            // The field's usual mistakes: a path taken by its beginning, and rights that lie near.
            { Kind: "ConfigMap", Name: "node-relay" } => With(manifest, content => content["data"]!["Caddyfile"] =
                ((string)content["data"]!["Caddyfile"]!).Replace("@kubelet vars {uri} /kubelet/metrics", "@kubelet path /kubelet/*", StringComparison.Ordinal)),
            { Kind: "ClusterRole", Name: "fleet-prometheus-scrape" } => With(manifest, content => Allow(content, "nodes", "list")),
            { Kind: "ClusterRole", Name: "fleet-prometheus-node-relay" } => With(manifest, content => Allow(content, "nodes/proxy", "get")),
            _ => manifest,
        });

        var failures = checks.SelectMany(check => check.Failures).ToList();
        Assert.Contains("GET /api/v1/nodes answers 200, not 403", failures);
        Assert.Contains(failures, failure => failure.EndsWith(":9190/proxy/kubelet/pods answers 200", StringComparison.Ordinal));
        Assert.Contains(failures, failure => failure.StartsWith("the kubelet answers ", StringComparison.Ordinal) && failure.EndsWith("for /pods, not 403", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_ARightThatNoJobOfTheAgentNeeds_IsSeen()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        var options = JoinVerification.Prepare(new LabOptions
        {
            Project = Repository.Root,
            Interval = Interval,
            Nodes = 1,
            // Pods of all namespaces, as is usual.
            Sabotage = new Sabotage { Object = manifest => manifest is { Kind: "ClusterRole", Name: "fleet-prometheus-prometheus-agent" } ? With(manifest, content => Allow(content, "pods", "list", "watch")) : manifest },
        });
        await using var fleet = await LabFleet.StartAsync(options, _ => { }, bound.Token);

        var failures = (await new AccessVerification(fleet, Interval, _ => { }) { Patience = TimeSpan.FromSeconds(20) }.RunAgentAsync(bound.Token)).SelectMany(check => check.Failures).ToList();

        Assert.Contains("no job is known to need 'pods'", failures);
        Assert.Contains("without 'fleet-node-exporter: pods' the jobs that fail are none; node-exporter need it", failures);
    }

    private static void Allow(JsonObject role, string resource, params string[] verbs) =>
        role["rules"]!.AsArray().Add(new JsonObject { ["apiGroups"] = new JsonArray(""), ["resources"] = new JsonArray(resource), ["verbs"] = new JsonArray([.. verbs.Select(verb => (JsonNode)verb)]) });

    private static KubernetesManifest With(KubernetesManifest manifest, Action<JsonObject> change)
    {
        var content = manifest.Content.DeepClone().AsObject();
        change(content);
        return new KubernetesManifest(content);
    }

    private static async Task<IReadOnlyList<Check>> VerifyAsync(Func<KubernetesManifest, KubernetesManifest?> alter, int patience = 10)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        await using var fleet = await LabFleet.StartAsync(
            AccessVerification.Prepare(new LabOptions { Project = Repository.Root, Interval = Interval, Nodes = 2, Sabotage = new Sabotage { Object = alter } }), _ => { }, bound.Token);
        return await new AccessVerification(fleet, Interval, _ => { }) { Patience = TimeSpan.FromSeconds(patience) }.RunAsync(bound.Token);
    }
}
