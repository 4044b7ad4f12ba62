using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>A target that must be there, named by the labels that rules and dashboards select on.</summary>
/// <param name="Cluster">The <c>cluster</c> label.</param>
/// <param name="Job">The <c>job</c> label.</param>
/// <param name="Instance">The <c>instance</c> label.</param>
/// <param name="MetricsPath">The <c>metrics_path</c> label of the kubelet's two jobs, else empty.</param>
/// <param name="Node">The <c>node</c> label of a node-level target, else empty.</param>
internal sealed record ExpectedTarget(string Cluster, string Job, string Instance, string MetricsPath = "", string Node = "");

/// <summary>
/// Which targets a cluster must have, worked out from its stack file and its objects alone and never from what the program rendered,
/// so that a mistake in the program cannot hide itself.
/// </summary>
internal static class Expectation
{
    // Where well-known programs are, as docs/joining.md says.
    private static readonly ImmutableDictionary<string, JsonObject> Presets = JsonNode.Parse("""
        {
          "coredns": { "namespace": "kube-system", "labels": { "k8s-app": "kube-dns" }, "port": 9153 },
          "traefik": { "namespace": "kube-system", "labels": { "app.kubernetes.io/name": "traefik" }, "port": 9100 },
          "ingress-nginx": {
            "namespace": "ingress-nginx", "labels": { "app.kubernetes.io/name": "ingress-nginx", "app.kubernetes.io/component": "controller" }, "port": 10254
          },
          "etcd": { "namespace": "kube-system", "labels": { "component": "etcd" }, "port": 2381, "instance": "node" }
        }
        """)!.AsObject().ToImmutableDictionary(preset => preset.Key, preset => preset.Value!.AsObject());

    /// <summary>The targets of a cluster that a target stack makes watchable, by what runs in it now.</summary>
    public static ImmutableArray<ExpectedTarget> Of(StackFile stack, string name, ILabCluster cluster) =>
    [
        .. Inside(stack, name, cluster, stack.Get("apiServers") is null && !Pushes(stack) ? [cluster.ApiServer.Authority] : cluster.ApiServers),
        .. Pushes(stack) ? OwnAgent(name, cluster) : [new ExpectedTarget(name, "cluster-probe", cluster.ApiServer.Authority)],
    ];

    /// <summary>The targets of the centre's own cluster, by what its stack file says under <c>ownCluster</c> and what runs in it now.</summary>
    public static ImmutableArray<ExpectedTarget> OfItself(StackFile central, string name, ILabCluster cluster)
    {
        // Its keys are those of a target stack, and nodes are reached at their own addresses.
        var keys = Structure(central, "ownCluster")!.AsObject().Where(key => key.Value is not null)
            .Select(key => KeyValuePair.Create(key.Key, key.Value!.Text() ?? key.Value!.ToJsonString()));
        var stack = keys.Aggregate(new StackFile(name, ImmutableSortedDictionary<string, string>.Empty, []).With("nodeAccess", "direct"), (file, key) => file.With(key.Key, key.Value));
        return
        [
            .. Inside(stack, name, cluster, cluster.ApiServers),
            .. from pod in cluster.Pods
               where Structure(stack, "pushgateway").Flag("enabled") && IsRunning(pod) && pod.Text("metadata", "labels", "app.kubernetes.io/name") == "pushgateway"
               select new ExpectedTarget(name, "pushgateway", pod.Name()),
            .. from service in In(Structure(stack, "probedServices"), cluster.Services)
               where Annotation(service, "probe") == "true"
               from port in Annotation(service, "probe-port") is { } asked ? [asked] : service.Objects("spec", "ports").Where(port => port.Text("protocol") is "TCP").Select(port => $"{port.Number("port")}")
               select new ExpectedTarget(name, "probed-services", $"{service.Name()}.{service.Namespace()}.svc:{port}"),
        ];
    }

    // A pod that asks itself, or has a job of its own, is left to that.
    private static IEnumerable<ExpectedTarget> AnnotatedServices(StackFile stack, string name, ILabCluster cluster) =>
        from service in In(Structure(stack, "annotatedServices"), cluster.Services)
        from pod in cluster.Pods
        where pod.Namespace() == service.Namespace() && IsRunning(pod) && service.Map("spec", "selector").Any()
            && service.Map("spec", "selector").All(label => pod.Text("metadata", "labels", label.Key) == label.Value)
        from port in AskedPorts(service, service.Objects("spec", "ports").Select(port => port.Number("targetPort")).OfType<int>())
        where !(In(Structure(stack, "annotatedPods"), [pod]).Any() && AskedPorts(pod, Ports(pod)).Contains(port)) && !PodJobs(stack).Any(job => job.Chooses(pod) && job.Port == port)
        select new ExpectedTarget(name, "annotated-services", string.Create(CultureInfo.InvariantCulture, $"{pod.Name()}:{port}"));

    private static IEnumerable<JsonObject> In(JsonNode? namespaces, IEnumerable<JsonObject> objects) => objects.Where(one => namespaces.Texts().Contains(one.Namespace()));

    private static ImmutableArray<ExpectedTarget> Inside(StackFile stack, string name, ILabCluster cluster, IReadOnlyList<string> apiServers)
    {
        var jobs = PodJobs(stack).ToList();
        return
        [
            .. apiServers.Select(address => new ExpectedTarget(name, "apiserver", address)),
            .. from node in cluster.Nodes
               where JoinWay.ReachesNodes(stack)
               from path in new[] { "/metrics", "/metrics/cadvisor" }
               select new ExpectedTarget(name, "kubelet", node, path, node),
            .. from node in cluster.Nodes
               where IsInstalled(stack, "nodeExporter") || (Mode(stack, "nodeExporter") == "adopt" && JoinWay.IsRelayed(stack))
               select new ExpectedTarget(name, "node-exporter", node, Node: node),
            .. IsInstalled(stack, "kubeStateMetrics") ? [KubeStateMetrics(stack, name, cluster)] : ImmutableArray<ExpectedTarget>.Empty,
            .. from federate in JoinWay.Federates(stack) ? new[] { Structure(stack, "federate") } : []
               select new ExpectedTarget(name, "federate", $"{federate.Text("namespace")}/{federate.Text("service")}"),
            .. from job in jobs
               from pod in cluster.Pods
               where job.Chooses(pod) && Ports(pod).Contains(job.Port)
               select job.ByNode
                   ? new ExpectedTarget(name, job.Name, pod.Text("spec", "nodeName")!, Node: pod.Text("spec", "nodeName")!)
                   : new ExpectedTarget(name, job.Name, pod.Name()),
            .. from pod in In(Structure(stack, "annotatedPods"), cluster.Pods)
               where IsRunning(pod)
               from port in AskedPorts(pod, Ports(pod))
               where !jobs.Any(job => job.Chooses(pod) && job.Port == port && job.Path == (Annotation(pod, "path") ?? "/metrics"))
               select new ExpectedTarget(name, "annotated-pods", string.Create(CultureInfo.InvariantCulture, $"{pod.Name()}:{port}")),
            .. AnnotatedServices(stack, name, cluster),
            .. from job in Structure(stack, "staticTargets").Objects()
               from address in job.Texts("targets")
               select new ExpectedTarget(name, job.Text("name")!, address),
        ];
    }

    private static bool Pushes(StackFile stack) => stack.Get("collection") == "push";

    // Like kube-state-metrics: one there must be.
    private static IEnumerable<ExpectedTarget> OwnAgent(string name, ILabCluster cluster)
    {
        var pod = cluster.Pods.FirstOrDefault(pod => pod.Namespace() == "fleet-exporters" && IsRunning(pod) && pod.Text("metadata", "labels", "app.kubernetes.io/name") == "prometheus-agent");
        return [new ExpectedTarget(name, "prometheus-agent", pod?.Name() ?? "(no pod of it runs)")];
    }

    private static bool IsInstalled(StackFile stack, string exporter) => (Mode(stack, exporter) ?? (JoinWay.Federates(stack) ? "off" : "install")) == "install";

    private static string? Mode(StackFile stack, string exporter) => Structure(stack, exporter).Text("mode");

    // One there must be in any case; which pod it is decides who is told its name.
    private static ExpectedTarget KubeStateMetrics(StackFile stack, string name, ILabCluster cluster)
    {
        var ns = Structure(stack, "kubeStateMetrics").Text("namespace") ?? "fleet-exporters";
        var pod = cluster.Pods.FirstOrDefault(pod => pod.Namespace() == ns && IsRunning(pod) && pod.Text("metadata", "labels", "app.kubernetes.io/name") == "kube-state-metrics");
        return new ExpectedTarget(name, "kube-state-metrics", pod?.Name() ?? "(no pod of it runs)");
    }

    /// <summary>Jobs on pods that somebody else runs: exporters that are adopted, and those that the file names.</summary>
    private static IEnumerable<PodJob> PodJobs(StackFile stack)
    {
        foreach (var (key, name, port) in new[] { ("nodeExporter", "node-exporter", 9100), ("kubeStateMetrics", "kube-state-metrics", 8080) })
        {
            if (Mode(stack, key) == "adopt" && !(key == "nodeExporter" && JoinWay.IsRelayed(stack)))
            {
                var its = Structure(stack, key);
                yield return new PodJob(name, its.Text("namespace")!, [.. its.Map("labels")], its.Number("port") ?? port, "/metrics", ByNode: key == "nodeExporter");
            }
        }

        foreach (var entry in Structure(stack, "scrapeJobs") as JsonArray ?? [])
        {
            var its = entry as JsonObject ?? new JsonObject { ["preset"] = entry!.ToString() };
            var preset = its.Text("preset") is { } known ? Presets[known] : [];
            string? Text(string key) => its.Text(key) ?? preset.Text(key);
            yield return new PodJob(
                Text("name") ?? its.Text("preset")!,
                Text("namespace")!,
                [.. (its["labels"] is null ? preset : its).Map("labels")],
                (its.Number("port") ?? preset.Number("port"))!.Value,
                Text("path") ?? "/metrics",
                Text("instance") == "node");
        }
    }

    /// <summary>The ports at which a pod or Service asks to be scraped; none when it does not ask, or for something that is no target.</summary>
    private static IEnumerable<int> AskedPorts(JsonObject asking, IEnumerable<int> all)
    {
        if (Annotation(asking, "scrape") != "true" || Annotation(asking, "scheme") is not (null or "http" or "https") || !IsPlain(Annotation(asking, "path") ?? "/metrics"))
        {
            return [];
        }

        return Annotation(asking, "port") is not { } asked ? all
            : asked.Length <= 5 && int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0 ? [port]
            : [];
    }

    private static string? Annotation(JsonObject asking, string name) => asking.Text("metadata", "annotations", $"prometheus.io/{name}");

    private static bool IsPlain(string path) =>
        path.StartsWith('/') && path.IndexOfAny(['%', '?', '#', '"', '<', '>', '\\', '^', '`', '{', '|', '}', ' ']) < 0 && !path.Split('/').Any(segment => segment is "." or "..");

    private static bool IsRunning(JsonObject pod) => pod.Text("status", "phase") == "Running";

    private static IEnumerable<int> Ports(JsonObject pod) => pod.Objects("spec", "containers").SelectMany(container => container.Objects("ports"))
        .Where(port => port.Text("protocol") is null or "TCP").Select(port => port.Number("containerPort")).OfType<int>();

    private static JsonNode? Structure(StackFile stack, string key) => stack.Get(key) is { Length: > 0 } json ? JsonNode.Parse(json) : null;

    private sealed record PodJob(string Name, string Namespace, ImmutableArray<KeyValuePair<string, string>> Labels, int Port, string Path, bool ByNode)
    {
        public bool Chooses(JsonObject pod) =>
            pod.Namespace() == Namespace && IsRunning(pod) && Labels.All(label => pod.Text("metadata", "labels", label.Key) == label.Value);
    }
}
