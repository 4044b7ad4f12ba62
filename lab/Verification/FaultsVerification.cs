using System.Collections.Immutable;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Simulation;
using FleetPrometheus.Lab.Verification.Faults;

namespace FleetPrometheus.Lab.Verification;

/// <summary>
/// <c>--verify=faults</c>: what holds, what is lost and who is told when something breaks, one fault after the other, and as many at once as
/// there are clusters to strike. One cluster is spared everything and must never miss a scrape.
/// </summary>
internal sealed class FaultsVerification(LabFleet fleet, TimeSpan interval, Action<Check> report)
{
    private const int Struck = 4;
    private const int StruckAtRealOnes = 2;

    private readonly Claims _claims = new(report);
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Every fault, in the order in which they are tried.</summary>
    public static ImmutableArray<Fault> All { get; } = [.. ApiServerFaults.All, .. ExporterFaults.All, .. CentreFaults.Waves.SelectMany(wave => wave)];

    /// <summary>The fleet that is needed: clusters to strike and one to spare, two of each central program, and rules that wait no longer than a verification can.</summary>
    public static LabOptions Prepare(LabOptions options) => AlertsVerification.Prepare(options) with
    {
        OnACopy = true,
        Clusters = Math.Max(options.Clusters, 1 + (options.Assets is null ? Struck : StruckAtRealOnes)),
        Sabotage = options.Sabotage with { File = file => options.Sabotage.File(Hurry.WaitingAndLookingBack(file, options.Interval)) },
    };

    /// <summary>Tries the faults.</summary>
    /// <param name="wanted">Their names; none: all.</param>
    /// <param name="cancellation">Ends the run.</param>
    public async Task<IReadOnlyList<Check>> RunAsync(IReadOnlyCollection<string> wanted, CancellationToken cancellation)
    {
        await _claims.TryAsync("every expected target is up", "targets",
            () => Eventually.NothingWrongAsync(() => TargetChecks.ExactlyTheExpectedAsync(fleet, cancellation), FaultScene.Patience, cancellation),
            () => $"{fleet.Members.Sum(member => member.Expected.Length)} targets of {fleet.Members.Length} clusters");
        if (!_claims.All[0].Holds)
        {
            return _claims.All;
        }

        var simulated = fleet.Members.All(member => member.Cluster is SimulatedCluster);
        foreach (var fault in All.Where(fault => (wanted.Count == 0 || wanted.Contains(fault.Name)) && !simulated && fault.NeedsSimulation))
        {
            _claims.Skip($"{fault.Name}: {fault.Holds}", "only a simulated API server can be made to do that at will");
        }

        ImmutableArray<Fault> Meant(IEnumerable<Fault> faults) =>
            [.. faults.Where(fault => (wanted.Count == 0 || wanted.Contains(fault.Name)) && (simulated || !fault.NeedsSimulation))];
        var clusters = fleet.Members.Select(member => member.Name).ToImmutableArray();
        foreach (var wave in Meant([.. ApiServerFaults.All, .. ExporterFaults.All]).Chunk(clusters.Length - 1).Concat(CentreFaults.Waves.Select(wave => Meant(wave).ToArray())))
        {
            var before = DateTimeOffset.UtcNow;
            await Task.WhenAll(wave.Zip(clusters, (fault, cluster) => TryAsync(fault, new FaultScene(fleet, cluster, clusters[^1], interval, _turn), cancellation)));
            if (wave.Length > 0)
            {
                await _claims.TryAsync("and a cluster that nothing happened to missed nothing", "spared",
                    () => TargetChecks.NoScrapeMissedAsync(fleet, [clusters[^1]], DateTimeOffset.UtcNow - before, interval, cancellation),
                    () => FormattableString.Invariant($"{clusters[^1]}, in {(DateTimeOffset.UtcNow - before).TotalSeconds:0} s"));
            }
        }

        return _claims.All;
    }

    private Task TryAsync(Fault fault, FaultScene scene, CancellationToken cancellation) =>
        _claims.TryAsync($"{fault.Name}: {fault.Holds}", fault.Name, () => fault.TryAsync(scene, cancellation), () => $"{scene.Name}: {scene.Evidence}");
}
