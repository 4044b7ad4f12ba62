using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Verification.Join;

/// <summary><c>ownCluster</c>: the centre watches the cluster that it runs in, from inside and with its own account.</summary>
internal sealed class OwnCluster(JoinSite site)
{
    private const string Namespace = "monitoring";

    private readonly LabFleet _fleet = site.Fleet;

    private ILabCluster Cluster => _fleet.CentralCluster;

    private string Name => _fleet.Central.Stack;

    /// <summary>Has the centre watch its own cluster, in which something runs of every kind that it can watch there.</summary>
    public Task JoinAsync(CancellationToken cancellation) =>
        site.TryAsync("the centre's own cluster: API servers, kubelets, exporters, annotated pods and Services, probed Services, pushgateway, and nothing else", async () =>
        {
            await RunAppsAsync(cancellation);
            site.Write(_fleet.Central.Stack, ("ownCluster", $"""

                    enabled: true
                    clusterLabels:
                      environment: centre
                    kubeletCa: {JsonSerializer.Serialize(Cluster.KubeletCa)}
                    annotatedPods: [shop]
                    annotatedServices: [shop, market]
                    probedServices: [shop]
                    pushgateway:
                      enabled: true
                """.TrimEnd()));
            return await Eventually.NothingWrongAsync(() => TargetsAsync(cancellation), site.Patience, cancellation);
        }, () => $"{Cluster.Nodes.Count} nodes, each target at its own address; a pod that asks twice, itself and by its Service, is one target");

    public async Task RunAsync(CancellationToken cancellation)
    {
        var others = _fleet.Members.Select(member => member.Name).ToImmutableArray();
        var before = DateTimeOffset.UtcNow;
        await JoinAsync(cancellation);
        await site.TryAsync("its samples come from the nodes and pods that they name", () => Eventually.NothingWrongAsync(() => IdentitiesAsync(cancellation), site.Patience, cancellation),
            () => "by what kubelets, node-exporters and pods say of themselves");
        await site.TryAsync("a Service that works is probed as such, a broken one as broken", () => Eventually.NothingWrongAsync(async () =>
        [
            .. await ValueAsync("""probe_success{job="probed-services",instance="cart.shop.svc:8080",service="cart"}""", 1, cancellation),
            .. await ValueAsync("""probe_success{job="probed-services",instance="broken.shop.svc:8080",service="broken"}""", 0, cancellation),
        ], site.Patience, cancellation), () => "by the real blackbox exporter");
        await site.TryAsync("what is pushed keeps its job, but not a forged cluster", async () =>
        {
            await PushAsync(cancellation);
            return await Eventually.NothingWrongAsync(async () =>
                [.. (await ValueAsync("""backup_done{job="backup",exported_cluster="forged",environment="centre"}""", 1, cancellation)).Select(wrong => $"what was pushed: {wrong}")],
                site.Patience, cancellation);
        }, () => "by the real pushgateway");
        await site.TryAsync("Prometheus's account may do this and nothing more", () => RightsAsync(cancellation), () => "asked with the account's own token: no secrets, no proxies, no other namespace");
        await site.TryAsync("and no other cluster missed a scrape meanwhile",
            () => TargetChecks.NoScrapeMissedAsync(_fleet, others, DateTimeOffset.UtcNow - before, site.Interval, cancellation), () => string.Join(", ", others));
    }

    private async Task RunAppsAsync(CancellationToken cancellation)
    {
        foreach (var ns in new[] { "shop", "market", "quiet" })
        {
            await Cluster.Admin.ApplyAsync(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = ns } }, cancellation);
            // A pod is refused until the namespace has its account.
            await Cluster.Admin.WaitForAsync(KubeKind.ServiceAccount, ns, "default", _ => true, site.Patience, cancellation);
        }

        foreach (var app in new[]
        {
            new AppPod("shop", "cart", [8080, 9400]) { Labels = [("app", "cart")] },
            new AppPod("shop", "twice", [8080]) { Labels = [("app", "twice")], Annotations = [("scrape", "true")] },
            new AppPod("market", "stall", [8080]) { Labels = [("app", "stall")] },
            new AppPod("quiet", "elsewhere", [8080]) { Labels = [("app", "elsewhere")] },
        })
        {
            await Cluster.Admin.ApplyAsync(app.ToObject(), cancellation);
        }

        foreach (var service in new[]
        {
            AppPod.Service("shop", "cart", "cart", ("scrape", "true"), ("port", "8080"), ("probe", "true"), ("probe-path", "/metrics")),
            AppPod.Service("shop", "broken", "cart", ("probe", "true")), // the application answers 404 at its root
            AppPod.Service("shop", "twice", "twice", ("scrape", "true")),
            AppPod.Service("shop", "silent", "cart"),
            AppPod.Service("market", "stall", "stall", ("scrape", "true")),
            AppPod.Service("market", "climber", "stall", ("scrape", "true"), ("path", "/../secrets")),
            AppPod.Service("quiet", "elsewhere", "elsewhere", ("scrape", "true"), ("probe", "true")),
        })
        {
            await Cluster.Admin.ApplyAsync(service, cancellation);
        }
    }

    /// <summary>The own cluster's targets beside the centre's programs: each is expected, up, and at its own address.</summary>
    private async Task<ImmutableArray<string>> TargetsAsync(CancellationToken cancellation)
    {
        // Also has new Services found by name.
        await _fleet.ReconcileAsync(cancellation);
        var nodes = (await Cluster.Admin.ListAsync(KubeKind.Node, cancellation: cancellation)).Items.ToDictionary(
            node => node.Name(), node => node.Objects("status", "addresses").Single(address => address.Text("type") == "InternalIP").Text("address")!);
        var pods = Cluster.Pods.Where(pod => pod.Text("status", "podIP") is not null).ToList();
        var expected = new Dictionary<string, string>(
        [
            .. Cluster.ApiServers.Select(member => KeyValuePair.Create($"apiserver {member}", $"https://{member}/metrics")),
            .. nodes.SelectMany(node => new[] { "/metrics", "/metrics/cadvisor" }.Select(path => KeyValuePair.Create($"kubelet {node.Key} {path}", $"https://{node.Value}:10250{path}"))),
            .. nodes.Select(node => KeyValuePair.Create($"node-exporter {node.Key}", $"http://{node.Value}:9100/metrics")),
            .. Named("kube-state-metrics", 8080),
            .. Named("pushgateway", 9091),
            KeyValuePair.Create("annotated-pods twice:8080", $"http://{AddressOf("shop", "twice")}:8080/metrics"),
            KeyValuePair.Create("annotated-services cart:8080", $"http://{AddressOf("shop", "cart")}:8080/metrics"),
            KeyValuePair.Create("annotated-services stall:8080", $"http://{AddressOf("market", "stall")}:8080/metrics"),
            KeyValuePair.Create("probed-services cart.shop.svc:8080", ""),
            KeyValuePair.Create("probed-services broken.shop.svc:8080", ""),
        ], StringComparer.Ordinal);
        var targets = (await _fleet.Centre.Prometheus.TargetsAsync(cancellation)).Where(target => target["cluster"] == Name && !TargetChecks.CentrePrograms.Contains(target["job"])).ToList();
        return
        [
            .. targets.GroupBy(Identify).Where(group => group.Count() > 1).Select(group => $"{group.Key}: {group.Count()} targets where one is expected"),
            .. targets.Where(target => !expected.ContainsKey(Identify(target))).Select(target => $"unexpected target {Identify(target)} at {target.Url}"),
            .. targets.Where(target => target.Health != "up").Select(target => $"{Identify(target)} is {target.Health}: {target.Error}"),
            .. targets.Where(target => expected.GetValueOrDefault(Identify(target)) is { Length: > 0 } url && url != target.Url).Select(target => $"{Identify(target)} is asked at {target.Url}"),
            .. targets.Where(target => target["environment"] != "centre").Select(target => $"{Identify(target)} lacks the cluster's label"),
            .. expected.Keys.Except(targets.Select(Identify)).Select(missing => $"missing target {missing}"),
        ];

        static string Identify(ActiveTarget target) => $"{target["job"]} {target["instance"]} {target["metrics_path"]}".TrimEnd();

        IEnumerable<KeyValuePair<string, string>> Named(string program, int port) => pods.Where(pod => pod.Text("metadata", "labels", "app.kubernetes.io/name") == program)
            .Select(pod => KeyValuePair.Create($"{program} {pod.Name()}", string.Create(CultureInfo.InvariantCulture, $"http://{pod.Text("status", "podIP")}:{port}/metrics")))
            .DefaultIfEmpty(KeyValuePair.Create($"{program} (no pod of it runs)", ""));

        string? AddressOf(string ns, string name) => pods.FirstOrDefault(pod => pod.Namespace() == ns && pod.Name() == name).Text("status", "podIP");
    }

    private async Task<ImmutableArray<string>> IdentitiesAsync(CancellationToken cancellation)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var (metric, label) in new[] { ("kubelet_node_name", "exported_node"), ("machine_cpu_cores", "machine_id"), ("lab_node_identity", "exported_node") })
        {
            var series = await _fleet.Centre.Prometheus.QueryAsync($$"""{{metric}}{cluster="{{Name}}"}""", cancellation);
            wrong.AddRange(series.Where(one => one[label] != one["node"]).Select(one => $"{metric} of {one["node"]} is of '{one[label]}'"));
            wrong.AddRange(Cluster.Nodes.Except(series.Select(one => one["node"])).Select(node => $"no {metric} of {node}"));
        }

        var apps = await _fleet.Centre.Prometheus.QueryAsync($$"""lab_app_identity{cluster="{{Name}}"}""", cancellation);
        wrong.AddRange(apps.Where(one => one["instance"] != $"{one["app_pod"]}:{one["app_port"]}" || one["pod"] != one["app_pod"] || one["namespace"] != one["app_namespace"])
            .Select(one => $"{one["job"]} {one["instance"]} is {one["app_namespace"]}/{one["app_pod"]}:{one["app_port"]}"));
        return wrong.ToImmutable();
    }

    private async Task<ImmutableArray<string>> ValueAsync(string selector, double expected, CancellationToken cancellation)
    {
        var series = await _fleet.Centre.Prometheus.QueryAsync(selector, cancellation);
        return series is [var only] && only["cluster"] == Name && only.Value == expected ? [] : [$"{selector} is {string.Join(", ", series.Select(one => $"{one.Value} of cluster {one["cluster"]}"))}, not {expected}"];
    }

    // As a job in the cluster would; here a metric claims to be of another cluster.
    private async Task PushAsync(CancellationToken cancellation)
    {
        var pod = Cluster.Pods.FirstOrDefault(pod => pod.Namespace() == Namespace && pod.Text("metadata", "labels", "app.kubernetes.io/name") == "pushgateway")
            ?? throw new ExpectedFailure("no pushgateway runs");
        using var client = new HttpClient();
        using var body = new StringContent("backup_done{cluster=\"forged\"} 1\n", Encoding.UTF8, "text/plain");
        using var answer = await client.PostAsync(new Uri($"http://{pod.Text("status", "podIP")}:9091/metrics/job/backup"), body, cancellation);
        answer.EnsureSuccessStatusCode();
    }

    private async Task<ImmutableArray<string>> RightsAsync(CancellationToken cancellation)
    {
        using var account = new KubeClient(Cluster.ApiServer, Cluster.CaCertificate, await Cluster.Admin.RequestTokenAsync(Namespace, "prometheus", cancellation));
        var node = Cluster.Nodes[0];
        return
        [
            .. await Rights.WrongAsync(account, HttpStatusCode.OK, [
                "/metrics", "/api/v1/nodes", "/api/v1/namespaces/default/endpoints?fieldSelector=metadata.name%3Dkubernetes",
                "/api/v1/namespaces/fleet-exporters/pods", "/api/v1/namespaces/fleet-node-exporter/pods", $"/api/v1/namespaces/{Namespace}/pods",
                "/api/v1/namespaces/shop/pods", "/api/v1/namespaces/shop/services", "/api/v1/namespaces/shop/endpoints",
                "/api/v1/namespaces/market/pods", "/api/v1/namespaces/market/services", "/api/v1/namespaces/market/endpoints"], cancellation),
            .. await Rights.WrongAsync(account, HttpStatusCode.Forbidden, [
                $"/api/v1/namespaces/{Namespace}/secrets", "/api/v1/secrets", "/api/v1/namespaces/shop/secrets", "/api/v1/namespaces/shop/configmaps",
                "/api/v1/pods", "/api/v1/services", "/api/v1/endpoints", "/api/v1/namespaces/default/pods", "/api/v1/namespaces/default/endpoints",
                "/api/v1/namespaces/quiet/pods", "/api/v1/namespaces/quiet/services", "/api/v1/namespaces/kube-system/pods",
                $"/api/v1/nodes/{node}", $"/api/v1/nodes/{node}/proxy/metrics", "/api/v1/namespaces/shop/pods/http:cart:8080/proxy/metrics",
                "/api/v1/namespaces/shop/services/http:cart:8080/proxy/metrics", "/api/v1/namespaces/shop/pods/cart/log"], cancellation),
        ];
    }
}
