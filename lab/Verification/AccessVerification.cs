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

    private JoinSite Site => new(fleet, interval, Patience, (name, verify, evidence) => _claims.TryAsync(name, "access", verify, evidence));

    /// <summary>The fleet that <see cref="RunAsync"/> needs: one whose centre speaks HTTPS.</summary>
    public static LabOptions Prepare(LabOptions options) => options with { OnACopy = true, ServesTls = true };

    /// <summary>Tries what is handed out to the outside.</summary>
    public async Task<IReadOnlyList<Check>> RunAsync(CancellationToken cancellation)
    {
        await new RelayAccess(Site).RunAsync(cancellation);
        await new WebTls(Site).RunAsync(cancellation);
        await new TokenRotation(fleet, interval, _claims).RunAsync(cancellation);
        return _claims.All;
    }

    /// <summary>Tries what the accounts inside need, on a fleet as <see cref="JoinVerification.Prepare"/> makes it.</summary>
    public async Task<IReadOnlyList<Check>> RunInsideAsync(CancellationToken cancellation)
    {
        await new InsideRights(Site).PrometheusAsync(cancellation);
        await RunAgentAsync(cancellation);
        return _claims.All;
    }

    /// <summary>The agent's part of <see cref="RunInsideAsync"/>.</summary>
    public async Task<IReadOnlyList<Check>> RunAgentAsync(CancellationToken cancellation)
    {
        await new InsideRights(Site).AgentAsync(cancellation);
        return _claims.All;
    }
}
