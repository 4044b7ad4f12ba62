namespace FleetPrometheus.Dashboards;

/// <summary>Questions that more than one dashboard asks of whole clusters.</summary>
internal static class ByCluster
{
    /// <summary>The share of the cores of all nodes that is busy. Waiting for disks, and time stolen by the hypervisor, is not.</summary>
    public const string CpuUse = """
        1 - avg by (cluster) (
          sum by (cluster, instance, cpu) (rate(node_cpu_seconds_total{job="node-exporter", mode=~"idle|iowait|steal", cluster=~"$cluster"}[$__rate_interval]))
        )
        """;

    /// <summary>The share of the memory of all nodes that is not available to new processes.</summary>
    public const string MemoryUse = """
        1 - sum by (cluster) (node_memory_MemAvailable_bytes{job="node-exporter", cluster=~"$cluster"})
          / sum by (cluster) (node_memory_MemTotal_bytes{job="node-exporter", cluster=~"$cluster"})
        """;

    /// <summary>The used share of the file system that has the least left, of all nodes.</summary>
    public const string FullestFileSystem = """
        max by (cluster) (
          1 - node_filesystem_avail_bytes{job="node-exporter", fstype!~"tmpfs|ramfs|squashfs", cluster=~"$cluster"}
            / node_filesystem_size_bytes{job="node-exporter", fstype!~"tmpfs|ramfs|squashfs", cluster=~"$cluster"}
        )
        """;
}

/// <summary>The alerts of the chosen clusters, on every dashboard where one looks for trouble.</summary>
internal static class Alerts
{
    public static Panel Firing { get; } = Panel.Table("Firing alerts",
        new Query("""sum by (cluster, severity, alertname) (ALERTS{alertstate="firing", severity!="none", cluster=~"$cluster"})""", "Firing"))
        with { Height = 7, MayBeEmpty = "a healthy cluster has no alerts" };
}
