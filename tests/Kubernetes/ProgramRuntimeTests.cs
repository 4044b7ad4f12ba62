using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Lab.Simulation;
using FleetPrometheus.Lab.Verification;

namespace FleetPrometheus.Tests.Kubernetes;

/// <summary>A pod as one would write it for a real cluster, with nothing in it that knows of the lab.</summary>
[Collection("Lab")]
public sealed class ProgramRuntimeTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly ProcessSupervisor _processes = new();
    private readonly AddressPlan _addresses = AddressPlan.Loopback(1);
    private readonly HttpClient _http = new();
    private readonly List<string> _failures = [];
    private SimulatedCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        _cluster = new SimulatedCluster(new SimulatedClusterOptions("stage", 0, 1, _addresses, NodeExporter: null)
        {
            Programs = new ContainerPrograms(_processes, [await Tools.LocateAsync(Tool.Prometheus)]),
        });
        _cluster.ContainerFailed += (pod, reason) => _failures.Add($"{pod}: {reason}");
        await _cluster.StartAsync();
        await ApplyAsync(Objects);
    }

    public async Task DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _processes.DisposeAsync();
        _addresses.Dispose();
        _http.Dispose();
    }

    [Fact]
    public async Task Start_PodWithVolumes_RunsItsProgramOnThemAndFollowsThem()
    {
        await ApplyAsync(Configuration("one"));
        await ApplyAsync(Pod);
        var address = (await _cluster.Admin.WaitForAsync(KubeKind.Pod, "watch", "watcher", pod => pod.Text("status", "podIP") is not null, Patience)).Text("status", "podIP");

        await UntilAsync($"http://{address}:9090/api/v1/status/config", "one");
        // Found with the projected token, at the address that the environment tells, by the rights of the pod's account.
        await UntilAsync($"http://{address}:9090/api/v1/targets", "\"__meta_kubernetes_pod_name\":\"watcher\"");

        await ApplyAsync(Configuration("two"));
        await UntilAsync($"http://{address}:9090/api/v1/status/config", "two");
    }

    private async Task UntilAsync(string address, string expected)
    {
        var wrong = await Eventually.NothingWrongAsync(async () =>
        {
            try
            {
                var answer = await _http.GetStringAsync(address);
                return answer.Contains(expected, StringComparison.Ordinal) ? [] : [$"{address}: no {expected} in {answer}"];
            }
            catch (HttpRequestException error)
            {
                return [error.Message, .. _failures];
            }
        }, Patience, default);
        Assert.Empty(wrong);
    }

    private async Task ApplyAsync(string objects)
    {
        foreach (var obj in JsonNode.Parse(objects)!.AsArray())
        {
            await _cluster.Admin.ApplyAsync((JsonObject)obj!);
        }
    }

    private const string Objects = """
        [
          { "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "watch" } },
          { "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "watcher", "namespace": "watch" } },
          { "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": { "name": "watcher", "namespace": "watch" },
            "rules": [{ "apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch"] }] },
          { "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": { "name": "watcher", "namespace": "watch" },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "watcher" },
            "subjects": [{ "kind": "ServiceAccount", "name": "watcher", "namespace": "watch" }] }
        ]
        """;

    private static string Configuration(string name) => new JsonArray(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject { ["name"] = "watcher", ["namespace"] = "watch" },
        ["data"] = new JsonObject
        {
            ["prometheus.yml"] = $$"""
                global: { external_labels: { name: {{name}} } }
                scrape_configs:
                  - job_name: pods
                    kubernetes_sd_configs: [{ role: pod, namespaces: { names: [watch] } }]
                """,
        },
    }).ToJsonString();

    private const string Pod = """
        [{
          "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "watcher", "namespace": "watch" },
          "spec": {
            "serviceAccountName": "watcher", "automountServiceAccountToken": false,
            "containers": [{
              "name": "prometheus", "image": "example.com/prom/prometheus:v3.5.0", "ports": [{ "containerPort": 9090 }],
              "args": ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus", "--web.listen-address=:9090",
                "--enable-feature=auto-reload-config", "--config.auto-reload-interval=1s"],
              "volumeMounts": [
                { "name": "configuration", "mountPath": "/etc/prometheus" },
                { "name": "data", "mountPath": "/prometheus" },
                { "name": "token", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount" }
              ]
            }],
            "volumes": [
              { "name": "configuration", "configMap": { "name": "watcher" } },
              { "name": "data", "emptyDir": {} },
              { "name": "token", "projected": { "sources": [
                { "serviceAccountToken": { "path": "token", "expirationSeconds": 3600 } },
                { "configMap": { "name": "kube-root-ca.crt", "items": [{ "key": "ca.crt", "path": "ca.crt" }] } },
                { "downwardAPI": { "items": [{ "path": "namespace", "fieldRef": { "fieldPath": "metadata.namespace" } }] } }
              ] } }
            ]
          }
        }]
        """;
}
