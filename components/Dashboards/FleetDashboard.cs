namespace FleetPrometheus.Dashboards;

/// <summary>Every cluster at a glance.</summary>
internal static class FleetDashboard
{
    public static Dashboard Create() => new(
        "fleet-overview",
        "Fleet / Overview",
        "Every cluster at a glance: does it answer, how full is it, what is wrong with it.",
        [Variable.Clusters],
        [
            new("At a glance",
                Panel.Stat("Clusters", Unit.Number, new("""count(count by (cluster) (up{job="apiserver", cluster=~"$cluster"}))""")),
                Panel.Stat("Unreachable", Unit.Number, new("""count(max by (cluster) (up{job="apiserver", cluster=~"$cluster"}) == 0) or vector(0)"""))
                    with { Thresholds = Thresholds.None },
                Panel.Stat("Nodes not ready", Unit.Number, new("""sum(max by (cluster, node) (kube_node_status_condition{condition="Ready", status!="true", cluster=~"$cluster"}))"""))
                    with { Thresholds = Thresholds.None },
                Panel.Stat("Pods running", Unit.Number, new("""sum(kube_pod_status_phase{phase="Running", cluster=~"$cluster"})""")),
                Panel.Stat("Targets down", Unit.Number, new("""count(up{cluster=~"$cluster"}) - sum(up{cluster=~"$cluster"})"""))
                    with { Thresholds = Thresholds.None },
                Panel.Stat("Alerts firing", Unit.Number, new("""count(ALERTS{alertstate="firing", severity!="none", cluster=~"$cluster"}) or vector(0)"""))
                    with { Thresholds = Thresholds.None }),
            new("Clusters",
                Panel.Table("Clusters",
                    new("""max by (cluster) (up{job="apiserver", cluster=~"$cluster"})""", "API server") { IsTruth = true },
                    new("""count by (cluster, git_version) (kubernetes_build_info{job="apiserver", cluster=~"$cluster"})""", "Version") { ShownLabel = "git_version" },
                    new("""count by (cluster) (kube_node_info{cluster=~"$cluster"})""", "Nodes"),
                    new("""sum by (cluster) (kube_node_status_condition{condition="Ready", status="true", cluster=~"$cluster"})""", "Nodes ready"),
                    new("""sum by (cluster) (kube_pod_status_phase{phase="Running", cluster=~"$cluster"})""", "Pods running"),
                    new(ByCluster.CpuUse, "CPU used") { Unit = Unit.Share, Thresholds = Thresholds.OfUse },
                    new(ByCluster.MemoryUse, "Memory used") { Unit = Unit.Share, Thresholds = Thresholds.OfUse },
                    new(ByCluster.FullestFileSystem, "Fullest disk") { Unit = Unit.Share, Thresholds = Thresholds.OfUse },
                    new("""count by (cluster) (up{cluster=~"$cluster"}) - sum by (cluster) (up{cluster=~"$cluster"})""", "Targets down") { Thresholds = Thresholds.None },
                    new("""
                        count by (cluster) (ALERTS{alertstate="firing", severity!="none", cluster=~"$cluster"})
                          or 0 * max by (cluster) (up{job="apiserver", cluster=~"$cluster"})
                        """, "Alerts firing") { Thresholds = Thresholds.None })
                    with { Height = 10 }),
            new("Compared",
                Panel.TimeSeries("CPU used", Unit.Share, new Query(ByCluster.CpuUse, "{{cluster}}")) with { Description = "Of the cores of all nodes, as node-exporter sees them." },
                Panel.TimeSeries("Memory used", Unit.Share, new Query(ByCluster.MemoryUse, "{{cluster}}")) with { Description = "What is not available to new processes." },
                Panel.TimeSeries("Network received", Unit.BytesPerSecond, new Query("""
                    sum by (cluster) (rate(node_network_receive_bytes_total{job="node-exporter", device!="lo", cluster=~"$cluster"}[$__rate_interval]))
                    """, "{{cluster}}")),
                Panel.TimeSeries("Pods running", Unit.Number, new Query("""sum by (cluster) (kube_pod_status_phase{phase="Running", cluster=~"$cluster"})""", "{{cluster}}")),
                Panel.TimeSeries("API-server requests", Unit.RequestsPerSecond, new Query("""
                    sum by (cluster) (rate(apiserver_request_total{job="apiserver", cluster=~"$cluster"}[$__rate_interval]))
                    """, "{{cluster}}")),
                Panel.TimeSeries("Targets down", Unit.Number, new Query("""
                    count by (cluster) (up{cluster=~"$cluster"}) - sum by (cluster) (up{cluster=~"$cluster"})
                    """, "{{cluster}}"))),
            new("Alerts", Alerts.Firing),
        ]);
}
