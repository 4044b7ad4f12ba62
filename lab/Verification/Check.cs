using System.Collections.Immutable;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Verification;

/// <summary>The outcome of one thing that was verified.</summary>
/// <param name="Name">What was claimed, as a sentence.</param>
/// <param name="Failures">What contradicts it; none when it holds.</param>
/// <param name="Evidence">What was seen, in a few words.</param>
internal sealed record Check(string Name, ImmutableArray<string> Failures, string Evidence)
{
    public bool Holds => Failures.IsEmpty;

    /// <summary>Whether it was not tried here; <see cref="Evidence"/> says why.</summary>
    public bool Skipped { get; init; }
}

/// <summary>The claims of one verification, each tried and told in turn.</summary>
internal sealed class Claims(Action<Check> report)
{
    private readonly List<Check> _checks = [];

    public IReadOnlyList<Check> All => _checks;

    /// <summary>Says that a claim is not tried here, and why.</summary>
    public void Skip(string name, string why)
    {
        var check = new Check(name, [], why) { Skipped = true };
        lock (_checks)
        {
            _checks.Add(check);
            report(check);
        }
    }

    /// <summary>Tries a claim; what goes wrong while trying contradicts it.</summary>
    public async Task TryAsync(string name, string topic, Func<Task<ImmutableArray<string>>> verify, Func<string> evidence)
    {
        Check check;
        try
        {
            var failures = await verify();
            check = new Check(name, failures, failures.IsEmpty ? evidence() : "");
        }
        catch (Exception exception) when (exception is HttpRequestException or EvaluationException or ExpectedFailure or KubeException or TaskCanceledException { InnerException: TimeoutException })
        {
            check = new Check(name, [$"{topic}: {exception.Message}"], "");
        }

        // Several may be tried at once.
        lock (_checks)
        {
            _checks.Add(check);
            report(check);
        }
    }
}

/// <summary>Waiting for what takes time, within a bound.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Asks until nothing is found wrong any more, or the time is over; the last answer counts.</summary>
    public static async Task<ImmutableArray<string>> NothingWrongAsync(
        Func<Task<ImmutableArray<string>>> ask, TimeSpan patience, CancellationToken cancellation)
    {
        var deadline = DateTimeOffset.UtcNow + patience;
        while (true)
        {
            var wrong = await ask();
            if (wrong.IsEmpty || DateTimeOffset.UtcNow > deadline)
            {
                return wrong;
            }

            await Task.Delay(Pause, cancellation);
        }
    }

    /// <summary>Waits for a condition; returns <paramref name="otherwise"/> when it does not come true in time.</summary>
    public static Task<ImmutableArray<string>> TrueAsync(
        Func<Task<bool>> condition, string otherwise, TimeSpan patience, CancellationToken cancellation) =>
        NothingWrongAsync(async () => await condition() ? [] : [$"{otherwise} (waited {patience.TotalSeconds:0} s)"], patience, cancellation);
}
