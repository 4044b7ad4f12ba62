using System.Collections.Immutable;

namespace FleetPrometheus.Scraping;

/// <summary>A cluster as a Prometheus that runs in it sees it.</summary>
public sealed record InsideCluster
{
    /// <inheritdoc cref="Cluster.Name"/>
    public required string Name { get; init; }

    /// <inheritdoc cref="Cluster.Labels"/>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <inheritdoc cref="Cluster.Jobs"/>
    public required ImmutableArray<ScrapeJob> Jobs { get; init; }

    /// <inheritdoc cref="Cluster.Limits"/>
    public ScrapeLimits Limits { get; init; } = new();

    /// <inheritdoc cref="Cluster.ScrapeInterval"/>
    public TimeSpan? ScrapeInterval { get; init; }

    /// <summary>
    /// The token that jobs show to the API server and to kubelets; read the remarks on <see cref="InsideScrape"/> before choosing one.
    /// Default: the one of the pod's account.
    /// </summary>
    public string TokenFile { get; init; } = ServiceAccountFiles.Token;
}

/// <summary>
/// The same jobs seen from inside of the cluster: discovery as the pod's own account, nodes and pods at their own addresses instead of
/// through the API server's proxy. The labels are the same as from outside, so that rules and dashboards need not know.
/// </summary>
/// <remarks>
/// <para>
/// A trap: a pod's own token is renewed every hour, and not every Prometheus follows. Discovery does. The jobs of builds with
/// prometheus/common 0.65 do (upstream's Prometheus 3.5). Those of builds with 0.69 and later don't (upstream's 3.13 and later, Debian's 3.5.3;
/// prometheus/common#981): each target sends the token of its first scrape for as long as the target lives, also across reloads.
/// Such a build is refused (401) as soon as that token expires, unless the token outlives the pod or the file's name tells one token from
/// the next. Only the API server and the kubelets are shown a token, so only the jobs on them are concerned.
/// </para>
/// <para>
/// API servers are found by the endpoints of Service <c>default/kubernetes</c>, each member a target. By Endpoints, because EndpointSlices
/// are v1 only since Kubernetes 1.21, while Endpoints, though called deprecated since 1.33, are there in every version, and
/// the API server itself keeps these.
/// </para>
/// </remarks>
public static class InsideScrape
{
    // In the certificate of every API server, whichever of its addresses is asked.
    private const string ApiServerName = "kubernetes.default.svc";

    /// <summary>The scrape jobs in the order of <see cref="InsideCluster.Jobs"/>.</summary>
    public static ImmutableArray<ScrapeConfig> ScrapeConfigs(InsideCluster cluster) => ClusterScrapeFile.ScrapeConfigs(
        new Cluster
        {
            Name = cluster.Name,
            ApiServer = new($"https://{ApiServerName}"),
            TokenId = "",
            Labels = cluster.Labels,
            Jobs = [.. cluster.Jobs.Select(FromInside)],
            Limits = cluster.Limits,
            ScrapeInterval = cluster.ScrapeInterval,
        },
        ClusterClient.Inside(cluster.TokenFile),
        (view, client, job) => job switch
        {
            ApiServerJob apiServer => ApiServers(view, client, apiServer),
            PodDirectJob pods => Pods(view, client, pods),
            AnnotatedPodsJob annotated => AnnotatedPods(view, client, annotated),
            AnnotatedServicesJob annotated => AnnotatedServices(view, client, annotated),
            ProbedServicesJob probed => ProbedServices(view, client, probed),
            _ => null,
        });

    private static ScrapeJob FromInside(ScrapeJob job) => job switch
    {
        NodeProxyJob node => node.ToSame(new NodeDirectJob(node.Name, node.MetricsPath)),
        PodProxyJob pods => pods.ToDirect(),
        _ => job,
    };

    private static ScrapeConfig ApiServers(Cluster cluster, ClusterClient client, ApiServerJob job)
    {
        var config = ClusterScrapeFile.Scrape(cluster, client, job) with
        {
            Client = client.Scraping with { Tls = client.Scraping.Tls! with { ServerName = ApiServerName } },
        };
        return job.Members.IsEmpty
            ? config with
            {
                KeepDroppedTargets = ClusterScrapeFile.DroppedTargetsShown,
                KubernetesSdConfigs = [Discovery("endpoints", ["default"]) with { ObjectName = "kubernetes" }],
                RelabelConfigs = [RelabelConfig.Keep([new("__meta_kubernetes_endpoint_port_name", "https")]), .. ClusterScrapeFile.TargetLabels(cluster, job)],
            }
            : config with { StaticConfigs = [ClusterScrapeFile.Fixed(cluster, job, job.Members)] };
    }

    private static ScrapeConfig Pods(Cluster cluster, ClusterClient client, PodDirectJob job) =>
        ClusterScrapeFile.DirectPods(cluster, client, job) with { Client = WithoutCredentials };

    private static ScrapeConfig AnnotatedPods(Cluster cluster, ClusterClient client, AnnotatedPodsJob job) => Annotated(
        cluster, client, job, Discovery("pod", job.Namespaces),
        [.. Scraping.AnnotatedPods.Choose(job, ClusterScrapeFile.PodJobs(cluster)), .. ClusterScrapeFile.TargetLabels(cluster, job), .. Scraping.AnnotatedPods.InstanceLabels, .. Scraping.AnnotatedPods.Address]);

    private static ScrapeConfig AnnotatedServices(Cluster cluster, ClusterClient client, AnnotatedServicesJob job) => Annotated(
        cluster, client, job, Discovery("endpoints", job.Namespaces),
        [
            .. Scraping.AnnotatedServices.Choose(job, ClusterScrapeFile.PodJobs(cluster), cluster.Jobs.OfType<AnnotatedPodsJob>().SingleOrDefault()),
            .. ClusterScrapeFile.TargetLabels(cluster, job),
            .. Scraping.AnnotatedServices.Target,
        ]);

    private static ScrapeConfig Annotated(Cluster cluster, ClusterClient client, ScrapeJob job, KubernetesSdConfig discovery, ImmutableArray<RelabelConfig> relabelling) =>
        ClusterScrapeFile.Scrape(cluster, client, job) with
        {
            Scheme = null,
            Client = WithoutCredentials,
            FallbackScrapeProtocol = ClusterScrapeFile.TextFormat,
            KeepDroppedTargets = ClusterScrapeFile.DroppedTargetsShown,
            KubernetesSdConfigs = [discovery],
            RelabelConfigs = relabelling,
        };

    private static ScrapeConfig ProbedServices(Cluster cluster, ClusterClient client, ProbedServicesJob job) =>
        ClusterScrapeFile.Scrape(cluster, client, job) with
        {
            Scheme = null,
            MetricsPath = "/probe",
            Client = new() { BasicAuth = job.Access, FollowRedirects = false },
            KeepDroppedTargets = ClusterScrapeFile.DroppedTargetsShown,
            KubernetesSdConfigs = [Discovery("service", job.Namespaces)],
            RelabelConfigs =
            [
                .. Scraping.AnnotatedServices.ChooseProbed,
                .. ClusterScrapeFile.TargetLabels(cluster, job),
                RelabelConfig.Set("__param_module", job.Module),
                RelabelConfig.Set("__address__", job.Prober),
            ],
        };

    // Pods get no token, and their certificates are checked as little as by the API server's proxy: hardly any pod has one of the cluster's CA.
    private static HttpClientConfig WithoutCredentials => new() { Tls = new() { InsecureSkipVerify = true }, FollowRedirects = false };

    private static KubernetesSdConfig Discovery(string role, IEnumerable<string> namespaces) => new()
    {
        Role = role,
        ApiServer = null,
        Client = new(),
        Namespaces = namespaces.ToImmutableSortedSet(StringComparer.Ordinal),
    };

}
