using FleetPrometheus.Lab.RealKube;

namespace FleetPrometheus.Tests.RealKube;

/// <summary>A test against a real API server; skipped where its programs or the right to make a network namespace are missing.</summary>
public sealed class RealKubeFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Reason = new(() =>
        KubeAssets.AreWanted ? NetworkNamespace.WhyUnavailableAsync().GetAwaiter().GetResult() : $"{KubeAssets.Variable} is not set");

    public override string? Skip => Reason.Value;
}
