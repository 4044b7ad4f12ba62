using System.Collections.Immutable;
using System.Globalization;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Lab.Verification.Join;

/// <summary>Clusters that join in every way there is, at the same time: one language asks them all.</summary>
internal sealed class MixedFleet(LabFleet fleet, Action<Check> report)
{
    private static readonly string Up = $$"""sum by (cluster) (up{job!~"{{string.Join('|', TargetChecks.CentrePrograms)}}"})""";

    // What the centre records of each cluster, or takes over from a cluster that records it itself.
    private const string Pods = """sum by (cluster, namespace) (namespace_phase:kube_pod_status_phase:sum{phase="Running"})""";

    private readonly Claims _claims = new(report);

    /// <summary>The directory of its stack files, which are <c>samples/mixed-fleet</c>.</summary>
    private static string Project { get; } = Path.Combine(AppContext.BaseDirectory, "mixed-fleet");

    /// <summary>How long what takes time may take. Default 60 s.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The fleet that is needed; its centre speaks HTTPS and has two shards, so that samples that are sent find their shard, encrypted all the way.</summary>
    public static LabOptions Prepare(LabOptions options) => options with { Project = Project, OnACopy = true, ServesTls = true, Central = file => file.With("shards", "2") };

    /// <summary>Runs all checks.</summary>
    public async Task<IReadOnlyList<Check>> RunAsync(CancellationToken cancellation)
    {
        await TryAsync("clusters that join in different ways are watched at the same time, every target of each", () => TargetChecks.ExactlyTheExpectedAsync(fleet, cancellation),
            () => string.Join(", ", fleet.Watched.Select(cluster => $"{cluster.Name} by {cluster.Way}")));
        await TryAsync("each is reached in the way that its stack file names, and in no other", () => WaysAsync(cancellation), () => "by the addresses that are scraped");
        await TryAsync("each is stored by its own shard, on every replica, and by no other", () => ShardsAsync(cancellation), () => $"{fleet.Centre.Shards.Length} shards");
        await TryAsync("the same question for what is up answers for all of them alike",
            () => AnswersAsync(Up, IsExpected, cancellation), () => "with the number of their targets");
        await TryAsync("so does the CPU that their nodes use",
            () => AnswersAsync("cluster:node_cpu:sum_rate5m", (_, answer) => answer > 0, cancellation), () => "above zero");
        await TryAsync("and the count of their nodes",
            () => AnswersAsync("cluster:kube_node_info:count", (cluster, answer) => answer == cluster.Cluster.Nodes.Count, cancellation), () => "as many as there are");
        await TryAsync("and the pods by cluster and namespace", () => PodsAsync(cancellation), () => "as many as run");
        return _claims.All;

        Task TryAsync(string name, Func<Task<ImmutableArray<string>>> ask, Func<string> evidence) =>
            _claims.TryAsync(name, "mixed fleet", () => Eventually.NothingWrongAsync(ask, Patience, cancellation), evidence);
    }

    // What a cluster's own Prometheus scrapes counts too.
    private static bool IsExpected(WatchedCluster cluster, double up) => cluster.Way == "federate" ? up > cluster.Expected.Length : up == cluster.Expected.Length;

    /// <summary>Who scrapes the kubelets, and at which address, tells the ways apart.</summary>
    private async Task<ImmutableArray<string>> WaysAsync(CancellationToken cancellation)
    {
        var scraped = (await fleet.Centre.TargetsAsync(cancellation)).Where(target => target["job"] is "kubelet" or "federate").ToLookup(target => target["cluster"]);
        var known = (await fleet.Centre.Prometheus.QueryAsync("""up{job="kubelet"}""", cancellation)).Select(series => series["cluster"]).ToHashSet();
        return
        [
            .. from cluster in fleet.Watched
               let ways = scraped[cluster.Name].Select(target => WayTo(cluster, target)).Distinct().DefaultIfEmpty(known.Contains(cluster.Name) ? "push" : "no way at all")
               where !ways.SequenceEqual([cluster.Way])
               select $"{cluster.Name} is reached by {string.Join(" and ", ways)}, not by {cluster.Way}",
        ];
    }

    private async Task<ImmutableArray<string>> ShardsAsync(CancellationToken cancellation)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var (number, shard) in fleet.Centre.Shards.Index())
        {
            var expected = fleet.Watched.Where(cluster => (cluster.Way == JoinWay.Own ? 0 : ClusterShards.Of(cluster.Name, fleet.Centre.Shards.Length)) == number).Select(cluster => cluster.Name).ToHashSet();
            foreach (var replica in shard)
            {
                var stored = (await replica.QueryAsync(Up, cancellation)).Select(series => series["cluster"]).ToHashSet();
                wrong.AddRange(expected.Except(stored).Select(cluster => $"{cluster} is not stored by a replica of shard {number}"));
                wrong.AddRange(stored.Except(expected).Select(cluster => $"{cluster} is stored by a replica of shard {number}, too"));
            }
        }

        return wrong.ToImmutable();
    }

    private static string WayTo(WatchedCluster cluster, ActiveTarget target) =>
        target["job"] == "federate" ? "federate"
        : target.Url.Contains($"/api/v1/nodes/{target["node"]}/proxy/", StringComparison.Ordinal) ? "nodesProxy"
        : target.Url.Contains("/proxy/kubelet/", StringComparison.Ordinal) ? "relay"
        : target.Url.StartsWith(cluster.Cluster.ApiServer.AbsoluteUri, StringComparison.Ordinal) ? "another path of the API server"
        : cluster.Way is JoinWay.Own ? JoinWay.Own
        : "direct";

    /// <summary>Each cluster has one answer, and the right one.</summary>
    private async Task<ImmutableArray<string>> AnswersAsync(string promql, Func<WatchedCluster, double, bool> isRight, CancellationToken cancellation)
    {
        var answers = (await fleet.Centre.Prometheus.QueryAsync(promql, cancellation)).ToDictionary(series => series["cluster"], series => series.Value);
        return
        [
            .. from cluster in fleet.Watched
               let answer = answers.GetValueOrDefault(cluster.Name, double.NaN)
               where !isRight(cluster, answer)
               select string.Create(CultureInfo.InvariantCulture, $"{cluster.Name}: {promql} answers {answer}, with {cluster.Expected.Length} targets and {cluster.Cluster.Nodes.Count} nodes there"),
        ];
    }

    private async Task<ImmutableArray<string>> PodsAsync(CancellationToken cancellation)
    {
        var clusters = fleet.Watched.Select(cluster => cluster.Name).ToHashSet();
        var answers = (await fleet.Centre.Prometheus.QueryAsync(Pods, cancellation)).Where(series => clusters.Contains(series["cluster"]) && series.Value > 0)
            .Select(series => (Cluster: series["cluster"], Namespace: series["namespace"], Count: (int)series.Value)).ToHashSet();
        var running = fleet.Watched.SelectMany(cluster => cluster.Cluster.Pods.Where(pod => pod.Text("status", "phase") == "Running").GroupBy(pod => pod.Namespace()!)
            .Select(group => (Cluster: cluster.Name, Namespace: group.Key, Count: group.Count()))).ToHashSet();
        return
        [
            .. running.Except(answers).Select(missing => $"{missing.Cluster}: {missing.Count} pods run in {missing.Namespace}, and {Pods} does not say so"),
            .. answers.Except(running).Select(wrong => $"{wrong.Cluster}: {Pods} tells of {wrong.Count} pods in {wrong.Namespace}, which are not there"),
        ];
    }
}
