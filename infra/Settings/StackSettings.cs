using System.Collections.Immutable;
using FleetPrometheus.Alerting;
using FleetPrometheus.Central;
using FleetPrometheus.Scraping;
using FleetPrometheus.Targets;
using FleetPrometheus.Validation;
using FleetPrometheus.Workloads;

namespace FleetPrometheus.Infra.Settings;

/// <summary>A stack as Pulumi names it.</summary>
public sealed record StackIdentity(string Organization, string Project, string Stack)
{
    /// <summary>The full name of a stack that was written by name only, or in full.</summary>
    public string Qualify(string stack) => stack.Contains('/', StringComparison.Ordinal) ? stack : $"{Organization}/{Project}/{stack}";
}

/// <summary>The settings that every stack has, read and checked.</summary>
public abstract record StackSettings
{
    /// <summary>The cluster's name: the value of the label <c>cluster</c>. Default: the stack's name.</summary>
    public required string ClusterName { get; init; }

    /// <summary>A kubeconfig's contents or path. Default null: the files kubectl uses.</summary>
    public SecretText? Kubeconfig { get; init; }

    /// <summary>The kubeconfig's context to use. Default null: its current one.</summary>
    public string? Context { get; init; }

    /// <summary>The network policies around what is installed.</summary>
    public NetworkOptions Network { get; init; } = new();

    /// <summary>The registry that the images come from instead of their own. Default null: each from its own.</summary>
    public string? ImageRegistry { get; init; }

    /// <summary>How the stack's cluster is reached, found from <see cref="Kubeconfig"/> and <see cref="Context"/>; null only until that is done.</summary>
    public ClusterAccess? Access { get; init; }
}

/// <summary>The settings of a stack that makes a cluster watchable.</summary>
public sealed record TargetSettings : StackSettings
{
    /// <summary>The address at which the centre reaches the API server; null only until it is taken from the kubeconfig.</summary>
    public Uri? ApiServer { get; init; }

    /// <summary>Settings of the agent of a cluster that sends by itself.</summary>
    public PushOptions Push { get; init; } = new();

    /// <inheritdoc cref="ApiServerJob.Members"/>
    public ImmutableArray<string> ApiServers { get; init; } = [];

    /// <summary>The CA of the API server's certificate, PEM or the word <c>system</c>. Default null: the cluster's own CA.</summary>
    public string? CaCertificate { get; init; }

    /// <inheritdoc cref="Cluster.Labels"/>
    public ImmutableSortedDictionary<string, string> ClusterLabels { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>How the cluster's samples get to the centre. Default: the centre scrapes them.</summary>
    public Collection Collection { get; init; } = Collection.Pull;

    /// <inheritdoc cref="TargetClusterArgs.Federate"/>
    public FederateJob? Federate { get; init; }

    /// <summary>How the centre gets at kubelet and cadvisor metrics. Default relay.</summary>
    public NodeAccess NodeAccess { get; init; } = NodeAccess.Relay;

    /// <summary>The relay on each node, where there is one.</summary>
    public NodeRelayOptions NodeRelay { get; init; } = new();

    /// <inheritdoc cref="TargetClusterArgs.KubeletCa"/>
    public string? KubeletCa { get; init; }

    /// <summary>The number of the token in use; it and the one before are valid. Default 1.</summary>
    public int TokenGeneration { get; init; } = 1;

    /// <summary>Settings of node-exporter.</summary>
    public NodeExporterOptions NodeExporter { get; init; } = new();

    /// <summary>Settings of kube-state-metrics.</summary>
    public KubeStateMetricsOptions KubeStateMetrics { get; init; } = new();

    /// <inheritdoc cref="TargetClusterArgs.ExtraJobs"/>
    public ImmutableArray<ScrapeJobSettings> ScrapeJobs { get; init; } = [];

    /// <inheritdoc cref="TargetClusterArgs.AnnotatedPods"/>
    public ImmutableArray<string> AnnotatedPods { get; init; } = [];

    /// <inheritdoc cref="TargetClusterArgs.AnnotatedServices"/>
    public ImmutableArray<string> AnnotatedServices { get; init; } = [];

    /// <inheritdoc cref="TargetClusterArgs.Metrics"/>
    public MetricProfile Metrics { get; init; } = MetricProfile.Usual;

    /// <inheritdoc cref="TargetClusterArgs.JobOptions"/>
    public ImmutableSortedDictionary<string, JobOptions> Jobs { get; init; } = ImmutableSortedDictionary.Create<string, JobOptions>(StringComparer.Ordinal);

    /// <inheritdoc cref="TargetClusterArgs.StaticTargets"/>
    public ImmutableArray<StaticJob> StaticTargets { get; init; } = [];
}

/// <summary>The settings of the stack that watches the others.</summary>
public sealed record CentralSettings : StackSettings
{
    private static readonly CentralMonitoringArgs Defaults = new() { Clusters = [] };

    /// <summary>The stacks whose clusters are watched, in the order written.</summary>
    public ImmutableArray<ClusterReference> Clusters { get; init; } = [];

    /// <inheritdoc cref="CentralMonitoringArgs.Namespace"/>
    public string Namespace { get; init; } = Defaults.Namespace;

    /// <inheritdoc cref="CentralMonitoringArgs.WebUser"/>
    public string WebUser { get; init; } = Defaults.WebUser;

    /// <inheritdoc cref="CentralMonitoringArgs.Alerting"/>
    public AlertingOptions Alerting { get; init; } = Defaults.Alerting;

    /// <summary>Settings of Prometheus.</summary>
    public PrometheusOptions Prometheus { get; init; } = new();

    /// <inheritdoc cref="CentralMonitoringArgs.Shards"/>
    public int Shards { get; init; } = Defaults.Shards;

    /// <inheritdoc cref="CentralMonitoringArgs.GlobalQuery"/>
    public GlobalQueryOptions GlobalQuery { get; init; } = new();

    /// <inheritdoc cref="CentralMonitoringArgs.RemoteWrite"/>
    public ImmutableArray<RemoteWrite> RemoteWrite { get; init; } = [];

    /// <summary>Settings of Alertmanager.</summary>
    public AlertmanagerOptions Alertmanager { get; init; } = new();

    /// <summary>Who is told about alerts.</summary>
    public AlertRouting Routing { get; init; } = new();

    /// <inheritdoc cref="CentralMonitoringArgs.Dashboards"/>
    public bool Dashboards { get; init; } = Defaults.Dashboards;

    /// <summary>Settings of the exporter that probes the clusters' API servers.</summary>
    public BlackboxExporterOptions BlackboxExporter { get; init; } = new();

    /// <summary>What is watched of the cluster that the centre runs in.</summary>
    public OwnClusterSettings OwnCluster { get; init; } = new();

    /// <summary>Settings of the way in for clusters that send by themselves, and whether there is one.</summary>
    public PushReceiverOptions PushFront { get; init; } = new();

    /// <summary>The certificate of the centre's web endpoints, and whether there is one.</summary>
    public WebTlsOptions WebTls { get; init; } = new();

    /// <summary>Settings of Grafana.</summary>
    public GrafanaOptions Grafana { get; init; } = new();
}

/// <summary>What is watched of the cluster that the centre runs in, as it is written.</summary>
public sealed record OwnClusterSettings
{
    /// <summary>Everything but <see cref="OwnClusterOptions.ExtraJobs"/>.</summary>
    public OwnClusterOptions Options { get; init; } = new();

    /// <inheritdoc cref="OwnClusterOptions.ExtraJobs"/>
    public ImmutableArray<ScrapeJobSettings> ScrapeJobs { get; init; } = [];
}

/// <summary>A stack whose cluster is watched, and what the centre decides about it.</summary>
public sealed record ClusterReference
{
    /// <summary>The stack, by name or as organization/project/stack.</summary>
    public string Stack { get; init; } = "";

    /// <summary>Whether the cluster is left out, with a warning, while its stack has no outputs. Default false: that is an error.</summary>
    public bool Optional { get; init; }

    /// <inheritdoc cref="WatchedCluster.InsecureSkipVerify"/>
    public bool InsecureSkipVerify { get; init; }

    /// <inheritdoc cref="WatchedCluster.ScrapeInterval"/>
    public TimeSpan? ScrapeInterval { get; init; }

    /// <inheritdoc cref="WatchedCluster.Limits"/>
    public ScrapeLimits Limits { get; init; } = new();
}
