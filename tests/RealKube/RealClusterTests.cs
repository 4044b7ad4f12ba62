using System.Diagnostics;

namespace FleetPrometheus.Tests.RealKube;

[Collection("Lab")]
public class RealClusterTests
{
    /// <summary>The whole program against real API servers: what they accept of it, and what it scrapes through them.</summary>
    [RealKubeFact]
    public async Task LabVerify_RealApiServers_EveryClaimHolds()
    {
        var lab = Path.Combine(AppContext.BaseDirectory, "fleet-lab.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [lab, "lab", "--verify", "--project", Repository.Root]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        var said = await output + await errors;
        Assert.True(process.ExitCode == 0, said);
        Assert.Contains("real kube-apiserver", said, StringComparison.Ordinal);
    }

    [RealKubeFact]
    public Task StartAsync_DaemonSet_PodsRunOnEveryNode() => NamespacedScenario.RunAsync(nameof(RealClusterScenarios.PodsRunOnEveryNode));

    [RealKubeFact]
    public Task Proxy_LimitedToken_ReachesWhatItsRulesAllow() => NamespacedScenario.RunAsync(nameof(RealClusterScenarios.LimitedTokenReachesWhatItsRulesAllow));

    [RealKubeFact]
    public Task CutOffAsync_ThenRestoreAsync_KeepsObjectsAndPods() => NamespacedScenario.RunAsync(nameof(RealClusterScenarios.CutOffAndRestore));
}
