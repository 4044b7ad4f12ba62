using System.Collections.Immutable;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Verification;

/// <summary>
/// <c>--verify=alerts</c>: who is told what, proven with two Prometheus and two Alertmanagers. Two clusters are cut off at the same time,
/// one of them with a receiver of its own, so that both are waited for only once, and a third must not notice. After that the third refuses
/// the centre's token.
/// </summary>
internal sealed class AlertsVerification(LabFleet fleet, Action<Check> report)
{
    private const string Unreachable = "ClusterUnreachable";
    private const string Rejected = "ClusterCredentialsRejected";
    private const string Watchdog = "Watchdog";

    // What could still arrive after a notification: the other Alertmanager's own, and whatever the next look at the group brings.
    private static readonly TimeSpan Afterwards = 2 * StackFiles.PairsGroupInterval;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly Claims _claims = new(report);

    /// <summary>The fleet that is needed: three clusters, two of each central program, and rules that wait no longer than a verification can.</summary>
    public static LabOptions Prepare(LabOptions options) => options with
    {
        Clusters = Math.Max(options.Clusters, 3),
        Nodes = Math.Min(options.Nodes, 2),
        PairsAndTeamOf = StackFiles.Read(options.Project, 0).Targets[0] is var team ? team.Get("clusterName") ?? team.Name : null,
        Sabotage = options.Sabotage with { File = file => options.Sabotage.File(Hurry.Waiting(file, options.Interval)) },
    };

    /// <summary>Runs all checks.</summary>
    public async Task<IReadOnlyList<Check>> RunAsync(CancellationToken cancellation)
    {
        var team = fleet.Members.Single(member => member.Name == fleet.TeamCluster);
        var cut = fleet.Members.First(member => member != team);
        var others = fleet.Members.Where(member => member != team && member != cut).Select(member => member.Name).ToImmutableArray();

        await _claims.TryAsync("every expected target is up", "targets",
            () => Eventually.NothingWrongAsync(() => TargetChecks.ExactlyTheExpectedAsync(fleet, cancellation), Patience, cancellation),
            () => $"{fleet.Members.Sum(member => member.Expected.Length)} targets of {fleet.Members.Length} clusters");
        await _claims.TryAsync("two Prometheus send to two Alertmanagers, which know each other", "pairs",
            () => Eventually.TrueAsync(PairedAsync, "each of two Alertmanagers should count 2 members, and each of two Prometheus know 2 Alertmanagers", Patience, cancellation),
            () => "by their own metrics");
        await _claims.TryAsync("the dead man's switch is told again and again, and nobody else is told of the Watchdog", "watchdog", async () =>
        [
            .. await Eventually.TrueAsync(() => Task.FromResult(Beats(DateTimeOffset.MinValue).Count() >= 4), "fewer than 4 notifications of the Watchdog", Patience, cancellation),
            .. fleet.Receiver.Notifications.Where(told => told.Alerts.Any(alert => alert.Name == Watchdog) != (told.Receiver == StackFiles.Heartbeat)).Select(told => $"{told}"),
        ], () => $"{Beats(DateTimeOffset.MinValue).Count()} times");
        if (_claims.All.Any(check => !check.Holds))
        {
            return _claims.All;
        }

        await _claims.TryAsync("every query of the dashboards and links is answered", "dashboards",
            () => Eventually.NothingWrongAsync(() => DashboardChecks.QueriesAnswerAsync(fleet, cancellation), Patience, cancellation), () => "without error and with data");
        await _claims.TryAsync("every rule is evaluated without error, and is not dead", "rules",
            () => Eventually.NothingWrongAsync(RulesAsync, Patience, cancellation), () => "whatever it selects exists");

        var before = DateTimeOffset.UtcNow;
        await cut.Cluster.CutOffAsync();
        await team.Cluster.CutOffAsync();
        await _claims.TryAsync("a cluster that is cut off is told once, and nothing that follows from it", "cut off",
            async () => [.. await ConsequencesAsync(cut, cancellation), .. await ToldOnceAsync("firing", Unreachable, cut, StackFiles.OnCall, before, cancellation), .. OthersThan(Unreachable, cut, before)],
            () => $"{cut.Name}: 1 notification");
        await _claims.TryAsync("and one with a route of its own is told once, to the receiver that its route names", "route",
            async () => [.. await ConsequencesAsync(team, cancellation), .. await ToldOnceAsync("firing", Unreachable, team, StackFiles.Team, before, cancellation), .. OthersThan(Unreachable, team, before)],
            () => $"{team.Name}: 1 notification to {StackFiles.Team}");
        await _claims.TryAsync("of the other clusters nothing is told", "others",
            () => Task.FromResult<ImmutableArray<string>>([.. Since(before).Where(told => told.Alerts.Any(alert => others.Contains(alert.Cluster))).Select(told => $"{told}")]),
            () => string.Join(", ", others));

        var restored = DateTimeOffset.UtcNow;
        await cut.Cluster.RestoreAsync();
        await team.Cluster.RestoreAsync();
        await _claims.TryAsync("back again, its end is told once, and nothing else", "restored",
            async () => [.. await ToldOnceAsync("resolved", Unreachable, cut, StackFiles.OnCall, restored, cancellation), .. OthersThan(Unreachable, cut, restored)],
            () => $"{cut.Name}: 1 notification");

        var revoking = fleet.Members.First(member => others.Contains(member.Name));
        var revoked = DateTimeOffset.UtcNow;
        await RevokeAsync(revoking, cancellation);
        await _claims.TryAsync("a cluster that refuses the centre's token is told once, as that and nothing else", "revoked",
            async () => [.. await ConsequencesAsync(revoking, cancellation), .. await ToldOnceAsync("firing", Rejected, revoking, StackFiles.OnCall, revoked, cancellation), .. OthersThan(Rejected, revoking, revoked)],
            () => $"{revoking.Name}: 1 notification");
        await _claims.TryAsync("meanwhile the dead man's switch went on", "watchdog",
            () => Task.FromResult<ImmutableArray<string>>(Beats(before).Count() >= 5 ? [] : [$"only {Beats(before).Count()} notifications since the cut"]),
            () => $"{Beats(before).Count()} times");
        return _claims.All;

        async Task<ImmutableArray<string>> RulesAsync() =>
            [.. await RuleChecks.RulesEvaluateAsync(fleet, cancellation), .. await RuleChecks.SelectorsMatchAsync(fleet, cancellation)];

        async Task<bool> PairedAsync() =>
            await fleet.Centre.Prometheus.ScalarAsync("count(alertmanager_cluster_members == 2) + count(prometheus_notifications_alertmanagers_discovered == 2)", cancellation) == 4;
    }

    /// <summary>As README tells how to revoke a leaked token.</summary>
    private static async Task RevokeAsync(FleetMember member, CancellationToken cancellation)
    {
        var token = member.Evaluated.Manifests.Single(manifest => manifest.Kind == "Secret" && manifest.Name.EndsWith(member.Evaluated.Outputs.Text("tokenId")!, StringComparison.Ordinal));
        await member.Cluster.Admin.DeleteAsync(KubeKind.Secret, token.Namespace, token.Name, cancellation);
    }

    /// <summary>Waits until Prometheus itself holds other alerts of a cluster for firing, without which it would be no feat that none is told.</summary>
    private Task<ImmutableArray<string>> ConsequencesAsync(FleetMember member, CancellationToken cancellation) => Eventually.TrueAsync(
        async () => (await fleet.Centre.Prometheus.QueryAsync($"ALERTS{{alertstate=\"firing\",alertname=\"TargetDown\",cluster=\"{member.Name}\"}}", cancellation)).Length > 1,
        $"nothing follows from the trouble of {member.Name}: TargetDown does not fire for several jobs", Patience, cancellation);

    /// <summary>Waits for a notification, and then long enough to see a second one.</summary>
    private async Task<ImmutableArray<string>> ToldOnceAsync(
        string status, string name, FleetMember member, string receiver, DateTimeOffset since, CancellationToken cancellation)
    {
        ImmutableArray<Notification> Told() => [.. Since(since).Where(told => told.Tells(status, name, member.Name))];
        var failures = await Eventually.TrueAsync(() => Task.FromResult(!Told().IsEmpty), $"nobody was told that {name} of {member.Name} is {status}", Patience, cancellation);
        if (!failures.IsEmpty)
        {
            return failures;
        }

        var rest = Told()[0].At + Afterwards - DateTimeOffset.UtcNow;
        await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, cancellation);
        return Told() is [var only] && only.Receiver == receiver ? [] : [.. Told().Select(told => $"{told.At:HH:mm:ss.fff} {told}")];
    }

    /// <summary>Notifications of anything but the trouble of the whole cluster.</summary>
    private IEnumerable<string> OthersThan(string trouble, FleetMember member, DateTimeOffset since) => Since(since)
        .Where(told => told.Alerts.Any(alert => alert.Cluster == member.Name && alert.Name != trouble))
        .Select(told => $"{told.At:HH:mm:ss.fff} {told}");

    private IEnumerable<Notification> Beats(DateTimeOffset since) => Since(since).Where(told => told.Alerts.Any(alert => alert.Name == Watchdog));

    private IEnumerable<Notification> Since(DateTimeOffset since) => fleet.Receiver.Notifications.Where(told => told.At >= since);
}
