using System.Collections.Immutable;

namespace FleetPrometheus.Scraping;

/// <summary>One thing that is scraped in a cluster. <see cref="Name"/> becomes the <c>job</c> label.</summary>
/// <param name="Name">The plain job name, such as <c>node-exporter</c>; one cluster may have several jobs of one name when their paths differ.</param>
public abstract record ScrapeJob(string Name)
{
    /// <summary>The <see cref="Key"/> of the kubelets' own metrics.</summary>
    public const string Kubelet = "kubelet";

    /// <summary>The <see cref="Key"/> of the containers' metrics, which the kubelet serves under a path of its own.</summary>
    public const string Cadvisor = "cadvisor";

    /// <summary>The <see cref="Key"/> of the nodes' metrics.</summary>
    public const string NodeExporter = "node-exporter";

    /// <summary>The <see cref="Key"/> of the objects' metrics.</summary>
    public const string KubeStateMetrics = "kube-state-metrics";

    /// <summary>What people call it: its name, but <see cref="Cadvisor"/> for what kubelets serve there.</summary>
    public string Key => KubeletMetricsPath == NodeProxyJob.CadvisorPath ? Cadvisor : Name;

    /// <summary>Which of the exposed metrics are stored. Default: all.</summary>
    public MetricSelection Metrics { get; init; } = MetricSelection.Everything;

    /// <summary>How often it is scraped. Default null: as often as its cluster.</summary>
    public TimeSpan? ScrapeInterval { get; init; }

    /// <summary>
    /// How long a scrape may take, at most <see cref="ScrapeInterval"/>, without which it has no meaning. Default null: ten seconds, or the
    /// interval if that is shorter.
    /// </summary>
    public TimeSpan? ScrapeTimeout { get; init; }

    /// <summary>The kubelet's own path, where a kubelet's metrics are what is scraped.</summary>
    private protected virtual string? KubeletMetricsPath => null;

    /// <summary>Another job with what every job has of this one.</summary>
    internal T ToSame<T>(T other) where T : ScrapeJob => (T)(other with { Metrics = Metrics, ScrapeInterval = ScrapeInterval, ScrapeTimeout = ScrapeTimeout });
}

/// <summary>
/// The API server itself, a static target, so that <c>up{job="apiserver"}</c> exists also while the cluster cannot be reached.
/// </summary>
public sealed record ApiServerJob() : ScrapeJob(JobName)
{
    /// <summary>The job's name.</summary>
    public const string JobName = "apiserver";

    /// <summary>
    /// Addresses (host:port) of the control plane's members, one target each. Empty: one target at the cluster's address,
    /// whose counters jump between members when that address is balanced.
    /// </summary>
    public ImmutableArray<string> Members { get; init; } = [];
}

/// <summary>The kubelet of every node, reached through the API server's node proxy (<c>get nodes/proxy</c>).</summary>
/// <param name="Name">The job name; the field's rules expect <c>kubelet</c> for both paths.</param>
/// <param name="MetricsPath">The kubelet's own path, <c>/metrics</c> or <c>/metrics/cadvisor</c>; kept as the label <c>metrics_path</c>.</param>
public sealed record NodeProxyJob(string Name, string MetricsPath) : ScrapeJob(Name)
{
    /// <summary>Where the kubelet serves its containers' metrics.</summary>
    public const string CadvisorPath = "/metrics/cadvisor";

    private protected override string? KubeletMetricsPath => MetricsPath;
}

/// <summary>
/// The kubelet of every node, reached at the node's own address and the port that the node announces (<c>get nodes/metrics</c>). It is
/// shown the cluster's token.
/// </summary>
/// <param name="Name"><inheritdoc cref="NodeProxyJob" path="/param[@name='Name']"/></param>
/// <param name="MetricsPath"><inheritdoc cref="NodeProxyJob" path="/param[@name='MetricsPath']"/></param>
public sealed record NodeDirectJob(string Name, string MetricsPath) : ScrapeJob(Name)
{
    /// <summary>The CA that kubelets' certificates are checked with, PEM. Default null: as the API server's certificate is.</summary>
    public string? CaCertificate { get; init; }

    /// <summary>
    /// Whether kubelets' certificates are not checked at all: whoever is in between can then forge the metrics, and gets the token. Default false.
    /// </summary>
    public bool InsecureSkipVerify { get; init; }

    private protected override string? KubeletMetricsPath => MetricsPath;
}

/// <summary>Pods of one namespace, chosen by labels.</summary>
/// <param name="Name">The job name.</param>
public abstract record PodJob(string Name) : ScrapeJob(Name)
{
    /// <summary>The namespace the pods live in.</summary>
    public required string Namespace { get; init; }

    /// <summary>Labels the pods must carry, all of them; never empty.</summary>
    public required ImmutableSortedDictionary<string, string> Selector { get; init; }

    /// <summary>The number of a port that the container declares.</summary>
    public required int Port { get; init; }

    /// <summary>The path on that port. Default <c>/metrics</c>.</summary>
    public string MetricsPath { get; init; } = "/metrics";

    /// <summary>The protocol the pod speaks, <c>http</c> (default) or <c>https</c>.</summary>
    public string Scheme { get; init; } = "http";

    /// <summary>Whether exposed labels win over target labels (kube-state-metrics, federation). <c>cluster</c> is ours in any case.</summary>
    public bool HonorLabels { get; init; }

    /// <summary>What names the target: the node for node-level exporters, else the pod.</summary>
    public InstanceFrom Instance { get; init; } = InstanceFrom.Pod;

    /// <summary>The label <c>metrics_path</c> where the pods pass on a kubelet's metrics: the kubelet's own path. Default null: no such label.</summary>
    public string? KubeletPath { get; init; }

    private protected override string? KubeletMetricsPath => KubeletPath;
}

/// <summary>Pods that are each reached through the API server's pod proxy (<c>get pods/proxy</c>).</summary>
/// <param name="Name">The job name.</param>
public sealed record PodProxyJob(string Name) : PodJob(Name)
{
    /// <summary>The same job on the pods' own addresses.</summary>
    public PodDirectJob ToDirect() => ToSame(new PodDirectJob(Name)
    {
        Namespace = Namespace,
        Selector = Selector,
        Port = Port,
        MetricsPath = MetricsPath,
        Scheme = Scheme,
        HonorLabels = HonorLabels,
        Instance = Instance,
        KubeletPath = KubeletPath,
    });
}

/// <summary>
/// Pods that are each reached at their own address, where the network leads there, as to those on the host's network. They are not
/// shown any credential.
/// </summary>
/// <param name="Name">The job name.</param>
public sealed record PodDirectJob(string Name) : PodJob(Name);

/// <summary>
/// Pods that ask for it themselves, by the field's annotations <c>prometheus.io/scrape</c>, <c>port</c>, <c>path</c> and <c>scheme</c>,
/// each reached through the API server's pod proxy. Annotations are foreign input: what is none of the expected shapes drops the target.
/// </summary>
/// <remarks>
/// Without a port annotation every TCP port that the pod's containers declare is scraped, as the field has it. What a
/// <see cref="PodJob"/> of the same cluster scrapes already is left to it.
/// </remarks>
public sealed record AnnotatedPodsJob() : ScrapeJob(JobName)
{
    /// <summary>The job's name.</summary>
    public const string JobName = "annotated-pods";

    /// <summary>The namespaces whose pods may ask; never empty.</summary>
    public required ImmutableSortedSet<string> Namespaces { get; init; }
}

/// <summary>
/// Pods behind Services that ask for it, by the same annotations as in <see cref="AnnotatedPodsJob"/>, each reached as a pod, never through
/// its Service, which would pick one at random. It takes three watches in each namespace where <see cref="AnnotatedPodsJob"/> takes one.
/// From inside of a cluster endpoints that are no pods are reached too.
/// </summary>
/// <remarks>Without a port annotation every TCP port of the endpoints and of their pods is scraped. What <see cref="PodJob"/>s and annotated pods of the same cluster scrape is left to them.</remarks>
public sealed record AnnotatedServicesJob() : ScrapeJob(JobName)
{
    /// <summary>The job's name.</summary>
    public const string JobName = "annotated-services";

    /// <summary>The namespaces whose Services may ask; never empty.</summary>
    public required ImmutableSortedSet<string> Namespaces { get; init; }
}

/// <summary>
/// Services that ask to be probed, by the field's annotation <c>prometheus.io/probe: "true"</c>: a blackbox exporter calls each TCP port of
/// theirs by HTTP. Only from inside of a cluster (<see cref="InsideScrape"/>), where Services have names and addresses.
/// </summary>
/// <remarks>
/// <c>prometheus.io/probe-port</c>, <c>probe-path</c> (default <c>/</c>) and <c>probe-scheme</c> (default <c>http</c>) say more; a value of another
/// shape leaves the Service out.
/// </remarks>
public sealed record ProbedServicesJob() : ScrapeJob(JobName)
{
    /// <summary>The job's name.</summary>
    public const string JobName = "probed-services";

    /// <summary>The namespaces whose Services may ask; never empty.</summary>
    public required ImmutableSortedSet<string> Namespaces { get; init; }

    /// <summary>The blackbox exporter, host:port.</summary>
    public required string Prober { get; init; }

    /// <summary>As whom it is asked. Default null: nobody.</summary>
    public BasicAuth? Access { get; init; }

    /// <summary>The module of the blackbox exporter that decides what success is. Default <c>http_2xx</c>.</summary>
    public string Module { get; init; } = "http_2xx";
}

/// <summary>
/// Things outside of Kubernetes that belong to a cluster, such as a machine's node exporter or a router. The centre asks them directly,
/// at the addresses given, and never with the cluster's token.
/// </summary>
/// <param name="Name">The job name.</param>
public sealed record StaticJob(string Name) : ScrapeJob(Name)
{
    /// <summary>The addresses, host:port; each is the <c>instance</c> of its target.</summary>
    public required ImmutableArray<string> Targets { get; init; }

    /// <summary>Labels beside the cluster's own, which win. Default none.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>The path. Default <c>/metrics</c>.</summary>
    public string MetricsPath { get; init; } = "/metrics";

    /// <summary>What they speak, <c>http</c> (default) or <c>https</c>.</summary>
    public string Scheme { get; init; } = "http";

    /// <summary>The CA that their certificates are checked with, PEM. Default null: the system's roots.</summary>
    public string? CaCertificate { get; init; }

    /// <summary>Whether certificates are not checked at all: whoever is in between can then forge the metrics. Default false.</summary>
    public bool InsecureSkipVerify { get; init; }
}

/// <summary>
/// The cluster's own Prometheus, whose series are taken over with their labels: one static target, reached through the API server's service proxy.
/// </summary>
/// <remarks>
/// What the centre knows of the cluster first hand is not taken over, or it would be there twice: all of job <c>apiserver</c>, which the centre
/// asks itself, and the <see cref="FederatedRecords"/>.
/// </remarks>
public sealed record FederateJob() : ScrapeJob(JobName)
{
    /// <summary>The job's name.</summary>
    public const string JobName = "federate";

    /// <summary>What recording rules yield, as only their names hold a colon, and whether the cluster's targets are up.</summary>
    public static ImmutableArray<string> DefaultMatches { get; } = ["up", """{__name__=~".+:.+"}"""];

    /// <summary>The namespace of the Service.</summary>
    public required string Namespace { get; init; }

    /// <summary>The Service. Of several pods behind it each scrape asks any one, whose counters are not the others'.</summary>
    public required string Service { get; init; }

    /// <summary>The name or number of a port that the Service declares.</summary>
    public required string Port { get; init; }

    /// <summary>What it speaks, <c>http</c> (default) or <c>https</c>.</summary>
    public string Scheme { get; init; } = "http";

    /// <summary>Where it serves its series. Default <c>/federate</c>.</summary>
    public string MetricsPath { get; init; } = "/federate";

    /// <summary>Which series are taken over, each a <see cref="SeriesSelector"/>; never empty. Default <see cref="DefaultMatches"/>.</summary>
    public ImmutableArray<string> Matches { get; init; } = DefaultMatches;
}

/// <summary>What the <c>instance</c> label of a pod target is taken from.</summary>
public enum InstanceFrom
{
    /// <summary>The pod's name.</summary>
    Pod,

    /// <summary>The node's name, also written to the label <c>node</c>.</summary>
    Node,
}
