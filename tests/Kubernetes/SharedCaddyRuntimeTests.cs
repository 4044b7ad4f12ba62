using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Lab.Simulation;
using FleetPrometheus.Lab.Verification;

namespace FleetPrometheus.Tests.Kubernetes;

/// <summary>Pods that share one process are still pods of their own: each with its address, its environment and its files.</summary>
[Collection("Lab")]
public sealed class SharedCaddyRuntimeTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly ProcessSupervisor _processes = new();
    private readonly AddressPlan _addresses = AddressPlan.Loopback(1);
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private SimulatedCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        _cluster = new SimulatedCluster(new SimulatedClusterOptions("stage", 0, 2, _addresses, NodeExporter: null)
        {
            Programs = new ContainerPrograms(_processes, [await Tools.LocateAsync(Tool.Caddy)]) { Shared = true },
        });
        await _cluster.StartAsync();
        await _cluster.Admin.ApplyAsync(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = "caddy", ["namespace"] = "default" },
            ["data"] = new JsonObject
            {
                ["Caddyfile"] = "{\n\tadmin off\n\tauto_https off\n\tdefault_bind {$POD_IP}\n}\n\nhttp://:8080 {\n\trespond \"{file./etc/pod/name} {$POD_IP} {$NODE_IP}\"\n}\n",
            },
        });
    }

    public async Task DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _processes.DisposeAsync();
        _addresses.Dispose();
        _http.Dispose();
    }

    [Fact]
    public async Task Start_SeveralPods_EachAnswersAsItselfFromOneProcessUntilItEnds()
    {
        foreach (var name in new[] { "one", "two", "three" })
        {
            await _cluster.Admin.ApplyAsync(Pod(name));
        }

        var addresses = new Dictionary<string, string>();
        foreach (var name in new[] { "one", "two", "three" })
        {
            var pod = await _cluster.Admin.WaitForAsync(KubeKind.Pod, "default", name, pod => pod.Text("status", "podIP") is not null, Patience);
            addresses[name] = pod.Text("status", "podIP")!;
            Assert.Equal($"{name} {addresses[name]} {pod.Text("status", "hostIP")}", await _http.GetStringAsync($"http://{addresses[name]}:8080/"));
        }

        Assert.Single(Directory.GetFiles(_processes.LogDirectory, "*caddy*"));

        await _cluster.Admin.DeleteAsync(KubeKind.Pod, "default", "two");
        Assert.Empty(await Eventually.TrueAsync(async () => !await AnswersAsync("two"), "two still answers", Patience, default));
        Assert.True(await AnswersAsync("one"));
        Assert.True(await AnswersAsync("three"));

        async Task<bool> AnswersAsync(string name)
        {
            try
            {
                using var fresh = new HttpClient(new SocketsHttpHandler { UseProxy = false });
                return (await fresh.GetStringAsync($"http://{addresses[name]}:8080/")).StartsWith(name, StringComparison.Ordinal);
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }
    }

    private static JsonObject Pod(string name) => JsonNode.Parse($$"""
        {
          "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "{{name}}", "namespace": "default" },
          "spec": {
            "containers": [{
              "name": "caddy", "image": "caddy:v2", "args": ["run", "--adapter=caddyfile", "--config=/etc/caddy/Caddyfile"],
              "env": [
                { "name": "POD_IP", "valueFrom": { "fieldRef": { "fieldPath": "status.podIP" } } },
                { "name": "NODE_IP", "valueFrom": { "fieldRef": { "fieldPath": "status.hostIP" } } }
              ],
              "ports": [{ "containerPort": 8080 }],
              "volumeMounts": [{ "name": "config", "mountPath": "/etc/caddy" }, { "name": "pod", "mountPath": "/etc/pod" }]
            }],
            "volumes": [
              { "name": "config", "configMap": { "name": "caddy" } },
              { "name": "pod", "downwardAPI": { "items": [{ "path": "name", "fieldRef": { "fieldPath": "metadata.name" } }] } }
            ]
          }
        }
        """)!.AsObject();
}
