using System.Collections.Immutable;
using FleetPrometheus.Scraping;
using FleetPrometheus.Targets;
using FleetPrometheus.Validation;
using FleetPrometheus.Workloads;
using Pulumi;
using Pulumi.Kubernetes.Types.Inputs.Rbac.V1;

namespace FleetPrometheus.Central;

/// <summary>What <see cref="OwnCluster"/> is given.</summary>
public sealed class OwnClusterArgs : ResourceArgs
{
    /// <summary>The namespace of the centre.</summary>
    [Input("namespace", required: true)]
    public Input<string> Namespace { get; set; } = null!;

    /// <summary>The network policies around what is installed.</summary>
    public NetworkOptions Network { get; set; } = new();

    /// <summary>The jobs; the rights of Prometheus's account are derived from these.</summary>
    public required ImmutableArray<ScrapeJob> Jobs { get; set; }

    /// <summary>Everything else.</summary>
    public required OwnClusterOptions Options { get; set; }
}

/// <summary>
/// What the centre's own cluster needs to be watched by the Prometheus that runs in it: the exporters, and rights for Prometheus's own account.
/// </summary>
public sealed class OwnCluster : ComponentResource
{
    private const string RoleName = $"{ObjectLabels.Project}-own-cluster";

    /// <summary>Declares the exporters and the rights.</summary>
    public OwnCluster(string name, OwnClusterArgs args, ComponentResourceOptions? options = null)
        : base("fleet-prometheus:central:OwnCluster", name, options)
    {
        var child = new ComponentResourceOptions { Parent = this };
        var namespaces = ImmutableDictionary.CreateBuilder<string, Input<string>>();
        if (args.Options.NodeExporter.Mode == ExporterMode.Install)
        {
            namespaces[args.Options.NodeExporter.Namespace] = Declare(name, args.Options.NodeExporter.Namespace, PodSecurityLevel.Privileged);
            _ = new NodeExporter($"{name}-node-exporter", new NodeExporterArgs
            {
                Namespace = namespaces[args.Options.NodeExporter.Namespace],
                Options = args.Options.NodeExporter,
                Network = args.Network,
            }, child);
        }

        if (args.Options.KubeStateMetrics.Mode == ExporterMode.Install)
        {
            namespaces[args.Options.KubeStateMetrics.Namespace] = Declare(name, args.Options.KubeStateMetrics.Namespace, PodSecurityLevel.Restricted);
            _ = new KubeStateMetrics($"{name}-kube-state-metrics", new KubeStateMetricsArgs
            {
                Namespace = namespaces[args.Options.KubeStateMetrics.Namespace],
                Options = args.Options.KubeStateMetrics,
                Network = args.Network,
                Reader = NetworkPeers.Program(Prometheus.ProgramName, args.Namespace),
            }, child);
        }

        if (args.Options.Pushgateway.Enabled)
        {
            _ = new Pushgateway($"{name}-pushgateway", new PushgatewayArgs
            {
                Namespace = args.Namespace,
                Options = args.Options.Pushgateway,
                Network = args.Network,
            }, child);
        }

        if (args.Network.Policies)
        {
            foreach (var (place, ns) in namespaces.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                NetworkPolicies.Deny($"{name}-{place}-network", ns, isOurs: true, this);
            }
        }

        new ScrapeRights
        {
            RoleName = RoleName,
            Rules = ScrapeRules.ForInside(args.Jobs),
            Account = new SubjectArgs { Kind = "ServiceAccount", Name = Prometheus.ProgramName, Namespace = args.Namespace },
            Namespaces = namespaces.ToImmutable(),
        }.Declare(name, this);

        RegisterOutputs();
    }

    /// <summary>The own cluster as Prometheus sees it, or null when it does not look.</summary>
    internal static InsideCluster? Of(CentralMonitoringArgs args) => !args.OwnCluster.Enabled ? null : new()
    {
        Name = args.CentralName,
        Labels = args.OwnCluster.ClusterLabels,
        Jobs = Jobs(args),
        ScrapeInterval = null,
    };

    /// <summary>Notes every problem of the options.</summary>
    internal static void Check(CentralMonitoringArgs args, Problems problems)
    {
        const string Key = "ownCluster";
        if (!args.OwnCluster.Enabled)
        {
            return;
        }

        // What a target stack's keys must be, these must be too.
        var found = new Problems();
        TargetValidation.Check(AsTarget(args), found);
        foreach (var problem in found.Where(problem => problem.Key is not ("clusterName" or "namespace")))
        {
            problems.Add($"{Key}.{problem.Key}", problem.Value, problem.Fix);
        }

        foreach (var (index, job) in args.OwnCluster.ExtraJobs.Index().Where(job => OwnNames.Contains(job.Item.Name)))
        {
            problems.Add($"{Key}.scrapeJobs[{index}].name", job.Name, "is a job of fleet-prometheus itself; choose another name");
        }

        foreach (var (index, place) in args.OwnCluster.ProbedServices.Index())
        {
            problems.Check($"{Key}.probedServices[{index}]", place, Checks.DnsLabel(place));
        }

        foreach (var cluster in args.Clusters.Where(cluster => cluster.Connection.ClusterName == args.CentralName))
        {
            problems.Add("clusters", cluster.Connection.ClusterName, $"is the name of the centre itself, whose cluster is watched by {Key}; give each its own clusterName");
        }
    }

    private static ImmutableArray<string> OwnNames { get; } = [ProbedServicesJob.JobName, Pushgateway.ProgramName];

    private static ImmutableArray<ScrapeJob> Jobs(CentralMonitoringArgs args)
    {
        var jobs = TargetJobs.For(AsTarget(args)).ToBuilder();
        if (!args.OwnCluster.ProbedServices.IsEmpty)
        {
            jobs.Add(new ProbedServicesJob
            {
                Namespaces = args.OwnCluster.ProbedServices.ToImmutableSortedSet(StringComparer.Ordinal),
                Prober = BlackboxExporter.Address,
                Access = new(args.WebUser, ConfigurationPaths.WebPassword),
            });
        }

        if (args.OwnCluster.Pushgateway.Enabled)
        {
            jobs.Add(Pushgateway.Job(args.Namespace));
        }

        return jobs.ToImmutable();
    }

    // From inside everything is reached directly, and nothing of how a target is reached from outside is asked.
    private static TargetClusterArgs AsTarget(CentralMonitoringArgs args) => new()
    {
        ClusterName = args.CentralName,
        ApiServer = "",
        ClusterLabels = args.OwnCluster.ClusterLabels,
        NodeAccess = NodeAccess.Direct,
        KubeletCa = args.OwnCluster.KubeletCa,
        NodeExporter = args.OwnCluster.NodeExporter,
        KubeStateMetrics = args.OwnCluster.KubeStateMetrics,
        ExtraJobs = args.OwnCluster.ExtraJobs,
        AnnotatedPods = args.OwnCluster.AnnotatedPods,
        AnnotatedServices = args.OwnCluster.AnnotatedServices,
        Metrics = args.OwnCluster.Metrics,
        JobOptions = args.OwnCluster.JobOptions,
        Namespace = args.Namespace,
    };

    private Output<string> Declare(string name, string place, PodSecurityLevel level) =>
        OwnNamespace.Declare($"{name}-{place}", place, level, this).Metadata.Apply(metadata => metadata.Name);
}
