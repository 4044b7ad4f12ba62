using System.Collections.Immutable;

namespace FleetPrometheus.Scraping;

/// <summary>What is exposed and nobody looks at, by job: neither the rules and dashboards of this program nor the field's common ones.</summary>
public static class UnusedMetrics
{
    // About half of what cadvisor exposes. Kept: CPU and throttling, memory (usage, working set, RSS, cache, swap, limits), network bytes,
    // packets and drops, file-system usage, reads and writes, start time, OOM events, pressure, machine_*.
    private static readonly ImmutableArray<string> Cadvisor =
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

    // Histograms with a series per bucket, verb and resource. Their counts and sums stay, which tell rates and averages.
    private static readonly ImmutableArray<string> ApiServer =
    [
        "apiserver_(request_body_size_bytes|response_sizes|watch_(cache_read_wait_seconds|events_sizes|list_duration_seconds))_bucket",
        "apiserver_(admission_(controller|step)_.+|audit_.+|cel_.+|crd_conversion_.+|delegated_.+|encryption_.+|egress_.+|envelope_.+|flowcontrol_.+|storage_.+|validating_.+|webhooks_.+)_bucket",
        "(authentication|authorization|field_validation|pod_security|rest_client|serviceaccount)_.+_bucket",
        // one constant per feature of the program
        "kubernetes_feature_enabled",
        "(disabled_metrics|hidden_metrics|registered_metrics)_total",
        GoInternals,
    ];

    // How Go's garbage collector and scheduler spend their time; memory, goroutines, threads and pauses stay.
    private const string GoInternals = "go_(cgo|cpu_classes|gc_(cycles|gogc|gomemlimit|heap|limiter|pauses|scan|stack)|godebug|sched_(gomaxprocs|latencies|pauses)|sync)_.+";

    private static readonly ImmutableArray<string> Kubelet =
    [
        "(csi_operations_seconds|prober_probe_duration_seconds|rest_client_(rate_limiter_duration_seconds|request_size_bytes|response_size_bytes))_bucket",
        "kubelet_(http_requests|image_pull|run_podsandbox|topology_manager_admission|volume_metric_collection)_duration_.*bucket",
        // what the kubelet has in common with API servers and hardly uses
        "(apiserver|authentication|authorization|field_validation)_.+",
        "kubernetes_feature_enabled",
        "(disabled_metrics|hidden_metrics|registered_metrics)_total",
        GoInternals,
        // a series per container whose log's size the node's file system tells, too
        "kubelet_container_log_filesystem_used_bytes",
    ];

    private static readonly ImmutableArray<string> KubeStateMetrics =
    [
        // a version that changes with every write to an object
        "kube_.+_metadata_resource_version",
        // several series per pod, or per part of a Service
        "kube_pod_tolerations",
        "kube_endpointslice_(endpoints_hints|ports)",
    ];

    // Each second bound stays, so that a quantile is as exact as that; 1, 5 and 30 seconds are those of objectives. Prometheus 3 writes 1.0 for 1.
    private const string SuperfluousBounds =
        @"(0\.005|0\.01|0\.02|0\.025|0\.15|0\.25|0\.3|0\.35|0\.45|0\.5|0\.6|0\.7|0\.9|1\.25|1\.5|1\.75|2\.5|3|3\.5|4|4\.5|6|7|8|9|15|20|25|40|45|50)(\.0)?";

    private static readonly ImmutableArray<string> ApiServerBuckets =
        [$"(apiserver_request|apiserver_request_sli|apiserver_request_slo|etcd_request)_duration_seconds_bucket;{SuperfluousBounds}"];

    /// <summary>Names (anchored RE2 expressions) that nobody needs of a job, by its <see cref="ScrapeJob.Key"/>.</summary>
    public static ImmutableArray<string> Of(string job) => job switch
    {
        ApiServerJob.JobName => ApiServer,
        ScrapeJob.Kubelet => Kubelet,
        ScrapeJob.Cadvisor => Cadvisor,
        ScrapeJob.KubeStateMetrics => KubeStateMetrics,
        _ => [],
    };

    /// <summary>Buckets that nobody needs of a job, as in <see cref="MetricSelection.DropBuckets"/>.</summary>
    public static ImmutableArray<string> BucketsOf(string job) => job == ApiServerJob.JobName ? ApiServerBuckets : [];
}
