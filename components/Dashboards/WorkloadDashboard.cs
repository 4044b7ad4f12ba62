namespace FleetPrometheus.Dashboards;

/// <summary>Namespaces and the workloads in them, of one cluster or the same across several.</summary>
internal static class WorkloadDashboard
{
    // A pod belongs to its controller; a ReplicaSet, whose name ends in a hash, stands for its Deployment; a pod without controller for itself.
    private const string PodsOfWorkload = """
        max by (cluster, namespace, pod, workload) (
          label_replace(
            label_replace(
              label_replace(
                label_join(
                  kube_pod_owner{job="kube-state-metrics", cluster=~"$cluster", namespace=~"$namespace"},
                  "owner", "/", "owner_kind", "owner_name"
                ),
                "workload", "$1", "pod", "(.+)"
              ),
              "workload", "$1", "owner", "[^/]+/(.+)"
            ),
            "workload", "$1", "owner", "ReplicaSet/(.+)-[^-]+"
          )
        )
        """;

    private const string OfWorkload = $"""
        * on (cluster, namespace, pod) group_left (workload)
          {PodsOfWorkload}
        )
        """;

    public static Dashboard Create() => new(
        "fleet-workload",
        "Fleet / Namespace and workload",
        "Namespaces and their workloads, of one cluster or of the same namespace in several.",
        [
            Variable.Clusters,
            new("namespace", "Namespace", """kube_namespace_status_phase{cluster=~"$cluster"}""", "namespace", IsMulti: true),
        ],
        [
            new("At a glance",
                Panel.Stat("Pods running", Unit.Number, new("""sum(kube_pod_status_phase{phase="Running", cluster=~"$cluster", namespace=~"$namespace"})""")),
                Panel.Stat("Pods pending or failed", Unit.Number, new("""sum(kube_pod_status_phase{phase=~"Pending|Failed|Unknown", cluster=~"$cluster", namespace=~"$namespace"})"""))
                    with { Thresholds = Thresholds.None },
                Panel.Stat("Containers waiting", Unit.Number, new("""sum(kube_pod_container_status_waiting{cluster=~"$cluster", namespace=~"$namespace"})"""))
                    with { Thresholds = Thresholds.None },
                Panel.Stat("Restarts in the last hour", Unit.Number, new("""sum(increase(kube_pod_container_status_restarts_total{cluster=~"$cluster", namespace=~"$namespace"}[1h]))"""))
                    with { Thresholds = Thresholds.None },
                Panel.Stat("CPU requested", Unit.Cores, new("""sum(kube_pod_container_resource_requests{resource="cpu", cluster=~"$cluster", namespace=~"$namespace"})""")),
                Panel.Stat("Memory requested", Unit.Bytes, new("""sum(kube_pod_container_resource_requests{resource="memory", cluster=~"$cluster", namespace=~"$namespace"})"""))),
            new("Workloads",
                Panel.TimeSeries("CPU", Unit.Cores, new Query($$"""
                    topk(20, sum by (cluster, namespace, workload) (
                      sum by (cluster, namespace, pod) (rate(container_cpu_usage_seconds_total{job="kubelet", metrics_path="/metrics/cadvisor", container!="", cluster=~"$cluster", namespace=~"$namespace"}[$__rate_interval]))
                      {{OfWorkload}})
                    """, "{{cluster}} {{namespace}}/{{workload}}")) with { Width = 12, NeedsKubelet = true },
                Panel.TimeSeries("Memory", Unit.Bytes, new Query($$"""
                    topk(20, sum by (cluster, namespace, workload) (
                      sum by (cluster, namespace, pod) (container_memory_working_set_bytes{job="kubelet", metrics_path="/metrics/cadvisor", container!="", cluster=~"$cluster", namespace=~"$namespace"})
                      {{OfWorkload}})
                    """, "{{cluster}} {{namespace}}/{{workload}}")) with { Width = 12, NeedsKubelet = true, Description = "The working set: what counts against the limit." },
                Panel.Table("Replicas",
                    new("""
                        max by (cluster, namespace, workload) (
                          label_replace(kube_deployment_spec_replicas{cluster=~"$cluster", namespace=~"$namespace"}, "workload", "deployment/$1", "deployment", "(.+)")
                          or label_replace(kube_statefulset_replicas{cluster=~"$cluster", namespace=~"$namespace"}, "workload", "statefulset/$1", "statefulset", "(.+)")
                          or label_replace(kube_daemonset_status_desired_number_scheduled{cluster=~"$cluster", namespace=~"$namespace"}, "workload", "daemonset/$1", "daemonset", "(.+)")
                        )
                        """, "Wanted"),
                    new("""
                        max by (cluster, namespace, workload) (
                          label_replace(kube_deployment_status_replicas_ready{cluster=~"$cluster", namespace=~"$namespace"}, "workload", "deployment/$1", "deployment", "(.+)")
                          or label_replace(kube_statefulset_status_replicas_ready{cluster=~"$cluster", namespace=~"$namespace"}, "workload", "statefulset/$1", "statefulset", "(.+)")
                          or label_replace(kube_daemonset_status_number_ready{cluster=~"$cluster", namespace=~"$namespace"}, "workload", "daemonset/$1", "daemonset", "(.+)")
                        )
                        """, "Ready"),
                    new("""
                        max by (cluster, namespace, workload) (
                          label_replace(kube_deployment_status_replicas_updated{cluster=~"$cluster", namespace=~"$namespace"}, "workload", "deployment/$1", "deployment", "(.+)")
                          or label_replace(kube_statefulset_status_replicas_updated{cluster=~"$cluster", namespace=~"$namespace"}, "workload", "statefulset/$1", "statefulset", "(.+)")
                          or label_replace(kube_daemonset_status_updated_number_scheduled{cluster=~"$cluster", namespace=~"$namespace"}, "workload", "daemonset/$1", "daemonset", "(.+)")
                        )
                        """, "Up to date"))),
            new("Resources",
                Panel.TimeSeries("CPU used of requested", Unit.Share, new Query("""
                    sum by (cluster, namespace) (rate(container_cpu_usage_seconds_total{job="kubelet", metrics_path="/metrics/cadvisor", container!="", cluster=~"$cluster", namespace=~"$namespace"}[$__rate_interval]))
                      / sum by (cluster, namespace) (kube_pod_container_resource_requests{resource="cpu", cluster=~"$cluster", namespace=~"$namespace"})
                    """, "{{cluster}} {{namespace}}")) with { NeedsKubelet = true },
                Panel.TimeSeries("Memory used of its limit", Unit.Share, new Query("""
                    topk(20, max by (cluster, namespace, pod, container) (
                      container_memory_working_set_bytes{job="kubelet", metrics_path="/metrics/cadvisor", container!="", cluster=~"$cluster", namespace=~"$namespace"}
                        / (container_spec_memory_limit_bytes{job="kubelet", metrics_path="/metrics/cadvisor", container!="", cluster=~"$cluster", namespace=~"$namespace"} > 0)
                    ))
                    """, "{{cluster}} {{namespace}}/{{pod}} {{container}}")) with { NeedsKubelet = true, Description = "The fullest twenty containers; at 100 % a container is killed." },
                Panel.TimeSeries("Container restarts in the last hour", Unit.Number, new Query("""
                    topk(20, sum by (cluster, namespace, pod) (increase(kube_pod_container_status_restarts_total{cluster=~"$cluster", namespace=~"$namespace"}[1h])))
                    """, "{{cluster}} {{namespace}}/{{pod}}")),
                Panel.TimeSeries("Network received", Unit.BytesPerSecond, new Query("""
                    sum by (cluster, namespace) (rate(container_network_receive_bytes_total{job="kubelet", metrics_path="/metrics/cadvisor", pod!="", cluster=~"$cluster", namespace=~"$namespace"}[$__rate_interval]))
                    """, "{{cluster}} {{namespace}}")) with { NeedsKubelet = true, Description = "Pods on the host's network have none of their own." },
                Panel.TimeSeries("Network sent", Unit.BytesPerSecond, new Query("""
                    sum by (cluster, namespace) (rate(container_network_transmit_bytes_total{job="kubelet", metrics_path="/metrics/cadvisor", pod!="", cluster=~"$cluster", namespace=~"$namespace"}[$__rate_interval]))
                    """, "{{cluster}} {{namespace}}")) with { NeedsKubelet = true, Description = "Pods on the host's network have none of their own." },
                Panel.TimeSeries("Pods by phase", Unit.Number, new Query("""
                    sum by (cluster, phase) (kube_pod_status_phase{cluster=~"$cluster", namespace=~"$namespace"})
                    """, "{{cluster}} {{phase}}")) with { IsStacked = true }),
        ]);
}
