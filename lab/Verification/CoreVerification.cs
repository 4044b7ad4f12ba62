using System.Collections.Immutable;
using System.Net;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Lab.Fleet;

namespace FleetPrometheus.Lab.Verification;

/// <summary>
/// <c>--verify=core</c>: the main job, proven on a running fleet. Every step has a bound in time; a step that fails does not keep
/// the others from being tried, except where they would only repeat it.
/// </summary>
internal sealed class CoreVerification(LabFleet fleet, TimeSpan interval, Func<IEnumerable<string>> said, Action<Check> report)
{
    private const string Newcomer = "edge";
    private const string Unreachable = "ClusterUnreachable";

    private readonly Claims _claims = new(report);

    /// <summary>How long what takes time may take. Default 60 s.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Runs all checks.</summary>
    /// <param name="steadyOnly">Only what can be seen without disturbing the fleet.</param>
    /// <param name="cancellation">Ends the run.</param>
    public async Task<IReadOnlyList<Check>> RunAsync(bool steadyOnly, CancellationToken cancellation)
    {
        await _claims.TryAsync("every expected target is up, and there is no other", "targets",
            () => Eventually.NothingWrongAsync(() => TargetChecks.ExactlyTheExpectedAsync(fleet, cancellation), Patience, cancellation),
            () => $"{fleet.Members.Sum(member => member.Expected.Length)} targets of {fleet.Members.Length} clusters");
        if (fleet.HasIdentities)
        {
            await _claims.TryAsync("node-exporter's samples come from the node they name", "identity",
                () => Eventually.NothingWrongAsync(() => TargetChecks.OwnNodeAsync(fleet, cancellation), Shorter(10), cancellation),
                () => "by each node's own identity, over a minute");
        }

        await _claims.TryAsync("labels are complete: cluster, the operator's own, instance, node", "labels",
            () => Eventually.NothingWrongAsync(() => TargetChecks.LabelsAsync(fleet, cancellation), Shorter(10), cancellation),
            () => "on targets and on series");
        await _claims.TryAsync("the same PromQL answers for every cluster", "answers",
            () => Eventually.NothingWrongAsync(() => TargetChecks.AnswersAsync(fleet, cancellation), Shorter(30), cancellation),
            () => "targets, nodes, CPU, memory, requests, pods");
        await _claims.TryAsync("the web endpoints ask for the password, and the pods' probes have it", "web", () => WebAsync(cancellation), () => "Prometheus, Alertmanager and the exporter that probes clusters");
        await _claims.TryAsync("the programs' own checks accept the whole configuration", "check", () => ProgramChecks.ConfigurationAsync(fleet, cancellation), () => "with its credentials in place");
        if (!steadyOnly && _claims.All.All(check => check.Holds))
        {
            await JoinAsync(cancellation);
            await CutOffAsync(cancellation);
        }

        await _claims.TryAsync("no credential in any log, message, ConfigMap or default rendering", "secrets", () => SecretScan.RunAsync(fleet, said()), () => "searched for the real ones");
        return _claims.All;
    }

    private TimeSpan Shorter(int seconds) => Patience < TimeSpan.FromSeconds(seconds) ? Patience : TimeSpan.FromSeconds(seconds);

    private async Task JoinAsync(CancellationToken cancellation)
    {
        var others = fleet.Members.Select(member => member.Name).ToImmutableArray();
        var before = DateTimeOffset.UtcNow;
        await _claims.TryAsync("a third cluster joins by one new stack file and one line", "join", async () =>
        {
            AddStackFile();
            await fleet.ReconcileAsync(cancellation);
            return fleet.Members.All(member => member.Name != Newcomer)
                ? [$"{Newcomer} is not watched"]
                : await Eventually.NothingWrongAsync(() => TargetChecks.ExactlyTheExpectedAsync(fleet, cancellation), Patience, cancellation);
        }, () => $"{Newcomer}: all targets up {(DateTimeOffset.UtcNow - before).TotalSeconds:0} s after its file was written");
        await _claims.TryAsync("and no other cluster missed a scrape meanwhile", "join", async () =>
        {
            await Task.Delay(2 * interval, cancellation);
            return await TargetChecks.NoScrapeMissedAsync(fleet, others, DateTimeOffset.UtcNow - before, interval, cancellation);
        }, () => string.Join(", ", others));
    }

    private async Task CutOffAsync(CancellationToken cancellation)
    {
        var victim = fleet.Members[0];
        var others = fleet.Members.Skip(1).Select(member => member.Name).ToImmutableArray();
        var before = DateTimeOffset.UtcNow;
        await victim.Cluster.CutOffAsync();
        await _claims.TryAsync("a cluster that cannot be reached shows as up == 0 and fires one alert at the receiver", "cut off", async () =>
        [
            .. await Eventually.TrueAsync(
                async () => await fleet.Centre.Prometheus.ScalarAsync($"max(up{{job=\"apiserver\",cluster=\"{victim.Name}\"}})", cancellation) == 0,
                "up of its API server is not 0", Patience, cancellation),
            .. await Eventually.TrueAsync(() => Task.FromResult(fleet.Receiver.Has("firing", Unreachable, victim.Name, before)),
                $"no {Unreachable} reached the receiver", Patience, cancellation),
            .. fleet.Receiver.Received.Where(alert => alert.At >= before && alert.Name == Unreachable && alert.Cluster != victim.Name)
                .Select(alert => $"{Unreachable} also for {alert.Cluster}"),
        ], () => $"{victim.Name}: told {(fleet.Receiver.Received.FirstOrDefault(alert => alert.At >= before && alert.Name == Unreachable)?.At - before)?.TotalSeconds:0} s after the cut");
        await _claims.TryAsync("and the other clusters lose nothing", "cut off",
            () => TargetChecks.NoScrapeMissedAsync(fleet, others, DateTimeOffset.UtcNow - before, interval, cancellation), () => string.Join(", ", others));
        var restored = DateTimeOffset.UtcNow;
        await victim.Cluster.RestoreAsync();
        await _claims.TryAsync("back again, it is resolved at the receiver and every target is up", "cut off", async () =>
        [
            .. await Eventually.TrueAsync(() => Task.FromResult(fleet.Receiver.Has("resolved", Unreachable, victim.Name, restored)),
                $"{Unreachable} was not resolved at the receiver", Patience, cancellation),
            .. await Eventually.NothingWrongAsync(() => TargetChecks.ExactlyTheExpectedAsync(fleet, cancellation), Patience, cancellation),
        ], () => $"{victim.Name}: {(DateTimeOffset.UtcNow - restored).TotalSeconds:0} s after its return");
    }

    private async Task<ImmutableArray<string>> WebAsync(CancellationToken cancellation)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        using var anonymous = new HttpClient();
        foreach (var address in new[] { fleet.Centre.Prometheus.Address, fleet.Centre.AlertmanagerAddress, fleet.Centre.ExporterAddress })
        {
            foreach (var path in new[] { "/-/healthy", "/metrics", "/api/v1/status/config" })
            {
                using var response = await anonymous.GetAsync(new Uri(address, path), cancellation);
                if (response.StatusCode != HttpStatusCode.Unauthorized)
                {
                    wrong.Add($"{new Uri(address, path)} answers {(int)response.StatusCode} without a password");
                }
            }
        }

        wrong.AddRange(await ProgramChecks.ProbesAsync(fleet, cancellation));
        return wrong.ToImmutable();
    }

    /// <summary>What README tells a user to do: copy a stack file, change its name and labels, add a line to the centre's.</summary>
    private void AddStackFile()
    {
        var model = Directory.GetFiles(fleet.Project, "Pulumi.*.yaml").Order(StringComparer.Ordinal).First(path => File.ReadAllText(path).Contains("role: target", StringComparison.Ordinal));
        File.Copy(model, StackFiles.FileOf(fleet.Project, Newcomer));
        StackFiles.Watch(fleet.Project, StackFile.ReadAll(fleet.Project).Single(stack => stack.IsCentral).Name, Newcomer);
    }
}
