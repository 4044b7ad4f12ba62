using System.Collections.Immutable;
using System.Globalization;

namespace FleetPrometheus.Scraping;

/// <summary>From discovered pods to the targets that their annotations ask for.</summary>
internal static class AnnotatedPods
{
    private const string Annotation = "__meta_kubernetes_pod_annotation_prometheus_io_";
    internal const string Namespace = "__meta_kubernetes_namespace";
    internal const string Pod = "__meta_kubernetes_pod_name";

    // Prometheus leaves labels that begin with __tmp to its users, and drops them after relabelling.
    internal const string Port = "__tmp_port";
    internal const string MetricsPath = "__tmp_path";
    internal const string Scheme = "__tmp_scheme";

    /// <summary>
    /// What the target is called. The port belongs to it: a pod may serve several, and targets with equal labels would be one series.
    /// </summary>
    public static ImmutableArray<RelabelConfig> InstanceLabels { get; } =
    [
        RelabelConfig.Copy(Namespace, "namespace"),
        RelabelConfig.Copy(Pod, "pod"),
        RelabelConfig.Compose("instance", ("", Pod), (":", Port)),
    ];

    /// <summary>The way to the target at the pod's own address.</summary>
    public static ImmutableArray<RelabelConfig> Address { get; } =
    [
        RelabelConfig.Rewrite(["__meta_kubernetes_pod_ip", Port], "([^:;]+);(.+)", "__address__", "${1}:${2}"),
        RelabelConfig.Rewrite(["__meta_kubernetes_pod_ip", Port], "([^;]*:[^;]*);(.+)", "__address__", "[${1}]:${2}"),
        RelabelConfig.Copy(Scheme, "__scheme__"),
        RelabelConfig.Copy(MetricsPath, "__metrics_path__"),
    ];

    /// <summary>Keeps the pods that ask, and finds out port, path and scheme. A value that is none of these keeps its pod from being scraped.</summary>
    /// <param name="job">The job.</param>
    /// <param name="others">The cluster's jobs on pods, whose targets are left to them.</param>
    public static IEnumerable<RelabelConfig> Choose(AnnotatedPodsJob job, ImmutableArray<PodJob> others) =>
    [
        RelabelConfig.Keep(
        [
            new($"{Annotation}scrape", "true"),
            new("__meta_kubernetes_pod_phase", "Running"),
        ]),
        // A port is annotated, or is one that a container declares (then each is a target). Init containers are over, other protocols not HTTP.
        // With an annotation all containers of a pod yield the same target, of which Prometheus keeps one.
        RelabelConfig.CopyWhen(
            "__meta_kubernetes_pod_container_port_number", Port,
            [new("__meta_kubernetes_pod_container_init", "false"), new("__meta_kubernetes_pod_container_port_protocol", "TCP")]),
        .. Shapes(Annotation, "/metrics"),
        .. LeaveToOthers(job.Namespaces, others),
    ];

    /// <summary>Port, path and scheme as the annotations have them, and nothing that has another shape.</summary>
    /// <param name="annotation">What the names of the labels with the annotations begin with.</param>
    /// <param name="path">The path where none is annotated.</param>
    public static IEnumerable<RelabelConfig> Shapes(string annotation, string path) =>
    [
        RelabelConfig.CopyIfPresent($"{annotation}port", Port),
        RelabelConfig.KeepShape(Port, "[1-9][0-9]{0,4}"),
        RelabelConfig.Set(Scheme, "http"),
        RelabelConfig.CopyIfPresent($"{annotation}scheme", Scheme),
        RelabelConfig.KeepShape(Scheme, "https?"),
        // The path is put behind the proxy's: nothing in it may lead out of there or end it, so no dot segments, no escapes, no query.
        RelabelConfig.Set(MetricsPath, path),
        RelabelConfig.CopyIfPresent($"{annotation}path", MetricsPath),
        RelabelConfig.KeepShape(MetricsPath, "(/[A-Za-z0-9._~!$&'()*+,;=:@-]*)+"),
        RelabelConfig.DropShape(MetricsPath, @"(.*/)?\.\.?(/.*)?"),
    ];

    /// <summary>Drops what a job of its own scrapes.</summary>
    public static IEnumerable<RelabelConfig> LeaveToOthers(ImmutableSortedSet<string> namespaces, ImmutableArray<PodJob> others) =>
        others.Where(other => namespaces.Contains(other.Namespace)).Select(other => RelabelConfig.Drop(
        [
            new(Namespace, other.Namespace),
            .. other.Selector.Select(label => KeyValuePair.Create(ClusterScrapeFile.MetaLabel(label.Key), label.Value)),
            new(Port, other.Port.ToString(CultureInfo.InvariantCulture)),
            new(MetricsPath, other.MetricsPath),
        ]));

    /// <summary>The way to the target through the API server.</summary>
    /// <param name="prefix">The API server's own path.</param>
    public static RelabelConfig Path(string prefix) => RelabelConfig.Compose(
        "__metrics_path__", ($"{prefix}/api/v1/namespaces/", Namespace), ("/pods/", Scheme), (":", Pod), (":", Port), ("/proxy", MetricsPath));
}
