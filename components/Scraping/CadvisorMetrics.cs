using System.Collections.Immutable;

namespace FleetPrometheus.Scraping;

/// <summary>What cadvisor exposes and nobody looks at.</summary>
public static class CadvisorMetrics
{
    /// <summary>
    /// Names (anchored RE2 expressions) of metrics that the field's common rules and dashboards do not use and that make up
    /// about half of what cadvisor exposes. Kept: CPU and throttling, memory (usage, working set, RSS, cache, swap, limits), network bytes,
    /// packets and drops, file-system usage, reads and writes, start time, OOM events, pressure, <c>machine_*</c>.
    /// </summary>
    public static ImmutableArray<string> Unused { get; } =
    [
        // a series per device, per TCP or task state, per failure type or per NUMA node of every container
        "container_blkio_device_usage_total",
        "container_hugetlb_.+",
        "container_memory_failures_total",
        "container_memory_migrate",
        "container_memory_numa_pages",
        "container_network_(advance_tcp_stats|tcp6?_usage|udp6?_usage)_total",
        "container_tasks_state",
        // load averages and memory details that rules take from elsewhere or not at all
        "container_cpu_load_(d_)?average_10s",
        "container_memory_(failcnt|kernel_usage|mapped_file|max_usage_bytes|total_(active|inactive)_file_bytes)",
        "container_referenced_bytes",
        // disk internals below reads, writes and bytes
        "container_fs_(inodes_(free|total)|io_(current|time_seconds_total|time_weighted_seconds_total))",
        "container_fs_((read|write)_seconds|(reads|writes)_merged|sector_(reads|writes))_total",
        // process bookkeeping
        "container_(file_descriptors|last_seen|processes|sockets|threads(_max)?|ulimits_soft)",
        "container_spec_(cpu_shares|memory_(reservation_limit|swap_limit)_bytes)",
        // hardware counters
        "container_(llc_occupancy_bytes|memory_bandwidth(_local)?_bytes|perf_.+|uncore_perf_.+)",
    ];
}
