using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Rendering;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Tests.Policy;

/// <summary>What the network policies allow, read as Kubernetes reads them: nothing that is not listed.</summary>
[Collection("Pulumi")]
public sealed class NetworkPolicyTests
{
    [Fact]
    public async Task Allow_KubeStateMetrics_IsReachedAndReachesTheControlPlaneOnly()
    {
        var policy = await PolicyAsync("stage", "kube-state-metrics", stack => stack.With("controlPlaneCidrs", """["10.0.0.0/28"]"""));

        Assert.Equal(["10.0.0.0/28 TCP 8080"], Flows(policy, "ingress", "from"));
        Assert.Equal(["10.0.0.0/28"], Flows(policy, "egress", "to"));
    }

    [Fact]
    public async Task Allow_ControlPlaneUnknown_OpensThePortsNeededAndNoOthers()
    {
        var policy = await PolicyAsync("stage", "kube-state-metrics");

        Assert.Equal(["anyone TCP 8080"], Flows(policy, "ingress", "from"));
        Assert.Equal(["anyone TCP 443, TCP 6443"], Flows(policy, "egress", "to"));
    }

    [Fact]
    public async Task Allow_Relay_ReachesItsNodesTwoPortsAndNothingElse()
    {
        var policy = await PolicyAsync("stage", "node-relay", stack => stack.IsTarget
            ? stack.With("controlPlaneCidrs", """["10.0.0.0/28"]""").WithFields("nodeExporter", ("port", 19100))
            : stack);

        Assert.Equal(["10.0.0.0/28 TCP 9190"], Flows(policy, "ingress", "from"));
        Assert.Equal(["anyone TCP 10250, TCP 19100"], Flows(policy, "egress", "to"));
    }

    [Fact]
    public async Task Allow_Prometheus_ReachesTheClustersAtTheirPorts()
    {
        var policy = await PolicyAsync("central", "prometheus", stack => stack.IsTarget
            ? stack.With("apiServer", "https://api.example.com:7443").With("staticTargets", """[{"name": "router", "targets": ["10.9.0.1:9100"]}]""")
            : stack);

        Assert.Equal(["anyone TCP 9090"], Flows(policy, "ingress", "from"));
        Assert.Equal(
            ["anyone TCP 53, UDP 53", "prometheus TCP 9090", "alertmanager TCP 9093", "anyone TCP 7443, TCP 9100"],
            Flows(policy, "egress", "to"));
    }

    [Fact]
    public async Task Allow_AlertmanagersInACluster_GossipAmongThemselves()
    {
        var policy = await PolicyAsync("central", "alertmanager", stack => stack.IsCentral ? stack.WithFields("alertmanager", ("replicas", 3)) : stack);

        Assert.Equal(["anyone TCP 9093", "alertmanager TCP 9094, UDP 9094"], Flows(policy, "ingress", "from"));
    }

    [Fact]
    public async Task Declare_PoliciesOff_HasNone()
    {
        var stacks = await EvaluateAsync(stack => stack.With("networkPolicies", "false"));

        Assert.DoesNotContain(stacks.SelectMany(stack => stack.Manifests), manifest => manifest.Kind == "NetworkPolicy");
    }

    private static async Task<KubernetesManifest> PolicyAsync(string stack, string program, Func<StackFile, StackFile>? change = null) => Assert.Single(
        (await EvaluateAsync(change ?? (same => same))).Single(evaluated => evaluated.Stack == stack).Manifests,
        manifest => manifest.Kind == "NetworkPolicy" && manifest.Name == program);

    private static async Task<IReadOnlyList<EvaluatedStack>> EvaluateAsync(Func<StackFile, StackFile> change) =>
        await new Rendering { Stacks = [.. StackFile.ReadAll(Repository.Root).Select(change)] }.EvaluateAsync([], _ => { });

    private static IEnumerable<string> Flows(KubernetesManifest policy, string direction, string peers) =>
        policy.Content.Objects("spec", direction).Select(rule =>
        {
            var with = rule.Objects(peers).Select(peer => peer.Text("ipBlock", "cidr") ?? peer.Text("podSelector", "matchLabels", "app.kubernetes.io/name")!).ToList();
            var ports = rule.Objects("ports").Select(port => $"{port.Text("protocol")} {port.Number("port")}");
            return $"{(with.Count == 0 ? "anyone" : string.Join(", ", with))} {string.Join(", ", ports)}".TrimEnd();
        });
}
