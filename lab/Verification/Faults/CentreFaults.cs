using System.Collections.Immutable;
using System.Globalization;
using FleetPrometheus.Contract;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Lab.Verification.Faults;

/// <summary>What can happen to the centre itself. No cluster is struck; all of them must go on being watched.</summary>
internal static class CentreFaults
{
    private const string Prometheus = "prometheus-1";
    private const string Alertmanager = "alertmanager-1";
    private const string Newcomer = "half";
    private const string ReloadSuccessful = "max(prometheus_config_last_reload_successful{job=\"prometheus\"})";
    private const int TmpfsMegabytes = 32;

    // Alertmanagers tell each other five times a second what they have told. When their turns come in between, both tell it: they promise once at least.
    private static readonly TimeSpan Gossip = TimeSpan.FromSeconds(0.5);

    /// <summary>Those that do not disturb each other together.</summary>
    public static ImmutableArray<ImmutableArray<Fault>> Waves { get; } =
    [
        [
            new("a Prometheus killed (SIGKILL)", "the other one misses nothing; its own samples are there again after its start", ["TargetDown"], PrometheusKilledAsync),
            new("a cluster's stack deployed in part", "nothing changes, and the message says which stack and what to run; optional: true goes on without it", [], HalfDeployedAsync),
        ],
        [
            new("broken configuration pushed", "the last good one goes on; the repair takes effect", ["PrometheusBadConfig"], BrokenConfigurationAsync),
        ],
        [
            new("a Prometheus's disk full", "the other one misses nothing; with space again it goes on by itself", ["PrometheusNotIngestingSamples"], DiskFullAsync),
            new("an Alertmanager lost", "the other one notifies, once; nothing is told again when it is back", ["TargetDown"], AlertmanagerLostAsync),
        ],
    ];

    private static async Task<ImmutableArray<string>> PrometheusKilledAsync(FaultScene scene, CancellationToken cancellation)
    {
        var second = scene.Fleet.Centre.Apis[1];
        var before = (await second.QueryAsync($"max_over_time(timestamp(up{{cluster=\"{scene.Spared}\",job=\"apiserver\"}})[1m:1s])", cancellation))[0].Value;
        await scene.Fleet.Centre.Replica(Prometheus).KillAsync();
        var killed = DateTimeOffset.UtcNow;
        var told = await scene.ToldAsync("TargetDown", cancellation, scene.Fleet.Central.Stack, "prometheus");
        await scene.Fleet.Centre.StartAgainAsync(Prometheus, cancellation);
        var down = DateTimeOffset.UtcNow - killed;
        var samples = ImmutableArray<Sample>.Empty;
        var gap = 0d;
        var after = await Eventually.TrueAsync(async () =>
        {
            var series = await second.QueryAsync($"up{{cluster=\"{scene.Spared}\",job=\"apiserver\"}}[5m]", cancellation);
            samples = series is [var only] ? only.Samples : [];
            gap = samples.Zip(samples.Skip(1), (a, b) => b.Time - a.Time).DefaultIfEmpty().Max();
            return samples.Any(sample => sample.Time > killed.ToUnixTimeSeconds() + down.TotalSeconds);
        }, "it does not scrape after its start", FaultScene.Patience, cancellation);
        var replay = await second.ScalarAsync("max(prometheus_tsdb_data_replay_duration_seconds)", cancellation);
        scene.Saw($"down for {down.TotalSeconds:0.0} s, its gap {gap:0.0} s; replay took {(double.IsNaN(replay) ? 0 : replay):0.00} s");
        return
        [
            .. told, .. after,
            .. samples.Any(sample => Math.Abs(sample.Time - before) < 0.001) ? [] : new[] { "what it had stored before it was killed is gone" },
            .. gap > down.TotalSeconds + (5 * scene.Interval.TotalSeconds) ? [FormattableString.Invariant($"its gap is {gap:0.0} s, though it was down for {down.TotalSeconds:0.0} s")] : Array.Empty<string>(),
        ];
    }

    private static async Task<ImmutableArray<string>> BrokenConfigurationAsync(FaultScene scene, CancellationToken cancellation)
    {
        var prometheus = scene.Fleet.Centre.Prometheus;
        var path = Path.Combine(scene.Fleet.Centre.PrometheusDirectory, ConfigurationPaths.Clusters, $"{scene.Name}.yml");
        var good = await File.ReadAllTextAsync(path, cancellation);
        Replace(path, "scrape_configs: [\n");
        var told = await scene.ToldAsync("PrometheusBadConfig", cancellation, scene.Fleet.Central.Stack);
        var up = await scene.NotUpAsync(cancellation);
        // Nothing is reloaded, because by its checksum nothing has changed since the last good load; the alert stays.
        Replace(path, good);
        await Task.Delay(3 * scene.Interval, cancellation);
        if (await prometheus.ScalarAsync(ReloadSuccessful, cancellation) == 0)
        {
            scene.Saw($"repaired to the last good content nothing is reloaded");
        }

        // As the runbook tells.
        Signals.Send(scene.Fleet.Centre.Replica("prometheus-0").Id, Signals.Hangup);
        Signals.Send(scene.Fleet.Centre.Replica(Prometheus).Id, Signals.Hangup);
        var repaired = await Eventually.TrueAsync(
            async () => await prometheus.ScalarAsync(ReloadSuccessful.Replace("max", "min", StringComparison.Ordinal), cancellation) == 1, "the repair has no effect", FaultScene.Patience, cancellation);
        await scene.LostAsync(cancellation);
        return [.. told, .. up, .. repaired];
    }

    private static async Task<ImmutableArray<string>> HalfDeployedAsync(FaultScene scene, CancellationToken cancellation)
    {
        var wrong = new List<string>();
        var fleet = scene.Fleet;
        File.Copy(StackFiles.FileOf(fleet.Project, fleet.Members.Single(member => member.Name == scene.Spared).File.Name), StackFiles.FileOf(fleet.Project, Newcomer));
        StackFiles.Watch(fleet.Project, fleet.Central.Stack, Newcomer);
        fleet.AlterOutputs = (stack, outputs) => stack == Newcomer ? null : outputs;
        await RefusedAsync("has no outputs");
        fleet.AlterOutputs = (stack, outputs) => stack == Newcomer ? outputs with { Values = outputs.Values.Remove(StackOutputs.Token) } : outputs;
        await RefusedAsync(StackOutputs.Token);
        wrong.AddRange(await scene.NotUpAsync(cancellation));
        await scene.WriteCentralAsync($"    - {Newcomer}\n", $"    - stack: {Newcomer}\n      optional: true\n", cancellation);
        fleet.AlterOutputs = (stack, outputs) => stack == Newcomer ? null : outputs;
        await scene.AloneAsync(() => fleet.ReconcileAsync(cancellation), cancellation);
        if (!fleet.Central.Warnings.Any(warning => warning.Contains($"pulumi up --stack {Newcomer}", StringComparison.Ordinal)))
        {
            wrong.Add("with optional: true nothing warns of the cluster that is left out");
        }

        fleet.AlterOutputs = (_, outputs) => outputs;
        await scene.AloneAsync(() => fleet.ReconcileAsync(cancellation), cancellation);
        wrong.AddRange(await scene.UpAsync(cancellation, Newcomer));
        scene.Saw($"once it is whole, its targets are up");
        await scene.LostAsync(cancellation);
        return [.. wrong];

        async Task RefusedAsync(string reason)
        {
            try
            {
                await fleet.ReconcileAsync(cancellation);
                wrong.Add($"the centre was brought up although stack {Newcomer} {reason}");
            }
            catch (EvaluationException refusal)
            {
                if (!refusal.Message.Contains(reason, StringComparison.Ordinal) || !refusal.Message.Contains($"pulumi up --stack {Newcomer}", StringComparison.Ordinal))
                {
                    wrong.Add($"the message does not say '{reason}' and what to run: {refusal.Message}");
                }
            }
        }
    }

    private static async Task<ImmutableArray<string>> AlertmanagerLostAsync(FaultScene scene, CancellationToken cancellation)
    {
        await scene.Fleet.Centre.Replica(Alertmanager).KillAsync();
        var told = await scene.ToldAsync("TargetDown", cancellation, scene.Fleet.Central.Stack, "alertmanager");
        var cut = DateTimeOffset.UtcNow;
        await scene.Member.Cluster.CutOffAsync();
        int Notified(string status)
        {
            var times = scene.Fleet.Receiver.Notifications.Where(one => one.At >= cut && one.Tells(status, "ClusterUnreachable", scene.Name)).Select(one => one.At).ToList();
            return Math.Min(times.Count, 1) + times.Zip(times.Skip(1)).Count(pair => pair.Second - pair.First > Gossip);
        }

        var notified = await Eventually.TrueAsync(() => Task.FromResult(Notified("firing") > 0), "nobody was told of a cluster that was cut off meanwhile", FaultScene.Patience, cancellation);
        await scene.Fleet.Centre.StartAgainAsync(Alertmanager, cancellation);
        await Task.Delay(4 * StackFiles.PairsGroupInterval, cancellation);
        await scene.Member.Cluster.RestoreAsync();
        var resolved = await Eventually.TrueAsync(() => Task.FromResult(Notified("resolved") > 0), "nobody was told of its return", FaultScene.Patience, cancellation);
        await Task.Delay(2 * StackFiles.PairsGroupInterval, cancellation);
        scene.Saw($"of a cluster cut off meanwhile {Notified("firing")} notification, of its return {Notified("resolved")}");
        return
        [
            .. told, .. notified, .. resolved,
            .. Notified("firing") > 1 || Notified("resolved") > 1 ? [$"{Notified("firing")} notifications of its loss and {Notified("resolved")} of its return"] : Array.Empty<string>(),
        ];
    }

    private static async Task<ImmutableArray<string>> DiskFullAsync(FaultScene scene, CancellationToken cancellation)
    {
        var second = scene.Fleet.Centre.Apis[1];
        var data = scene.Fleet.Centre.DataDirectory(Prometheus);
        await scene.Fleet.Centre.Replica(Prometheus).StopAsync();
        var whole = scene.Fleet.Centre.Replica(Prometheus).Spec;
        await scene.Fleet.Centre.StartAgainAsync(Prometheus, cancellation, spec => OnSmallDisk(spec, data));
        var fresh = $"time() - max(timestamp(up{{cluster=\"{scene.Spared}\",job=\"apiserver\"}}))";
        var working = await Eventually.TrueAsync(async () => await second.ScalarAsync(fresh, cancellation) < 5, "it does not scrape with an empty disk", FaultScene.Patience, cancellation);
        // Only its own mount namespace has that disk.
        var filler = string.Create(CultureInfo.InvariantCulture, $"/proc/{scene.Fleet.Centre.Replica(Prometheus).Id}/root{data}/filler");
        Fill(filler);
        var full = DateTimeOffset.UtcNow;
        var told = await scene.ToldAsync("PrometheusNotIngestingSamples", cancellation, scene.Fleet.Central.Stack);
        var alive = !scene.Fleet.Centre.Replica(Prometheus).Exited.IsCompleted;
        File.Delete(filler);
        var freed = DateTimeOffset.UtcNow;
        var again = await Eventually.TrueAsync(async () => await second.ScalarAsync(fresh, cancellation) < 5, "with space again it does not go on", FaultScene.Patience, cancellation);
        scene.Saw($"full for {(freed - full).TotalSeconds:0} s, storing again {(DateTimeOffset.UtcNow - freed).TotalSeconds:0} s later");
        await scene.Fleet.Centre.Replica(Prometheus).StopAsync();
        await scene.Fleet.Centre.StartAgainAsync(Prometheus, cancellation, _ => whole);
        return [.. working, .. told, .. again, .. alive ? Array.Empty<string>() : ["it ended"]];
    }

    // At one blow, as in a pod: a file half written may be valid, and would be loaded.
    private static void Replace(string path, string content)
    {
        File.WriteAllText($"{path}.new", content);
        File.Move($"{path}.new", path, overwrite: true);
    }

    /// <summary>The same program with a small disk of its own in the place of its data.</summary>
    private static ProcessSpec OnSmallDisk(ProcessSpec spec, string data) => spec with
    {
        Path = "/usr/bin/unshare",
        Arguments =
        [
            "--mount", .. Environment.IsPrivilegedProcess ? Array.Empty<string>() : ["--map-root-user"],
            "/bin/sh", "-c", $"mount -t tmpfs -o size={TmpfsMegabytes.ToString(CultureInfo.InvariantCulture)}m tmpfs \"$1\" && shift && exec \"$@\"", "sh", data,
            spec.Path, .. spec.Arguments,
        ],
    };

    private static void Fill(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            var zeros = new byte[4096];
            while (true)
            {
                file.Write(zeros);
            }
        }
        catch (IOException)
        {
            // That is what was wanted.
        }
    }
}
