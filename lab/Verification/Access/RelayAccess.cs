using System.Collections.Immutable;
using System.Net;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using FleetPrometheus.Contract;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Simulation;
using FleetPrometheus.Lab.Verification.Join;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Lab.Verification.Access;

/// <summary><c>nodeAccess: relay</c>: the fleet's first cluster, as it is by default, and then for a while with <c>nodesProxy</c> instead.</summary>
internal sealed class RelayAccess(JoinSite site)
{
    private const string Place = "fleet-exporters";
    private const string Account = "node-relay";
    private const string RelayRole = "fleet-prometheus-node-relay";
    private const string Port = "9190";

    private static readonly HttpMethod[] Writing = [HttpMethod.Post, HttpMethod.Put, HttpMethod.Patch, HttpMethod.Delete];

    private readonly LabFleet _fleet = site.Fleet;

    private FleetMember Member => _fleet.Members[0];

    public async Task RunAsync(CancellationToken cancellation)
    {
        var others = _fleet.Members.Skip(1).Select(member => member.Name).ToImmutableArray();
        var before = DateTimeOffset.UtcNow;
        await site.TryAsync("kubelet, cadvisor and node-exporter of each node are reached through the relay on it, and nothing of a node in another way",
            () => Eventually.NothingWrongAsync(() => WaysAsync(cancellation), site.Patience, cancellation), () => $"cluster {Member.Name}, {Member.Cluster.Nodes.Count} nodes");
        await site.TryAsync("their samples come from the nodes that they name",
            () => Eventually.NothingWrongAsync(() => IdentitiesAsync(cancellation), site.Patience, cancellation), () => "by what each says of itself");
        var tried = 0;
        await site.TryAsync("with the centre's token nothing else can be read, written, run or proxied to", async () =>
        {
            var token = new SecretText(Member.Evaluated.Outputs.Text(StackOutputs.Token)!);
            var attempts = await ForbiddenAsync(cancellation);
            tried = attempts.Length;
            return await RefusedAsync(token, attempts, cancellation);
        }, () => $"{tried} attempts, each 403");
        await site.TryAsync("nor can the relay be led elsewhere", async () =>
        {
            var token = new SecretText(Member.Evaluated.Outputs.Text(StackOutputs.Token)!);
            var relay = (await RelaysAsync(cancellation))[0].Name();
            return [.. await AstrayAsync(token, relay, cancellation), .. await UpgradeAsync(token, relay, cancellation)];
        }, () => "by other paths, other ports of its pod, another scheme, or an upgrade");
        await site.TryAsync("the relay's own token reads kubelets' metrics and can do nothing else, there or at the API server",
            () => RelayTokenAsync(cancellation), () => "asked with a token of its account");
        await site.TryAsync("without nodes/metrics exactly the kubelets' jobs fail",
            () => WithoutItsRuleAsync(cancellation), () => "403, and up again with it");
        await site.TryAsync("a relay that is gone is replaced, and no other node misses a scrape",
            () => ReplacedAsync(cancellation), () => "its node's targets are up again");
        await site.TryAsync("with nodesProxy, by choice, nodes are reached without a relay", async () =>
        {
            await ChooseAsync("nodesProxy", cancellation);
            var wrong = await Eventually.NothingWrongAsync(() => NodesProxyAsync(cancellation), site.Patience, cancellation);
            await ChooseAsync("relay", cancellation);
            return [.. wrong, .. await Eventually.NothingWrongAsync(() => WaysAsync(cancellation), site.Patience, cancellation)];
        }, () => "and with the relay again afterwards");
        await site.TryAsync("and no other cluster missed a scrape meanwhile",
            () => TargetChecks.NoScrapeMissedAsync(_fleet, others, DateTimeOffset.UtcNow - before, site.Interval, cancellation), () => string.Join(", ", others));
    }

    /// <summary>All expected targets are up, and those of nodes lead to the relay that runs on the node.</summary>
    private async Task<ImmutableArray<string>> WaysAsync(CancellationToken cancellation)
    {
        var relays = (await RelaysAsync(cancellation)).ToLookup(pod => pod.Text("spec", "nodeName")!, pod => pod.Name());
        var targets = await TargetsAsync(cancellation);
        return
        [
            .. ExpectedAndUp(targets),
            .. targets.Where(target => target["node"] is not "" && !relays[target["node"]].Any(relay => Leads(target, relay)))
                .Select(target => $"{TargetChecks.Identify(target)} is asked at {target.Url}, not through its node's relay"),
        ];

        static bool Leads(ActiveTarget target, string relay) =>
            target.Url.EndsWith($"/api/v1/namespaces/{Place}/pods/http:{relay}:{Port}/proxy/{target["job"]}{(target["metrics_path"] is "" ? "/metrics" : target["metrics_path"])}", StringComparison.Ordinal);
    }

    private async Task<ImmutableArray<string>> NodesProxyAsync(CancellationToken cancellation)
    {
        var targets = await TargetsAsync(cancellation);
        return
        [
            .. ExpectedAndUp(targets),
            .. targets.Where(target => target["job"] == "kubelet" && !target.Url.EndsWith($"/api/v1/nodes/{target["node"]}/proxy{target["metrics_path"]}", StringComparison.Ordinal))
                .Select(target => $"{TargetChecks.Identify(target)} is asked at {target.Url}, not through the node proxy"),
            .. (await RelaysAsync(cancellation)).Select(pod => $"{pod.Name()} is still there"),
        ];
    }

    private IEnumerable<string> ExpectedAndUp(ImmutableArray<ActiveTarget> targets) =>
    [
        .. targets.Where(target => target.Health != "up").Select(target => $"{TargetChecks.Identify(target)} is {target.Health}: {target.Error}"),
        .. targets.Select(TargetChecks.Identify).Except(Member.Expected).Select(unexpected => $"unexpected target {unexpected}"),
        .. Member.Expected.Except(targets.Select(TargetChecks.Identify)).Select(missing => $"missing target {missing}"),
    ];

    private async Task<ImmutableArray<string>> IdentitiesAsync(CancellationToken cancellation)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var (metric, label) in new[] { ("kubelet_node_name", "exported_node"), ("machine_cpu_cores", "machine_id"), ("lab_node_identity", "exported_node") })
        {
            var series = await _fleet.Centre.Prometheus.QueryAsync($$"""{{metric}}{cluster="{{Member.Name}}"}[1m]""", cancellation);
            wrong.AddRange(series.Where(one => one[label] != one["node"]).Select(one => $"{metric} of {one["node"]} is of '{one[label]}'"));
            wrong.AddRange(Member.Cluster.Nodes.Except(series.Select(one => one["node"])).Select(node => $"no {metric} of {node}"));
        }

        return wrong.ToImmutable();
    }

    /// <summary>What the centre's token must be refused by the API server.</summary>
    private async Task<ImmutableArray<(HttpMethod Method, string Target)>> ForbiddenAsync(CancellationToken cancellation)
    {
        var node = Member.Cluster.Nodes[0];
        var relay = (await RelaysAsync(cancellation))[0].Name();
        var exporter = (await Member.Cluster.Admin.ListAsync(KubeKind.Pod, "fleet-node-exporter", cancellation: cancellation)).Items[0].Name();
        string[] reading =
        [
            "/api/v1/nodes", $"/api/v1/nodes/{node}", $"/api/v1/nodes/{node}/metrics", $"/api/v1/nodes/{node}/proxy/metrics", $"/api/v1/nodes/{node}/proxy/pods",
            $"/api/v1/nodes/{node}/proxy/exec/shop/web/web?command=id", $"/api/v1/nodes/http:{node}:9100/proxy/metrics", $"/api/v1/nodes/https:{node}:10250/proxy/metrics",
            "/api/v1/pods", "/api/v1/pods?watch=true", "/api/v1/secrets", "/api/v1/namespaces", "/api/v1/events", "/apis/apps/v1/daemonsets",
            "/apis/rbac.authorization.k8s.io/v1/clusterroles", "/logs/", "/debug/pprof/", "/metrics/slis", "/configz",
            .. new[] { "secrets", "configmaps", "services", "endpoints", "serviceaccounts", "events", "persistentvolumeclaims" }.Select(kind => $"/api/v1/namespaces/{Place}/{kind}"),
            .. new[] { "", "/log", "/exec?command=id", "/attach", "/portforward?ports=9190", "/status", "/ephemeralcontainers" }.Select(part => $"/api/v1/namespaces/{Place}/pods/{relay}{part}"),
            $"/api/v1/namespaces/{Place}/services/http:{relay}:{Port}/proxy/kubelet/metrics",
            .. new[] { "fleet-node-exporter", "kube-system", "default" }.Select(ns => $"/api/v1/namespaces/{ns}/pods"),
            .. new[] { "http:{0}:9100/proxy/metrics", "https:{0}:10250/proxy/metrics", "http:{0}:22/proxy/", "{0}/exec?command=id" }
                .Select(part => $"/api/v1/namespaces/fleet-node-exporter/pods/{string.Format(System.Globalization.CultureInfo.InvariantCulture, part, exporter)}"),
        ];
        string[] written =
        [
            $"/api/v1/namespaces/{Place}/pods", $"/api/v1/namespaces/{Place}/pods/{relay}", $"/api/v1/namespaces/{Place}/pods/{relay}/exec?command=id",
            $"/api/v1/namespaces/{Place}/pods/http:{relay}:{Port}/proxy/kubelet/metrics", $"/api/v1/namespaces/{Place}/configmaps/{Account}", $"/api/v1/namespaces/{Place}/secrets/x",
            $"/api/v1/namespaces/{Place}/serviceaccounts/{Account}/token", $"/apis/apps/v1/namespaces/{Place}/daemonsets/{Account}",
            $"/apis/rbac.authorization.k8s.io/v1/clusterroles/{RelayRole}", $"/api/v1/nodes/{node}", $"/api/v1/nodes/{node}/proxy/run/shop/web/web",
        ];
        return
        [
            .. reading.Select(target => (HttpMethod.Get, target)),
            .. from target in written from method in Writing select (method, target),
        ];
    }

    private async Task<ImmutableArray<string>> RefusedAsync(SecretText token, IEnumerable<(HttpMethod Method, string Target)> attempts, CancellationToken cancellation)
    {
        using var client = new KubeClient(Member.Cluster.ApiServer, Member.Cluster.CaCertificate, token);
        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var (method, target) in attempts)
        {
            if (await client.StatusAsync(method, target, cancellation) is var status && status != HttpStatusCode.Forbidden)
            {
                wrong.Add($"{method} {target} answers {(int)status}, not 403");
            }
        }

        return wrong.ToImmutable();
    }

    /// <summary>Ways in which the relay's pod is in reach, none of which may lead to an answer.</summary>
    private async Task<ImmutableArray<string>> AstrayAsync(SecretText token, string relay, CancellationToken cancellation)
    {
        var pod = $"/api/v1/namespaces/{Place}/pods";
        using var client = new KubeClient(Member.Cluster.ApiServer, Member.Cluster.CaCertificate, token);
        string[] astray =
        [
            .. new[]
            {
                "", "/", "/metrics", "/config/", "/pods", "/exec/shop/web/web?command=id", "/kubelet", "/kubelet/", "/kubelet/pods", "/kubelet/exec/shop/web/web?command=id",
                "/kubelet/metrics/", "/kubelet/metrics?command=id", "/kubelet/metrics;a=b", "/kubelet/metrics/probes", "/kubelet/metrics/../pods", "/kubelet/metrics/%2e%2e/pods",
                "/kubelet/metrics%2f..%2fpods", "/kubelet/metrics/..;/pods", "/kubelet//metrics/..//pods", "//kubelet/pods", "/node-exporter/", "/node-exporter/metrics/../../kubelet/pods",
                "/../../../secrets", "/%2e%2e/%2e%2e/%2e%2e/secrets",
            }.Select(path => $"{pod}/http:{relay}:{Port}/proxy{path}"),
            .. new[] { 22, 80, 443, 2019, 8080, 9090, 9100, 10250, 10255 }.Select(port => $"{pod}/http:{relay}:{port}/proxy/metrics"),
            $"{pod}/https:{relay}:10250/proxy/metrics", $"{pod}/https:{relay}:{Port}/proxy/kubelet/metrics",
        ];
        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var target in astray)
        {
            if (await client.StatusAsync(HttpMethod.Get, target, cancellation) is var status && (int)status < 300)
            {
                wrong.Add($"GET {target} answers {(int)status}");
            }
        }

        // Without this, all of the above could have failed because nothing works.
        var listed = await client.StatusAsync(HttpMethod.Get, $"{pod}/http:{relay}:{Port}/proxy/kubelet/metrics", cancellation);
        return listed == HttpStatusCode.OK ? wrong.ToImmutable() : [.. wrong, $"the relay's own address answers {(int)listed}"];
    }

    /// <summary>The handshake by which a kubelet would run a command.</summary>
    private async Task<ImmutableArray<string>> UpgradeAsync(SecretText token, string relay, CancellationToken cancellation)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var path in new[] { "/kubelet/metrics", "/kubelet/metrics/cadvisor", "/node-exporter/metrics", "/kubelet/exec/shop/web/web?command=id&output=1" })
        {
            using var socket = new ClientWebSocket();
            socket.Options.SetRequestHeader("Authorization", $"Bearer {token.Reveal()}");
            socket.Options.AddSubProtocol("v4.channel.k8s.io");
            // Nothing is learned from what does not get in; whose certificate it is was checked often enough.
            socket.Options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
            socket.Options.Proxy = null;
            var address = new UriBuilder(Member.Cluster.ApiServer) { Scheme = "wss" }.Uri;
            try
            {
                await socket.ConnectAsync(new Uri(address, $"/api/v1/namespaces/{Place}/pods/http:{relay}:{Port}/proxy{path}"), cancellation);
                wrong.Add($"an upgrade at {path} is taken");
            }
            catch (WebSocketException)
            {
                // refused
            }
        }

        return wrong.ToImmutable();
    }

    private async Task<ImmutableArray<string>> RelayTokenAsync(CancellationToken cancellation)
    {
        var token = await Member.Cluster.Admin.RequestTokenAsync(Place, Account, cancellation);
        var node = (await Member.Cluster.Admin.ListAsync(KubeKind.Node, cancellation: cancellation)).Items[0];
        var address = node.Objects("status", "addresses").First(entry => entry.Text("type") == "InternalIP").Text("address");
        using var kubelet = new KubeClient(new Uri($"https://{address}:{KubeletServer.Port}"), Member.Cluster.KubeletCa, token);
        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var (path, expected) in new[]
        {
            ("/metrics", HttpStatusCode.OK), ("/metrics/cadvisor", HttpStatusCode.OK),
            ("/pods", HttpStatusCode.Forbidden), ("/configz", HttpStatusCode.Forbidden), ("/logs/", HttpStatusCode.Forbidden),
            ("/exec/shop/web/web?command=id", HttpStatusCode.Forbidden), ("/run/shop/web/web", HttpStatusCode.Forbidden),
        })
        {
            if (await kubelet.StatusAsync(HttpMethod.Get, path, cancellation) is var status && status != expected)
            {
                wrong.Add($"the kubelet answers {(int)status} for {path}, not {(int)expected}");
            }
        }

        // What the centre's token may do is too much for this one. Its own right means nothing to the API server, which has no such address.
        var attempts = (await ForbiddenAsync(cancellation)).Where(attempt => !attempt.Target.EndsWith($"{node.Name()}/metrics", StringComparison.Ordinal));
        return
        [
            .. wrong,
            .. await RefusedAsync(token, [.. attempts, (HttpMethod.Get, "/metrics"), (HttpMethod.Get, $"/api/v1/namespaces/{Place}/pods")], cancellation),
        ];
    }

    private async Task<ImmutableArray<string>> WithoutItsRuleAsync(CancellationToken cancellation)
    {
        var admin = Member.Cluster.Admin;
        var rules = (await admin.GetAsync(KubeKind.ClusterRole, null, RelayRole, cancellation))!["rules"]!.DeepClone();
        await admin.PatchAsync(KubeKind.ClusterRole, null, RelayRole, new JsonObject { ["rules"] = new JsonArray() }, cancellation);
        ImmutableArray<string> wrong;
        try
        {
            wrong = await Eventually.NothingWrongAsync(async () =>
            [
                .. from target in await TargetsAsync(cancellation)
                   where target["job"] == "kubelet" ? !target.Error.Contains("403", StringComparison.Ordinal) : target.Health != "up"
                   select $"{TargetChecks.Identify(target)} is {target.Health}: {target.Error}",
            ], site.Patience, cancellation);
        }
        finally
        {
            await admin.PatchAsync(KubeKind.ClusterRole, null, RelayRole, new JsonObject { ["rules"] = rules }, cancellation);
        }

        return [.. wrong, .. await Eventually.NothingWrongAsync(() => WaysAsync(cancellation), site.Patience, cancellation)];
    }

    private async Task<ImmutableArray<string>> ReplacedAsync(CancellationToken cancellation)
    {
        var before = DateTimeOffset.UtcNow;
        var relay = (await RelaysAsync(cancellation))[0];
        await Member.Cluster.Admin.DeleteAsync(KubeKind.Pod, Place, relay.Name(), cancellation);
        var wrong = await Eventually.NothingWrongAsync(async () =>
        [
            .. (await RelaysAsync(cancellation)).Any(pod => pod.Uid() == relay.Uid()) ? new[] { $"{relay.Name()} is still there" } : [],
            .. await WaysAsync(cancellation),
        ], site.Patience, cancellation);
        var seconds = (int)Math.Ceiling((DateTimeOffset.UtcNow - before).TotalSeconds);
        var elsewhere = await _fleet.Centre.Prometheus.QueryAsync(
            $$"""min_over_time(up{cluster="{{Member.Name}}",node!="{{relay.Text("spec", "nodeName")}}"}[{{seconds}}s]) == 0""", cancellation);
        return [.. wrong, .. elsewhere.Select(series => $"{series["job"]}{series["metrics_path"]} of {series["instance"]} was down meanwhile")];
    }

    private async Task ChooseAsync(string nodeAccess, CancellationToken cancellation)
    {
        site.Write(Member.File.Name, ("nodeAccess", nodeAccess));
        await _fleet.ReconcileAsync(cancellation);
    }

    private async Task<IReadOnlyList<JsonObject>> RelaysAsync(CancellationToken cancellation) =>
        (await Member.Cluster.Admin.ListAsync(KubeKind.Pod, Place, $"app.kubernetes.io/name={Account}", cancellation: cancellation)).Items;

    private async Task<ImmutableArray<ActiveTarget>> TargetsAsync(CancellationToken cancellation) =>
        [.. (await TargetChecks.ClusterTargets(_fleet, cancellation)).Where(target => target["cluster"] == Member.Name)];
}
