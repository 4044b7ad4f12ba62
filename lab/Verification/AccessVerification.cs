using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Verification.Access;
using FleetPrometheus.Lab.Verification.Join;

namespace FleetPrometheus.Lab.Verification;

/// <summary>
/// <c>--verify=access</c>: what the credentials that are handed out can do, which is what the scrapes need, and what they cannot, which is
/// everything else that an attacker would try.
/// </summary>
internal sealed class AccessVerification(LabFleet fleet, TimeSpan interval, Action<Check> report)
{
    private readonly Claims _claims = new(report);

    /// <summary>How long what takes time may take. Default 60 s.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The fleet that is needed: one whose centre speaks HTTPS.</summary>
    public static LabOptions Prepare(LabOptions options) => options with { OnACopy = true, ServesTls = true };

    /// <summary>Runs all checks.</summary>
    public async Task<IReadOnlyList<Check>> RunAsync(CancellationToken cancellation)
    {
        var site = new JoinSite(fleet, interval, Patience, (name, verify, evidence) => _claims.TryAsync(name, "access", verify, evidence));
        await new RelayAccess(site).RunAsync(cancellation);
        await new WebTls(site).RunAsync(cancellation);
        await new TokenRotation(fleet, interval, _claims).RunAsync(cancellation);
        return _claims.All;
    }
}
