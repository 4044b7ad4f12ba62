using System.Collections.Immutable;

namespace FleetPrometheus;

/// <summary>
/// Every image this program deploys, in one place. Prometheus, Alertmanager, node-exporter, blackbox-exporter, pushgateway, Caddy, vmauth and vmagent
/// are the versions the lab runs; kube-state-metrics and Grafana could not be run there and are taken from their release notes.
/// </summary>
public static class Images
{
    public const string Prometheus = "quay.io/prometheus/prometheus:v3.5.3";
    public const string Alertmanager = "quay.io/prometheus/alertmanager:v0.33.1";
    public const string BlackboxExporter = "quay.io/prometheus/blackbox-exporter:v0.28.0";
    public const string NodeExporter = "quay.io/prometheus/node-exporter:v1.11.1";
    public const string Caddy = "docker.io/library/caddy:2.11.4-alpine";
    public const string Vmauth = "docker.io/victoriametrics/vmauth:v1.145.0";
    public const string Vmagent = "docker.io/victoriametrics/vmagent:v1.145.0";
    public const string KubeStateMetrics = "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.19.0";
    public const string Pushgateway = "quay.io/prometheus/pushgateway:v1.11.2";
    public const string Grafana = "docker.io/grafana/grafana:12.4.3";

    /// <summary>The image from a mirror.</summary>
    /// <param name="image">An image; only those of this class are known to be mirrored, others are returned as they are.</param>
    /// <param name="registry">The address that replaces the registry's own; null: none.</param>
    public static string From(string image, string? registry) =>
        registry is not null && All.Contains(image) ? $"{registry}{image[image.IndexOf('/', StringComparison.Ordinal)..]}" : image;

    private static readonly ImmutableHashSet<string> All = [Prometheus, Alertmanager, BlackboxExporter, NodeExporter, Caddy, Vmauth, Vmagent, KubeStateMetrics, Pushgateway, Grafana];
}
