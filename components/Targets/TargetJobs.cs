using System.Collections.Immutable;
using FleetPrometheus.Scraping;
using FleetPrometheus.Workloads;

namespace FleetPrometheus.Targets;

/// <summary>What is scraped in a cluster, derived from what is chosen for it.</summary>
public static class TargetJobs
{
    internal const string KubeletName = ScrapeJob.Kubelet;

    /// <summary>Names that an extra job can't have, because jobs of the program itself do.</summary>
    public static ImmutableArray<string> OwnNames { get; } =
        ["apiserver", KubeletName, NodeExporter.ProgramName, KubeStateMetrics.ProgramName, AnnotatedPodsJob.JobName, AnnotatedServicesJob.JobName, FederateJob.JobName, PushAgent.ProgramName, "prometheus", "alertmanager"];

    /// <summary>The jobs, in the order in which they are shown and written.</summary>
    public static ImmutableArray<ScrapeJob> For(TargetClusterArgs args)
    {
        var jobs = ImmutableArray.CreateBuilder<ScrapeJob>();
        jobs.Add(new ApiServerJob { Members = args.ApiServerMembers });
        if (args.NodeAccess != NodeAccess.Off)
        {
            jobs.Add(Kubelet(args, "/metrics"));
            jobs.Add(Kubelet(args, NodeProxyJob.CadvisorPath));
        }

        if (args.NodeExporter.Mode != ExporterMode.Off)
        {
            var exporter = Pods(NodeExporter.ProgramName, args.NodeExporter) with { Instance = InstanceFrom.Node };
            jobs.Add(args.NodeAccess switch
            {
                NodeAccess.Relay => Relayed(args, NodeExporter.ProgramName, NodeRelayConfiguration.NodeExporterPath),
                // On the host's network: who gets to a node's kubelet gets to it too.
                NodeAccess.Direct => exporter.ToDirect(),
                _ => exporter,
            });
        }

        if (args.KubeStateMetrics.Mode != ExporterMode.Off)
        {
            jobs.Add(Pods(KubeStateMetrics.ProgramName, args.KubeStateMetrics) with { HonorLabels = true });
        }

        if (args.Federate is { } federate)
        {
            jobs.Add(federate);
        }

        jobs.AddRange(args.ExtraJobs);
        if (!args.AnnotatedPods.IsEmpty)
        {
            jobs.Add(new AnnotatedPodsJob { Namespaces = args.AnnotatedPods.ToImmutableSortedSet(StringComparer.Ordinal) });
        }

        if (!args.AnnotatedServices.IsEmpty)
        {
            jobs.Add(new AnnotatedServicesJob { Namespaces = args.AnnotatedServices.ToImmutableSortedSet(StringComparer.Ordinal) });
        }

        jobs.AddRange(args.StaticTargets);
        if (args.Collection == Collection.Push)
        {
            jobs.Add(PushAgent.OwnJob(args.Namespace));
        }

        return [.. jobs.Select(job => WithOptions(job, args))];
    }

    private static ScrapeJob WithOptions(ScrapeJob job, TargetClusterArgs args)
    {
        var options = args.JobOptions.GetValueOrDefault(job.Key, new JobOptions());
        return job with
        {
            Metrics = MetricProfiles.Select(options.Metrics ?? args.Metrics, job.Key, options.Keep, options.Drop),
            ScrapeInterval = options.ScrapeInterval,
            ScrapeTimeout = options.ScrapeTimeout,
        };
    }

    private static ScrapeJob Kubelet(TargetClusterArgs args, string path) => args.NodeAccess switch
    {
        NodeAccess.NodesProxy => new NodeProxyJob(KubeletName, path),
        NodeAccess.Direct => new NodeDirectJob(KubeletName, path)
        {
            CaCertificate = args.KubeletCa == TargetClusterArgs.UncheckedKubelets ? null : args.KubeletCa,
            InsecureSkipVerify = args.KubeletCa == TargetClusterArgs.UncheckedKubelets,
        },
        NodeAccess.Relay => Relayed(args, KubeletName, path == NodeProxyJob.CadvisorPath ? NodeRelayConfiguration.CadvisorPath : NodeRelayConfiguration.KubeletPath) with
        {
            KubeletPath = path,
        },
        _ => throw new ArgumentException($"no kubelet job is known for {args.NodeAccess}", nameof(args)),
    };

    private static PodProxyJob Relayed(TargetClusterArgs args, string name, string path) => new(name)
    {
        Namespace = args.NodeRelay.Namespace,
        Selector = ObjectLabels.Selector(NodeRelay.ProgramName).ToImmutableSortedDictionary(StringComparer.Ordinal),
        Port = args.NodeRelay.Port,
        MetricsPath = path,
        Instance = InstanceFrom.Node,
    };

    private static PodProxyJob Pods(string name, ExporterOptions options) => new(name)
    {
        Namespace = options.Namespace,
        Selector = options.Mode == ExporterMode.Adopt
            ? options.Labels
            : ObjectLabels.Selector(name).ToImmutableSortedDictionary(StringComparer.Ordinal),
        Port = options.Port,
    };
}
