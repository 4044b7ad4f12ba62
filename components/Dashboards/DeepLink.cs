using System.Collections.Immutable;

namespace FleetPrometheus.Dashboards;

/// <summary>A question that people ask first, and the page of Prometheus's own web interface that answers it; no Grafana needed.</summary>
/// <param name="Label">The question in two or three words.</param>
/// <param name="Expression">PromQL.</param>
/// <param name="IsGraph">Whether the answer is a graph of the last hour; else a table of now.</param>
public sealed record DeepLink(string Label, string Expression, bool IsGraph)
{
    /// <summary>The ten questions.</summary>
    public static ImmutableArray<DeepLink> All { get; } =
    [
        new("CPU by cluster", """1 - avg by (cluster) (rate(node_cpu_seconds_total{mode="idle"}[5m]))""", IsGraph: true),
        new("memory by cluster", "1 - sum by (cluster) (node_memory_MemAvailable_bytes) / sum by (cluster) (node_memory_MemTotal_bytes)", IsGraph: true),
        new("pods by namespace", """sum by (cluster, namespace) (kube_pod_status_phase{phase="Running"})""", IsGraph: false),
        new("nodes not ready", """sum by (cluster, node) (kube_node_status_condition{condition="Ready", status!="true"}) > 0""", IsGraph: false),
        new("restarts", "topk(20, sum by (cluster, namespace, pod) (increase(kube_pod_container_status_restarts_total[1h])) > 0)", IsGraph: false),
        new("top namespaces", """topk(10, sum by (cluster, namespace) (rate(container_cpu_usage_seconds_total{container!=""}[5m])))""", IsGraph: true),
        new("API-server errors", """sum by (cluster, code) (rate(apiserver_request_total{code=~"5.."}[5m]))""", IsGraph: true),
        new("disks nearly full", """max by (cluster, instance, mountpoint) (1 - node_filesystem_avail_bytes{fstype!="tmpfs"} / node_filesystem_size_bytes) > 0.8""", IsGraph: false),
        new("targets down", "up == 0", IsGraph: false),
        new("alerts firing", """sum by (cluster, severity, alertname) (ALERTS{alertstate="firing"})""", IsGraph: false),
    ];

    /// <summary>The page.</summary>
    /// <param name="prometheus">The address of Prometheus; what stands after its last slash is replaced.</param>
    public Uri At(Uri prometheus) =>
        new(prometheus, $"query?g0.expr={Uri.EscapeDataString(Expression)}&g0.tab={(IsGraph ? "graph&g0.range_input=1h" : "table")}");

    /// <summary>The bare answer, as JSON, for a Prometheus without web pages.</summary>
    /// <inheritdoc cref="At"/>
    public Uri AnswerAt(Uri prometheus) => new(prometheus, $"api/v1/query?query={Uri.EscapeDataString(Expression)}");
}
