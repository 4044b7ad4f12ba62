using FleetPrometheus.Alerting;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Scraping;
using FleetPrometheus.Tests.Components;
using Microsoft.AspNetCore.Http;

namespace FleetPrometheus.Tests.Scraping;

/// <summary>What the real Prometheus makes of the files.</summary>
public sealed class RealPrometheusTests
{
    // "password"
    private const string PasswordHash = "$2b$05$abcdefghijklmnopqrstuuWG29KuyeAicPCJODk1zjyGvyQUU2awu";

    [Fact]
    public async Task Prometheus_UnreachableClusters_RunsAndShowsThemDown()
    {
        var clusters = Samples.All.Select(cluster => cluster with { ApiServer = new("https://127.0.0.1:1"), ScrapeInterval = null }).ToArray();
        await using var prometheus = await RunningPrometheus.StartAsync(clusters);

        var members = Samples.All.SelectMany(cluster => cluster.Jobs.OfType<ApiServerJob>()).Sum(job => Math.Max(1, job.Members.Length));
        var down = await prometheus.SeriesAsync("""up{job="apiserver"} == 0""", members);
        var hostile = down.Single(labels => labels["cluster"] == Samples.Hostile.Name);
        Assert.All(Samples.Hostile.Labels, label => Assert.Equal(label.Value, hostile[label.Key]));
        Assert.Equal(2, down.Count(labels => labels["cluster"] == "gateway" && labels["instance"] is "10.0.0.1:6443" or "[fd00::2]:6443"));

        // What ClusterTargetsMissing is built on: pools without any target are counted too.
        var expected = clusters.SelectMany(cluster => ClusterScrapeFile.ScrapeConfigs(cluster)).Where(config => config.StaticConfigs.IsEmpty).Select(config => config.JobName);
        var empty = await prometheus.SeriesAsync("prometheus_target_scrape_pool_targets == 0", expected.Count());
        Assert.Equal(expected.Order(), empty.Select(labels => labels["scrape_job"]).Order());
        Assert.All(empty, labels => Assert.Equal("central", labels["cluster"]));
    }

    [Fact]
    public async Task Prometheus_ExternalLabels_ReplicaFromTheEnvironmentTheRestLiteral()
    {
        await using var prometheus = await RunningPrometheus.StartAsync([]);
        using var client = new HttpClient();
        var status = await client.GetStringAsync(new Uri(prometheus.Address, "federate?match[]=up"));
        for (var tries = 0; status.Length == 0 && tries < 50; tries++)
        {
            await Task.Delay(200);
            status = await client.GetStringAsync(new Uri(prometheus.Address, "federate?match[]=up"));
        }

        Assert.Contains("replica=\"prometheus-7\"", status, StringComparison.Ordinal);
        Assert.Contains("fleet=\"a $5 ${HOME} fleet\"", status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prometheus_Cluster_ScrapesThroughTheProxyWithTheRightLabels()
    {
        await using var server = await ServerAsync();
        var cluster = Samples.NodesProxy with { ApiServer = server.Address, Labels = Samples.Hostile.Labels };
        await using var prometheus = await RunningPrometheus.StartAsync([cluster], server.Certificate);

        // One series per target: the fake server tells which path was asked.
        var series = await prometheus.SeriesAsync("probe", 8);
        Assert.All(series, labels =>
        {
            Assert.Equal("product", labels["cluster"]);
            Assert.All(cluster.Labels, label => Assert.Equal(label.Value, labels[label.Key]));
        });
        Assert.Equal(
        [
            "apiserver|" + HostAndPort(server) + "|||/metrics",
            "kube-state-metrics|ksm-1|||/api/v1/namespaces/fleet-exporters/pods/http:ksm-1:8080/proxy/metrics",
            "kubelet|n1|n1|/metrics/cadvisor|/api/v1/nodes/n1/proxy/metrics/cadvisor",
            "kubelet|n1|n1|/metrics|/api/v1/nodes/n1/proxy/metrics",
            "kubelet|n2|n2|/metrics/cadvisor|/api/v1/nodes/n2/proxy/metrics/cadvisor",
            "kubelet|n2|n2|/metrics|/api/v1/nodes/n2/proxy/metrics",
            "node-exporter|n1|n1||/api/v1/namespaces/fleet-node-exporter/pods/http:node-exporter-a:9100/proxy/metrics",
            "node-exporter|n2|n2||/api/v1/namespaces/fleet-node-exporter/pods/http:node-exporter-b:9100/proxy/metrics",
        ], series.Select(labels => string.Join('|', ((string[])["job", "instance", "node", "metrics_path", "path"]).Select(name => labels.GetValueOrDefault(name, "")))).Order(StringComparer.Ordinal));

        // What is exposed as cluster moves aside, honoured or not; where nothing is, nothing is added.
        Assert.Equal("other", Assert.Single(await prometheus.SeriesAsync("""exposed{job="kube-state-metrics"}""", 1))["exported_cluster"]);
        Assert.Equal("other", Assert.Single(await prometheus.SeriesAsync("""exposed{job="node-exporter",node="n1"}""", 1))["exported_cluster"]);
        Assert.All(series, labels => Assert.DoesNotContain(labels.Keys, label => label.StartsWith("exported_", StringComparison.Ordinal)));

        // Kept and dropped cadvisor metrics.
        Assert.Equal(2, (await prometheus.SeriesAsync("container_cpu_usage_seconds_total", 2)).Length);
        await prometheus.SeriesAsync("""container_tasks_state{metrics_path="/metrics/cadvisor"}""", 0);

        // One watch of nodes, one per namespace of pods, whatever the number of jobs.
        var watches = server.Requests.Where(request => request.Query.Contains("watch", StringComparison.Ordinal) && !request.Query.Contains("sendInitialEvents", StringComparison.Ordinal))
            .Select(request => request.Path).Order(StringComparer.Ordinal);
        Assert.Equal(["/api/v1/namespaces/fleet-exporters/pods", "/api/v1/namespaces/fleet-node-exporter/pods", "/api/v1/nodes"], watches);
        Assert.All(
            server.Requests.Where(request => request.Path.EndsWith("/pods", StringComparison.Ordinal)),
            request => Assert.Contains("labelSelector=app.kubernetes.io%2Fpart-of%3Dfleet-prometheus", request.Query, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Prometheus_SelectionsOfMetrics_StoresWhatTheySay()
    {
        // The bound is written as some programs do, and read as Prometheus 3 has it.
        string[] exposed = ["a_1", "a_2", "a_3", "b", "c", "e", "f_1", "f_2", "g", "g_1", "h", "i", "d_bucket;0.5", "d_bucket;+Inf"];
        await using var server = await FakeApiServer.StartAsync(Objects(), context => context.Response.WriteAsync(
            $"# TYPE d histogram\n{string.Concat(exposed.Select(name => name.Split(';') is [var metric, var bound] ? $"{metric}{{le=\"{bound}\"}} 1\n" : $"{name} 1\n"))}d_sum 1\nd_count 1\n"));
        var second = TimeSpan.FromSeconds(1);
        var cluster = Samples.Thrifty with { ApiServer = server.Address, Jobs = [.. Samples.Thrifty.Jobs.Select(job => job with { ScrapeInterval = second, ScrapeTimeout = null })] };
        await using var prometheus = await RunningPrometheus.StartAsync([cluster], server.Certificate);
        foreach (var job in cluster.Jobs)
        {
            var path = job is NodeProxyJob node ? node.MetricsPath : "";
            var expected = exposed.Concat(["d_sum", "d_count"]).Where(name => job.Metrics.Stores(name.Split(';')[0], name.Split(';').ElementAtOrDefault(1) ?? "")).Order(StringComparer.Ordinal).ToArray();
            Assert.NotEqual(exposed.Length + 2, expected.Length);
            var instance = job is ApiServerJob ? server.Address.Authority : job is PodJob { HonorLabels: true } ? "ksm-1" : "n1";
            var stored = await prometheus.SeriesAsync($$"""{__name__=~".|._.+",job="{{job.Name}}",metrics_path="{{path}}",instance="{{instance}}"}""", expected.Length);
            Assert.Equal(expected, stored.Select(labels => labels["__name__"] + (labels.TryGetValue("le", out var bound) ? $";{bound}" : "")).Order(StringComparer.Ordinal));
            Assert.All(stored, labels => Assert.DoesNotContain(labels.Keys, label => label.StartsWith("__spared", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task Prometheus_Redirect_CarriesTheTokenNowhere()
    {
        await using var elsewhere = await FakeApiServer.StartAsync([], _ => Task.CompletedTask);
        await using var server = await FakeApiServer.StartAsync(
            Objects(),
            context =>
            {
                context.Response.Redirect(new Uri(elsewhere.Address, "/stolen").ToString());
                return Task.CompletedTask;
            });
        // Insecure, so that only the refusal of redirects stands between the token and elsewhere.
        var cluster = Samples.NodesProxy with { ApiServer = server.Address, Trust = Trust.Insecure };
        await using var prometheus = await RunningPrometheus.StartAsync([cluster]);

        await prometheus.SeriesAsync("""up{cluster="product"} == 0""", 8);
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task WebFiles_ProtectedPrometheus_LetsTheToolsInAndNobodyElse()
    {
        using var directory = new TemporaryDirectory();
        var web = directory.Write(ConfigurationPaths.Web, WebFiles.Server("fleet", PasswordHash));
        var client = directory.Write(ConfigurationPaths.WebClient, WebFiles.Client("fleet", "password"));
        var stranger = directory.Write("web/stranger.yml", WebFiles.Client("fleet", "guess"));
        await Tools.SucceedAsync(Tool.Promtool, "/", "check", "web-config", web);
        await using var supervisor = new ProcessSupervisor();

        var prometheus = $"http://127.0.0.1:{FreePort.Find()}";
        supervisor.Start(new("prometheus", await Tools.PathOfAsync(Tool.Prometheus),
        [
            $"--config.file={directory.Write("prometheus.yml", "{}")}", $"--storage.tsdb.path={directory.Path}/data",
            $"--web.config.file={web}", $"--web.listen-address={new Uri(prometheus).Authority}",
        ]));
        await UntilSucceedsAsync(Tool.Promtool, "check", "ready", $"--url={prometheus}", $"--http.config.file={client}");
        Assert.NotEqual(0, (await Tools.RunAsync(Tool.Promtool, "/", "check", "ready", $"--url={prometheus}", $"--http.config.file={stranger}")).ExitCode);

        var alertmanager = $"http://127.0.0.1:{FreePort.Find()}";
        supervisor.Start(await Tools.RunOfAsync(Tool.Alertmanager, 
            $"--config.file={directory.Write("alertmanager.yml", AlertmanagerConfiguration.Render(new(), "/"))}", $"--storage.path={directory.Path}/alertmanager",
            $"--web.config.file={web}", $"--web.listen-address={new Uri(alertmanager).Authority}", "--cluster.listen-address="));
        await UntilSucceedsAsync(Tool.Amtool, "alert", $"--alertmanager.url={alertmanager}", $"--http.config.file={client}");
        Assert.NotEqual(0, (await Tools.RunAsync(Tool.Amtool, "/", "alert", $"--alertmanager.url={alertmanager}", $"--http.config.file={stranger}")).ExitCode);
    }

    [Theory]
    [InlineData(365)]
    [InlineData(0.5)] // of the day before this one, so it has ended
    public async Task WebFiles_Tls_ServeHttpsOnlyAndProbesDoNotDependOnTheCertificatesTime(double days)
    {
        var issued = IssuedCertificate.For(["prometheus.monitoring.svc"], TimeSpan.FromDays(days));
        using var directory = new TemporaryDirectory();
        var web = directory.Write(ConfigurationPaths.Web, WebFiles.Server("fleet", PasswordHash, ("../tls/tls.crt", "../tls/tls.key")));
        directory.Write("tls/tls.crt", issued.Certificate);
        directory.Write("tls/tls.key", issued.Key);
        var client = directory.Write(ConfigurationPaths.WebClient, WebFiles.Client("fleet", "password", tls: true));
        await Tools.SucceedAsync(Tool.Promtool, "/", "check", "web-config", web);
        await using var supervisor = new ProcessSupervisor();
        var authority = $"127.0.0.1:{FreePort.Find()}";
        supervisor.Start(new("prometheus", await Tools.PathOfAsync(Tool.Prometheus),
        [
            $"--config.file={directory.Write("prometheus.yml", "{}")}", $"--storage.tsdb.path={directory.Path}/data",
            $"--web.config.file={web}", $"--web.listen-address={authority}",
        ]));

        await UntilSucceedsAsync(Tool.Promtool, "check", "ready", $"--url=https://{authority}", $"--http.config.file={client}");
        Assert.NotEqual(0, (await Tools.RunAsync(Tool.Promtool, "/", "check", "ready", $"--url=http://{authority}", $"--http.config.file={client}")).ExitCode);
    }

    private static async Task UntilSucceedsAsync(Tool tool, params string[] arguments)
    {
        var deadline = DateTime.UtcNow + TimeSpan.FromSeconds(20);
        while (true)
        {
            var (exitCode, output) = await Tools.RunAsync(tool, "/", arguments);
            if (exitCode == 0)
            {
                return;
            }

            Assert.True(DateTime.UtcNow < deadline, output);
            await Task.Delay(200);
        }
    }

    private static string HostAndPort(FakeApiServer server) => server.Address.Authority;

    private static Dictionary<string, object[]> Objects() =>
        new()
        {
            ["/api/v1/nodes"] = [Node("n1"), Node("n2")],
            ["/api/v1/namespaces/fleet-node-exporter/pods"] =
            [
                Pod("fleet-node-exporter", "node-exporter", "node-exporter-a", "n1", 9100),
                Pod("fleet-node-exporter", "node-exporter", "node-exporter-b", "n2", 9100),
                Pod("fleet-node-exporter", "node-exporter", "node-exporter-old", "n2", 9100, phase: "Failed"),
                Pod("fleet-node-exporter", "node-exporter", "node-exporter-other-port", "n2", 9101),
                Pod("fleet-node-exporter", "intruder", "intruder-a", "n1", 9100),
            ],
            ["/api/v1/namespaces/fleet-exporters/pods"] =
            [
                Pod("fleet-exporters", "kube-state-metrics", "ksm-1", "n1", 8080),
                // the right name in the wrong namespace
                Pod("fleet-exporters", "node-exporter", "node-exporter-x", "n1", 9100),
            ],
        };

    private static Task<FakeApiServer> ServerAsync() => FakeApiServer.StartAsync(
        Objects(),
        context => context.Response.WriteAsync(
            $$"""
            probe{path="{{context.Request.Path}}"} 1
            exposed{cluster="other"} 1
            {{(context.Request.Path.Value!.EndsWith("cadvisor", StringComparison.Ordinal) ? "container_cpu_usage_seconds_total 1\ncontainer_tasks_state 1\n" : "")}}

            """));

    private static object Node(string name) => new
    {
        metadata = new { name, uid = name, resourceVersion = "1" },
        status = new { addresses = new[] { new { type = "InternalIP", address = "10.0.0.1" } }, daemonEndpoints = new { kubeletEndpoint = new { Port = 10250 } } },
    };

    private static object Pod(string @namespace, string application, string name, string nodeName, int port, string phase = "Running") => new
    {
        metadata = new
        {
            name,
            @namespace,
            uid = name,
            resourceVersion = "1",
            labels = Samples.Labels((FleetLabels.PartOf, FleetLabels.PartOfFleet), ("app.kubernetes.io/name", application)),
        },
        spec = new
        {
            nodeName,
            initContainers = new[] { new { name = "init", image = "init", ports = new[] { new { containerPort = port, protocol = "TCP" } } } },
            containers = new[] { new { name = "main", image = "main", ports = new[] { new { containerPort = port, protocol = "TCP" } } } },
        },
        status = new { phase, podIP = "10.0.0.9", hostIP = "10.0.0.1" },
    };
}
