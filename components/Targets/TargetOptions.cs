using System.Collections.Immutable;
using FleetPrometheus.Scraping;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Targets;

/// <summary>How the centre gets at the nodes' own metrics (kubelet and cadvisor).</summary>
public enum NodeAccess
{
    /// <summary>Not at all: no kubelet and cadvisor jobs, no right on nodes. node-exporter is reached through the API server's pod proxy.</summary>
    Off,

    /// <summary>Through the API server's node proxy. Needs <c>get nodes/proxy</c>, which amounts to command execution on every node.</summary>
    NodesProxy,

    /// <summary>
    /// At the nodes' own addresses, node-exporter included, where the network lets the centre get there. Needs <c>get nodes/metrics</c>, which
    /// opens kubelets' metrics and nothing else.
    /// </summary>
    Direct,

    /// <summary>
    /// Through a relay on each node (the default): the centre needs no right on nodes and none on pods of the host's network. It passes on
    /// node-exporter too, installed or adopted.
    /// </summary>
    Relay,
}

/// <summary>How a cluster's samples get to the centre.</summary>
public enum Collection
{
    /// <summary>The centre scrapes the cluster (the default).</summary>
    Pull,

    /// <summary>The cluster keeps a Prometheus of its own, from which the centre takes aggregates.</summary>
    Federate,

    /// <summary>A Prometheus agent in the cluster scrapes it and sends everything to the centre.</summary>
    Push,
}

/// <summary>Settings of the agent of a cluster that sends its samples by itself.</summary>
public sealed record PushOptions
{
    private const string WritePath = "/api/v1/write";

    /// <summary>The address of the centre's front: absolute, https. Null only until it is checked.</summary>
    public Uri? Url { get; init; }

    /// <summary>The CA that the front's certificate is checked with, PEM. Default null: the system's roots.</summary>
    public string? CaCertificate { get; init; }

    /// <summary>How often everything is scraped. Default 30 s.</summary>
    public TimeSpan ScrapeInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Default: the version in <see cref="Images"/>. Read the remarks on <see cref="Scraping.InsideScrape"/> before choosing another.</summary>
    public string Image { get; init; } = Images.Prometheus;

    /// <summary>Default 50m/128Mi requested, 1Gi at most: with the centre away, some 100,000 samples wait in memory, all others on disk.</summary>
    public Resources Resources { get; init; } = new("50m", "128Mi", null, "1Gi");

    /// <summary><see cref="Url"/> with the path at which samples are taken.</summary>
    internal Uri WriteUrl => new(Url!.AbsoluteUri.TrimEnd('/') is var address && address.EndsWith(WritePath, StringComparison.Ordinal) ? address : address + WritePath);
}

/// <summary>Whether an exporter is installed by us, is already there, or is not wanted.</summary>
public enum ExporterMode
{
    /// <summary>We install and scrape it (the default).</summary>
    Install,

    /// <summary>The cluster already runs it; we only scrape it, given its namespace, labels and port.</summary>
    Adopt,

    /// <summary>Neither installed nor scraped.</summary>
    Off,
}

/// <summary>A container's CPU and memory, in Kubernetes quantities; null leaves a value unset.</summary>
public sealed record Resources(string? CpuRequest, string? MemoryRequest, string? CpuLimit, string? MemoryLimit)
{
    /// <summary>Notes what Kubernetes would refuse.</summary>
    internal void Check(string key, Problems problems)
    {
        Check($"{key}.cpuRequest", CpuRequest, "cpuLimit", CpuLimit, problems);
        Check($"{key}.memoryRequest", MemoryRequest, "memoryLimit", MemoryLimit, problems);
    }

    private static void Check(string key, string? request, string limitName, string? limit, Problems problems)
    {
        if (Quantity.TryParse(request, out var reserved) && Quantity.TryParse(limit, out var most) && reserved > most)
        {
            problems.Add(key, request, $"is more than {limitName}, {limit}; raise that, or set it to none");
        }
    }
}

/// <summary>A Kubernetes toleration.</summary>
public sealed record Toleration(string? Key, string Operator, string? Value, string? Effect);

/// <summary>What node-exporter and kube-state-metrics have in common.</summary>
public abstract record ExporterOptions
{
    /// <summary>Install, adopt, or off. Default install.</summary>
    public ExporterMode Mode { get; init; } = ExporterMode.Install;

    /// <summary>The namespace it is installed into, or already lives in.</summary>
    public abstract string Namespace { get; init; }

    /// <summary>Adopted: the labels that select its pods, at least one. Installed: extra labels for its pods. Default none.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>The port it listens on; its container must declare it.</summary>
    public abstract int Port { get; init; }

    /// <summary>The image, with its tag.</summary>
    public abstract string Image { get; init; }

    /// <summary>CPU and memory of its container.</summary>
    public abstract Resources Resources { get; init; }

    /// <summary>Tolerations of its pods.</summary>
    public abstract ImmutableArray<Toleration> Tolerations { get; init; }

    /// <summary>The priority class of its pods. Default null: none, because some clusters admit the system classes only under a quota.</summary>
    public string? PriorityClassName { get; init; }

    /// <summary>Further command-line arguments, appended to ours.</summary>
    public ImmutableArray<string> ExtraArgs { get; init; } = [];
}

/// <summary>Settings of node-exporter, one per Linux node.</summary>
public sealed record NodeExporterOptions : ExporterOptions
{
    /// <summary>Default <c>fleet-node-exporter</c>: a namespace of its own, because it must be Pod-Security privileged.</summary>
    public override string Namespace { get; init; } = "fleet-node-exporter";

    /// <summary>Default 9100. On the host's network, as the field has it: whoever reaches the node's address reaches this port.</summary>
    public override int Port { get; init; } = 9100;

    /// <summary>Default: the version in <see cref="Images"/>.</summary>
    public override string Image { get; init; } = Images.NodeExporter;

    /// <summary>Default 20m/32Mi requested, 128Mi at most.</summary>
    public override Resources Resources { get; init; } = new("20m", "32Mi", null, "128Mi");

    /// <summary>Default: tolerates every taint, because every node is to be watched.</summary>
    public override ImmutableArray<Toleration> Tolerations { get; init; } = [new(null, "Exists", null, null)];
}

/// <summary>Settings of kube-state-metrics, one per cluster.</summary>
public sealed record KubeStateMetricsOptions : ExporterOptions
{
    /// <summary>Default <c>fleet-exporters</c>, Pod-Security restricted.</summary>
    public override string Namespace { get; init; } = "fleet-exporters";

    /// <summary>Default 8080.</summary>
    public override int Port { get; init; } = 8080;

    /// <summary>Default: the version in <see cref="Images"/>.</summary>
    public override string Image { get; init; } = Images.KubeStateMetrics;

    /// <summary>The port of its own metrics and readiness. Default 8081.</summary>
    public int TelemetryPort { get; init; } = 8081;

    /// <summary>
    /// The kinds of objects it exports, in its own spelling; it gets the right to list and watch exactly these.
    /// Default: its own default without <c>secrets</c> and <c>configmaps</c>.
    /// </summary>
    public ImmutableArray<string> ExportedResources { get; init; } = KubeStateMetricsRules.DefaultResources;

    /// <summary>Default 10m/64Mi requested, 512Mi at most.</summary>
    public override Resources Resources { get; init; } = new("10m", "64Mi", null, "512Mi");

    /// <summary>Default none.</summary>
    public override ImmutableArray<Toleration> Tolerations { get; init; } = [];
}

/// <summary>Settings of the relay on each node.</summary>
public sealed record NodeRelayOptions
{
    /// <summary>
    /// Default <c>fleet-exporters</c>, Pod-Security restricted, where kube-state-metrics is too: one namespace to watch and to have rights in.
    /// </summary>
    public string Namespace { get; init; } = "fleet-exporters";

    /// <summary>The one port it listens on, at the pod's own address. Default 9190.</summary>
    public int Port { get; init; } = 9190;

    /// <summary>The image, with its tag. Default: the version of Caddy in <see cref="Images"/>.</summary>
    public string Image { get; init; } = Images.Caddy;

    /// <summary>Default 10m/24Mi requested, 96Mi at most: about 11 MiB of its own, and up to 36 of the program's file, which are given back when memory is short.</summary>
    public Resources Resources { get; init; } = new("10m", "24Mi", null, "96Mi");

    /// <summary>Default: tolerates every taint, because every node is to be watched.</summary>
    public ImmutableArray<Toleration> Tolerations { get; init; } = [new(null, "Exists", null, null)];

    /// <inheritdoc cref="ExporterOptions.PriorityClassName"/>
    public string? PriorityClassName { get; init; }
}

/// <summary>What is chosen for one of a cluster's jobs.</summary>
public sealed record JobOptions
{
    /// <summary>How often it is scraped, from <see cref="ScrapeTiming.Shortest"/> to <see cref="ScrapeTiming.Longest"/>. Default null: as often as its cluster.</summary>
    public TimeSpan? ScrapeInterval { get; init; }

    /// <inheritdoc cref="ScrapeJob.ScrapeTimeout"/>
    public TimeSpan? ScrapeTimeout { get; init; }

    /// <summary>What is stored of it to begin with. Default null: what is chosen for the cluster.</summary>
    public MetricProfile? Metrics { get; init; }

    /// <summary>Further names (anchored RE2 expressions) that are stored in any case. Default none.</summary>
    public ImmutableArray<string> Keep { get; init; } = [];

    /// <summary>Further names (anchored RE2 expressions) that are not stored. Default none.</summary>
    public ImmutableArray<string> Drop { get; init; } = [];
}
