using System.Collections.Immutable;
using FleetPrometheus.Scraping;
using FleetPrometheus.Workloads;

namespace FleetPrometheus.Targets;

/// <summary>What is scraped in a cluster, derived from what is chosen for it.</summary>
public static class TargetJobs
{
    /// <summary>The jobs, in the order in which they are shown and written.</summary>
    /// <param name="apiServerMembers">Addresses (host:port) of the control plane's members, or empty.</param>
    /// <param name="nodeAccess">How kubelet and cadvisor are reached.</param>
    /// <param name="nodeExporter">Settings of node-exporter.</param>
    /// <param name="kubeStateMetrics">Settings of kube-state-metrics.</param>
    public static ImmutableArray<ScrapeJob> For(
        ImmutableArray<string> apiServerMembers,
        NodeAccess nodeAccess,
        NodeExporterOptions nodeExporter,
        KubeStateMetricsOptions kubeStateMetrics)
    {
        var jobs = ImmutableArray.CreateBuilder<ScrapeJob>();
        jobs.Add(new ApiServerJob { Members = apiServerMembers });
        if (nodeAccess == NodeAccess.NodesProxy)
        {
            jobs.Add(new NodeProxyJob("kubelet", "/metrics"));
            jobs.Add(new NodeProxyJob("kubelet", "/metrics/cadvisor"));
        }

        if (nodeExporter.Mode != ExporterMode.Off)
        {
            jobs.Add(Pods(NodeExporter.ProgramName, nodeExporter) with { Instance = InstanceFrom.Node });
        }

        if (kubeStateMetrics.Mode != ExporterMode.Off)
        {
            jobs.Add(Pods(KubeStateMetrics.ProgramName, kubeStateMetrics) with { HonorLabels = true });
        }

        return jobs.ToImmutable();
    }

    private static PodProxyJob Pods(string name, ExporterOptions options) => new(name)
    {
        Namespace = options.Namespace,
        Selector = options.Mode == ExporterMode.Adopt
            ? options.Labels
            : ObjectLabels.Selector(name).ToImmutableSortedDictionary(StringComparer.Ordinal),
        Port = options.Port,
    };
}
