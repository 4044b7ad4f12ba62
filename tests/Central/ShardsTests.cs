using System.Collections.Immutable;
using FleetPrometheus.Alerting;
using FleetPrometheus.Central;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Scraping;
using FleetPrometheus.Tests.Components;
using FleetPrometheus.Validation;
using Pulumi;

namespace FleetPrometheus.Tests.Central;

[Collection(PulumiCollection.Name)]
public sealed class ShardsTests
{
    private static readonly string[] Clusters = ["stage", "product", "edge-001", "edge-002", "edge-003", "edge-004"];

    [Fact]
    public async Task Declare_Shards_HaveTheirOwnClustersAndNobodyElses()
    {
        var program = await DeclareAsync(Arguments(3));

        for (var shard = 0; shard < 3; shard++)
        {
            var secrets = program.OfKind("Secret").Where(secret => secret.ObjectName.StartsWith($"{Prometheus.NameOf(shard)}-clusters-", StringComparison.Ordinal)).ToList();
            var own = Clusters.Where(cluster => ClusterShards.Of(cluster, 3) == shard).Order(StringComparer.Ordinal).ToList();
            Assert.NotEmpty(own);
            Assert.Equal(ClusterSecrets.Count, secrets.Count);
            Assert.Equal(own, secrets.SelectMany(secret => secret.Files.Keys).Where(name => name.EndsWith(".yml", StringComparison.Ordinal)).Select(name => name[..^4]).Order(StringComparer.Ordinal));
            var modules = program.Named("ConfigMap", $"{Prometheus.NameOf(shard)}-config").Files[ConfigurationPaths.Blackbox];
            Assert.All(Clusters, cluster => Assert.Equal(own.Contains(cluster), modules.Contains($"clusters/{cluster}.token", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task Declare_OneShardMore_RestartsNobodyAndMovesOnlyWhomItMust()
    {
        var before = await DeclareAsync(Arguments(2));
        var after = await DeclareAsync(Arguments(3));

        var kept = before.All.Join(after.All, resource => resource.Name, resource => resource.Name, (old, now) => (Old: old, Now: now)).ToList();
        Assert.Equal(before.All.Count(), kept.Count);
        var changed = kept.Where(pair => pair.Old.Inputs.ToJsonString() != pair.Now.Inputs.ToJsonString()).Select(pair => pair.Now).ToList();
        Assert.DoesNotContain(changed, resource => resource.Type.EndsWith(":StatefulSet", StringComparison.Ordinal));
        var moved = Clusters.Where(cluster => ClusterShards.Of(cluster, 2) != ClusterShards.Of(cluster, 3)).ToList();
        Assert.Equal(
            moved.Select(cluster => ClusterSecrets.Name(ClusterSecrets.IndexOf(cluster), Prometheus.NameOf(ClusterShards.Of(cluster, 2)))).Order(StringComparer.Ordinal),
            changed.Where(resource => resource.Type.EndsWith(":Secret", StringComparison.Ordinal)).Select(resource => resource.ObjectName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Declare_Shards_AreAskedTogetherAndWatchEachOther()
    {
        var arguments = Arguments(2);
        arguments.Prometheus = arguments.Prometheus with { Replicas = 2 };
        arguments.Grafana = new() { Enabled = true };

        var program = await DeclareAsync(arguments);

        var query = program.Named("ConfigMap", "prometheus-query-config").Files[ConfigurationPaths.Main];
        Assert.Contains("http://prometheus.monitoring.svc:9090/api/v1/read", query);
        Assert.Contains("http://prometheus-shard-1.monitoring.svc:9090/api/v1/read", query);
        Assert.DoesNotContain("external_labels", query);
        Assert.Equal("http://prometheus-query.monitoring.svc:9090", program.Outputs["prometheusUrl"]);
        Assert.Equal(new object?[] { "http://prometheus.monitoring.svc:9090", "http://prometheus-shard-1.monitoring.svc:9090" }, program.Outputs["prometheusUrls"]);
        Assert.Contains("prometheus-query.monitoring.svc:9090", string.Concat(program.Named("ConfigMap", "grafana-provisioning").Files.Values));
        foreach (var (program_, other) in new[] { ("prometheus", "prometheus-shard-1"), ("prometheus-shard-1", "prometheus") })
        {
            var main = program.Named("ConfigMap", $"{program_}-config").Files[ConfigurationPaths.Main];
            Assert.All(Enumerable.Range(0, 2), number => Assert.Contains($"{other}-{number}.{other}-replicas.monitoring.svc:9090", main));
            Assert.DoesNotContain(PrometheusMainFile.ReplicaVariable, main);
            Assert.Equal(2, (int)program.Named("StatefulSet", program_).At("spec.replicas")!);
            Assert.Contains(other, program.Named("NetworkPolicy", program_).At("spec.egress")!.ToJsonString());
        }

        Assert.Equal(["prometheus", "prometheus-shard-1"], program.OfKind("PodDisruptionBudget").Select(budget => budget.ObjectName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Declare_RemoteWrite_KeepsCredentialsInASecretThatOnlyPrometheusSees()
    {
        var arguments = Arguments(1);
        arguments.RemoteWrite = [Store() with { User = new("fleet", new SecretText("the-store-password")) }];

        var program = await DeclareAsync(arguments);

        Assert.Equal("the-store-password", program.Named("Secret", "prometheus-remote-write").Files["long.password"]);
        Assert.All(program.All.Where(resource => !resource.Type.EndsWith(":Secret", StringComparison.Ordinal)), resource => Assert.DoesNotContain("the-store-password", resource.Inputs.ToJsonString()));
        Assert.Empty(await program.UnmarkedSecretsAsync());
        var containers = program.Named("StatefulSet", "prometheus").At("spec.template.spec.containers")!.AsArray();
        Assert.Equal([true, false], containers.Select(container => container!["volumeMounts"]!.ToJsonString().Contains("/etc/prometheus/remote-write", StringComparison.Ordinal)));
        Assert.Contains("8443", program.Named("NetworkPolicy", "prometheus").At("spec.egress")!.ToJsonString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(ClusterShards.Most + 1)]
    public void Check_ShardsOutOfBounds_AreRefused(int shards)
    {
        var problems = new Problems();

        CentralValidation.Check(Arguments(shards), problems);

        Assert.Contains($"{ClusterShards.Most}", Assert.Single(problems, problem => problem.Key == "shards").Fix);
    }

    [Fact]
    public void Check_MoreClustersThanTheProbesOfOneConfigMap_AsksForShards()
    {
        var clusters = WatchedClusters.Many(4000);
        var problems = new Problems();
        var sharedProblems = new Problems();

        CentralValidation.Check(new() { Clusters = clusters }, problems);
        CentralValidation.Check(new() { Clusters = clusters, Shards = 2 }, sharedProblems);

        var problem = Assert.Single(problems);
        Assert.Equal(("shards", "1"), (problem.Key, problem.Value));
        Assert.Matches($"^is too few: the ConfigMap prometheus-config would hold [0-9]+ bytes, [0-9]+ of them for the probes of 4000 clusters, and Kubernetes allows {ClusterSecrets.MaximumBytes}; raise it", problem.Fix);
        Assert.Empty(sharedProblems);
    }

    [Fact]
    public void Check_WrongStores_AreAllNamed()
    {
        var arguments = Arguments(1);
        arguments.RemoteWrite =
        [
            Store() with { User = new("a", new SecretText("b")), BearerToken = new SecretText("c"), Headers = Store().Headers.Add("Authorization", "x"), Keep = ["("], ReplicaLabel = "cluster" },
            Store() with { Url = null, Queue = new() { MinBackoff = TimeSpan.FromSeconds(9), MaxBackoff = TimeSpan.FromSeconds(1) }, PairLabel = "9" },
        ];
        var problems = new Problems();

        CentralValidation.Check(arguments, problems);

        Assert.Equal(
            [
                "remoteWrite", "remoteWrite[0].bearerToken", "remoteWrite[0].headers", "remoteWrite[0].keep[0]", "remoteWrite[0].replicaLabel",
                "remoteWrite[1].pairLabel", "remoteWrite[1].queue.minBackoff", "remoteWrite[1].url",
            ],
            problems.Select(problem => problem.Key).Order(StringComparer.Ordinal));
    }

    /// <summary>What is rendered for shards and stores is what the real program takes.</summary>
    [Theory]
    [InlineData("replica")]
    [InlineData("__replica__")]
    [InlineData(null)]
    public async Task Render_ShardThatSends_IsAcceptedByPromtool(string? replicaLabel)
    {
        using var directory = new TemporaryDirectory();
        directory.Write("prometheus.yml", PrometheusMainFile.Render(new PrometheusConfiguration
        {
            CentralName = "central",
            Program = "prometheus-shard-1",
            Prometheuses = ["prometheus-shard-1-0.x.svc:9090", "prometheus-shard-1-1.x.svc:9090"],
            Shard = 1,
            OtherShards = [new(0, ["prometheus-0.x.svc:9090"]), new(2, ["prometheus-shard-2-0.x.svc:9090"])],
            GlobalQueries = ["prometheus-query-0.x.svc:9090"],
            Alertmanagers = ["alertmanager-0.x.svc:9093"],
            RemoteWrite =
            [
                Store() with
                {
                    ReplicaLabel = replicaLabel,
                    PairLabel = "prometheus",
                    BearerToken = new SecretText("t"),
                    Headers = Store().Headers.Add("X-Scope-OrgID", "fleet"),
                    Keep = ["node_.+", "up"],
                    Drop = ["node_scrape_.+"],
                    Queue = new() { Capacity = 1, MaxShards = 2, MaxSamplesPerSend = 3, BatchSendDeadline = TimeSpan.FromSeconds(1), MinBackoff = TimeSpan.FromSeconds(1), MaxBackoff = TimeSpan.FromSeconds(2) },
                },
            ],
        }));
        directory.Write("query.yml", GlobalQueryFile.Render([("prometheus", "prometheus.x.svc:9090")], "fleet", "prometheus.x.svc", TimeSpan.FromSeconds(30)));

        await Tools.SucceedAsync(Tool.Promtool, directory.Path, "check", "config", "--syntax-only", "prometheus.yml");
        await Tools.SucceedAsync(Tool.Promtool, directory.Path, "check", "config", "--syntax-only", "query.yml");

        Assert.Equal(replicaLabel is not null, File.ReadAllText(Path.Combine(directory.Path, "prometheus.yml")).Contains($"${{{PrometheusMainFile.ReplicaVariable}}}", StringComparison.Ordinal));
    }

    [Fact]
    public void Render_PushedClusters_AreSilentWhereTheySendOnly()
    {
        var file = Assert.Single(PushedClusters.Render(["branch"], ["depot"])).Text;

        Assert.Matches(@"record: cluster:push:expected\n\s+expr: 'vector\(1\)'\n\s+labels:\n\s+cluster: branch", file);
        Assert.Matches(@"record: cluster:push:elsewhere\n\s+expr: 'vector\(1\)'\n\s+labels:\n\s+cluster: depot", file);
    }

    private static RemoteWrite Store() => new() { Name = "long", Url = new Uri("https://store.example:8443/api/v1/push") };

    private static CentralMonitoringArgs Arguments(int shards) => new() { Clusters = [.. Clusters.Select(WatchedClusters.Create)], Shards = shards };

    private static Task<DeclaredProgram> DeclareAsync(CentralMonitoringArgs arguments) =>
        DeclaredProgram.RunAsync(options => new CentralMonitoring("central", arguments, options).StackOutputs());
}
