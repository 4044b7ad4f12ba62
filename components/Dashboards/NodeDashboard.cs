namespace FleetPrometheus.Dashboards;

/// <summary>Nodes from within: processors, memory, disks, network, clock.</summary>
internal static class NodeDashboard
{
    public static Dashboard Create() => new(
        "fleet-node",
        "Fleet / Node",
        "Nodes from within, as node-exporter sees them: processors, memory, disks, network, clock.",
        [
            Variable.Cluster,
            new("node", "Node", """node_uname_info{job="node-exporter", cluster=~"$cluster"}""", "instance", IsMulti: true),
        ],
        [
            new("Nodes",
                Panel.Table("Nodes",
                    new("""count by (cluster, instance, release) (node_uname_info{job="node-exporter", cluster=~"$cluster", instance=~"$node"})""", "Kernel") { ShownLabel = "release" },
                    new("""max by (cluster, instance) (time() - node_boot_time_seconds{job="node-exporter", cluster=~"$cluster", instance=~"$node"})""", "Up for") { Unit = Unit.Seconds },
                    new("""count by (cluster, instance) (node_cpu_seconds_total{job="node-exporter", mode="idle", cluster=~"$cluster", instance=~"$node"})""", "Cores"),
                    new("""max by (cluster, instance) (node_memory_MemTotal_bytes{job="node-exporter", cluster=~"$cluster", instance=~"$node"})""", "Memory") { Unit = Unit.Bytes },
                    new("""max by (cluster, instance) (up{job="node-exporter", cluster=~"$cluster", instance=~"$node"})""", "Exporter") { IsTruth = true })
                    with { Height = 6 }),
            new("Processors and memory",
                Panel.TimeSeries("CPU used", Unit.Share, new Query("""
                    1 - avg by (cluster, instance) (
                      sum by (cluster, instance, cpu) (rate(node_cpu_seconds_total{job="node-exporter", mode=~"idle|iowait|steal", cluster=~"$cluster", instance=~"$node"}[$__rate_interval]))
                    )
                    """, "{{instance}}")),
                Panel.TimeSeries("CPU by mode", Unit.Cores, new Query("""
                    sum by (cluster, mode) (rate(node_cpu_seconds_total{job="node-exporter", mode!="idle", cluster=~"$cluster", instance=~"$node"}[$__rate_interval]))
                    """, "{{mode}}")) with { IsStacked = true },
                Panel.TimeSeries("Load per core", Unit.Number, new Query("""
                    max by (cluster, instance) (node_load5{job="node-exporter", cluster=~"$cluster", instance=~"$node"})
                      / count by (cluster, instance) (node_cpu_seconds_total{job="node-exporter", mode="idle", cluster=~"$cluster", instance=~"$node"})
                    """, "{{instance}}")) with { Description = "Averaged over five minutes; lastingly above 1, processes wait for each other or for disks." },
                Panel.TimeSeries("Memory used", Unit.Share, new Query("""
                    1 - sum by (cluster, instance) (node_memory_MemAvailable_bytes{job="node-exporter", cluster=~"$cluster", instance=~"$node"})
                      / sum by (cluster, instance) (node_memory_MemTotal_bytes{job="node-exporter", cluster=~"$cluster", instance=~"$node"})
                    """, "{{instance}}")),
                Panel.TimeSeries("Memory by use", Unit.Bytes,
                    new("""
                        sum by (cluster) (node_memory_MemTotal_bytes{job="node-exporter", cluster=~"$cluster", instance=~"$node"})
                          - sum by (cluster) (node_memory_MemAvailable_bytes{job="node-exporter", cluster=~"$cluster", instance=~"$node"})
                        """, "used"),
                    new("""
                        sum by (cluster) (node_memory_MemAvailable_bytes{job="node-exporter", cluster=~"$cluster", instance=~"$node"})
                          - sum by (cluster) (node_memory_MemFree_bytes{job="node-exporter", cluster=~"$cluster", instance=~"$node"})
                        """, "reclaimable"),
                    new("""sum by (cluster) (node_memory_MemFree_bytes{job="node-exporter", cluster=~"$cluster", instance=~"$node"})""", "free")) with { IsStacked = true },
                Panel.TimeSeries("Major page faults", Unit.PerSecond, new Query("""
                    sum by (cluster, instance) (rate(node_vmstat_pgmajfault{job="node-exporter", cluster=~"$cluster", instance=~"$node"}[$__rate_interval]))
                    """, "{{instance}}")) with { Description = "Pages that had to be read from disk; many mean that memory is short." }),
            new("Disks",
                Panel.TimeSeries("Space used", Unit.Share, new Query("""
                    max by (cluster, instance, mountpoint) (
                      1 - node_filesystem_avail_bytes{job="node-exporter", fstype!~"tmpfs|ramfs|squashfs", cluster=~"$cluster", instance=~"$node"}
                        / node_filesystem_size_bytes{job="node-exporter", fstype!~"tmpfs|ramfs|squashfs", cluster=~"$cluster", instance=~"$node"}
                    )
                    """, "{{instance}} {{mountpoint}}")),
                Panel.TimeSeries("Inodes used", Unit.Share, new Query("""
                    max by (cluster, instance, mountpoint) (
                      1 - node_filesystem_files_free{job="node-exporter", fstype!~"tmpfs|ramfs|squashfs", cluster=~"$cluster", instance=~"$node"}
                        / (node_filesystem_files{job="node-exporter", fstype!~"tmpfs|ramfs|squashfs", cluster=~"$cluster", instance=~"$node"} > 0)
                    )
                    """, "{{instance}} {{mountpoint}}")) with { Description = "File systems without a fixed number of inodes are left out." },
                Panel.TimeSeries("Busy", Unit.Share, new Query("""
                    max by (cluster, instance, device) (rate(node_disk_io_time_seconds_total{job="node-exporter", cluster=~"$cluster", instance=~"$node"}[$__rate_interval]))
                    """, "{{instance}} {{device}}")),
                Panel.TimeSeries("Read", Unit.BytesPerSecond, new Query("""
                    sum by (cluster, instance, device) (rate(node_disk_read_bytes_total{job="node-exporter", cluster=~"$cluster", instance=~"$node"}[$__rate_interval]))
                    """, "{{instance}} {{device}}")),
                Panel.TimeSeries("Written", Unit.BytesPerSecond, new Query("""
                    sum by (cluster, instance, device) (rate(node_disk_written_bytes_total{job="node-exporter", cluster=~"$cluster", instance=~"$node"}[$__rate_interval]))
                    """, "{{instance}} {{device}}")),
                Panel.TimeSeries("Open files", Unit.Number, new Query("""
                    max by (cluster, instance) (node_filefd_allocated{job="node-exporter", cluster=~"$cluster", instance=~"$node"})
                    """, "{{instance}}"))),
            new("Network and clock",
                Panel.TimeSeries("Received", Unit.BytesPerSecond, new Query("""
                    sum by (cluster, instance) (rate(node_network_receive_bytes_total{job="node-exporter", device!="lo", cluster=~"$cluster", instance=~"$node"}[$__rate_interval]))
                    """, "{{instance}}")) with { Width = 6 },
                Panel.TimeSeries("Sent", Unit.BytesPerSecond, new Query("""
                    sum by (cluster, instance) (rate(node_network_transmit_bytes_total{job="node-exporter", device!="lo", cluster=~"$cluster", instance=~"$node"}[$__rate_interval]))
                    """, "{{instance}}")) with { Width = 6 },
                Panel.TimeSeries("Errors and drops", Unit.PacketsPerSecond,
                    new("""
                        sum by (cluster, instance) (
                          rate(node_network_receive_errs_total{job="node-exporter", cluster=~"$cluster", instance=~"$node"}[$__rate_interval])
                          + rate(node_network_transmit_errs_total{job="node-exporter", cluster=~"$cluster", instance=~"$node"}[$__rate_interval])
                        )
                        """, "{{instance}} errors"),
                    new("""
                        sum by (cluster, instance) (
                          rate(node_network_receive_drop_total{job="node-exporter", cluster=~"$cluster", instance=~"$node"}[$__rate_interval])
                          + rate(node_network_transmit_drop_total{job="node-exporter", cluster=~"$cluster", instance=~"$node"}[$__rate_interval])
                        )
                        """, "{{instance}} drops")) with { Width = 6 },
                Panel.TimeSeries("Clock offset", Unit.Seconds, new Query("""
                    max by (cluster, instance) (abs(node_timex_offset_seconds{job="node-exporter", cluster=~"$cluster", instance=~"$node"}))
                    """, "{{instance}}")) with { Width = 6, Description = "Distance from the time server, either way." }),
        ]);
}
