using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Rendering;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Lab.RealKube;
using FleetPrometheus.Tests.Fuzz;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.RealKube;

/// <summary>What <see cref="RealClusterTests"/> runs in a network namespace, each with a cluster of its own.</summary>
public static class RealClusterScenarios
{
    private const string Namespace = "exporters";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Task PodsRunOnEveryNode() => WithClusterAsync(async cluster =>
    {
        await ApplyDaemonSetAsync(cluster.Admin);
        var pods = await PodsAsync(cluster, 2);
        Assert.Equal(cluster.Nodes, pods.Select(pod => pod.Text("spec", "nodeName")!).Order(StringComparer.Ordinal));

        var third = await cluster.AddNodeAsync();
        await PodsAsync(cluster, 3);
        await cluster.RemoveNodeAsync(third);
        Assert.Equal(cluster.Nodes, (await PodsAsync(cluster, 2)).Select(pod => pod.Text("spec", "nodeName")!).Order(StringComparer.Ordinal));
    });

    public static Task LimitedTokenReachesWhatItsRulesAllow() => WithClusterAsync(async cluster =>
    {
        await ApplyDaemonSetAsync(cluster.Admin);
        var pod = (await PodsAsync(cluster, 2))[0];
        using var scraper = new KubeClient(cluster.ApiServer, cluster.CaCertificate, await TokenAsync(cluster.Admin));
        using var backend = new HttpListener();
        backend.Prefixes.Add("http://*:9100/");
        backend.Start();
        _ = AnswerAsync(backend);
        var node = $"api/v1/nodes/{cluster.Nodes[0]}/proxy/metrics";
        var exporter = $"api/v1/namespaces/{Namespace}/pods/http:{pod.Name()}:9100/proxy/metrics";

        foreach (var path in new[] { node, exporter, "metrics" })
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await Assert.ThrowsAsync<KubeException>(() => scraper.ReadAsync(path))).Code);
        }

        await cluster.Admin.ApplyAsync(Object("""
            { "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": { "name": "scraper" }, "rules": [
              { "apiGroups": [""], "resources": ["nodes/proxy", "pods/proxy"], "verbs": ["get"] }, { "nonResourceURLs": ["/metrics"], "verbs": ["get"] }] }
            """));
        await cluster.Admin.ApplyAsync(Object($$"""
            { "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": { "name": "scraper" },
              "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "scraper" },
              "subjects": [{ "kind": "ServiceAccount", "name": "scraper", "namespace": "{{Namespace}}" }] }
            """));

        Assert.Contains("kubelet_", await UntilAllowedAsync(() => scraper.ReadAsync(node)));
        Assert.Equal("no authorization", await UntilAllowedAsync(() => scraper.ReadAsync(exporter)));
        Assert.Contains("apiserver_request_total", await UntilAllowedAsync(() => scraper.ReadAsync("metrics")));
        Assert.Equal(HttpStatusCode.Forbidden, (await Assert.ThrowsAsync<KubeException>(() => scraper.ListAsync(KubeKind.Secret, Namespace))).Code);
    });

    public static Task CutOffAndRestore() => WithClusterAsync(async cluster =>
    {
        await ApplyDaemonSetAsync(cluster.Admin);
        var before = await PodsAsync(cluster, 2);

        await cluster.CutOffAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => cluster.Admin.ReadAsync("version"));
        await cluster.RestoreAsync();

        Assert.Equal(before.Select(pod => pod.Uid()), (await PodsAsync(cluster, 2)).Select(pod => pod.Uid()));
        Assert.False(await cluster.Admin.ServesAsync(new KubeKind("nowhere.example", "v1", "things", "Thing", true)));
    });

    /// <summary>Every object of the repository's own stacks, of the sample fleet and of random stacks, as the YAML that is rendered of it, by a dry run of server-side apply.</summary>
    public static Task AcceptedObjectsAreTaken() => WithClusterAsync(async cluster =>
    {
        var random = await AcceptedStacks.All;
        var own = new List<EvaluatedStack>();
        foreach (var project in new[] { Repository.Root, Repository.PathOf("samples", "mixed-fleet") })
        {
            // The sample leaves the entrance's certificate to whoever tries it.
            var stacks = StackFile.ReadAll(project).Select(stack => stack.IsCentral && project != Repository.Root ? stack.With("pushFront", """{ "tlsSecret": "push-tls" }""") : stack);
            own.AddRange(await new Rendering { Stacks = [.. stacks] }.EvaluateAsync([], _ => { }));
        }

        // Each object once.
        var objects = own.Concat(random.Stacks).SelectMany(stack => stack.Manifests.Select(manifest => (stack.Stack, Object: manifest.Content, Text: ManifestYaml.Write(manifest.Content))))
            .DistinctBy(one => one.Text).ToList();
        var kinds = objects.Select(one => KubeKind.Of(one.Object)).Distinct().ToList();
        var unknown = new List<KubeKind>();
        foreach (var kind in kinds)
        {
            if (!await cluster.Admin.ServesAsync(kind))
            {
                unknown.Add(kind);
            }
        }

        foreach (var ns in objects.Select(one => one.Object.Namespace()).OfType<string>().Concat(objects.Where(one => KubeKind.Of(one.Object) == KubeKind.Namespace).Select(one => one.Object.Name())).Distinct())
        {
            await cluster.Admin.ApplyAsync(Object($$"""{ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "{{ns}}" } }"""));
        }

        var asked = objects.Where(one => !unknown.Contains(KubeKind.Of(one.Object))).ToList();
        var refused = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(asked, async (one, cancellation) =>
        {
            if (await cluster.Admin.WhyRefusedAsync(one.Object, one.Text, cancellation) is { } reason)
            {
                refused.Add($"{one.Stack}: {KubeKind.Of(one.Object).Name} {one.Object.Namespace()}/{one.Object.Name()}: {reason}");
            }
        });

        Console.WriteLine(
            $"{own.Count} stacks of the repository; of random ones {random.Tried}. {objects.Count} different objects: {asked.Count} asked for by dry run, of {kinds.Count - unknown.Count} kinds; "
            + $"not known to this API server and left out: {string.Join(", ", unknown.Select(kind => $"{objects.Count(one => KubeKind.Of(one.Object) == kind)} {kind}"))}; refused: {refused.Count}");
        Assert.True(refused.IsEmpty, string.Join('\n', refused.Order(StringComparer.Ordinal)));
        Assert.InRange(asked.Count, 1000, int.MaxValue);

        // Without this, all of them could have been taken because nothing is looked at.
        foreach (var broken in new[]
        {
            """{ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a_b", "namespace": "default" } }""",
            """{ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "a", "namespace": "default" }, "spec": { "ports": [{ "port": 70000 }] } }""",
            """{ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "a", "namespace": "default" }, "spec": { "porst": [] } }""",
        })
        {
            Assert.NotNull(await cluster.Admin.WhyRefusedAsync(Object(broken), broken));
        }
    });

    private static async Task WithClusterAsync(Func<RealCluster, Task> scenario)
    {
        await using var processes = new ProcessSupervisor();
        using var addresses = AddressPlan.Private(1);
        // A name that YAML would take for something else.
        await using var cluster = new RealCluster(new RealClusterOptions("y", 0, 2, addresses, NodeExporter: null, await KubeAssets.LocateAsync(), processes));
        await cluster.StartAsync();
        await scenario(cluster);
    }

    private static async Task ApplyDaemonSetAsync(KubeClient admin)
    {
        await admin.ApplyAsync(Object($$"""{ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "{{Namespace}}" } }"""));
        await admin.ApplyAsync(Object($$"""
            { "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": { "name": "exporter", "namespace": "{{Namespace}}" }, "spec": {
              "selector": { "matchLabels": { "app": "exporter" } },
              "template": { "metadata": { "labels": { "app": "exporter" } }, "spec": { "containers": [{ "name": "exporter", "image": "registry.example/exporter:1" }] } } } }
            """));
    }

    private static async Task<SecretText> TokenAsync(KubeClient admin)
    {
        await admin.ApplyAsync(Object($$"""{ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "scraper", "namespace": "{{Namespace}}" } }"""));
        await admin.ApplyAsync(Object($$"""
            { "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
              "metadata": { "name": "token", "namespace": "{{Namespace}}", "annotations": { "kubernetes.io/service-account.name": "scraper" } } }
            """));
        var secret = await admin.WaitForAsync(KubeKind.Secret, Namespace, "token", filled => filled.Text("data", "token") is not null, Patience);
        return new SecretText(System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(secret.Text("data", "token")!)));
    }

    /// <summary>The pods, once there are so many and all are running.</summary>
    private static async Task<IReadOnlyList<JsonObject>> PodsAsync(RealCluster cluster, int count)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var pods = (await cluster.Admin.ListAsync(KubeKind.Pod, Namespace)).Items;
            if (pods.Count == count && pods.All(pod => pod.Text("status", "phase") == "Running" && pod.Text("status", "podIP") is not null))
            {
                return pods;
            }

            Assert.True(watch.Elapsed < Patience, $"{count} running pods were expected: {string.Join(", ", pods.Select(pod => $"{pod.Name()} {pod.Text("status", "phase")}"))}");
            await Task.Delay(100);
        }
    }

    /// <summary>A new rule takes the API server a moment to notice.</summary>
    private static async Task<string> UntilAllowedAsync(Func<Task<string>> read)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return await read();
            }
            catch (KubeException refusal) when (refusal.Code == HttpStatusCode.Forbidden && watch.Elapsed < Patience)
            {
                await Task.Delay(100);
            }
        }
    }

    private static async Task AnswerAsync(HttpListener backend)
    {
        while (true)
        {
            var context = await backend.GetContextAsync();
            var text = context.Request.Headers["Authorization"] is null ? "no authorization" : "authorization arrived";
            context.Response.Close(System.Text.Encoding.UTF8.GetBytes(text), willBlock: false);
        }
    }

    private static JsonObject Object(string json) => JsonNode.Parse(json)!.AsObject();
}
