using System.Globalization;
using System.Text.Json.Nodes;

namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>A cluster's objects as kube-state-metrics 2.19 tells of them: the families that rules and dashboards of the field use.</summary>
internal static class KubeStateExposition
{
    /// <summary>The kinds it tells of.</summary>
    public static readonly KubeKind[] Kinds =
    [
        KubeKind.Node, KubeKind.Namespace, KubeKind.Pod, KubeKind.Service, KubeKind.DaemonSet, KubeKind.Deployment, KubeKind.ReplicaSet, KubeKind.StatefulSet,
        KubeKind.Job, KubeKind.HorizontalPodAutoscaler, KubeKind.ResourceQuota, KubeKind.PersistentVolume,
        KubeKind.ConfigMap, KubeKind.PersistentVolumeClaim, KubeKind.PodDisruptionBudget, KubeKind.NetworkPolicy, KubeKind.Endpoints,
    ];

    private static readonly string[] Phases = ["Pending", "Succeeded", "Failed", "Unknown", "Running"];
    private static readonly string[] Truths = ["true", "false", "unknown"];
    private static readonly string[] PodReasons = ["Evicted", "NodeAffinity", "NodeLost", "SchedulingGated", "Shutdown", "UnexpectedAdmissionError"];
    private static readonly string[] WaitingReasons = ["ContainerCreating", "CrashLoopBackOff", "CreateContainerConfigError", "ErrImagePull", "ImagePullBackOff"];

    /// <summary>Writes the families of those kinds that are given.</summary>
    public static Exposition Write(IReadOnlyDictionary<KubeKind, ObjectCache> caches) => Write(kind =>
        caches.TryGetValue(kind, out var cache) && cache.Filled.IsCompletedSuccessfully ? cache.Objects : null);

    /// <summary>Writes the families of those kinds that there are objects of, or may be.</summary>
    /// <param name="objectsOf">The objects of a kind; null: the kind is not to be told of.</param>
    internal static Exposition Write(Func<KubeKind, IReadOnlyList<JsonObject>?> objectsOf)
    {
        var exposition = new Exposition();
        void Of(KubeKind kind, Action<Exposition, IReadOnlyList<JsonObject>> write)
        {
            if (objectsOf(kind) is { } objects) write(exposition, objects);
        }
        Of(KubeKind.Node, Nodes);
        Of(KubeKind.Namespace, Namespaces);
        Of(KubeKind.Pod, Pods);
        Of(KubeKind.Pod, Containers);
        Of(KubeKind.Service, Services);
        Of(KubeKind.DaemonSet, DaemonSets);
        Of(KubeKind.Deployment, Deployments);
        Of(KubeKind.ReplicaSet, ReplicaSets);
        Of(KubeKind.StatefulSet, StatefulSets);
        Of(KubeKind.Job, Jobs);
        Of(KubeKind.HorizontalPodAutoscaler, Autoscalers);
        Of(KubeKind.ResourceQuota, Quotas);
        Of(KubeKind.PersistentVolume, Volumes);
        Of(KubeKind.ConfigMap, (e, all) => Each(e, "kube_configmap_info", "Information about configmap.", all, _ => 1, Own("configmap")));
        Of(KubeKind.PersistentVolumeClaim, Claims);
        Of(KubeKind.PodDisruptionBudget, DisruptionBudgets);
        Of(KubeKind.NetworkPolicy, (e, all) => Each(e, "kube_networkpolicy_created", "Unix creation timestamp of network policy", all, Created, Own("networkpolicy")));
        Of(KubeKind.Endpoints, (e, all) => Each(e, "kube_endpoint_info", "Information about endpoint.", all, _ => 1, Own("endpoint")));
        return exposition;
    }

    private static void Nodes(Exposition e, IReadOnlyList<JsonObject> nodes)
    {
        e.Family("kube_node_info", "gauge", "Information about a cluster node.");
        foreach (var node in nodes)
        {
            string? Info(string key) => node.Text("status", "nodeInfo", key) ?? "";
            e.Sample(1, ("node", node.Name()), ("kernel_version", Info("kernelVersion")), ("os_image", Info("osImage")), ("container_runtime_version", Info("containerRuntimeVersion")),
                ("kubelet_version", Info("kubeletVersion")), ("kubeproxy_version", "deprecated"), ("provider_id", node.Text("spec", "providerID") ?? ""), ("pod_cidr", node.Text("spec", "podCIDR") ?? ""),
                ("system_uuid", Info("systemUUID")), ("internal_ip", node.Objects("status", "addresses").FirstOrDefault(a => a.Text("type") == "InternalIP").Text("address") ?? ""));
        }
        Each(e, "kube_node_created", "Unix creation timestamp", nodes, Created, Own("node"));
        e.Family("kube_node_status_condition", "gauge", "The condition of a cluster node.");
        foreach (var node in nodes)
            foreach (var condition in node.Objects("status", "conditions"))
                foreach (var truth in Truths)
                    e.Sample(condition.Text("status")?.ToLowerInvariant() == truth ? 1 : 0, ("node", node.Name()), ("condition", condition.Text("type")), ("status", truth));
        foreach (var what in new[] { "capacity", "allocatable" })
        {
            e.Family($"kube_node_status_{what}", "gauge", $"The {what} for different resources of a node.");
            foreach (var node in nodes)
                foreach (var (resource, quantity) in node.Map("status", what))
                    e.Sample(Quantity(quantity), ("node", node.Name()), ("resource", resource.Replace('-', '_')), ("unit", Unit(resource)));
        }
        Each(e, "kube_node_spec_unschedulable", "Whether a node can schedule new pods.", nodes, node => node.Flag("spec", "unschedulable") ? 1 : 0, Own("node"));
        e.Family("kube_node_spec_taint", "gauge", "The taint of a cluster node.");
        foreach (var node in nodes)
            foreach (var taint in node.Objects("spec", "taints"))
                e.Sample(1, ("node", node.Name()), ("key", taint.Text("key")), ("value", taint.Text("value") ?? ""), ("effect", taint.Text("effect")));
        e.Family("kube_node_labels", "gauge", "Kubernetes labels converted to Prometheus labels.");
        foreach (var node in nodes) e.Sample(1, ("node", node.Name()));
    }

    private static void Namespaces(Exposition e, IReadOnlyList<JsonObject> namespaces)
    {
        Each(e, "kube_namespace_created", "Unix creation timestamp", namespaces, Created, Own("namespace"));
        e.Family("kube_namespace_status_phase", "gauge", "kubernetes namespace status phase.");
        foreach (var ns in namespaces)
            foreach (var phase in new[] { "Active", "Terminating" })
                e.Sample((ns.Text("status", "phase") ?? "Active") == phase ? 1 : 0, ("namespace", ns.Name()), ("phase", phase));
    }

    private static void Pods(Exposition e, IReadOnlyList<JsonObject> pods)
    {
        e.Family("kube_pod_info", "gauge", "Information about pod.");
        foreach (var pod in pods)
        {
            var owner = pod.Objects("metadata", "ownerReferences").FirstOrDefault();
            e.Sample(1, ("namespace", pod.Namespace()), ("pod", pod.Name()), ("uid", pod.Uid()), ("host_ip", pod.Text("status", "hostIP") ?? ""), ("pod_ip", pod.Text("status", "podIP") ?? ""),
                ("node", pod.Text("spec", "nodeName") ?? ""), ("created_by_kind", owner.Text("kind") ?? ""), ("created_by_name", owner.Text("name") ?? ""),
                ("priority_class", pod.Text("spec", "priorityClassName") ?? ""), ("host_network", pod.Flag("spec", "hostNetwork") ? "true" : "false"));
        }
        Each(e, "kube_pod_created", "Unix creation timestamp", pods, Created, Own("pod"));
        Each(e, "kube_pod_start_time", "Start time in unix timestamp for a pod.", pods, pod => Timestamp.Seconds(pod.Text("status", "startTime")), Own("pod"));
        e.Family("kube_pod_owner", "gauge", "Information about the Pod's owner.");
        foreach (var pod in pods)
        {
            var owner = pod.Objects("metadata", "ownerReferences").FirstOrDefault();
            e.Sample(1, ("namespace", pod.Namespace()), ("pod", pod.Name()), ("uid", pod.Uid()), ("owner_kind", owner.Text("kind") ?? ""), ("owner_name", owner.Text("name") ?? ""),
                ("owner_is_controller", owner is null ? "" : "true"));
        }
        e.Family("kube_pod_status_phase", "gauge", "The pods current phase.");
        foreach (var pod in pods)
            foreach (var phase in Phases)
                e.Sample(pod.Text("status", "phase") == phase ? 1 : 0, ("namespace", pod.Namespace()), ("pod", pod.Name()), ("uid", pod.Uid()), ("phase", phase));
        e.Family("kube_pod_status_reason", "gauge", "The pod status reasons");
        foreach (var pod in pods)
            foreach (var reason in PodReasons)
                e.Sample(pod.Text("status", "reason") == reason ? 1 : 0, ("namespace", pod.Namespace()), ("pod", pod.Name()), ("uid", pod.Uid()), ("reason", reason));
        foreach (var (family, type) in new[] { ("kube_pod_status_ready", "Ready"), ("kube_pod_status_scheduled", "PodScheduled") })
        {
            e.Family(family, "gauge", "Describes the status of the pod's condition.");
            foreach (var pod in pods)
            {
                var status = pod.Objects("status", "conditions").FirstOrDefault(condition => condition.Text("type") == type).Text("status")?.ToLowerInvariant() ?? "false";
                foreach (var truth in Truths)
                    e.Sample(status == truth ? 1 : 0, ("namespace", pod.Namespace()), ("pod", pod.Name()), ("uid", pod.Uid()), ("condition", truth));
            }
        }
    }

    private static void Containers(Exposition e, IReadOnlyList<JsonObject> pods)
    {
        var statuses = pods.SelectMany(pod => pod.Objects("status", "containerStatuses").Select(status => (Pod: pod, Container: status))).ToList();
        var specs = pods.SelectMany(pod => pod.Objects("spec", "containers").Select(container => (Pod: pod, Container: container))).ToList();

        e.Family("kube_pod_container_info", "gauge", "Information about a container in a pod.");
        foreach (var (pod, status) in statuses)
        {
            e.Sample(1, ("namespace", pod.Namespace()), ("pod", pod.Name()), ("uid", pod.Uid()), ("container", status.Text("name")), ("image_spec", status.Text("image")),
                ("image", status.Text("image")), ("image_id", status.Text("imageID")), ("container_id", status.Text("containerID")));
        }
        void Status(string family, string type, string help, Func<JsonObject, double> value)
        {
            e.Family(family, type, help);
            foreach (var (pod, status) in statuses) e.Sample(value(status), ("namespace", pod.Namespace()), ("pod", pod.Name()), ("uid", pod.Uid()), ("container", status.Text("name")));
        }
        Status("kube_pod_container_status_ready", "gauge", "Describes whether the containers readiness check succeeded.", status => status.Flag("ready") ? 1 : 0);
        Status("kube_pod_container_status_running", "gauge", "Describes whether the container is currently in running state.", status => status.At("state", "running") is null ? 0 : 1);
        Status("kube_pod_container_status_waiting", "gauge", "Describes whether the container is currently in waiting state.", status => status.At("state", "waiting") is null ? 0 : 1);
        Status("kube_pod_container_status_terminated", "gauge", "Describes whether the container is currently in terminated state.", status => status.At("state", "terminated") is null ? 0 : 1);
        Status("kube_pod_container_status_restarts_total", "counter", "The number of container restarts per container.", status => status.Number("restartCount") ?? 0);
        e.Family("kube_pod_container_status_waiting_reason", "gauge", "Describes the reason the container is currently in waiting state.");
        foreach (var (pod, status) in statuses)
            foreach (var reason in WaitingReasons.Where(reason => status.Text("state", "waiting", "reason") == reason))
                e.Sample(1, ("namespace", pod.Namespace()), ("pod", pod.Name()), ("uid", pod.Uid()), ("container", status.Text("name")), ("reason", reason));
        e.Family("kube_pod_container_status_last_terminated_reason", "gauge", "Describes the last reason the container was in terminated state.");
        foreach (var (pod, status) in statuses)
            if (status.Text("lastState", "terminated", "reason") is { } reason)
                e.Sample(1, ("namespace", pod.Namespace()), ("pod", pod.Name()), ("uid", pod.Uid()), ("container", status.Text("name")), ("reason", reason));
        foreach (var what in new[] { "requests", "limits" })
        {
            e.Family($"kube_pod_container_resource_{what}", "gauge", $"The number of {what[..^1]} resources by a container.");
            foreach (var (pod, container) in specs)
                foreach (var (resource, quantity) in container.Map("resources", what))
                {
                    e.Sample(Quantity(quantity), ("namespace", pod.Namespace()), ("pod", pod.Name()), ("uid", pod.Uid()), ("container", container.Text("name")),
                        ("node", pod.Text("spec", "nodeName") ?? ""), ("resource", resource.Replace('-', '_')), ("unit", Unit(resource)));
                }
        }
    }

    private static void Services(Exposition e, IReadOnlyList<JsonObject> services)
    {
        e.Family("kube_service_info", "gauge", "Information about service.");
        foreach (var service in services)
        {
            e.Sample(1, ("namespace", service.Namespace()), ("service", service.Name()), ("uid", service.Uid()), ("cluster_ip", service.Text("spec", "clusterIP") ?? ""),
                ("external_name", service.Text("spec", "externalName") ?? ""), ("external_traffic_policy", service.Text("spec", "externalTrafficPolicy") ?? ""), ("load_balancer_ip", ""));
        }
        e.Family("kube_service_spec_type", "gauge", "Type about service.");
        foreach (var service in services) e.Sample(1, ("namespace", service.Namespace()), ("service", service.Name()), ("uid", service.Uid()), ("type", service.Text("spec", "type") ?? "ClusterIP"));
    }

    private static void DaemonSets(Exposition e, IReadOnlyList<JsonObject> sets)
    {
        Common(e, "daemonset", sets);
        Numbers(e, "daemonset", sets,
            ("status_current_number_scheduled", "currentNumberScheduled", "The number of nodes running at least one daemon pod and are supposed to."),
            ("status_desired_number_scheduled", "desiredNumberScheduled", "The number of nodes that should be running the daemon pod."),
            ("status_number_available", "numberAvailable", "The number of nodes that should be running the daemon pod and have one or more of the daemon pod running and available"),
            ("status_number_misscheduled", "numberMisscheduled", "The number of nodes running a daemon pod but are not supposed to."),
            ("status_number_ready", "numberReady", "The number of nodes that should be running the daemon pod and have one or more of the daemon pod running and ready."),
            ("status_number_unavailable", "numberUnavailable", "The number of nodes that should be running the daemon pod and have none of the daemon pod running and available"),
            ("status_updated_number_scheduled", "updatedNumberScheduled", "The total number of nodes that are running updated daemon pod"));
    }

    private static void Deployments(Exposition e, IReadOnlyList<JsonObject> deployments)
    {
        Common(e, "deployment", deployments);
        Each(e, "kube_deployment_spec_replicas", "Number of desired pods for a deployment.", deployments, it => it.Number("spec", "replicas") ?? 1, Own("deployment"));
        Each(e, "kube_deployment_spec_paused", "Whether the deployment is paused and will not be processed by the deployment controller.", deployments, it => it.Flag("spec", "paused") ? 1 : 0, Own("deployment"));
        Numbers(e, "deployment", deployments,
            ("status_replicas", "replicas", "The number of replicas per deployment."),
            ("status_replicas_ready", "readyReplicas", "The number of ready replicas per deployment."),
            ("status_replicas_available", "availableReplicas", "The number of available replicas per deployment."),
            ("status_replicas_unavailable", "unavailableReplicas", "The number of unavailable replicas per deployment."),
            ("status_replicas_updated", "updatedReplicas", "The number of updated replicas per deployment."));
        e.Family("kube_deployment_status_condition", "gauge", "The current status conditions of a deployment.");
        foreach (var deployment in deployments)
            foreach (var condition in deployment.Objects("status", "conditions"))
                foreach (var truth in Truths)
                {
                    e.Sample(condition.Text("status")?.ToLowerInvariant() == truth ? 1 : 0, ("namespace", deployment.Namespace()), ("deployment", deployment.Name()),
                        ("reason", condition.Text("reason") ?? ""), ("condition", condition.Text("type")), ("status", truth));
                }
    }

    private static void ReplicaSets(Exposition e, IReadOnlyList<JsonObject> sets)
    {
        Common(e, "replicaset", sets);
        Each(e, "kube_replicaset_spec_replicas", "Number of desired pods for a ReplicaSet.", sets, it => it.Number("spec", "replicas") ?? 1, Own("replicaset"));
        Numbers(e, "replicaset", sets,
            ("status_replicas", "replicas", "The number of replicas per ReplicaSet."),
            ("status_ready_replicas", "readyReplicas", "The number of ready replicas per ReplicaSet."),
            ("status_fully_labeled_replicas", "fullyLabeledReplicas", "The number of fully labeled replicas per ReplicaSet."));
        e.Family("kube_replicaset_owner", "gauge", "Information about the ReplicaSet's owner.");
        foreach (var set in sets)
        {
            var owner = set.Objects("metadata", "ownerReferences").FirstOrDefault();
            e.Sample(1, ("namespace", set.Namespace()), ("replicaset", set.Name()), ("owner_kind", owner.Text("kind") ?? ""), ("owner_name", owner.Text("name") ?? ""),
                ("owner_is_controller", owner is null ? "" : "true"));
        }
    }

    private static void Jobs(Exposition e, IReadOnlyList<JsonObject> jobs)
    {
        Func<JsonObject, (string, string?)[]> own = job => [("namespace", job.Namespace()), ("job_name", job.Name())];
        Each(e, "kube_job_info", "Information about job.", jobs, _ => 1, own);
        Each(e, "kube_job_created", "Unix creation timestamp", jobs, Created, own);
        Each(e, "kube_job_status_active", "The number of actively running pods.", jobs, job => job.Number("status", "active") ?? 0, own);
        Each(e, "kube_job_status_succeeded", "The number of pods which reached Phase Succeeded.", jobs, job => job.Number("status", "succeeded") ?? 0, own);
        Each(e, "kube_job_status_start_time", "StartTime represents time when the job was acknowledged by the Job Manager.", jobs, job => Timestamp.Seconds(job.Text("status", "startTime")), own);
        Each(e, "kube_job_status_completion_time", "CompletionTime represents time when the job was completed.", jobs, job => Timestamp.Seconds(job.Text("status", "completionTime")), own);
        foreach (var (family, type) in new[] { ("kube_job_complete", "Complete"), ("kube_job_failed", "Failed") })
        {
            e.Family(family, "gauge", "How the job ended.");
            foreach (var job in jobs)
                foreach (var condition in job.Objects("status", "conditions").Where(condition => condition.Text("type") == type))
                    foreach (var truth in Truths)
                        e.Sample(condition.Text("status")?.ToLowerInvariant() == truth ? 1 : 0, [.. own(job), ("condition", truth)]);
        }
    }

    private static void Autoscalers(Exposition e, IReadOnlyList<JsonObject> all)
    {
        var own = Own("horizontalpodautoscaler");
        Each(e, "kube_horizontalpodautoscaler_metadata_generation", "The generation observed by the HorizontalPodAutoscaler controller.", all, it => it.Number("metadata", "generation"), own);
        Each(e, "kube_horizontalpodautoscaler_spec_min_replicas", "Lower limit for the number of pods that can be set by the autoscaler, default 1.", all, it => it.Number("spec", "minReplicas") ?? 1, own);
        Each(e, "kube_horizontalpodautoscaler_spec_max_replicas", "Upper limit for the number of pods that can be set by the autoscaler.", all, it => it.Number("spec", "maxReplicas"), own);
        Each(e, "kube_horizontalpodautoscaler_status_current_replicas", "Current number of replicas of pods managed by this autoscaler.", all, it => it.Number("status", "currentReplicas") ?? 0, own);
        Each(e, "kube_horizontalpodautoscaler_status_desired_replicas", "Desired number of replicas of pods managed by this autoscaler.", all, it => it.Number("status", "desiredReplicas") ?? 0, own);
    }

    private static void DisruptionBudgets(Exposition e, IReadOnlyList<JsonObject> all)
    {
        Each(e, "kube_poddisruptionbudget_created", "Unix creation timestamp", all, Created, Own("poddisruptionbudget"));
        Numbers(e, "poddisruptionbudget", all,
            ("status_current_healthy", "currentHealthy", "Current number of healthy pods"),
            ("status_desired_healthy", "desiredHealthy", "Minimum desired number of healthy pods"),
            ("status_expected_pods", "expectedPods", "Total number of pods counted by this disruption budget"),
            ("status_pod_disruptions_allowed", "disruptionsAllowed", "Number of pod disruptions that are currently allowed"));
    }

    private static void Quotas(Exposition e, IReadOnlyList<JsonObject> all)
    {
        Each(e, "kube_resourcequota_created", "Unix creation timestamp", all, Created, Own("resourcequota"));
        e.Family("kube_resourcequota", "gauge", "Information about resource quota.");
        foreach (var quota in all)
            foreach (var type in new[] { "hard", "used" })
                foreach (var (resource, quantity) in quota.Map("status", type))
                    e.Sample(Quantity(quantity), ("namespace", quota.Namespace()), ("resourcequota", quota.Name()), ("resource", resource), ("type", type));
    }

    private static void Volumes(Exposition e, IReadOnlyList<JsonObject> volumes)
    {
        Each(e, "kube_persistentvolume_capacity_bytes", "Persistentvolume capacity in bytes.", volumes, volume => Quantity(volume.Text("spec", "capacity", "storage") ?? "0"), Own("persistentvolume"));
        Phase(e, "persistentvolume", volumes, ["Pending", "Available", "Bound", "Released", "Failed"]);
    }

    private static void Phase(Exposition e, string what, IReadOnlyList<JsonObject> all, string[] phases)
    {
        e.Family($"kube_{what}_status_phase", "gauge", "The phase it is in.");
        foreach (var obj in all)
            foreach (var phase in phases)
                e.Sample(obj.Text("status", "phase") == phase ? 1 : 0, [.. Own(what)(obj), ("phase", phase)]);
    }

    private static void StatefulSets(Exposition e, IReadOnlyList<JsonObject> sets)
    {
        Common(e, "statefulset", sets);
        Each(e, "kube_statefulset_replicas", "Number of desired pods for a StatefulSet.", sets, it => it.Number("spec", "replicas") ?? 1, Own("statefulset"));
        Numbers(e, "statefulset", sets,
            ("status_replicas", "replicas", "The number of replicas per StatefulSet."),
            ("status_replicas_ready", "readyReplicas", "The number of ready replicas per StatefulSet."),
            ("status_replicas_available", "availableReplicas", "The number of available replicas per StatefulSet."),
            ("status_replicas_updated", "updatedReplicas", "The number of updated replicas per StatefulSet."));
        foreach (var (family, field) in new[] { ("current", "currentRevision"), ("update", "updateRevision") })
        {
            Each(e, $"kube_statefulset_status_{family}_revision", "The revision of the StatefulSet's pods.", sets, it => it.Text("status", field) is null ? null : 1,
                it => [.. Own("statefulset")(it), ("revision", it.Text("status", field))]);
        }
    }

    private static void Claims(Exposition e, IReadOnlyList<JsonObject> claims)
    {
        e.Family("kube_persistentvolumeclaim_info", "gauge", "Information about persistent volume claim.");
        foreach (var claim in claims)
        {
            e.Sample(1, ("namespace", claim.Namespace()), ("persistentvolumeclaim", claim.Name()), ("storageclass", claim.Text("spec", "storageClassName") ?? ""),
                ("volumename", claim.Text("spec", "volumeName") ?? ""), ("volumemode", claim.Text("spec", "volumeMode") ?? "Filesystem"));
        }
        Each(e, "kube_persistentvolumeclaim_resource_requests_storage_bytes", "The capacity of storage requested by the persistent volume claim.", claims,
            claim => Quantity(claim.Text("spec", "resources", "requests", "storage") ?? "0"), Own("persistentvolumeclaim"));
        Phase(e, "persistentvolumeclaim", claims, ["Pending", "Bound", "Lost"]);
        e.Family("kube_persistentvolumeclaim_access_mode", "gauge", "The access mode(s) specified by the persistent volume claim.");
        foreach (var claim in claims)
            foreach (var mode in claim.At("spec").Texts("accessModes"))
                e.Sample(1, [.. Own("persistentvolumeclaim")(claim), ("access_mode", mode)]);
    }

    private static void Common(Exposition e, string what, IReadOnlyList<JsonObject> all)
    {
        Each(e, $"kube_{what}_created", "Unix creation timestamp", all, Created, Own(what));
        Each(e, $"kube_{what}_metadata_generation", "Sequence number representing a specific generation of the desired state.", all, it => it.Number("metadata", "generation"), Own(what));
        Each(e, $"kube_{what}_status_observed_generation", "The generation observed by the controller.", all, it => it.Number("status", "observedGeneration"), Own(what));
    }

    private static void Numbers(Exposition e, string what, IReadOnlyList<JsonObject> all, params ReadOnlySpan<(string Suffix, string Field, string Help)> families)
    {
        foreach (var (suffix, field, help) in families) Each(e, $"kube_{what}_{suffix}", help, all, it => it.Number("status", field) ?? 0, Own(what));
    }

    private static void Each(Exposition e, string family, string help, IReadOnlyList<JsonObject> all, Func<JsonObject, double?> value, Func<JsonObject, (string, string?)[]> labels)
    {
        e.Family(family, "gauge", help);
        foreach (var obj in all)
            if (value(obj) is { } number)
                e.Sample(number, labels(obj));
    }

    /// <summary>The labels that name an object: its namespace, itself, and for pods the uid.</summary>
    private static Func<JsonObject, (string, string?)[]> Own(string label) => obj => obj.Namespace() is { } ns
        ? label == "pod" ? [("namespace", ns), (label, obj.Name()), ("uid", obj.Uid())] : [("namespace", ns), (label, obj.Name())]
        : [(label, obj.Name())];

    private static double? Created(JsonObject obj) => Timestamp.Seconds(obj.Text("metadata", "creationTimestamp"));

    private static string Unit(string resource) => resource switch
    {
        "cpu" => "core",
        "memory" or "ephemeral-storage" or "storage" => "byte",
        _ => "integer",
    };

    /// <summary>A Kubernetes quantity, such as <c>250m</c> or <c>64Mi</c>, as a number.</summary>
    internal static double Quantity(string text)
    {
        var digits = text.TakeWhile(c => char.IsAsciiDigit(c) || c is '.' or '-').Count();
        var number = double.Parse(text.AsSpan(0, digits), CultureInfo.InvariantCulture);
        return number * text[digits..] switch
        {
            "m" => 1e-3, "k" => 1e3, "M" => 1e6, "G" => 1e9, "T" => 1e12,
            "Ki" => 1L << 10, "Mi" => 1L << 20, "Gi" => 1L << 30, "Ti" => 1L << 40,
            _ => 1,
        };
    }
}
