using System.Collections.Immutable;
using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>A target that must be there, named by the labels that rules and dashboards select on.</summary>
/// <param name="Cluster">The <c>cluster</c> label.</param>
/// <param name="Job">The <c>job</c> label.</param>
/// <param name="MetricsPath">The <c>metrics_path</c> label of the kubelet's two jobs, else empty.</param>
/// <param name="Node">The <c>node</c> and <c>instance</c> label of a node-level target, else empty.</param>
internal sealed record ExpectedTarget(string Cluster, string Job, string MetricsPath = "", string Node = "")
{
    /// <summary>What the target is called in a table.</summary>
    public string Column => MetricsPath.EndsWith("/cadvisor", StringComparison.Ordinal) ? "cadvisor" : Job;
}

/// <summary>
/// Which targets a cluster must have, worked out from its stack file and its nodes alone and never from what the program rendered,
/// so that a mistake in the program cannot hide itself.
/// </summary>
internal static class Expectation
{
    public static ImmutableArray<ExpectedTarget> Of(StackFile stack, string cluster, IReadOnlyList<string> nodes)
    {
        var targets = ImmutableArray.CreateBuilder<ExpectedTarget>();
        targets.Add(new ExpectedTarget(cluster, "apiserver"));
        targets.Add(new ExpectedTarget(cluster, "cluster-probe"));
        foreach (var node in nodes)
        {
            if (stack.Get("nodeAccess") is "nodesProxy" or "direct")
            {
                targets.Add(new ExpectedTarget(cluster, "kubelet", "/metrics", node));
                targets.Add(new ExpectedTarget(cluster, "kubelet", "/metrics/cadvisor", node));
            }

            if (IsInstalled(stack, "nodeExporter"))
            {
                targets.Add(new ExpectedTarget(cluster, "node-exporter", Node: node));
            }
        }

        if (IsInstalled(stack, "kubeStateMetrics"))
        {
            targets.Add(new ExpectedTarget(cluster, "kube-state-metrics"));
        }

        return targets.ToImmutable();
    }

    private static bool IsInstalled(StackFile stack, string exporter) =>
        stack.Get(exporter) is not { } json || (string?)JsonNode.Parse(json)?["mode"] is null or "install";
}
