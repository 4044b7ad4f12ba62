using System.Collections.Immutable;
using FleetPrometheus.Scraping;
using FleetPrometheus.Workloads;

namespace FleetPrometheus.Targets;

/// <summary>What is scraped in a cluster, derived from what is chosen for it.</summary>
public static class TargetJobs
{
    /// <summary>Names that an extra job can't have, because jobs of the program itself do.</summary>
    public static ImmutableArray<string> OwnNames { get; } =
        ["apiserver", "kubelet", NodeExporter.ProgramName, KubeStateMetrics.ProgramName, AnnotatedPodsJob.JobName, "prometheus", "alertmanager"];

    /// <summary>The jobs, in the order in which they are shown and written.</summary>
    public static ImmutableArray<ScrapeJob> For(TargetClusterArgs args)
    {
        var jobs = ImmutableArray.CreateBuilder<ScrapeJob>();
        jobs.Add(new ApiServerJob { Members = args.ApiServerMembers });
        if (args.NodeAccess == NodeAccess.NodesProxy)
        {
            jobs.Add(new NodeProxyJob("kubelet", "/metrics"));
            jobs.Add(new NodeProxyJob("kubelet", "/metrics/cadvisor"));
        }

        if (args.NodeExporter.Mode != ExporterMode.Off)
        {
            jobs.Add(Pods(NodeExporter.ProgramName, args.NodeExporter) with { Instance = InstanceFrom.Node });
        }

        if (args.KubeStateMetrics.Mode != ExporterMode.Off)
        {
            jobs.Add(Pods(KubeStateMetrics.ProgramName, args.KubeStateMetrics) with { HonorLabels = true });
        }

        jobs.AddRange(args.ExtraJobs);
        if (!args.AnnotatedPods.IsEmpty)
        {
            jobs.Add(new AnnotatedPodsJob { Namespaces = args.AnnotatedPods.ToImmutableSortedSet(StringComparer.Ordinal) });
        }

        jobs.AddRange(args.StaticTargets);
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
