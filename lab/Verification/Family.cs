using System.Collections.Immutable;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Verification.Join;

namespace FleetPrometheus.Lab.Verification;

/// <summary>A family of claims, tried on a fleet of its own, or a part of one that needs another fleet than the rest.</summary>
/// <param name="Name">Its name on the command line; the parts of a family share it.</param>
/// <param name="Prepare">What sort of fleet it needs.</param>
/// <param name="VerifyAsync">Tries its claims; given the fleet, what was said so far, whom to tell, and the end of the run.</param>
internal sealed record Family(
    string Name,
    Func<LabOptions, LabOptions> Prepare,
    Func<LabFleet, Func<IEnumerable<string>>, Action<Check>, CancellationToken, Task<IReadOnlyList<Check>>> VerifyAsync)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>When it must be over, come what may. Default 4 minutes.</summary>
    public TimeSpan Bound { get; init; } = TimeSpan.FromMinutes(4);

    /// <summary>Every family; the first is the one that is meant when none is named.</summary>
    public static ImmutableArray<Family> All { get; } =
    [
        new("core",
            options => options with { OnACopy = true, Interval = Interval },
            (fleet, said, report, cancellation) => new CoreVerification(fleet, Interval, said, report).RunAsync(steadyOnly: false, cancellation)),
        new("join",
            options => JoinVerification.Prepare(options with { Interval = Interval }),
            (fleet, _, report, cancellation) => new JoinVerification(fleet, Interval, report).RunAsync(cancellation)) { Bound = TimeSpan.FromMinutes(7) },
        new("join",
            options => MixedFleet.Prepare(options with { Interval = Interval }),
            (fleet, _, report, cancellation) => new MixedFleet(fleet, report).RunAsync(cancellation)),
        new("access",
            options => AccessVerification.Prepare(options with { Interval = Interval }),
            (fleet, _, report, cancellation) => new AccessVerification(fleet, Interval, report).RunAsync(cancellation)),
        new("access",
            options => JoinVerification.Prepare(options with { Interval = Interval }),
            (fleet, _, report, cancellation) => new AccessVerification(fleet, Interval, report).RunInsideAsync(cancellation)) { Bound = TimeSpan.FromMinutes(7) },
        new("alerts",
            options => AlertsVerification.Prepare(options with { Interval = Interval }),
            (fleet, _, report, cancellation) => new AlertsVerification(fleet, report).RunAsync(cancellation)),
        new("faults",
            options => FaultsVerification.Prepare(options with { Interval = Interval }),
            (fleet, _, report, cancellation) => new FaultsVerification(fleet, Interval, report).RunAsync([], cancellation)) { Bound = TimeSpan.FromMinutes(10) },
        new("scale",
            options => ScaleVerification.Prepare(options with { Interval = Interval }),
            (fleet, said, report, cancellation) => new ScaleVerification(fleet, Interval, said, report).RunAsync(brief: false, cancellation)) { Bound = TimeSpan.FromMinutes(6) },
    ];
}
