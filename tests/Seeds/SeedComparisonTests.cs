using System.Collections.Immutable;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Verification;

namespace FleetPrometheus.Tests.Seeds;

/// <summary>
/// Configurations that people wrote by hand for what this program does, and ours, side by side on one cluster: ours scrapes every endpoint
/// that theirs does, once, and as what it is.
/// </summary>
[Collection("Lab")]
public sealed class SeedComparisonTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task OtherCluster_JobsThroughTheApiServer_OursFindsAllAndEveryMemberOfTheControlPlane()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        await using var scenario = await SeedScenario.StartAsync("other-cluster", Repository.PathOf("bench", "seed-000.yml"), ["other-cluster/cluster.yml"], bound.Token);
        var cluster = scenario.Subject.Cluster;
        var members = cluster.ApiServers.Select(member => $"api server {member}").ToArray();
        Assert.Equal(3, members.Length);

        var (theirs, ours) = await CompareAsync(scenario, ["kube-state-metrics of kube-system", members[0], .. OfNodes(cluster)], bound.Token);

        // All three members are discovered, and all three are sent to the one address.
        Assert.Equal([members[0]], Scraped.Endpoints(theirs).Intersect(members));
        Assert.Equal(members, Scraped.Endpoints(ours).Intersect(members));
    }

    [Fact]
    public async Task Stage_ExportersThroughTheirServices_OursFindsAllOnTheirOwnNodes()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        await using var scenario = await SeedScenario.StartAsync("stage", "prometheus.yml", ["stage/cluster.yml"], bound.Token);
        var cluster = scenario.Subject.Cluster;
        var apps = (await cluster.Admin.ListAsync(KubeKind.Pod, "kube-system", cancellation: bound.Token)).Items.Select(pod => $"app {pod.Name()}").ToArray();
        Assert.Equal(4, apps.Length);

        var (theirs, _) = await CompareAsync(
            scenario, ["kube-state-metrics of kube-system", $"api server {cluster.ApiServers[0]}", .. OfNodes(cluster), .. apps], bound.Token);

        // Each answer of a Service is a random pod's: samples of one node are stored as another's, and one pod is taken for several.
        Assert.NotEmpty(Scraped.OnAnotherNode(theirs, cluster.Nodes));
        Assert.Contains(Scraped.Duplicates(theirs), endpoint => endpoint.StartsWith("node-exporter ", StringComparison.Ordinal));
        Assert.Contains(Scraped.Duplicates(theirs), apps.Contains);

        // And what is compared here is seen when it is missing.
        await scenario.RewriteAsync(text => text.Replace("    - coredns\n", "", StringComparison.Ordinal), bound.Token);
        ImmutableArray<string> missing = [];
        await Eventually.TrueAsync(async () => (missing = [.. Scraped.Endpoints(theirs).Except(Scraped.Endpoints(await Scraped.ByAsync(scenario.Ours, bound.Token)))]).Length > 1, "", Patience, bound.Token);
        Assert.Equal(apps.Where(app => app.StartsWith("app coredns-", StringComparison.Ordinal)).Order(StringComparer.Ordinal), missing);
    }

    [Fact]
    public async Task Stage_KubeletsAtTheirOwnAddresses_OursFindsAllAndCadvisor()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        await using var scenario = await SeedScenario.StartAsync("stage", "direct.yml", ["stage/cluster.yml"], bound.Token);
        var cluster = scenario.Subject.Cluster;
        await scenario.RewriteAsync(text => text.Replace("nodeAccess: nodesProxy", "nodeAccess: direct", StringComparison.Ordinal), bound.Token);
        var kubelets = cluster.Nodes.Select(node => $"kubelet {node}").ToArray();

        var (theirs, ours) = await CompareAsync(scenario, [$"api server {cluster.ApiServers[0]}", .. kubelets], bound.Token);

        // What is called cadvisor there is the kubelet once more.
        Assert.Equal(kubelets, Scraped.Duplicates(theirs));
        Assert.All(cluster.Nodes, node => Assert.Contains($"cadvisor {node}", Scraped.Endpoints(ours)));
    }

    [Fact]
    public async Task OwnCluster_JobsFromInside_OursFindsAllAndWhatAsksTwiceOnce()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        await using var scenario = await SeedScenario.StartAsync("own-cluster", "prometheus.yml", ["other-cluster/cluster.yml", "own-cluster/cluster.yml"], bound.Token);
        var cluster = scenario.Subject.Cluster;
        var apps = (await cluster.Admin.ListAsync(KubeKind.Pod, "shop", cancellation: bound.Token)).Items.Select(pod => $"app {pod.Name()}").ToArray();
        Assert.Equal(5, apps.Length);

        var (theirs, _) = await CompareAsync(
            scenario,
            [
                "kube-state-metrics of kube-system", "pushgateway 1.11.2", "probe of cart.shop.svc:8080", $"api server {cluster.ApiServers[0]}", .. OfNodes(cluster), .. apps,
            ],
            bound.Token);

        // What asks by its pod and by its Service is two targets.
        Assert.Equal(apps.Where(app => app.StartsWith("app twice-", StringComparison.Ordinal)), Scraped.Duplicates(theirs));
    }

    private static IEnumerable<string> OfNodes(FleetPrometheus.Lab.ILabCluster cluster) =>
        cluster.Nodes.SelectMany(node => new[] { $"node-exporter {node}", $"kubelet {node}", $"cadvisor {node}" });

    /// <summary>What both scraped, once theirs has found what it can and ours as much.</summary>
    private static async Task<(ImmutableArray<Scraped> Theirs, ImmutableArray<Scraped> Ours)> CompareAsync(
        SeedScenario scenario, IEnumerable<string> findable, CancellationToken cancellation)
    {
        var expected = findable.ToHashSet();
        var nodes = scenario.Subject.Cluster.Nodes;
        var others = scenario.Others.ToHashSet();
        ImmutableArray<Scraped> theirs = [], ours = [];
        var wrong = await Eventually.NothingWrongAsync(async () =>
        {
            (theirs, ours) = (await Scraped.ByAsync(scenario.Theirs, cancellation), await Scraped.ByAsync(scenario.Ours, cancellation));
            ours = [.. ours.Where(one => !others.Contains(one.Series["cluster"]))];
            return
            [
                .. Scraped.Endpoints(theirs).Except(expected).Concat(expected.Except(Scraped.Endpoints(theirs))).Select(endpoint => $"theirs and what it can find differ in {endpoint}"),
                .. Scraped.Endpoints(theirs).Except(Scraped.Endpoints(ours)).Select(endpoint => $"ours lacks {endpoint}"),
                .. (await scenario.Ours.TargetsAsync(cancellation)).Where(target => target.Health != "up").Select(target => $"{target.Url} is {target.Health}: {target.Error}"),
                .. HardlyScraped(theirs).Concat(HardlyScraped(ours)).Select(endpoint => $"{endpoint} was hardly scraped yet"),
            ];
        }, Patience, cancellation);
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong));

        Assert.Empty(Scraped.Duplicates(ours));
        Assert.Empty(Scraped.OnAnotherNode(ours, nodes));
        Assert.All(ours.Where(one => one.Node is not ""), one => Assert.Equal(one.Node, one.Series["instance"]));
        Assert.All(ours, one => Assert.Equal(scenario.Subject.Name, one.Series["cluster"]));
        return (theirs, ours);

        // What changes from one scrape to the next shows only in several.
        static IEnumerable<string> HardlyScraped(ImmutableArray<Scraped> scraped) =>
            scraped.GroupBy(one => one.Endpoint).Where(group => group.Sum(one => one.Series.Samples.Length) < 5).Select(group => group.Key);
    }
}
