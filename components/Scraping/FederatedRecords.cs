using System.Collections.Immutable;

namespace FleetPrometheus.Scraping;

/// <summary>
/// Which records of a cluster's own Prometheus not to take over, when it records by the same rules as the centre: those that the centre makes
/// itself of what it has of the cluster. There twice, they would count twice.
/// </summary>
public static class FederatedRecords
{
    /// <summary>
    /// Names (anchored RE2 expressions) of what is recorded of <c>up</c>, of alerts, of scrapes, and of the API server: all this the centre has
    /// of every cluster.
    /// </summary>
    public static ImmutableArray<string> OfEveryCluster { get; } =
    [
        "cluster:up:(count|sum)",
        "cluster:scrape_samples_post_metric_relabeling:sum",
        "cluster_severity:ALERTS:count",
        "cluster_version:kubernetes_build_info:count",
        "cluster(_verb(_code)?)?:apiserver_.+",
    ];

    /// <summary>What is recorded of other records alone, and of which; in the order in which one rests on another.</summary>
    public static ImmutableArray<(string Record, ImmutableArray<string> Of)> OfRecords { get; } =
    [
        ("cluster_phase:kube_pod_status_phase:sum", ["namespace_phase:kube_pod_status_phase:sum"]),
        ("cluster:node_num_cpu:sum", ["instance:node_num_cpu:sum"]),
        ("cluster:node_cpu:sum_rate5m", ["instance:node_cpu_utilisation:rate5m", "instance:node_num_cpu:sum"]),
        ("cluster:node_cpu:ratio_rate5m", ["cluster:node_cpu:sum_rate5m", "cluster:node_num_cpu:sum"]),
        ("cluster:node_memory_utilisation:ratio", ["cluster:node_memory_MemAvailable_bytes:sum", "cluster:node_memory_MemTotal_bytes:sum"]),
        ("cluster:node_network_receive_bytes_excluding_lo:rate5m", ["instance:node_network_receive_bytes_excluding_lo:rate5m"]),
        ("cluster:node_network_transmit_bytes_excluding_lo:rate5m", ["instance:node_network_transmit_bytes_excluding_lo:rate5m"]),
        ("namespace_workload:container_cpu_usage_seconds_total:sum_rate5m",
            ["namespace_workload_pod:kube_pod_owner:relabel", "node_namespace_pod_container:container_cpu_usage_seconds_total:sum_rate5m"]),
        ("namespace_workload:container_memory_working_set_bytes:sum",
            ["namespace_workload_pod:kube_pod_owner:relabel", "node_namespace_pod_container:container_memory_working_set_bytes:sum"]),
        ("namespace_workload:container_network_receive_bytes_total:sum_rate5m",
            ["namespace_pod:container_network_receive_bytes_total:sum_rate5m", "namespace_workload_pod:kube_pod_owner:relabel"]),
        ("namespace_workload:container_network_transmit_bytes_total:sum_rate5m",
            ["namespace_pod:container_network_transmit_bytes_total:sum_rate5m", "namespace_workload_pod:kube_pod_owner:relabel"]),
        ("namespace:container_cpu_usage_seconds_total:sum_rate5m", ["node_namespace_pod_container:container_cpu_usage_seconds_total:sum_rate5m"]),
        ("namespace:container_memory_working_set_bytes:sum", ["node_namespace_pod_container:container_memory_working_set_bytes:sum"]),
        ("namespace:container_network_receive_bytes_total:sum_rate5m", ["namespace_pod:container_network_receive_bytes_total:sum_rate5m"]),
        ("namespace:container_network_transmit_bytes_total:sum_rate5m", ["namespace_pod:container_network_transmit_bytes_total:sum_rate5m"]),
        ("cluster:container_cpu_usage_seconds_total:sum_rate5m", ["namespace:container_cpu_usage_seconds_total:sum_rate5m"]),
        ("cluster:container_memory_working_set_bytes:sum", ["namespace:container_memory_working_set_bytes:sum"]),
        ("namespace_cpu:kube_pod_container_resource_requests:sum", ["cluster:namespace:pod_cpu:active:kube_pod_container_resource_requests"]),
        ("namespace_memory:kube_pod_container_resource_requests:sum", ["cluster:namespace:pod_memory:active:kube_pod_container_resource_requests"]),
        ("namespace_cpu:kube_pod_container_resource_limits:sum", ["cluster:namespace:pod_cpu:active:kube_pod_container_resource_limits"]),
        ("namespace_memory:kube_pod_container_resource_limits:sum", ["cluster:namespace:pod_memory:active:kube_pod_container_resource_limits"]),
    ];

    /// <summary>The names (anchored RE2 expressions) of what the centre makes itself when it takes over what these selectors choose.</summary>
    public static ImmutableArray<string> MadeByTheCentre(ImmutableArray<string> matches)
    {
        var made = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (record, of) in OfRecords)
        {
            if (of.All(part => made.Contains(part) || matches.Any(match => SeriesSelector.MayTake(match, part))))
            {
                made.Add(record);
            }
        }

        return [.. OfEveryCluster, .. OfRecords.Select(record => record.Record).Where(made.Contains)];
    }
}
