using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Lab.Simulation;

namespace FleetPrometheus.Tests.Simulation;

/// <summary>A simulated cluster under the real Prometheus, with a configuration written by hand: nothing of the program takes part.</summary>
[Collection("Lab")]
public sealed class SimulatedClusterTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ProcessSupervisor _processes = new();
    private readonly AddressPlan _addresses = AddressPlan.Loopback(1);
    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _http = new();
    private SimulatedCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        _cluster = new SimulatedCluster(new SimulatedClusterOptions("stage", 0, 2, _addresses, new NodeExporterOptions(await Tools.PathOfAsync(Tool.NodeExporter), _processes)));
        await _cluster.StartAsync();
        foreach (var obj in JsonNode.Parse(Objects)!.AsArray()) await _cluster.Admin.ApplyAsync((JsonObject)obj!);
    }

    public async Task DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _processes.DisposeAsync();
        _addresses.Dispose();
        _directory.Dispose();
        _http.Dispose();
    }

    [Fact]
    public async Task Prometheus_RolesNodeAndPod_SeesEveryTargetLosesAndFindsThemAgain()
    {
        await StartPrometheusAsync();
        await UntilAsync("count(up == 1)", "6", "all targets up");
        Assert.Equal(
            ["stage-node-001 stage-node-001", "stage-node-002 stage-node-002"],
            (await QueryAsync("lab_node_identity")).Select(series => $"{series.Text("metric", "instance")} {series.Text("metric", "node")}").Order(StringComparer.Ordinal));
        Assert.Equal(
            ["stage-node-001 stage-node-001", "stage-node-002 stage-node-002"],
            (await QueryAsync("kubelet_node_name")).Select(series => $"{series.Text("metric", "instance")} {series.Text("metric", "node")}").Order(StringComparer.Ordinal));
        Assert.Equal("2", (await QueryAsync("count(count by (pod) (container_cpu_usage_seconds_total{pod=~\"node-exporter-.*\",container=\"node-exporter\"}))")).Single()["value"]![1].Text());

        await _cluster.CutOffAsync();
        await UntilAsync("count(up == 0)", "6", "all targets down");
        await _cluster.RestoreAsync();
        await UntilAsync("count(up == 1)", "6", "all targets back");

        var added = await _cluster.AddNodeAsync();
        await UntilAsync("count(up == 1)", "9", "the third node's targets up");
        Assert.Single(await QueryAsync($"lab_node_identity{{instance=\"{added}\",node=\"{added}\"}}"));
        await _cluster.RemoveNodeAsync(added);
        await UntilAsync("count(up)", "6", "the third node's targets gone");
    }

    [Fact]
    public async Task Prometheus_TokenSecretDeleted_LosesEveryTarget()
    {
        await StartPrometheusAsync();
        await UntilAsync("count(up == 1)", "6", "all targets up");
        await _cluster.Admin.DeleteAsync(KubeKind.Secret, "monitoring", "scraper-token");
        await UntilAsync("count(up == 0)", "6", "all targets refused");
    }

    [Fact]
    public async Task DaemonSet_TemplateChanged_RunsTheNewArguments()
    {
        var pods = await ReadyPodsAsync(2);
        var set = (JsonObject)JsonNode.Parse(Objects)!.AsArray().Single(obj => obj.Text("kind") == "DaemonSet")!;
        set["spec"]!["template"]!["spec"]!["containers"]![0]!["args"]!.AsArray().Add("--no-collector.loadavg");
        await _cluster.Admin.ApplyAsync(set.Copy());
        await _cluster.Admin.WaitForAsync(KubeKind.DaemonSet, "monitoring", "node-exporter", obj => obj.Number("metadata", "generation") == 2 && obj.Number("status", "observedGeneration") == 2, Patience);
        var replaced = await ReadyPodsAsync(2);
        Assert.Empty(pods.Select(pod => pod.Uid()).Intersect(replaced.Select(pod => pod.Uid())));
        Assert.DoesNotContain("node_load1 ", await _cluster.Admin.ReadAsync($"api/v1/namespaces/monitoring/pods/http:{replaced[0].Name()}:9100/proxy/metrics"));
    }

    [Fact]
    public async Task DaemonSet_NodeSelector_RunsOnlyThere()
    {
        var set = (JsonObject)JsonNode.Parse(Objects)!.AsArray().Single(obj => obj.Text("kind") == "DaemonSet")!;
        set["spec"]!["template"]!["spec"]!["nodeSelector"] = new JsonObject { ["kubernetes.io/hostname"] = "stage-node-002" };
        await _cluster.Admin.ApplyAsync(set.Copy());
        Assert.Equal("stage-node-002", Assert.Single(await ReadyPodsAsync(1)).Text("spec", "nodeName"));
    }

    [Fact]
    public async Task Container_ThatDoesNotStart_ShowsAsCrashingAndItsPodNotReady()
    {
        var set = (JsonObject)JsonNode.Parse(Objects)!.AsArray().Single(obj => obj.Text("kind") == "DaemonSet")!;
        set["metadata"]!["name"] = "broken";
        set["spec"]!["selector"] = JsonNode.Parse("""{"matchLabels":{"app":"broken"}}""");
        set["spec"]!["template"]!["metadata"]!["labels"] = JsonNode.Parse("""{"app":"broken"}""");
        set["spec"]!["template"]!["spec"]!["containers"]![0]!["args"] = new JsonArray("--web.listen-address=:9101", "--no-such-flag");
        await _cluster.Admin.ApplyAsync(set.Copy());
        var deadline = DateTime.UtcNow + Patience;
        List<JsonObject> crashing;
        do
        {
            crashing = [.. (await _cluster.Admin.ListAsync(KubeKind.Pod, "monitoring", "app=broken")).Items.Where(pod => pod.Objects("status", "containerStatuses").Any(status => status.Text("state", "waiting", "reason") == "CrashLoopBackOff"
                && status.Text("state", "waiting", "message")?.Contains("no-such-flag", StringComparison.Ordinal) == true))];
            await Task.Delay(100);
        }
        while (crashing.Count < 2 && DateTime.UtcNow < deadline);
        Assert.Equal(2, crashing.Count);
        Assert.All(crashing, pod => Assert.Equal("False", pod.Objects("status", "conditions").Single(condition => condition.Text("type") == "Ready").Text("status")));
    }

    [Fact]
    public async Task KubeStateMetrics_TellsOnlyWhatItsAccountMayRead()
    {
        await _cluster.Admin.ApplyAsync((JsonObject)JsonNode.Parse("""
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"kube-state-metrics","namespace":"monitoring"},
             "spec":{"selector":{"matchLabels":{"app":"ksm"}},"template":{"metadata":{"labels":{"app":"ksm"}},
              "spec":{"serviceAccountName":"scraper","containers":[{"name":"main","image":"registry/kube-state-metrics:v2.19.0"}]}}}}
            """)!);
        await _cluster.Admin.WaitForAsync(KubeKind.Deployment, "monitoring", "kube-state-metrics", obj => obj.Number("status", "readyReplicas") == 1, Patience);
        var pod = Assert.Single((await _cluster.Admin.ListAsync(KubeKind.Pod, "monitoring", "app=ksm")).Items);
        string metrics;
        var deadline = DateTime.UtcNow + Patience;
        do
        {
            metrics = await _cluster.Admin.ReadAsync($"api/v1/namespaces/monitoring/pods/http:{pod.Name()}:8080/proxy/metrics");
            await Task.Delay(100);
        }
        while (!metrics.Contains("kube_node_info", StringComparison.Ordinal) && DateTime.UtcNow < deadline);
        Assert.Contains("kube_node_info{node=\"stage-node-001\"", metrics);
        Assert.DoesNotContain("kube_configmap_info", metrics);
    }

    [Fact]
    public async Task Dispose_LeavesNothingListening()
    {
        await ReadyPodsAsync(2);
        await _cluster.DisposeAsync();
        foreach (var endpoint in new[] { _addresses.ApiServer(0), new IPEndPoint(_addresses.Node(0, 0), KubeletServer.Port), new IPEndPoint(_addresses.Node(0, 1), 9100) })
        {
            using var client = new System.Net.Sockets.TcpClient();
            await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => client.ConnectAsync(endpoint));
        }
    }

    /// <summary>The DaemonSet's pods once exactly so many run, and all are ready.</summary>
    private async Task<IReadOnlyList<JsonObject>> ReadyPodsAsync(int count)
    {
        await _cluster.Admin.WaitForAsync(KubeKind.DaemonSet, "monitoring", "node-exporter",
            obj => obj.Number("status", "desiredNumberScheduled") == count && obj.Number("status", "numberReady") == count, Patience);
        return (await _cluster.Admin.ListAsync(KubeKind.Pod, "monitoring", "app=node-exporter")).Items;
    }

    private async Task StartPrometheusAsync()
    {
        var secret = await _cluster.Admin.WaitForAsync(KubeKind.Secret, "monitoring", "scraper-token", obj => obj.Text("data", "token") is not null, Patience);
        foreach (var key in new[] { "token", "ca.crt" }) await File.WriteAllBytesAsync(Path.Combine(_directory.Path, key), Convert.FromBase64String(secret.Text("data", key)!));
        var configuration = _directory.Write("prometheus.yml", Configuration.Replace("API_SERVER", _cluster.ApiServer.Authority, StringComparison.Ordinal));
        var address = new UriBuilder("http", "127.0.0.1", FreePort.Find()).Uri;
        var prometheus = _processes.Start(await Tools.RunOfAsync(Tool.Prometheus,
            $"--config.file={configuration}", $"--storage.tsdb.path={Path.Combine(_directory.Path, "data")}", $"--web.listen-address={address.Authority}"));
        _http.BaseAddress = address;
        await prometheus.UntilReadyAsync(_http, new Uri(address, "-/ready"), Patience);
    }

    private async Task<ImmutableArray<JsonObject>> QueryAsync(string query)
    {
        var answer = JsonNode.Parse(await _http.GetStringAsync($"api/v1/query?query={Uri.EscapeDataString(query)}"));
        return [.. answer.Objects("data", "result")];
    }

    private async Task UntilAsync(string query, string expected, string what)
    {
        // Prometheus' client waits longer and longer while the API server is away.
        var deadline = DateTime.UtcNow + (2 * Patience);
        while ((await QueryAsync(query)).FirstOrDefault()?["value"]?[1].Text() != expected)
        {
            Assert.True(DateTime.UtcNow < deadline, $"{what}: {string.Join('\n', await QueryAsync("up"))}");
            await Task.Delay(250);
        }
    }

    private const string Objects = """
        [{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"monitoring"}},
         {"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"scraper","namespace":"monitoring"}},
         {"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/service-account-token",
          "metadata":{"name":"scraper-token","namespace":"monitoring","annotations":{"kubernetes.io/service-account.name":"scraper"}}},
         {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"scraper"},
          "rules":[{"apiGroups":[""],"resources":["nodes"],"verbs":["list","watch"]},{"apiGroups":[""],"resources":["nodes/proxy"],"verbs":["get"]}]},
         {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"scraper"},
          "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"scraper"},
          "subjects":[{"kind":"ServiceAccount","name":"scraper","namespace":"monitoring"}]},
         {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"scraper","namespace":"monitoring"},
          "rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["list","watch"]},{"apiGroups":[""],"resources":["pods/proxy"],"verbs":["get"]}]},
         {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"scraper","namespace":"monitoring"},
          "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"scraper"},
          "subjects":[{"kind":"ServiceAccount","name":"scraper","namespace":"monitoring"}]},
         {"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"node-exporter","namespace":"monitoring"},
          "spec":{"selector":{"matchLabels":{"app":"node-exporter"}},"template":{"metadata":{"labels":{"app":"node-exporter"}},
           "spec":{"hostNetwork":true,"volumes":[{"name":"root","hostPath":{"path":"/"}}],
            "containers":[{"name":"node-exporter","image":"quay.io/prometheus/node-exporter:v1.11.1",
             "args":["--path.rootfs=/host/root","--web.listen-address=$(POD_IP):9100"],
             "env":[{"name":"POD_IP","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}],
             "ports":[{"name":"metrics","containerPort":9100}],
             "volumeMounts":[{"name":"root","mountPath":"/host/root"}]}]}}}}]
        """;

    private const string Configuration = """
        global: { scrape_interval: 1s, scrape_timeout: 1s }
        scrape_configs:
          - job_name: kubelet
            scheme: https
            authorization: { credentials_file: token }
            tls_config: { ca_file: ca.crt }
            kubernetes_sd_configs: &nodes
              - { role: node, api_server: "https://API_SERVER", authorization: { credentials_file: token }, tls_config: { ca_file: ca.crt } }
            relabel_configs:
              - { source_labels: [__meta_kubernetes_node_name], target_label: __metrics_path__, replacement: "/api/v1/nodes/$1/proxy/metrics" }
              - { target_label: __address__, replacement: "API_SERVER" }
          - job_name: cadvisor
            scheme: https
            authorization: { credentials_file: token }
            tls_config: { ca_file: ca.crt }
            kubernetes_sd_configs: *nodes
            relabel_configs:
              - { source_labels: [__meta_kubernetes_node_name], target_label: __metrics_path__, replacement: "/api/v1/nodes/$1/proxy/metrics/cadvisor" }
              - { target_label: __address__, replacement: "API_SERVER" }
          - job_name: node-exporter
            scheme: https
            authorization: { credentials_file: token }
            tls_config: { ca_file: ca.crt }
            kubernetes_sd_configs:
              - role: pod
                api_server: "https://API_SERVER"
                authorization: { credentials_file: token }
                tls_config: { ca_file: ca.crt }
                namespaces: { names: [monitoring] }
                selectors: [{ role: pod, label: "app=node-exporter" }]
            relabel_configs:
              - { source_labels: [__meta_kubernetes_pod_name], target_label: __metrics_path__, replacement: "/api/v1/namespaces/monitoring/pods/http:$1:9100/proxy/metrics" }
              - { source_labels: [__meta_kubernetes_pod_node_name], target_label: instance }
              - { target_label: __address__, replacement: "API_SERVER" }
        """;
}
