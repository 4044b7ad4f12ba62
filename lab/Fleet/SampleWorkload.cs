using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>
/// Something to watch: a small shop with a Deployment, a StatefulSet with its volume, a Job, an autoscaler, a disruption budget and a quota.
/// Without it a cluster of the lab would hold nothing but exporters.
/// </summary>
internal static class SampleWorkload
{
    private const string Namespace = "shop";

    /// <summary>Applies those of the objects that the API server knows.</summary>
    public static async Task ApplyAsync(KubeClient client, CancellationToken cancellation)
    {
        foreach (var text in Objects)
        {
            var wanted = JsonNode.Parse(text)!.AsObject();
            var kind = KubeKind.Of(wanted);
            if (!await client.ServesAsync(kind))
            {
                continue;
            }

            wanted.Remove("status", out var status);
            if (kind.Namespaced)
            {
                wanted["metadata"]!["namespace"] = Namespace;
            }

            var name = wanted.Name();
            await client.ApplyAsync(wanted, cancellation);
            if (status is not null)
            {
                await client.PatchStatusAsync(kind, kind.Namespaced ? Namespace : null, name, status.AsObject(), cancellation: cancellation);
            }
        }
    }

    // Where controllers run, they keep the status themselves; simulated clusters have none for these kinds.
    private static readonly string[] Objects =
    [
        """
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
        """,
        """
        {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "shop"}, "spec": {"hard": {"requests.cpu": "4", "requests.memory": "4Gi", "pods": "20"}},
         "status": {"hard": {"requests.cpu": "4", "requests.memory": "4Gi", "pods": "20"}, "used": {"requests.cpu": "500m", "requests.memory": "512Mi", "pods": "3"}}}
        """,
        """
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {
          "metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "registry.example/web:1.4",
            "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}}}]}}}}
        """,
        """
        {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"}, "spec": {"minReplicas": 2, "maxReplicas": 6,
         "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
         "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}]},
         "status": {"currentReplicas": 2, "desiredReplicas": 2, "conditions": [], "currentMetrics": []}}
        """,
        """
        {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
         "status": {"currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2, "disruptionsAllowed": 1}}
        """,
        """
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "shop-db"}, "spec": {"capacity": {"storage": "10Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "manual",
         "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": "shop", "name": "data"}, "hostPath": {"path": "/data"}}, "status": {"phase": "Bound"}}
        """,
        """
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "manual", "volumeName": "shop-db",
         "resources": {"requests": {"storage": "10Gi"}}}, "status": {"phase": "Bound"}}
        """,
        """
        {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"}, "spec": {"replicas": 1, "serviceName": "db", "selector": {"matchLabels": {"app": "db"}}, "template": {
          "metadata": {"labels": {"app": "db"}}, "spec": {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}], "containers": [{"name": "db", "image": "registry.example/db:16",
            "volumeMounts": [{"name": "data", "mountPath": "/data"}], "resources": {"requests": {"cpu": "250m", "memory": "256Mi"}, "limits": {"memory": "512Mi"}}}]}}}}
        """,
        """
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "migrate"}, "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "migrate", "image": "registry.example/migrate:1.4",
          "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}}}]}}},
         "status": {"startTime": "2026-01-01T00:00:00Z", "completionTime": "2026-01-01T00:01:00Z", "succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}, {"type": "Failed", "status": "False"}]}}
        """,
    ];
}
