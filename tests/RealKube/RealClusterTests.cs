using System.Diagnostics;
using Xunit.Abstractions;

namespace FleetPrometheus.Tests.RealKube;

[Collection("Lab")]
public class RealClusterTests(ITestOutputHelper output)
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

    /// <summary>Says how many there were: see the test's output.</summary>
    [RealKubeFact]
    public async Task DryRun_ObjectsOfAcceptedStacks_AreTaken() => output.WriteLine(await NamespacedScenario.RunAsync(nameof(RealClusterScenarios.AcceptedObjectsAreTaken)));
}
