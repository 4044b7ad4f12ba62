using System.Collections.Immutable;
using FleetPrometheus.Lab.Fleet;

namespace FleetPrometheus.Lab.Verification.Join;

/// <summary>Tries a claim; what was wrong, and what was seen when nothing was.</summary>
internal delegate Task TryClaim(string name, Func<Task<ImmutableArray<string>>> verify, Func<string> evidence);

/// <summary>The fleet on which a way of joining is verified, and what its verification needs beside it.</summary>
/// <param name="Fleet">The fleet.</param>
/// <param name="Interval">How often it scrapes.</param>
/// <param name="Patience">How long what takes time may take.</param>
/// <param name="TryAsync">Tries a claim.</param>
internal sealed record JoinSite(LabFleet Fleet, TimeSpan Interval, TimeSpan Patience, TryClaim TryAsync)
{
    /// <inheritdoc cref="StackFiles.Write"/>
    public void Write(string stack, params ReadOnlySpan<(string Key, string Yaml)> keys) => StackFiles.Write(Fleet.Project, stack, keys);
}
