using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using FleetPrometheus.Contract;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Simulation;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Lab.Verification.Join;

/// <summary><c>nodeAccess: direct</c>: the fleet's last cluster has its nodes asked at their own addresses.</summary>
internal sealed class DirectAccess(JoinSite site)
{
    private const string RoleName = "fleet-prometheus-scrape";

    private readonly LabFleet _fleet = site.Fleet;

    private FleetMember Member => _fleet.Members[^1];

    public async Task RunAsync(CancellationToken cancellation)
    {
        var others = _fleet.Members.SkipLast(1).Select(member => member.Name).ToImmutableArray();
        var before = DateTimeOffset.UtcNow;
        await site.TryAsync("kubelets and node-exporters are asked at their nodes' own addresses", async () =>
        {
            await JoinAsync(Member.Cluster.KubeletCa, cancellation);
            return await Eventually.NothingWrongAsync(() => AddressesAsync(cancellation), site.Patience, cancellation);
        }, () => $"cluster {Member.Name}, {Member.Cluster.Nodes.Count} nodes; nothing but kube-state-metrics goes through the API server's proxy");
        await site.TryAsync("their samples come from the nodes that they name",
            () => Eventually.NothingWrongAsync(() => IdentitiesAsync(cancellation), site.Patience, cancellation), () => "kubelets, cadvisor and node-exporters by what they say of themselves");
        await site.TryAsync("the token opens the kubelets' metrics and nothing else of them, no proxy to nodes and none to node-exporter",
            () => RightsAsync(cancellation), () => "asked with the real token");
        await site.TryAsync("without nodes/metrics the kubelets refuse", () => RefusedAsync(cancellation), () => "403, and again let in with it");
        await site.TryAsync("with another CA no kubelet is trusted, so none is shown the token", async () =>
        {
            await JoinAsync(Member.Cluster.CaCertificate, cancellation);
            var wrong = await Eventually.NothingWrongAsync(() => KubeletsAsync("x509", cancellation), site.Patience, cancellation);
            await JoinAsync(Member.Cluster.KubeletCa, cancellation);
            return [.. wrong, .. await Eventually.NothingWrongAsync(() => AddressesAsync(cancellation), site.Patience, cancellation)];
        }, () => "x509, and up again with the right one");
        await site.TryAsync("and no other cluster missed a scrape meanwhile",
            () => TargetChecks.NoScrapeMissedAsync(_fleet, others, DateTimeOffset.UtcNow - before, site.Interval, cancellation), () => string.Join(", ", others));
    }

    private async Task JoinAsync(string kubeletCa, CancellationToken cancellation)
    {
        site.Write(Member.File.Name, ("nodeAccess", "direct"), ("kubeletCa", JsonSerializer.Serialize(kubeletCa)));
        await _fleet.ReconcileAsync(cancellation);
    }

    /// <summary>All targets that must be there are up and at the addresses that the nodes announce, and no others are there.</summary>
    private async Task<ImmutableArray<string>> AddressesAsync(CancellationToken cancellation)
    {
        var addresses = (await Member.Cluster.Admin.ListAsync(KubeKind.Node, cancellation: cancellation)).Items.ToDictionary(
            node => node.Name(), node => node.Objects("status", "addresses").Single(address => address.Text("type") == "InternalIP").Text("address"));
        var targets = await TargetsAsync(cancellation);
        return
        [
            .. targets.Where(target => target.Health != "up").Select(target => $"{TargetChecks.Identify(target)} is {target.Health}: {target.Error}"),
            .. targets.Where(target => target["node"] is not "" && target.Url != Address(target)).Select(target => $"{TargetChecks.Identify(target)} is asked at {target.Url}, not at {Address(target)}"),
            .. targets.Select(TargetChecks.Identify).Except(Member.Expected).Select(unexpected => $"unexpected target {unexpected}"),
            .. Member.Expected.Except(targets.Select(TargetChecks.Identify)).Select(missing => $"missing target {missing}"),
        ];

        string Address(ActiveTarget target) => target["job"] == "kubelet"
            ? $"https://{addresses.GetValueOrDefault(target["node"])}:{KubeletServer.Port}{target["metrics_path"]}"
            : $"http://{addresses.GetValueOrDefault(target["node"])}:9100/metrics";
    }

    private async Task<ImmutableArray<string>> IdentitiesAsync(CancellationToken cancellation)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var (metric, label) in new[] { ("kubelet_node_name", "exported_node"), ("machine_cpu_cores", "machine_id"), ("lab_node_identity", "exported_node") })
        {
            var series = await _fleet.Centre.Prometheus.QueryAsync($$"""{{metric}}{cluster="{{Member.Name}}"}""", cancellation);
            wrong.AddRange(series.Where(one => one[label] != one["node"]).Select(one => $"{metric} of {one["node"]} is of '{one[label]}'"));
            wrong.AddRange(Member.Cluster.Nodes.Except(series.Select(one => one["node"])).Select(node => $"no {metric} of {node}"));
        }

        return wrong.ToImmutable();
    }

    private async Task<ImmutableArray<string>> RightsAsync(CancellationToken cancellation)
    {
        var token = new SecretText(Member.Evaluated.Outputs.Text(StackOutputs.Token)!);
        var node = (await Member.Cluster.Admin.ListAsync(KubeKind.Node, cancellation: cancellation)).Items[0];
        var kubelet = new Uri($"https://{node.Objects("status", "addresses").First().Text("address")}:{KubeletServer.Port}");
        using var asked = new KubeClient(kubelet, Member.Cluster.KubeletCa, token);
        using var anonymous = new KubeClient(kubelet, Member.Cluster.KubeletCa);
        using var server = new KubeClient(Member.Cluster.ApiServer, Member.Cluster.CaCertificate, token);
        var exporter = (await Member.Cluster.Admin.ListAsync(KubeKind.Pod, "fleet-node-exporter", cancellation: cancellation)).Items[0].Name();
        return
        [
            .. await Rights.WrongAsync(asked, HttpStatusCode.OK, ["/metrics", "/metrics/cadvisor"], cancellation),
            .. await Rights.WrongAsync(asked, HttpStatusCode.Forbidden, ["/healthz", "/pods", "/configz", "/exec/shop/web/web?command=id", "/run/shop/web/web", "/logs/"], cancellation),
            .. await Rights.WrongAsync(anonymous, HttpStatusCode.Unauthorized, ["/metrics", "/healthz"], cancellation),
            .. await Rights.WrongAsync(server, HttpStatusCode.OK, ["/api/v1/nodes", "/api/v1/namespaces/fleet-node-exporter/pods"], cancellation),
            .. await Rights.WrongAsync(server, HttpStatusCode.Forbidden, [$"/api/v1/nodes/{node.Name()}/proxy/metrics", $"/api/v1/nodes/{node.Name()}", $"/api/v1/namespaces/fleet-node-exporter/pods/http:{exporter}:9100/proxy/metrics",
                "/api/v1/pods", "/api/v1/namespaces/fleet-exporters/secrets"], cancellation),
        ];
    }

    private async Task<ImmutableArray<string>> RefusedAsync(CancellationToken cancellation)
    {
        var admin = Member.Cluster.Admin;
        var rules = (await admin.GetAsync(KubeKind.ClusterRole, null, RoleName, cancellation))!["rules"]!.AsArray();
        var fewer = new JsonArray([.. rules.Where(rule => !rule.Texts("resources").Contains("nodes/metrics")).Select(rule => rule!.DeepClone())]);
        await admin.PatchAsync(KubeKind.ClusterRole, null, RoleName, new JsonObject { ["rules"] = fewer }, cancellation);
        try
        {
            return await Eventually.NothingWrongAsync(() => KubeletsAsync("403", cancellation), site.Patience, cancellation);
        }
        finally
        {
            await admin.PatchAsync(KubeKind.ClusterRole, null, RoleName, new JsonObject { ["rules"] = rules.DeepClone() }, cancellation);
            await Eventually.NothingWrongAsync(() => AddressesAsync(cancellation), site.Patience, cancellation);
        }
    }

    /// <summary>Every kubelet fails for this reason, and nothing else of the cluster does.</summary>
    private async Task<ImmutableArray<string>> KubeletsAsync(string reason, CancellationToken cancellation)
    {
        var targets = await TargetsAsync(cancellation);
        return
        [
            .. targets.Where(target => target["job"] == "kubelet" && !target.Error.Contains(reason, StringComparison.Ordinal)).Select(target => $"{TargetChecks.Identify(target)} is {target.Health}: {target.Error}"),
            .. targets.Where(target => target["job"] != "kubelet" && target.Health != "up").Select(target => $"{TargetChecks.Identify(target)} is {target.Health}: {target.Error}"),
            .. targets.Any(target => target["job"] == "kubelet") ? [] : new[] { "there is no kubelet" },
        ];
    }

    private async Task<ImmutableArray<ActiveTarget>> TargetsAsync(CancellationToken cancellation) =>
        [.. (await TargetChecks.ClusterTargets(_fleet, cancellation)).Where(target => target["cluster"] == Member.Name)];
}
