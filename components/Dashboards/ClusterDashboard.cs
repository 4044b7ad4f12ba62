namespace FleetPrometheus.Dashboards;

/// <summary>One cluster: its nodes, its capacity, what uses it.</summary>
internal static class ClusterDashboard
{
    public const string Uid = "fleet-cluster";

    public static Dashboard Create() => new(
        Uid,
        "Fleet / Cluster",
        "One cluster: its nodes, its capacity, what uses it.",
        [Variable.Cluster],
        [
            new("At a glance",
                Panel.Stat("API server", Unit.Number, new("""max by (cluster) (up{job="apiserver", cluster=~"$cluster"})""") { IsTruth = true }) with { Width = 3 },
                Panel.Stat("Version", Unit.Number, new("""count by (cluster, git_version) (kubernetes_build_info{job="apiserver", cluster=~"$cluster"})""", "{{git_version}}") { ShownLabel = "git_version" })
                    with { Width = 3 },
                Panel.Stat("Nodes", Unit.Number, new("""count by (cluster) (kube_node_info{cluster=~"$cluster"})""")) with { Width = 3 },
                Panel.Stat("Nodes not ready", Unit.Number, new("""sum by (cluster) (kube_node_status_condition{condition="Ready", status!="true", cluster=~"$cluster"})"""))
                    with { Width = 3, Thresholds = Thresholds.None },
                Panel.Gauge("CPU used", new(ByCluster.CpuUse)) with { Width = 3 },
                Panel.Gauge("Memory used", new(ByCluster.MemoryUse)) with { Width = 3 },
                Panel.Gauge("Fullest disk", new(ByCluster.FullestFileSystem)) with { Width = 3 },
                Panel.Gauge("Pods of capacity", new("""
                    sum by (cluster) (kube_pod_status_phase{phase=~"Pending|Running", cluster=~"$cluster"})
                      / sum by (cluster) (kube_node_status_allocatable{resource="pods", cluster=~"$cluster"})
                    """)) with { Width = 3 }),
            new("Capacity",
                Panel.TimeSeries("CPU", Unit.Cores,
                    new("""
                        sum by (cluster) (rate(node_cpu_seconds_total{job="node-exporter", mode!~"idle|iowait|steal", cluster=~"$cluster"}[$__rate_interval]))
                        """, "used"),
                    new("""sum by (cluster) (kube_pod_container_resource_requests{resource="cpu", cluster=~"$cluster"})""", "requested"),
                    new("""sum by (cluster) (kube_node_status_allocatable{resource="cpu", cluster=~"$cluster"})""", "allocatable")),
                Panel.TimeSeries("Memory", Unit.Bytes,
                    new("""
                        sum by (cluster) (node_memory_MemTotal_bytes{job="node-exporter", cluster=~"$cluster"})
                          - sum by (cluster) (node_memory_MemAvailable_bytes{job="node-exporter", cluster=~"$cluster"})
                        """, "used"),
                    new("""sum by (cluster) (kube_pod_container_resource_requests{resource="memory", cluster=~"$cluster"})""", "requested"),
                    new("""sum by (cluster) (kube_node_status_allocatable{resource="memory", cluster=~"$cluster"})""", "allocatable")),
                Panel.TimeSeries("Pods by phase", Unit.Number,
                    new Query("""sum by (cluster, phase) (kube_pod_status_phase{cluster=~"$cluster"})""", "{{phase}}")) with { IsStacked = true }),
            new("Nodes",
                Panel.TimeSeries("CPU used by node", Unit.Share, new Query("""
                    1 - avg by (cluster, instance) (
                      sum by (cluster, instance, cpu) (rate(node_cpu_seconds_total{job="node-exporter", mode=~"idle|iowait|steal", cluster=~"$cluster"}[$__rate_interval]))
                    )
                    """, "{{instance}}")),
                Panel.TimeSeries("Memory used by node", Unit.Share, new Query("""
                    1 - sum by (cluster, instance) (node_memory_MemAvailable_bytes{job="node-exporter", cluster=~"$cluster"})
                      / sum by (cluster, instance) (node_memory_MemTotal_bytes{job="node-exporter", cluster=~"$cluster"})
                    """, "{{instance}}")),
                Panel.TimeSeries("Network received by node", Unit.BytesPerSecond, new Query("""
                    sum by (cluster, instance) (rate(node_network_receive_bytes_total{job="node-exporter", device!="lo", cluster=~"$cluster"}[$__rate_interval]))
                    """, "{{instance}}")),
                Panel.Table("Nodes",
                    new("""max by (cluster, node) (kube_node_status_condition{condition="Ready", status="true", cluster=~"$cluster"})""", "Ready") { IsTruth = true },
                    new("""count by (cluster, node, kubelet_version) (kube_node_info{cluster=~"$cluster"})""", "Kubelet") { ShownLabel = "kubelet_version" },
                    new("""count by (cluster, node) (kube_pod_info{node!="", cluster=~"$cluster"})""", "Pods"),
                    new("""sum by (cluster, node) (kube_node_status_allocatable{resource="cpu", cluster=~"$cluster"})""", "CPU allocatable") { Unit = Unit.Cores },
                    new("""sum by (cluster, node) (kube_pod_container_resource_requests{resource="cpu", node!="", cluster=~"$cluster"})""", "CPU requested") { Unit = Unit.Cores },
                    new("""sum by (cluster, node) (kube_node_status_allocatable{resource="memory", cluster=~"$cluster"})""", "Memory allocatable") { Unit = Unit.Bytes },
                    new("""sum by (cluster, node) (kube_pod_container_resource_requests{resource="memory", node!="", cluster=~"$cluster"})""", "Memory requested") { Unit = Unit.Bytes })),
            new("What uses it",
                Panel.TimeSeries("CPU by namespace", Unit.Cores, new Query("""
                    topk(10, sum by (cluster, namespace) (rate(container_cpu_usage_seconds_total{job="kubelet", metrics_path="/metrics/cadvisor", container!="", cluster=~"$cluster"}[$__rate_interval])))
                    """, "{{namespace}}")) with { IsStacked = true, NeedsKubelet = true },
                Panel.TimeSeries("Memory by namespace", Unit.Bytes, new Query("""
                    topk(10, sum by (cluster, namespace) (container_memory_working_set_bytes{job="kubelet", metrics_path="/metrics/cadvisor", container!="", cluster=~"$cluster"}))
                    """, "{{namespace}}")) with { IsStacked = true, NeedsKubelet = true },
                Panel.TimeSeries("Container restarts in the last hour", Unit.Number, new Query("""
                    sum by (cluster, namespace) (increase(kube_pod_container_status_restarts_total{cluster=~"$cluster"}[1h]))
                    """, "{{namespace}}"))),
            new("Scraping",
                Panel.Table("Targets",
                    new("""count by (cluster, job, metrics_path) (up{cluster=~"$cluster"})""", "Targets"),
                    new("""sum by (cluster, job, metrics_path) (up{cluster=~"$cluster"})""", "Up"),
                    new("""max by (cluster, job, metrics_path) (scrape_duration_seconds{cluster=~"$cluster"})""", "Slowest scrape") { Unit = Unit.Seconds },
                    new("""sum by (cluster, job, metrics_path) (scrape_samples_post_metric_relabeling{cluster=~"$cluster"})""", "Series"))
                    with { Width = 12, Height = 7 },
                Alerts.Firing with { Width = 12 }),
        ]);
}
