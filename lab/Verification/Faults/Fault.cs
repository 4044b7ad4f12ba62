using System.Collections.Immutable;
using System.Globalization;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Simulation;

namespace FleetPrometheus.Lab.Verification.Faults;

/// <summary>A fault, what must hold while it lasts, and who says so. Each is a row of docs/faults.md.</summary>
/// <param name="Name">What is wrong, as in the first column.</param>
/// <param name="Holds">What must hold nevertheless, for the report.</param>
/// <param name="Alerts">The alerts that must reach the receiver; none: nobody needs to be told, and nobody may be.</param>
/// <param name="TryAsync">Does it, mends it, and returns what did not hold.</param>
internal sealed record Fault(string Name, string Holds, ImmutableArray<string> Alerts, Func<FaultScene, CancellationToken, Task<ImmutableArray<string>>> TryAsync)
{
    /// <summary>Whether only a simulated API server can be made to fail like that.</summary>
    public bool NeedsSimulation { get; init; }
}

/// <summary>Where a fault is tried: a running fleet, and the cluster that it strikes. Collects what was seen.</summary>
/// <param name="fleet">The fleet.</param>
/// <param name="cluster">The cluster.</param>
/// <param name="spared">A cluster that nothing ever happens to.</param>
/// <param name="interval">How often is scraped.</param>
/// <param name="turn">Held while the fleet is changed, since several faults are tried at once.</param>
internal sealed class FaultScene(LabFleet fleet, string cluster, string spared, TimeSpan interval, SemaphoreSlim turn)
{
    private readonly List<string> _seen = [];

    /// <summary>How long what takes time may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public LabFleet Fleet => fleet;

    public TimeSpan Interval => interval;

    public string Spared => spared;

    public FleetMember Member => fleet.Members.Single(member => member.Name == cluster);

    public string Name => cluster;

    public SimulatedApiServer Server => ((SimulatedCluster)Member.Cluster).Server;

    /// <summary>When it was tried.</summary>
    public DateTimeOffset Began { get; } = DateTimeOffset.UtcNow;

    /// <summary>What was seen, in a few words.</summary>
    public string Evidence => string.Join("; ", _seen);

    /// <summary>Notes what was seen.</summary>
    public void Saw(FormattableString what) => _seen.Add(what.ToString(CultureInfo.InvariantCulture));

    /// <summary>Waits until an alert has reached the receiver.</summary>
    /// <param name="alert">Its name.</param>
    /// <param name="of">The cluster it tells of; null: this one.</param>
    /// <param name="job">The job it tells of, where that matters.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<ImmutableArray<string>> ToldAsync(string alert, CancellationToken cancellation, string? of = null, string? job = null)
    {
        ReceivedAlert? Told() => fleet.Receiver.Received.FirstOrDefault(told => told.At >= Began && told.Status == "firing" && told.Name == alert
            && told.Cluster == (of ?? cluster) && (job is null || told.Labels.GetValueOrDefault("job") == job));
        var failures = await Eventually.TrueAsync(() => Task.FromResult(Told() is not null), $"nobody was told {alert} of {of ?? cluster}", Patience, cancellation);
        if (Told() is { } told)
        {
            Saw($"{alert} after {(told.At - Began).TotalSeconds:0} s");
        }

        return failures;
    }

    /// <summary>Notifications that this cluster is in trouble, since the beginning.</summary>
    public ImmutableArray<string> NobodyTold() =>
        [.. fleet.Receiver.Notifications.Where(told => told.At >= Began && told.Alerts.Any(alert => alert.Cluster == cluster && alert.Status == "firing")).Select(told => $"{told}")];

    /// <summary>Waits until every target of the cluster that the stack files expect is up.</summary>
    public Task<ImmutableArray<string>> UpAsync(CancellationToken cancellation, string? of = null) =>
        Eventually.NothingWrongAsync(() => NotUpAsync(cancellation, of), Patience, cancellation);

    /// <summary>The cluster's expected targets that are not up now.</summary>
    public async Task<ImmutableArray<string>> NotUpAsync(CancellationToken cancellation, string? of = null)
    {
        var targets = (await TargetChecks.ClusterTargets(fleet, cancellation)).ToLookup(TargetChecks.Identify);
        return
        [
            .. fleet.Members.Single(member => member.Name == (of ?? cluster)).Expected.Where(expected => targets[expected].All(target => target.Health != "up"))
                .Select(expected => $"{expected} is not up: {targets[expected].FirstOrDefault()?.Error ?? "not there"}"),
        ];
    }

    /// <summary>Notes for how long the cluster's targets were not scraped, the longest first, and returns that.</summary>
    public async Task<TimeSpan> LostAsync(CancellationToken cancellation, PrometheusApi? api = null)
    {
        var seconds = (int)Math.Ceiling((DateTimeOffset.UtcNow - Began).TotalSeconds + interval.TotalSeconds);
        var series = await (api ?? fleet.Centre.Prometheus).QueryAsync($"up{{cluster=\"{cluster}\",job!=\"cluster-probe\"}}[{seconds}s]", cancellation);
        var gaps = series.Select(LongestGap).Where(gap => gap > 1.9 * interval.TotalSeconds).ToList();
        var longest = TimeSpan.FromSeconds(gaps.DefaultIfEmpty().Max());
        if (gaps.Count == 0)
        {
            Saw($"no scrape lost");
        }
        else
        {
            Saw($"{gaps.Count} of {series.Length} targets without samples for at most {longest.TotalSeconds:0} s");
        }

        return longest;
    }

    /// <summary>Changes the fleet alone, since others are at it too.</summary>
    public async Task AloneAsync(Func<Task> change, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            await change();
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Writes a key into the cluster's stack file, as a user would, and brings it and the centre up.</summary>
    public Task WriteAsync(string key, string yaml, CancellationToken cancellation) => AloneAsync(
        () =>
        {
            StackFiles.Write(fleet.Project, Member.File.Name, (key, yaml));
            return fleet.ReconcileAsync(cancellation);
        },
        cancellation);

    /// <summary>Replaces a line of the central stack's file, without bringing it up.</summary>
    public Task WriteCentralAsync(string line, string instead, CancellationToken cancellation) => AloneAsync(
        async () =>
        {
            var path = StackFiles.FileOf(fleet.Project, fleet.Central.Stack);
            var content = await File.ReadAllTextAsync(path, cancellation);
            await File.WriteAllTextAsync(path, content.Contains(line, StringComparison.Ordinal)
                ? content.Replace(line, instead, StringComparison.Ordinal)
                : throw new ExpectedFailure($"{Path.GetFileName(path)} has no line '{line.Trim()}'"), cancellation);
        },
        cancellation);

    // Scrapes that failed count as none.
    private static double LongestGap(Series series)
    {
        var good = series.Samples.Where(sample => sample.Value == 1).Select(sample => sample.Time).ToList();
        return good.Zip(good.Skip(1), (a, b) => b - a).DefaultIfEmpty().Max();
    }
}
