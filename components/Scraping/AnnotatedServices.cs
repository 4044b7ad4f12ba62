using System.Collections.Immutable;

namespace FleetPrometheus.Scraping;

/// <summary>From discovered Services and their endpoints to the targets that the Services' annotations ask for.</summary>
internal static class AnnotatedServices
{
    private const string Annotation = "__meta_kubernetes_service_annotation_prometheus_io_";
    private const string PodAnnotation = "__meta_kubernetes_pod_annotation_prometheus_io_";
    private const string Namespace = AnnotatedPods.Namespace;
    private const string Service = "__meta_kubernetes_service_name";
    private const string Pod = AnnotatedPods.Pod;

    private const string Port = AnnotatedPods.Port;
    private const string MetricsPath = AnnotatedPods.MetricsPath;
    private const string Scheme = AnnotatedPods.Scheme;
    private const string Own = "__tmp_own";
    private const string OfPod = "__tmp_of_pod";

    /// <summary>What a pod behind a Service is called that is reached through the API server, which knows no way to other endpoints.</summary>
    public static ImmutableArray<RelabelConfig> ProxiedTarget { get; } =
    [
        RelabelConfig.KeepShape(Pod, ".+"),
        RelabelConfig.Copy(Service, "service"),
        .. Scraping.AnnotatedPods.InstanceLabels,
    ];

    /// <summary>The way to an endpoint, and what it is called: by its pod where it has one, else by its address.</summary>
    public static ImmutableArray<RelabelConfig> Target { get; } =
    [
        RelabelConfig.Copy(Namespace, "namespace"),
        RelabelConfig.Copy(Service, "service"),
        RelabelConfig.CopyIfPresent(Pod, "pod"),
        RelabelConfig.Rewrite(["__address__", Port], "(.+):[0-9]+;([0-9]+)", "__address__", "${1}:${2}"),
        RelabelConfig.Copy("__address__", "instance"),
        RelabelConfig.Compose("instance", ("", Pod), (":", Port)),
        RelabelConfig.Copy(Scheme, "__scheme__"),
        RelabelConfig.Copy(MetricsPath, "__metrics_path__"),
    ];

    /// <summary>Keeps the Services that ask to be probed, one target for each of their TCP ports, and composes what the prober calls.</summary>
    public static ImmutableArray<RelabelConfig> ChooseProbed { get; } =
    [
        RelabelConfig.Keep([new($"{Annotation}probe", "true"), new("__meta_kubernetes_service_port_protocol", "TCP")]),
        RelabelConfig.Copy("__meta_kubernetes_service_port_number", Port),
        .. Scraping.AnnotatedPods.Shapes($"{Annotation}probe_", "/"),
        // Names, not cluster IPs: a headless Service has none, and servers tell requests apart by the name.
        RelabelConfig.Rewrite([Service, Namespace, Port], "([^;]+);([^;]+);(.+)", "instance", "${1}.${2}.svc:${3}"),
        RelabelConfig.Compose("__param_target", ("", Scheme), ("://", "instance"), ("", MetricsPath)),
        RelabelConfig.Copy(Namespace, "namespace"),
        RelabelConfig.Copy(Service, "service"),
    ];

    /// <summary>Keeps the endpoints of Services that ask, and finds out port, path and scheme. A value that is none of these leaves the Service out.</summary>
    /// <param name="job">The job.</param>
    /// <param name="others">The cluster's jobs on pods, whose targets are left to them.</param>
    /// <param name="pods">The cluster's job on annotated pods, whose targets are left to it, if there is one.</param>
    public static IEnumerable<RelabelConfig> Choose(AnnotatedServicesJob job, ImmutableArray<PodJob> others, AnnotatedPodsJob? pods) =>
    [
        RelabelConfig.Keep([new($"{Annotation}scrape", "true")]),
        // Init containers are over, other protocols not HTTP; a container's port that no endpoint leads to has only the former's.
        RelabelConfig.Drop([new("__meta_kubernetes_pod_container_init", "true")]),
        RelabelConfig.DropShape("__meta_kubernetes_endpoint_port_protocol", "UDP|SCTP"),
        RelabelConfig.DropShape("__meta_kubernetes_pod_container_port_protocol", "UDP|SCTP"),
        // Pods that are over keep their place among the endpoints for a while.
        RelabelConfig.DropShape("__meta_kubernetes_pod_phase", "Succeeded|Failed"),
        RelabelConfig.Rewrite(["__address__"], ".+:([0-9]+)", Port, "${1}"),
        .. Scraping.AnnotatedPods.Shapes(Annotation, "/metrics"),
        .. Scraping.AnnotatedPods.LeaveToOthers(job.Namespaces, others),
        .. pods is null ? [] : LeaveToPods(job.Namespaces.Intersect(pods.Namespaces)),
    ];

    // What an annotated pod has scraped of itself: its annotated port, else each that a container declares, at its own path.
    private static IEnumerable<RelabelConfig> LeaveToPods(ImmutableSortedSet<string> namespaces) => namespaces.IsEmpty ? [] :
    [
        RelabelConfig.Compose(Own, ("", Port), (" ", MetricsPath)),
        RelabelConfig.Rewrite(
            [Namespace, $"{PodAnnotation}scrape", "__meta_kubernetes_pod_container_port_number"],
            $"({string.Join('|', namespaces)});true;([0-9]+)", OfPod, "${2}"),
        RelabelConfig.Rewrite(
            [Namespace, $"{PodAnnotation}scrape", $"{PodAnnotation}port"],
            $"({string.Join('|', namespaces)});true;(.+)", OfPod, "${2}"),
        RelabelConfig.Rewrite([OfPod, $"{PodAnnotation}path"], "([^;]+);", OfPod, "${1} /metrics"),
        RelabelConfig.Rewrite([OfPod, $"{PodAnnotation}path"], "([0-9]+);(.+)", OfPod, "${1} ${2}"),
        RelabelConfig.DropIfSame(Own, OfPod),
    ];
}
