using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Simulation;

namespace FleetPrometheus.Tests.Alerting;

/// <summary>What the lab's simulated clusters expose is what the real programs are documented to expose.</summary>
public sealed class SimulatedExpositionTests
{
    /// <summary>An object with everything that an exposition looks at.</summary>
    private static readonly JsonObject Everything = JsonNode.Parse("""
        {
          "metadata": {"name": "x", "namespace": "shop", "uid": "1-2", "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z", "ownerReferences": [{"kind": "ReplicaSet", "name": "y"}]},
          "spec": {
            "nodeName": "n1", "replicas": 1, "maxReplicas": 2, "type": "ClusterIP", "accessModes": ["ReadWriteOnce"], "taints": [{"key": "a", "effect": "NoSchedule"}],
            "volumes": [{"persistentVolumeClaim": {"claimName": "data"}}],
            "containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "1", "memory": "1Gi"}}}]
          },
          "status": {
            "phase": "Running", "startTime": "2026-01-01T00:00:00Z", "completionTime": "2026-01-01T00:01:00Z", "capacity": {"cpu": "4"}, "allocatable": {"cpu": "4"},
            "hard": {"pods": "10"}, "used": {"pods": "1"}, "currentRevision": "1", "updateRevision": "2", "observedGeneration": 1,
            "conditions": [{"type": "Ready", "status": "True"}, {"type": "Complete", "status": "True"}, {"type": "Failed", "status": "True"}],
            "containerStatuses": [{"name": "c", "image": "i", "imageID": "i", "containerID": "c", "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"reason": "OOMKilled"}}}]
          }
        }
        """)!.AsObject();

    [Fact]
    public void KubeStateMetrics_EveryFamily_IsAsDocumented() =>
        AssertDocumented("kube-state-metrics", KubeStateExposition.Write(kind => kind == KubeKind.ConfigMap || kind == KubeKind.Endpoints ? null : [kind.Namespaced ? Everything : Clusterwide()]));

    [Fact]
    public void Kubelet_EveryFamily_IsAsDocumented() => AssertDocumented("kubelet", new KubeletExposition("a", "n1").Metrics([Everything]));

    [Fact]
    public void Cadvisor_EveryFamily_IsAsDocumented() => AssertDocumented("cadvisor", new KubeletExposition("a", "n1").Cadvisor([Everything]));

    [Fact]
    public void ApiServer_EveryFamily_IsAsDocumented()
    {
        var metrics = new ApiServerMetrics(new ObjectStore());
        metrics.Begin(new RequestInfo("get", "/api/v1/nodes") { Group = "", Version = "v1", Resource = "nodes" }).End(200);
        metrics.Begin(new RequestInfo("watch", "/api/v1/nodes") { Group = "", Version = "v1", Resource = "nodes" }).End(200);
        AssertDocumented("apiserver", metrics.Write());
    }

    private static JsonObject Clusterwide()
    {
        var copy = Everything.DeepClone().AsObject();
        copy["metadata"]!.AsObject().Remove("namespace");
        return copy;
    }

    private static void AssertDocumented(string inventory, Exposition exposition)
    {
        var documented = MetricInventory.Written.Single(one => one.Name == inventory).Metrics;
        var wrong = new List<string>();
        foreach (var (name, facts) in MetricInventory.FromExposition(inventory, "", null, exposition.ToString()).Metrics)
        {
            if (!documented.TryGetValue(name, out var known))
            {
                wrong.Add($"{name} is not documented");
                continue;
            }

            if (known.Type != facts.Type)
            {
                wrong.Add($"{name} is a {known.Type}, not a {facts.Type}");
            }

            wrong.AddRange(facts.Labels.Except(known.Labels).Select(label => $"{name} has no label {label}"));
            wrong.AddRange(known.Labels.Where(label => !label.EndsWith('*')).Except(facts.Labels).Where(_ => inventory == "kube-state-metrics").Select(label => $"{name} lacks its label {label}"));
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.NotEmpty(MetricInventory.FromExposition(inventory, "", null, exposition.ToString()).Metrics);
    }
}
