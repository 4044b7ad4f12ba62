using System.Collections.Immutable;
using FleetPrometheus.Contract;
using FleetPrometheus.Scraping;
using FleetPrometheus.Targets;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Central;

/// <summary>One cluster to watch: what its stack told us, and what the centre decides about it.</summary>
public sealed record WatchedCluster
{
    /// <summary>The checked outputs of the cluster's stack.</summary>
    public required ClusterConnection Connection { get; init; }

    /// <inheritdoc cref="Cluster.Limits"/>
    public ScrapeLimits Limits { get; init; } = new();

    /// <inheritdoc cref="Cluster.ScrapeInterval"/>
    public TimeSpan? ScrapeInterval { get; init; }

    /// <summary>Skips verification of the API server's certificate. Default false.</summary>
    public bool InsecureSkipVerify { get; init; }
}

/// <summary>Persistent storage of a StatefulSet's pods.</summary>
/// <param name="Size">A Kubernetes quantity.</param>
/// <param name="StorageClass">The class, or null for the cluster's default.</param>
public sealed record Storage(string Size, string? StorageClass = null);

/// <summary>The central Prometheus.</summary>
public sealed record PrometheusOptions
{
    /// <summary>Default: the version in <see cref="Images"/>.</summary>
    public string Image { get; init; } = Images.Prometheus;

    /// <summary>Identical replicas, each scraping everything. Default 1; 2 for high availability.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>How long samples are kept. Default 15 days.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(15);

    /// <summary>Bytes of blocks kept at most, in Prometheus's notation (<c>40GB</c>). Default null: no bound.</summary>
    public string? RetentionSize { get; init; }

    /// <summary>Default 50Gi of the default storage class.</summary>
    public Storage Storage { get; init; } = new("50Gi");

    /// <summary>Default 500m/2Gi requested, 4Gi at most: some 500,000 series.</summary>
    public Resources Resources { get; init; } = new("500m", "2Gi", null, "4Gi");

    /// <summary>
    /// The address people use, for links in alerts. A path must be cut off by the proxy that adds it: in the cluster everything is
    /// served from <c>/</c>. Default null.
    /// </summary>
    public Uri? ExternalUrl { get; init; }

    /// <inheritdoc cref="PrometheusConfiguration.ScrapeInterval"/>
    public TimeSpan ScrapeInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <inheritdoc cref="PrometheusConfiguration.ScrapeTimeout"/>
    public TimeSpan ScrapeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <inheritdoc cref="PrometheusConfiguration.EvaluationInterval"/>
    public TimeSpan EvaluationInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <inheritdoc cref="PrometheusConfiguration.ExternalLabels"/>
    public ImmutableSortedDictionary<string, string> ExternalLabels { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
}

/// <summary>The Prometheus that only asks the others, where there are several.</summary>
public sealed record GlobalQueryOptions
{
    /// <summary>Replicas. Default 1; it keeps nothing, so another is there at once.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Default 100m/256Mi requested, 1Gi at most: it holds what a query reads from the others.</summary>
    public Resources Resources { get; init; } = new("100m", "256Mi", null, "1Gi");
}

/// <summary>The exporter beside each Prometheus that probes the clusters' API servers.</summary>
public sealed record BlackboxExporterOptions
{
    /// <summary>Default: the version in <see cref="Images"/>.</summary>
    public string Image { get; init; } = Images.BlackboxExporter;

    /// <summary>Default 10m/32Mi requested, 128Mi at most.</summary>
    public Resources Resources { get; init; } = new("10m", "32Mi", null, "128Mi");
}

/// <summary>The central Alertmanager.</summary>
public sealed record AlertmanagerOptions
{
    /// <summary>Default: the version in <see cref="Images"/>.</summary>
    public string Image { get; init; } = Images.Alertmanager;

    /// <summary>Members of the cluster. Default 1; 3 for high availability.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Default 1Gi of the default storage class.</summary>
    public Storage Storage { get; init; } = new("1Gi");

    /// <summary>Default 10m/32Mi requested, 128Mi at most.</summary>
    public Resources Resources { get; init; } = new("10m", "32Mi", null, "128Mi");

    /// <summary>
    /// The address people use, for links in notifications. A path must be cut off by the proxy that adds it: in the cluster everything
    /// is served from <c>/</c>. Default null.
    /// </summary>
    public Uri? ExternalUrl { get; init; }
}

/// <summary>What is watched of the cluster that the centre runs in, by the Prometheus in it.</summary>
public sealed record OwnClusterOptions
{
    /// <summary>Whether anything is. Default false.</summary>
    public bool Enabled { get; init; }

    /// <inheritdoc cref="Cluster.Labels"/>
    public ImmutableSortedDictionary<string, string> ClusterLabels { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <inheritdoc cref="TargetClusterArgs.KubeletCa"/>
    public string? KubeletCa { get; init; }

    /// <summary>Settings of node-exporter.</summary>
    public NodeExporterOptions NodeExporter { get; init; } = new();

    /// <summary>Settings of kube-state-metrics.</summary>
    public KubeStateMetricsOptions KubeStateMetrics { get; init; } = new();

    /// <inheritdoc cref="TargetClusterArgs.Metrics"/>
    public MetricProfile Metrics { get; init; } = MetricProfile.Usual;

    /// <inheritdoc cref="TargetClusterArgs.JobOptions"/>
    public ImmutableSortedDictionary<string, JobOptions> JobOptions { get; init; } = ImmutableSortedDictionary.Create<string, JobOptions>(StringComparer.Ordinal);

    /// <summary>Further programs to scrape, each a job of its own. Default none.</summary>
    public ImmutableArray<PodProxyJob> ExtraJobs { get; init; } = [];

    /// <summary>The namespaces whose pods may ask to be scraped, as <see cref="AnnotatedPodsJob"/> says. Default none.</summary>
    public ImmutableArray<string> AnnotatedPods { get; init; } = [];

    /// <summary>The namespaces whose Services may ask for their pods to be scraped, as <see cref="AnnotatedServicesJob"/> says. Default none.</summary>
    public ImmutableArray<string> AnnotatedServices { get; init; } = [];

    /// <summary>The namespaces whose Services may ask to be probed, as <see cref="ProbedServicesJob"/> says. Default none.</summary>
    public ImmutableArray<string> ProbedServices { get; init; } = [];

    /// <summary>Settings of the pushgateway, and whether there is one.</summary>
    public PushgatewayOptions Pushgateway { get; init; } = new();
}

/// <summary>A pushgateway in the centre's own cluster.</summary>
public sealed record PushgatewayOptions
{
    /// <summary>Whether there is one. Default false.</summary>
    public bool Enabled { get; init; }

    /// <summary>Default: the version in <see cref="Images"/>.</summary>
    public string Image { get; init; } = Images.Pushgateway;

    /// <summary>Default 10m/32Mi requested, 128Mi at most.</summary>
    public Resources Resources { get; init; } = new("10m", "32Mi", null, "128Mi");
}

/// <summary>A Grafana beside Prometheus.</summary>
public sealed record GrafanaOptions
{
    /// <summary>Whether there is one. Default false: the dashboards' ConfigMaps serve the Grafana that many already have.</summary>
    public bool Enabled { get; init; }

    /// <summary>Default: the version in <see cref="Images"/>.</summary>
    public string Image { get; init; } = Images.Grafana;

    /// <summary>For users and dashboards made by hand. Default 1Gi of the default storage class.</summary>
    public Storage Storage { get; init; } = new("1Gi");

    /// <summary>Default 100m/256Mi requested, 512Mi at most.</summary>
    public Resources Resources { get; init; } = new("100m", "256Mi", null, "512Mi");

    /// <summary>The address people use, for links and redirects. A path must be cut off by the proxy that adds it. Default null.</summary>
    public Uri? ExternalUrl { get; init; }
}

/// <summary>The way in for clusters that send their samples by themselves. There is one once it has a certificate.</summary>
public sealed record PushReceiverOptions : CertificateOptions
{
    /// <summary>The name of the Secret that certificate and key are put into.</summary>
    public const string OwnTlsSecret = "push-front-tls";

    /// <summary>Default: vmauth in the version in <see cref="Images"/>.</summary>
    public string Image { get; init; } = Images.Vmauth;

    /// <summary>Replicas of the front and of the forwarder. Default 1: agents wait while it is replaced; 2 for high availability.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>The type of the front's Service: <c>ClusterIP</c> (default; for an ingress or gateway that passes TLS on), <c>LoadBalancer</c> or <c>NodePort</c>.</summary>
    public string ServiceType { get; init; } = "ClusterIP";

    /// <summary>Default 20m/32Mi requested, 128Mi at most.</summary>
    public Resources Resources { get; init; } = new("20m", "32Mi", null, "128Mi");

    /// <summary>The program behind the front.</summary>
    public PushForwarderOptions Forwarder { get; init; } = new();
}

/// <summary>What forces the clusters' labels and passes samples on to every Prometheus.</summary>
public sealed record PushForwarderOptions
{
    /// <summary>Default: vmagent in the version in <see cref="Images"/>.</summary>
    public string Image { get; init; } = Images.Vmagent;

    /// <summary>Default 50m/64Mi requested, 512Mi at most.</summary>
    public Resources Resources { get; init; } = new("50m", "64Mi", null, "512Mi");

    /// <summary>For what a Prometheus could not take yet. Default 5Gi of the default storage class.</summary>
    public Storage Storage { get; init; } = new("5Gi");

    /// <summary>
    /// Bytes kept for each Prometheus, in Prometheus's notation; then the oldest go. Default 2GB: two hours of some 50,000 samples a second.
    /// </summary>
    public string QueueSize { get; init; } = "2GB";
}

/// <summary>
/// The certificate of the centre's own web endpoints: Prometheus, Alertmanager and the push forwarder, which then speak HTTPS only. They have
/// it in common. Default: there is none, and they speak HTTP.
/// </summary>
public sealed record WebTlsOptions : CertificateOptions
{
    /// <summary>The name of the Secret that certificate and key are put into.</summary>
    public const string OwnTlsSecret = "web-tls";

    /// <summary>
    /// What the centre's programs verify each other's certificate with, one or more certificates, PEM. Default null: the last of the
    /// certificate's chain, or the certificate itself when it stands alone.
    /// </summary>
    public string? CaCertificate { get; init; }

    /// <summary>The name that the certificate must be for. Default null: that of each program's Service, such as <c>prometheus.monitoring.svc</c>.</summary>
    public string? ServerName { get; init; }

    /// <summary>What the certificate is verified with; null only while the options have problems.</summary>
    public string? Trusted => PemCertificates.TryNormalize(CaCertificate, out var ca) ? ca : PemCertificates.Last(Certificate);

    /// <summary>The name that a program's certificate must be for.</summary>
    internal string NameOf(string program, string ns) => ServerName ?? $"{program}.{ns}.svc";
}
