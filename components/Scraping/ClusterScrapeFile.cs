using System.Collections.Immutable;
using System.Globalization;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Scraping;

/// <summary>A cluster's own file, <see cref="ConfigurationPaths.ScrapeFile"/>: everything Prometheus needs to scrape it, credentials aside.</summary>
public static class ClusterScrapeFile
{
    /// <summary>What targets are taken to serve when they don't say.</summary>
    internal const string TextFormat = "PrometheusText0.0.4";

    /// <summary>Enough to see why something is not scraped.</summary>
    internal const int DroppedTargetsShown = 10;

    private static readonly TimeSpan UsualTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The file's content, the same bytes for the same cluster.</summary>
    public static string Render(Cluster cluster) =>
        ScrapeConfigFile.Render(ScrapeConfigs(cluster));

    /// <summary>The scrape jobs in the order of <see cref="Cluster.Jobs"/>.</summary>
    public static ImmutableArray<ScrapeConfig> ScrapeConfigs(Cluster cluster) => ScrapeConfigs(cluster, ClusterClient.Outside(cluster), (_, _, _) => null);

    /// <summary>The scrape jobs as a client sees them that reaches some of them in ways of its own.</summary>
    internal static ImmutableArray<ScrapeConfig> ScrapeConfigs(Cluster cluster, ClusterClient client, Func<Cluster, ClusterClient, ScrapeJob, ScrapeConfig?> ownWay)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        return
        [
            .. cluster.Jobs.Select(job => (ownWay(cluster, client, job) ?? job switch
            {
                ApiServerJob apiServer => ApiServer(cluster, client, apiServer),
                NodeProxyJob node => ProxiedNodes(cluster, client, node),
                NodeDirectJob node => DirectNodes(cluster, client, node),
                PodProxyJob pods => ProxiedPods(cluster, client, pods),
                PodDirectJob pods => DirectPods(cluster, client, pods),
                AnnotatedPodsJob annotated => Annotated(
                    cluster, client, job, "pod", annotated.Namespaces, AnnotatedPods.Choose(annotated, PodJobs(cluster)), AnnotatedPods.InstanceLabels),
                AnnotatedServicesJob annotated => Annotated(
                    cluster, client, job, "endpoints", annotated.Namespaces,
                    AnnotatedServices.Choose(annotated, PodJobs(cluster), cluster.Jobs.OfType<AnnotatedPodsJob>().SingleOrDefault()), AnnotatedServices.ProxiedTarget),
                StaticJob fixedTargets => Static(cluster, fixedTargets),
                FederateJob federate => Federate(cluster, client, federate),
                _ => throw new ArgumentException($"no scrape configuration is known for {job.GetType().Name}", nameof(cluster)),
            }) with
            {
                JobName = UniqueName(cluster, job, names),
            }),
        ];
    }

    private static ScrapeConfig ApiServer(Cluster cluster, ClusterClient client, ApiServerJob job)
    {
        var members = !job.Members.IsEmpty;
        return Scrape(cluster, client, job) with
        {
            // A gateway's path belongs to the cluster's address; members are reached past the gateway.
            MetricsPath = members || client.PathPrefix.Length == 0 ? null : $"{client.PathPrefix}/metrics",
            StaticConfigs = [Fixed(cluster, job, members ? job.Members : [client.Address])],
        };
    }

    /// <summary>Targets of a job at addresses that are known beforehand.</summary>
    internal static StaticConfig Fixed(Cluster cluster, ScrapeJob job, ImmutableArray<string> addresses) =>
        new() { Targets = addresses, Labels = [.. ClusterLabels(cluster), new("job", job.Name)] };

    private static ScrapeConfig ProxiedNodes(Cluster cluster, ClusterClient client, NodeProxyJob job) => Nodes(
        cluster, client, job, job.MetricsPath,
        RelabelConfig.Set("__address__", client.Address),
        RelabelConfig.Surround($"{client.PathPrefix}/api/v1/nodes/", "__meta_kubernetes_node_name", $"/proxy{job.MetricsPath}", "__metrics_path__"));

    // Discovery presents a node at the address and port of its kubelet.
    private static ScrapeConfig DirectNodes(Cluster cluster, ClusterClient client, NodeDirectJob job) =>
        Nodes(cluster, client, job, job.MetricsPath) with
        {
            MetricsPath = job.MetricsPath,
            Client = client.Scraping with { Tls = OwnTrust(job.CaCertificate, job.InsecureSkipVerify) ?? client.Scraping.Tls },
        };

    private static ScrapeConfig Nodes(Cluster cluster, ClusterClient client, ScrapeJob job, string metricsPath, params ReadOnlySpan<RelabelConfig> way) =>
        Scrape(cluster, client, job) with
        {
            // cadvisor's samples carry timestamps: without this a removed container lives on for five minutes.
            TrackTimestampsStaleness = true,
            KeepDroppedTargets = DroppedTargetsShown,
            KubernetesSdConfigs = [new() { Role = "node", ApiServer = client.Url, Client = client.Discovery }],
            RelabelConfigs =
            [
                .. TargetLabels(cluster, job),
                RelabelConfig.Set("metrics_path", metricsPath),
                RelabelConfig.Copy("__meta_kubernetes_node_name", "node"),
                RelabelConfig.Copy("__meta_kubernetes_node_name", "instance"),
                .. way,
            ],
        };

    private static ScrapeConfig ProxiedPods(Cluster cluster, ClusterClient client, PodProxyJob job) => Pods(
        cluster, client, job,
        RelabelConfig.Set("__address__", client.Address),
        RelabelConfig.Surround(
            $"{client.PathPrefix}/api/v1/namespaces/{job.Namespace}/pods/{job.Scheme}:", "__meta_kubernetes_pod_name",
            $":{job.Port.ToString(CultureInfo.InvariantCulture)}/proxy{job.MetricsPath}", "__metrics_path__"));

    /// <summary>Pods at their addresses; discovery presents a pod once per port that its containers declare.</summary>
    internal static ScrapeConfig DirectPods(Cluster cluster, ClusterClient client, PodDirectJob job) =>
        Pods(cluster, client, job) with { Scheme = job.Scheme, MetricsPath = job.MetricsPath, Client = new() { FollowRedirects = false } };

    private static ScrapeConfig Pods(Cluster cluster, ClusterClient client, PodJob job, params ReadOnlySpan<RelabelConfig> way) =>
        Scrape(cluster, client, job) with
        {
            HonorLabels = job.HonorLabels,
            TrackTimestampsStaleness = job.KubeletPath is not null, // see Nodes
            FallbackScrapeProtocol = TextFormat,
            KeepDroppedTargets = DroppedTargetsShown,
            KubernetesSdConfigs = [PodDiscovery(cluster, client, job)],
            RelabelConfigs =
            [
                RelabelConfig.Keep(
                [
                    new("__meta_kubernetes_namespace", job.Namespace),
                    .. job.Selector.Where(label => label.Key != FleetLabels.PartOf)
                        .Select(label => KeyValuePair.Create(MetaLabel(label.Key), label.Value)),
                    new("__meta_kubernetes_pod_container_port_number", job.Port.ToString(CultureInfo.InvariantCulture)),
                    new("__meta_kubernetes_pod_container_init", "false"),
                    new("__meta_kubernetes_pod_phase", "Running"),
                ]),
                .. TargetLabels(cluster, job),
                .. job.KubeletPath is { } kubeletPath ? [RelabelConfig.Set("metrics_path", kubeletPath)] : Array.Empty<RelabelConfig>(),
                .. InstanceLabels(job),
                .. way,
            ],
            MetricRelabelConfigs = [.. job.Metrics.ToRelabelling(), .. job.HonorLabels ? ClusterLabels(cluster).SelectMany(Force) : []],
        };

    /// <summary>The cluster's jobs on pods that are chosen by labels.</summary>
    internal static ImmutableArray<PodJob> PodJobs(Cluster cluster) => [.. cluster.Jobs.OfType<PodJob>()];

    private static ScrapeConfig Annotated(
        Cluster cluster, ClusterClient client, ScrapeJob job, string role, ImmutableSortedSet<string> namespaces,
        IEnumerable<RelabelConfig> choice, IEnumerable<RelabelConfig> labels) =>
        Scrape(cluster, client, job) with
        {
            FallbackScrapeProtocol = TextFormat,
            KeepDroppedTargets = DroppedTargetsShown,
            KubernetesSdConfigs = [new() { Role = role, ApiServer = client.Url, Client = client.Discovery, Namespaces = namespaces }],
            RelabelConfigs =
            [
                .. choice,
                .. TargetLabels(cluster, job),
                .. labels,
                RelabelConfig.Set("__address__", client.Address),
                AnnotatedPods.Path(client.PathPrefix),
            ],
        };

    // Made without the cluster's client, so that no credential can come along.
    private static ScrapeConfig Static(Cluster cluster, StaticJob job) => new()
    {
        JobName = job.Name,
        ScrapeInterval = job.ScrapeInterval ?? cluster.ScrapeInterval,
        ScrapeTimeout = Timeout(job),
        Scheme = job.Scheme,
        MetricsPath = job.MetricsPath,
        FallbackScrapeProtocol = TextFormat,
        Client = new()
        {
            Tls = OwnTrust(job.CaCertificate, job.InsecureSkipVerify),
            FollowRedirects = false,
        },
        Limits = cluster.Limits,
        StaticConfigs =
        [
            new()
            {
                Targets = job.Targets,
                Labels =
                [
                    .. ClusterLabels(cluster),
                    .. job.Labels.Where(label => label.Key != "cluster" && !cluster.Labels.ContainsKey(label.Key)),
                    new("job", job.Name),
                ],
            },
        ],
        MetricRelabelConfigs = [.. job.Metrics.ToRelabelling()],
    };

    private static ScrapeConfig Federate(Cluster cluster, ClusterClient client, FederateJob job) =>
        Scrape(cluster, client, job) with
        {
            HonorLabels = true,
            // Its samples carry timestamps: without this what ended there, or is cut off, lives on here for five minutes.
            TrackTimestampsStaleness = true,
            MetricsPath = $"{client.PathPrefix}/api/v1/namespaces/{job.Namespace}/services/{job.Scheme}:{job.Service}:{job.Port}/proxy{job.MetricsPath}",
            Params = ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("match[]", job.Matches),
            StaticConfigs =
            [
                // Series without an instance are served with an empty one, so that they don't take this.
                new() { Targets = [client.Address], Labels = [.. ClusterLabels(cluster), new("job", job.Name), new("instance", $"{job.Namespace}/{job.Service}")] },
            ],
            MetricRelabelConfigs =
            [
                .. job.Metrics.ToRelabelling(),
                RelabelConfig.DropMetrics(FederatedRecords.MadeByTheCentre(job.Matches)),
                RelabelConfig.Drop([new("job", ApiServerJob.JobName)]),
                // Aggregates have no job; they would take this one's.
                RelabelConfig.RemoveIfEqual("job", job.Name),
                .. ClusterLabels(cluster).SelectMany(Force),
            ],
        };

    // With an interval of its own a job needs a timeout of its own: Prometheus refuses its whole configuration when the global one is longer.
    private static TimeSpan? Timeout(ScrapeJob job) =>
        job.ScrapeInterval is { } interval ? job.ScrapeTimeout ?? (interval < UsualTimeout ? interval : UsualTimeout) : null;

    /// <summary>What all jobs have in common that identify with the cluster's token.</summary>
    internal static ScrapeConfig Scrape(Cluster cluster, ClusterClient client, ScrapeJob job) => new()
    {
        JobName = job.Name,
        ScrapeInterval = job.ScrapeInterval ?? cluster.ScrapeInterval,
        ScrapeTimeout = Timeout(job),
        Scheme = "https",
        Client = client.Scraping,
        Limits = cluster.Limits,
        MetricRelabelConfigs = [.. job.Metrics.ToRelabelling()],
    };

    // All jobs on pods that we installed discover the same: one watch per namespace, however many jobs. The keep step tells them apart.
    private static KubernetesSdConfig PodDiscovery(Cluster cluster, ClusterClient client, PodJob job) => new()
    {
        Role = "pod",
        ApiServer = client.Url,
        Client = client.Discovery,
        Namespaces = IsOurs(job)
            ? cluster.Jobs.OfType<PodJob>().Where(IsOurs).Select(ours => ours.Namespace).ToImmutableSortedSet(StringComparer.Ordinal)
            : ImmutableSortedSet.Create(StringComparer.Ordinal, job.Namespace),
        Selector = (IsOurs(job) ? [KeyValuePair.Create(FleetLabels.PartOf, FleetLabels.PartOfFleet)] : job.Selector.AsEnumerable())
            .ToImmutableSortedDictionary(StringComparer.Ordinal),
    };

    private static bool IsOurs(PodJob job) => job.Selector.TryGetValue(FleetLabels.PartOf, out var value) && value == FleetLabels.PartOfFleet;

    // A certificate goes into the configuration itself: a file would need a name of its own in every cluster.
    private static TlsConfig? OwnTrust(string? certificate, bool skip) =>
        skip ? new() { InsecureSkipVerify = true } : certificate is not null ? new() { Ca = certificate } : null;

    private static IEnumerable<KeyValuePair<string, string>> ClusterLabels(Cluster cluster) =>
        [new("cluster", cluster.Name), .. cluster.Labels.OrderBy(label => label.Key, StringComparer.Ordinal)];

    /// <summary>The labels of every target of a job.</summary>
    internal static IEnumerable<RelabelConfig> TargetLabels(Cluster cluster, ScrapeJob job) =>
        [.. ClusterLabels(cluster).Select(label => RelabelConfig.Set(label.Key, label.Value)), RelabelConfig.Set("job", job.Name)];

    private static IEnumerable<RelabelConfig> InstanceLabels(PodJob job) => job.Instance switch
    {
        InstanceFrom.Node =>
        [
            RelabelConfig.Copy("__meta_kubernetes_pod_node_name", "node"),
            RelabelConfig.Copy("__meta_kubernetes_pod_node_name", "instance"),
        ],
        // Where exposed labels win, namespace and pod are the described object's; ours would sneak in wherever a series has none.
        _ when job.HonorLabels => [RelabelConfig.Copy("__meta_kubernetes_pod_name", "instance")],
        _ =>
        [
            RelabelConfig.Set("namespace", job.Namespace),
            RelabelConfig.Copy("__meta_kubernetes_pod_name", "pod"),
            RelabelConfig.Copy("__meta_kubernetes_pod_name", "instance"),
        ],
    };

    // Where exposed labels win, ours must win nevertheless. What was exposed moves aside, as Prometheus itself does without honor_labels,
    // so that series that differ only in it stay apart.
    private static IEnumerable<RelabelConfig> Force(KeyValuePair<string, string> label) =>
    [
        RelabelConfig.CopyIfPresent(label.Key, $"exported_{label.Key}"),
        RelabelConfig.RemoveIfEqual($"exported_{label.Key}", label.Value),
        RelabelConfig.Set(label.Key, label.Value),
    ];

    /// <summary>The label in which discovery hands over a pod's label; Prometheus replaces everything that cannot be in a label name.</summary>
    internal static string MetaLabel(string key) =>
        $"__meta_kubernetes_pod_label_{string.Concat(key.Select(character => char.IsAsciiLetterOrDigit(character) ? character : '_'))}";

    // A job name given twice would make Prometheus refuse the configuration of the whole fleet, so the path, else a number, tells apart.
    private static string UniqueName(Cluster cluster, ScrapeJob job, HashSet<string> taken)
    {
        var path = job switch
        {
            NodeProxyJob node => node.MetricsPath,
            NodeDirectJob node => node.MetricsPath,
            PodJob pods => pods.MetricsPath,
            StaticJob fixedTargets => fixedTargets.MetricsPath,
            _ => "",
        };
        path = path.StartsWith($"/{job.Name}/", StringComparison.Ordinal) ? path[(job.Name.Length + 1)..] : path; // of a relay
        var suffix = path.StartsWith("/metrics", StringComparison.Ordinal) ? path["/metrics".Length..] : path;
        var name = $"{cluster.Name}/{job.Name}{suffix}";
        var candidate = name;
        for (var number = 2; !taken.Add(candidate); number++)
        {
            candidate = string.Create(CultureInfo.InvariantCulture, $"{name}/{number}");
        }

        return candidate;
    }
}
