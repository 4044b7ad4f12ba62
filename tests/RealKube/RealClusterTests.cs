namespace FleetPrometheus.Tests.RealKube;

public class RealClusterTests
{
    [RealKubeFact]
    public Task StartAsync_DaemonSet_PodsRunOnEveryNode() => NamespacedScenario.RunAsync(nameof(RealClusterScenarios.PodsRunOnEveryNode));

    [RealKubeFact]
    public Task Proxy_LimitedToken_ReachesWhatItsRulesAllow() => NamespacedScenario.RunAsync(nameof(RealClusterScenarios.LimitedTokenReachesWhatItsRulesAllow));

    [RealKubeFact]
    public Task CutOffAsync_ThenRestoreAsync_KeepsObjectsAndPods() => NamespacedScenario.RunAsync(nameof(RealClusterScenarios.CutOffAndRestore));
}
