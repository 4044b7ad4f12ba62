using System.Collections.Immutable;
using System.Globalization;
using FleetPrometheus.Central;
using FleetPrometheus.Contract;
using FleetPrometheus.Evaluation.Rendering;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Lab.Verification;

/// <summary>
/// <c>--verify=scale</c>: more than one Prometheus. Clusters are shared by two shards and then by three, one query sees them all, a dead shard is told by
/// the others, and everything is sent to a store besides, a real VictoriaMetrics, which restarts and then refuses the password.
/// </summary>
internal sealed class ScaleVerification(LabFleet fleet, TimeSpan interval, Func<IEnumerable<string>> said, Action<Check> report)
{
    private const int Few = 2;
    private const string ShardDown = "PrometheusShardDown";
    private const string Refused = "PrometheusRemoteStorageFailures";

    private readonly Claims _claims = new(report);

    /// <summary>How long what takes time may take. Default one minute.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The fleet that is needed: clusters for every shard, a store, rules that wait no longer than a verification can, and HTTPS between the shards.</summary>
    public static LabOptions Prepare(LabOptions options) => options with
    {
        OnACopy = true,
        Clusters = Math.Max(options.Clusters, 6),
        Nodes = Math.Min(options.Nodes, 2),
        SendsToStore = true,
        ServesTls = true,
        Tools = [.. options.Tools.Union([Tool.VictoriaMetrics])],
        Central = file => file.Get("shards") is null ? file.With("shards", Few.ToString(CultureInfo.InvariantCulture)) : file,
        Sabotage = options.Sabotage with { File = file => options.Sabotage.File(Hurry.WaitingAndLookingBack(file, options.Interval)) },
    };

    /// <summary>Runs all checks.</summary>
    /// <param name="brief">Only until there is a further shard.</param>
    /// <param name="cancellation">Ends the run.</param>
    public async Task<IReadOnlyList<Check>> RunAsync(bool brief, CancellationToken cancellation)
    {
        var running = await StoreAsync(fleet.Store!.Password, cancellation);
        using var store = fleet.Store.Api();
        await _claims.TryAsync("every expected target is up, and exactly one shard scrapes it", "targets",
            () => Eventually.NothingWrongAsync(async () => [.. await TargetChecks.ExactlyTheExpectedAsync(fleet, cancellation), .. await InTheirPlacesAsync(cancellation)], Patience, cancellation),
            () => Places(fleet.Centre.Shards.Length));
        if (!_claims.All[0].Holds)
        {
            return _claims.All;
        }

        await _claims.TryAsync("each shard has its own clusters' credentials and nobody else's", "credentials", () => Task.FromResult(Credentials()), () => "looked for every token in every shard's files and objects");
        await _claims.TryAsync("one query sees all clusters", "global query",
            () => Eventually.NothingWrongAsync(() => TargetChecks.AnswersAsync(fleet, cancellation), Patience, cancellation), () => "targets, nodes, CPU, memory, requests, pods");
        await _claims.TryAsync("all clusters' series arrive in the store, and the same PromQL answers there", "store",
            () => Eventually.NothingWrongAsync(() => SameAnswersAsync(store, cancellation), Patience, cancellation), () => $"{Questions.Length} questions, VictoriaMetrics");
        await ReshardAsync(cancellation);
        if (brief)
        {
            return _claims.All;
        }

        foreach (var shard in new[] { 0, Few })
        {
            await LoseAsync(shard, cancellation);
        }

        running = await RestartStoreAsync(running, store, cancellation);
        await RefuseAsync(running, cancellation);
        await _claims.TryAsync("no credential in any log, message, ConfigMap or default rendering", "secrets",
            () => SecretScan.RunAsync(fleet, said(), fleet.Store.Password), () => "searched for the real ones, the store's among them");
        return _claims.All;
    }

    private static ImmutableArray<string> Questions { get; } =
    [
        "sum by (cluster) (up)",
        "count by (cluster, job) (up)",
        "count by (cluster) (kube_node_info)",
        "max by (cluster, instance) (node_memory_MemTotal_bytes)",
        """sum by (cluster, namespace) (kube_pod_status_phase{phase="Running"})""",
        "sum by (cluster) (kubelet_running_pods)",
        """count by (cluster) ({job="node-exporter"})""",
        """max by (cluster) (max_over_time(up{job="apiserver"}[20s]))""",
    ];

    private async Task ReshardAsync(CancellationToken cancellation)
    {
        var before = DateTimeOffset.UtcNow;
        var stayed = Clusters.Where(cluster => ClusterShards.Of(cluster, Few) == ClusterShards.Of(cluster, Few + 1)).ToLookup(cluster => ClusterShards.Of(cluster, Few));
        var moved = Clusters.Except(stayed.SelectMany(shard => shard)).ToImmutableArray();
        await _claims.TryAsync("with one shard more, clusters move to it only, and everything is scraped again", "reshard", async () =>
        {
            StackFiles.Write(fleet.Project, fleet.Central.Stack, ("shards", $"{Few + 1}"));
            await fleet.ReconcileAsync(cancellation);
            return
            [
                .. moved.IsEmpty ? ["no cluster moves, so nothing is shown"] : Array.Empty<string>(),
                .. await Eventually.NothingWrongAsync(
                    async () => [.. await TargetChecks.ExactlyTheExpectedAsync(fleet, cancellation), .. await InTheirPlacesAsync(cancellation)], Patience, cancellation),
                .. Credentials(),
            ];
        }, () => $"{Places(Few + 1)}; moved: {string.Join(", ", moved)}, whole {(DateTimeOffset.UtcNow - before).TotalSeconds:0} s later");
        await _claims.TryAsync("and no cluster that stayed missed a scrape", "reshard", async () =>
        {
            await Task.Delay(2 * interval, cancellation);
            var gaps = await Task.WhenAll(stayed.Select(shard => TargetChecks.NoScrapeMissedAsync(
                fleet.Centre.Shards[shard.Key][0], [.. shard], DateTimeOffset.UtcNow - before, interval, cancellation)));
            return [.. gaps.SelectMany(gap => gap)];
        }, () => string.Join(", ", stayed.SelectMany(shard => shard)));
        await _claims.TryAsync("the global query goes on over all of them, with the past of those that moved", "reshard", async () =>
        [
            .. await Eventually.NothingWrongAsync(() => TargetChecks.AnswersAsync(fleet, cancellation), Patience, cancellation),
            .. await PastAsync(moved, before, cancellation),
        ], () => $"samples of {string.Join(", ", moved)} from both shards");
    }

    /// <summary>A cluster that moved has samples from before and from after in the global query.</summary>
    private async Task<ImmutableArray<string>> PastAsync(ImmutableArray<string> moved, DateTimeOffset move, CancellationToken cancellation)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var cluster in moved)
        {
            var samples = (await fleet.Centre.Prometheus.QueryAsync($"up{{cluster=\"{cluster}\",job=\"apiserver\"}}[3m]", cancellation)).SelectMany(series => series.Samples).ToList();
            if (!samples.Any(sample => sample.Time < move.ToUnixTimeSeconds()) || !samples.Any(sample => sample.Time > move.ToUnixTimeSeconds()))
            {
                wrong.Add($"{cluster}: {samples.Count} samples, not both from before and from after it moved");
            }
        }

        return wrong.ToImmutable();
    }

    /// <summary>A shard is killed: the others tell, once, and lose nothing; the global query answers without its clusters.</summary>
    private async Task LoseAsync(int shard, CancellationToken cancellation)
    {
        var others = Clusters.ToLookup(cluster => ClusterShards.Of(cluster, Few + 1));
        var replica = $"{Prometheus.NameOf(shard)}-0";
        var before = DateTimeOffset.UtcNow;
        ImmutableArray<ReceivedAlert> Told(string status) => [.. fleet.Receiver.Received.Where(alert => alert.At >= before && alert.Status == status && alert.Name == ShardDown)];
        await fleet.Centre.Replica(replica).KillAsync();
        await _claims.TryAsync($"shard {shard} dead: the others tell it", $"dead shard {shard}", async () =>
        [
            .. await Eventually.TrueAsync(() => Task.FromResult(!Told("firing").IsEmpty), $"nobody was told {ShardDown}", Patience, cancellation),
            .. Told("firing").Where(alert => alert.Labels["shard"] != shard.ToString(CultureInfo.InvariantCulture)).Select(alert => $"{ShardDown} of shard {alert.Labels["shard"]}, too"),
        ], () => $"{ShardDown} after {(Told("firing").FirstOrDefault()?.At - before)?.TotalSeconds:0} s");
        await _claims.TryAsync("and the global query answers for their clusters, which missed nothing", $"dead shard {shard}", async () =>
        {
            var answered = (await fleet.Centre.Prometheus.QueryAsync("sum by (cluster) (up)", cancellation)).Select(series => series["cluster"]).ToHashSet();
            var gaps = await Task.WhenAll(others.Where(other => other.Key != shard).Select(other => TargetChecks.NoScrapeMissedAsync(
                fleet.Centre.Shards[other.Key][0], [.. other], DateTimeOffset.UtcNow - before, interval, cancellation)));
            return
            [
                .. others.Where(other => other.Key != shard).SelectMany(other => other).Where(cluster => !answered.Contains(cluster)).Select(cluster => $"no answer for {cluster}"),
                .. gaps.SelectMany(gap => gap),
            ];
        }, () => string.Join(", ", others.Where(other => other.Key != shard).SelectMany(other => other)));
        await fleet.Centre.StartAgainAsync(replica, cancellation);
        await _claims.TryAsync("and with it back, all is told to be over and every target is up", $"dead shard {shard}", async () =>
        [
            .. await Eventually.TrueAsync(() => Task.FromResult(!Told("resolved").IsEmpty), $"{ShardDown} was not resolved", Patience, cancellation),
            .. await Eventually.NothingWrongAsync(() => TargetChecks.ExactlyTheExpectedAsync(fleet, cancellation), Patience, cancellation),
            .. Told("firing").Length > 1 ? [$"{ShardDown} was told {Told("firing").Length} times"] : Array.Empty<string>(),
        ], () => "told once, by however many shards");
    }

    /// <summary>While the store is away everything waits, and nothing is missing in it afterwards.</summary>
    private async Task<SupervisedProcess> RestartStoreAsync(SupervisedProcess running, PrometheusApi store, CancellationToken cancellation)
    {
        var began = DateTimeOffset.UtcNow;
        await running.StopAsync();
        await Task.Delay(4 * interval, cancellation);
        running = await StoreAsync(fleet.Store!.Password, cancellation);
        var back = DateTimeOffset.UtcNow;
        await _claims.TryAsync("a restart of the store loses no sample", "store", () => Eventually.NothingWrongAsync(async () =>
        {
            var seconds = (int)Math.Ceiling((DateTimeOffset.UtcNow - began).TotalSeconds + 10);
            var wrong = ImmutableArray.CreateBuilder<string>();
            // Of the time until it was back: what is new may be on its way.
            var here = await TimesAsync(fleet.Centre.Prometheus, seconds, back, cancellation);
            var there = await TimesAsync(store, seconds + 10, back, cancellation);
            foreach (var (cluster, times) in here)
            {
                var missing = times.Except(there.GetValueOrDefault(cluster, [])).Count();
                if (missing > 0)
                {
                    wrong.Add($"{cluster}: {missing} of {times.Count} samples are missing in the store");
                }
            }

            return [.. wrong, .. here.Count < Clusters.Length ? [$"samples of {here.Count} clusters only"] : Array.Empty<string>()];
        }, Patience, cancellation), () => $"away for {(back - began).TotalSeconds:0} s, {Clusters.Length} clusters compared sample by sample");
        return running;
    }

    /// <summary>When the API servers of the clusters were scraped, in milliseconds.</summary>
    private static async Task<Dictionary<string, HashSet<long>>> TimesAsync(PrometheusApi api, int seconds, DateTimeOffset until, CancellationToken cancellation) =>
        (await api.QueryAsync(string.Create(CultureInfo.InvariantCulture, $"up{{job=\"apiserver\"}}[{seconds}s]"), cancellation)).GroupBy(series => series["cluster"]).ToDictionary(
            series => series.Key,
            series => series.SelectMany(one => one.Samples).Select(sample => (long)Math.Round(sample.Time * 1000)).Where(time => time < until.ToUnixTimeMilliseconds()).ToHashSet());

    private async Task RefuseAsync(SupervisedProcess running, CancellationToken cancellation)
    {
        await running.StopAsync();
        var before = DateTimeOffset.UtcNow;
        running = await StoreAsync("another-password-than-before", cancellation);
        await _claims.TryAsync("a store that refuses the password is told", "password",
            () => Eventually.TrueAsync(() => Task.FromResult(fleet.Receiver.Has("firing", Refused, fleet.Central.Stack, before)), $"nobody was told {Refused}", Patience, cancellation),
            () => $"{Refused} after {(fleet.Receiver.Received.FirstOrDefault(alert => alert.At >= before && alert.Name == Refused)?.At - before)?.TotalSeconds:0} s");
        await running.StopAsync();
    }

    private async Task<ImmutableArray<string>> SameAnswersAsync(PrometheusApi store, CancellationToken cancellation)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var question in Questions)
        {
            var here = await AnswerAsync(fleet.Centre.Prometheus, question, cancellation);
            var there = await AnswerAsync(store, question, cancellation);
            if (here.IsEmpty || !here.SetEquals(there))
            {
                wrong.Add($"{question}: {here.Count} answers here, {there.Count} there, {here.Except(there).Count} of them differ: {here.Except(there).FirstOrDefault()} and {there.Except(here).FirstOrDefault()}");
            }
        }

        foreach (var series in await store.QueryAsync($"count({{{PrometheusMainFile.ReplicaLabel}=~\"prometheus.*\"}})", cancellation))
        {
            wrong.Add($"{series.Value} series in the store still carry the replica");
        }

        return wrong.ToImmutable();
    }

    private static async Task<ImmutableHashSet<string>> AnswerAsync(PrometheusApi api, string question, CancellationToken cancellation) =>
        [.. (await api.QueryAsync(question, cancellation)).Select(series => string.Create(CultureInfo.InvariantCulture, $"{{{string.Join(',', series.Labels.Select(label => $"{label.Key}={label.Value}"))}}} {series.Value}"))];

    private ImmutableArray<string> Clusters => [.. fleet.Members.Select(member => member.Name)];

    private string Places(int shards) => string.Join(", ", Clusters.CountBy(cluster => ClusterShards.Of(cluster, shards)).OrderBy(shard => shard.Key).Select(shard => $"{shard.Value} clusters at shard {shard.Key}"));

    private async Task<ImmutableArray<string>> InTheirPlacesAsync(CancellationToken cancellation)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var (number, shard) in fleet.Centre.Shards.Index())
        {
            var elsewhere = Clusters.Where(cluster => ClusterShards.Of(cluster, fleet.Centre.Shards.Length) != number).ToHashSet();
            wrong.AddRange((await shard[0].TargetsAsync(cancellation)).Where(target => elsewhere.Contains(target["cluster"]) && target["job"] != ClusterProbe.Job)
                .Select(target => $"shard {number} scrapes {TargetChecks.Identify(target)}"));
        }

        return wrong.ToImmutable();
    }

    /// <summary>A shard's files and objects hold the tokens of its own clusters, all of them, and no other.</summary>
    private ImmutableArray<string> Credentials()
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        for (var shard = 0; shard < fleet.Centre.Shards.Length; shard++)
        {
            var files = PodFiles.Under("/etc/prometheus", Prometheus.NameOf(shard), fleet.Central.Manifests);
            foreach (var member in fleet.Members)
            {
                var holds = files.Any(file => file.Content.Contains(member.Evaluated.Outputs.Text(StackOutputs.Token)!, StringComparison.Ordinal));
                var names = files.Any(file => file.Path.StartsWith($"clusters/{member.Name}.", StringComparison.Ordinal));
                var isIts = ClusterShards.Of(member.Name, fleet.Centre.Shards.Length) == shard;
                if (holds != isIts || names != isIts)
                {
                    wrong.Add($"shard {shard} {(isIts ? "lacks" : "has")} the credentials of {member.Name}");
                }
            }
        }

        return wrong.ToImmutable();
    }

    private Task<SupervisedProcess> StoreAsync(string password, CancellationToken cancellation) =>
        fleet.Store!.StartAsync(fleet.Processes, fleet.Tools, password, cancellation);
}
