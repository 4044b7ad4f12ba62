using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Verification;

namespace FleetPrometheus.Tests.Lab;

/// <summary>That <c>--verify=join</c> accepts the program as it is and sees what is broken on purpose.</summary>
[Collection("Pulumi")]
public class JoinVerificationTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData("pods")]
    [InlineData("outside")]
    [InlineData("metrics")]
    [InlineData("direct")]
    [InlineData("federate")]
    [InlineData("push")]
    public async Task Verify_TheProgramAsItIs_EveryClaimHolds(string way)
    {
        var checks = await VerifyAsync(new Sabotage(), patience: 60, way);

        Assert.All(checks, check => Assert.True(check.Holds, $"{check.Name}:\n{string.Join('\n', check.Failures)}"));
    }

    [Fact]
    public async Task Verify_NoRightInAnExtraNamespace_ItsJobsFail()
    {
        var checks = await VerifyAsync(new Sabotage { Object = manifest => manifest is { Kind: "Role", Namespace: "shop" or "market" } ? null : manifest }, way: "pods");

        Assert.Contains(Failures(checks), failure => failure.StartsWith("missing target cart", StringComparison.Ordinal));
        Assert.Contains(Failures(checks), failure => failure.StartsWith("missing target annotated-pods", StringComparison.Ordinal));
        Assert.DoesNotContain(Failures(checks), failure => failure.Contains("coredns", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(@"'(.*/)?\.\.?(/.*)?'", "'never'", "unexpected target annotated-pods climber:8080")]
    [InlineData("'https?'", "'.*'", "unexpected target annotated-pods schemer:8080")]
    [InlineData("'[1-9][0-9]{0,4}'", "'.+'", "unexpected target annotated-pods namer:")]
    [InlineData("'shop;cart;8080;/internal/metrics'", "'never'", "unexpected target annotated-pods cart:8080")]
    public async Task Verify_AnnotationsTakenAsTheyCome_IsSeen(string guard, string without, string expected)
    {
        var checks = await VerifyAsync(new Sabotage { File = file => file with { Content = file.Content.Replace(guard, without, StringComparison.Ordinal) } }, way: "pods");

        Assert.Contains(Failures(checks), failure => failure.StartsWith(expected, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_MetricsCutTooFarOrNotAtAll_AreSeen()
    {
        var checks = await VerifyAsync(new Sabotage
        {
            File = file => file with
            {
                Content = file.Content.Replace("|kube_pod_owner|", "|", StringComparison.Ordinal).Replace("regex: 'container_", "regex: 'machine_.+|container_", StringComparison.Ordinal),
            },
        }, way: "metrics");

        Assert.Contains(Failures(checks), failure => failure.StartsWith("cadvisor: machine_cpu_cores is stored and not needed", StringComparison.Ordinal));
        Assert.Contains(Failures(checks), failure => failure.StartsWith("nothing matches kube_pod_owner{", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_PushWithoutForcedLabels_IsSeen()
    {
        var checks = await VerifyAsync(
            new Sabotage { File = file => file with { Content = file.Content.Replace("?extra_label=", "?unknown=", StringComparison.Ordinal).Replace("&extra_label=", "&unknown=", StringComparison.Ordinal) } },
            way: "push");

        Assert.Contains(checks, check => check.Name.StartsWith("a label of another cluster", StringComparison.Ordinal) && !check.Holds);
    }

    [Fact]
    public async Task Verify_StaticTargetsWithAnotherCaOrAToken_AreSeen()
    {
        var checks = await VerifyAsync(new Sabotage
        {
            File = file => file with
            {
                // The router is trusted by the cluster's CA instead of its own; the machine is sent the cluster's token.
                Content = Regex.Replace(file.Content, "\n      ca: .*", "\n      ca_file: product.ca.crt")
                    .Replace("job_name: product/node-exporter/2\n", "job_name: product/node-exporter/2\n    authorization:\n      credentials_file: product.token\n", StringComparison.Ordinal),
            },
        }, way: "outside");

        Assert.Contains(Failures(checks), failure => failure.StartsWith("no samples of router", StringComparison.Ordinal));
        Assert.Contains(Failures(checks), failure => failure.StartsWith("credentials were sent to", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_RightsBeyondWhatIsNeeded_AreSeen()
    {
        var checks = await VerifyAsync(new Sabotage
        {
            Object = manifest => Allow(manifest, "pods"),
        }, way: "pods");

        Assert.Contains("the token may get /api/v1/namespaces/quiet/pods", Failures(checks));
    }

    [Fact]
    public async Task Verify_DirectWithTheApiServersCa_IsSeen()
    {
        var checks = await VerifyAsync(
            new Sabotage { File = file => file with { Content = Regex.Replace(file.Content, "\n      ca: .*", "\n      ca_file: stage.ca.crt") } }, way: "direct");

        Assert.Contains(Failures(checks), failure => failure.Contains("x509", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_DirectWithARightToTheNodeProxy_IsSeen()
    {
        var checks = await VerifyAsync(new Sabotage { Object = manifest => Allow(manifest, "nodes/proxy") }, way: "direct");

        Assert.Contains(Failures(checks), failure => failure.Contains("/exec/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_OwnClusterWithoutARightOrAGuard_IsSeen()
    {
        var checks = await VerifyAsync(new Sabotage
        {
            Object = manifest => manifest is { Kind: "Role", Name: "fleet-prometheus-own-cluster", Namespace: "default" } ? null : Allow(manifest, "secrets", "fleet-prometheus-own-cluster"),
            // What is pushed keeps the cluster that it was pushed with; a pod that asks itself is scraped for its Service too.
            File = file => file with { Content = file.Path != "own-cluster.yml" ? file.Content : Regex.Replace(file.Content, "dropequal", "keepequal").Replace("exported_cluster", "was", StringComparison.Ordinal) },
        }, way: "own");

        Assert.Contains(Failures(checks), failure => failure.StartsWith("missing target apiserver", StringComparison.Ordinal));
        Assert.Contains(Failures(checks), failure => failure.StartsWith("unexpected target annotated-services twice:8080", StringComparison.Ordinal));
        Assert.Contains(Failures(checks), failure => failure.Contains("secrets answers 200", StringComparison.Ordinal));
        Assert.Contains(Failures(checks), failure => failure.StartsWith("what was pushed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_FederationOfEveryRecordAndAllServices_IsSeen()
    {
        var checks = await VerifyAsync(
            new Sabotage
            {
                Object = manifest => Allow(manifest, "services/proxy"),
                // Nothing is left out, and what ends there lives on.
                File = file => file with { Content = file.Content.Replace("cluster:node_num_cpu:sum|", "", StringComparison.Ordinal).Replace("track_timestamps_staleness: true", "track_timestamps_staleness: false", StringComparison.Ordinal) },
            },
            way: "federate");

        Assert.Contains(Failures(checks), failure => failure.StartsWith("sum(cluster:node_num_cpu:sum{0}): here", StringComparison.Ordinal));
        Assert.Contains(Failures(checks), failure => failure.Contains(":web/proxy/federate answers 200", StringComparison.Ordinal));
        Assert.Contains(Failures(checks), failure => failure.Contains("series of instance:node_num_cpu:sum", StringComparison.Ordinal));
    }

    private static KubernetesManifest Allow(KubernetesManifest manifest, string resource, string role = "fleet-prometheus-scrape")
    {
        if (manifest.Kind != "ClusterRole" || manifest.Name != role)
        {
            return manifest;
        }

        var content = manifest.Content.DeepClone().AsObject();
        content["rules"]!.AsArray().Add(JsonNode.Parse($$"""{"apiGroups":[""],"resources":["{{resource}}"],"verbs":["get","list"]}"""));
        return new KubernetesManifest(content);
    }

    private static IEnumerable<string> Failures(IReadOnlyList<Check> checks) => checks.SelectMany(check => check.Failures);

    private static async Task<IReadOnlyList<Check>> VerifyAsync(Sabotage sabotage, int patience = 10, string? way = null)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        await using var fleet = await LabFleet.StartAsync(
            JoinVerification.Prepare(new LabOptions { Project = Repository.Root, Interval = Interval, Nodes = 2, Sabotage = sabotage }), _ => { }, bound.Token);
        return await new JoinVerification(fleet, Interval, _ => { }) { Patience = TimeSpan.FromSeconds(patience), Way = way }.RunAsync(bound.Token);
    }
}
