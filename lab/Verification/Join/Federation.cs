using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Nodes;
using FleetPrometheus.Contract;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Lab.Verification.Join;

/// <summary><c>collection: federate</c>: a cluster joins the fleet that keeps a Prometheus of its own.</summary>
internal sealed class Federation(JoinSite site)
{
    private const string Stack = "federated";
    private static readonly string Services = $"/api/v1/namespaces/{OwnPrometheus.Namespace}/services";
    private static readonly string Proxy = $"{Services}/http:{OwnPrometheus.Service}:{OwnPrometheus.Port}/proxy";

    private readonly LabFleet _fleet = site.Fleet;

    private FleetMember Member => _fleet.Members.Single(member => member.File.Name == Stack);

    public async Task RunAsync(CancellationToken cancellation)
    {
        var others = _fleet.Members.Select(member => member.Name).ToImmutableArray();
        var before = DateTimeOffset.UtcNow;
        await site.TryAsync("a cluster with a Prometheus of its own joins by one target, and nothing is installed in it", async () =>
        {
            await JoinAsync(cancellation);
            return await Eventually.NothingWrongAsync(() => TargetsAsync(cancellation), site.Patience, cancellation);
        }, () => $"{Proxy}/federate");
        if (_fleet.Members.All(member => member.File.Name != Stack))
        {
            return;
        }

        await site.TryAsync("the same questions are answered for it as for the others", () => Eventually.NothingWrongAsync(async () =>
        [
            .. await AnsweredAsync("sum by (cluster) (up)", cancellation),
            .. await AnsweredAsync("cluster:node_cpu:sum_rate5m", cancellation),
            .. await AnsweredAsync("sum by (cluster, namespace) (namespace_phase:kube_pod_status_phase:sum)", cancellation),
        ], site.Patience, cancellation), () => "targets up, CPU by cluster, pods by cluster and namespace");
        await site.TryAsync("its aggregates are what its own Prometheus says, and none is there twice", () => Eventually.NothingWrongAsync(async () =>
        [
            .. await SameAsync("sum(cluster:node_num_cpu:sum{0})", cancellation),
            .. await SameAsync("count(cluster:node_cpu:ratio_rate5m{0})", cancellation),
            .. await SameAsync("sum by (phase) (cluster_phase:kube_pod_status_phase:sum{0})", cancellation),
            .. await SameAsync("sum by (namespace, phase) (namespace_phase:kube_pod_status_phase:sum{0})", cancellation),
            .. await SameAsync("count by (instance) (instance:node_num_cpu:sum{0})", cancellation),
            .. await SameAsync("count(cluster:container_memory_working_set_bytes:sum{0})", cancellation),
        ], site.Patience, cancellation), () => "asked here and there");
        await site.TryAsync("its series carry the cluster's labels and not the federation's", () => Eventually.NothingWrongAsync(async () =>
        [
            .. await NoneAsync("""{cluster="its-own-name"}""", cancellation),
            .. await NoneAsync($$"""{__name__=~".+:.+",cluster="{{Member.Name}}",job!=""}""", cancellation),
            .. await NoneAsync($$"""{exported_cluster="its-own-name",environment!="south"}""", cancellation),
            .. (await _fleet.Centre.Prometheus.QueryAsync($$"""count(up{cluster="{{Member.Name}}",exported_cluster="its-own-name",job="node-exporter"})""", cancellation)) is [{ Value: var nodes }] && nodes == Member.Cluster.Nodes.Count
                ? [] : new[] { "the node exporters' up is not that of the cluster's nodes" },
        ], site.Patience, cancellation), () => "a foreign cluster label moved aside");
        await site.TryAsync("the token opens that one port of that one Service and nothing else", () => RightsAsync(cancellation), () => "asked with the real token");
        await site.TryAsync("when its Prometheus is gone, so are its series", () => GoneAsync(cancellation), () => "up is 0, and nothing lives on for five minutes");
        await site.TryAsync("and no other cluster missed a scrape meanwhile",
            () => TargetChecks.NoScrapeMissedAsync(_fleet, others, DateTimeOffset.UtcNow - before, site.Interval, cancellation), () => string.Join(", ", others));
    }

    private async Task JoinAsync(CancellationToken cancellation)
    {
        var central = Directory.GetFiles(_fleet.Project, "Pulumi.*.yaml").Single(path => File.ReadAllText(path).Contains("fleet-prometheus:role: central", StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(_fleet.Project, $"Pulumi.{Stack}.yaml"), $$"""
            config:
              fleet-prometheus:role: target
              fleet-prometheus:clusterLabels:
                environment: south
              fleet-prometheus:collection: federate
              fleet-prometheus:federate:
                namespace: {{OwnPrometheus.Namespace}}
                service: {{OwnPrometheus.Service}}
                port: {{OwnPrometheus.Port}}

            """, cancellation);
        site.Write(Path.GetFileName(central)["Pulumi.".Length..^".yaml".Length], ("clusters", $"[{string.Join(", ", _fleet.Members.Select(member => member.File.Name).Append(Stack))}]"));
        await _fleet.ReconcileAsync(cancellation);
    }

    private async Task<ImmutableArray<string>> TargetsAsync(CancellationToken cancellation)
    {
        var targets = (await TargetChecks.ClusterTargets(_fleet, cancellation)).Where(target => target["cluster"] == Member.Name).ToList();
        var ours = (await Member.Cluster.Admin.ListAsync(KubeKind.Pod, cancellation: cancellation)).Items.Where(pod => pod.Namespace()!.StartsWith("fleet-", StringComparison.Ordinal));
        return
        [
            .. targets.Where(target => target.Health != "up").Select(target => $"{TargetChecks.Identify(target)} is {target.Health}: {target.Error}"),
            .. Member.Expected.Except(targets.Select(TargetChecks.Identify)).Select(missing => $"missing target {missing}"),
            .. targets.Select(TargetChecks.Identify).Except(Member.Expected).Select(unexpected => $"unexpected target {unexpected}"),
            .. targets.Count(target => new Uri(target.Url).AbsolutePath == $"{Proxy}/federate") == 1 ? [] : new[] { $"no target at {Proxy}/federate" },
            .. ours.Select(pod => $"pod {pod.Namespace()}/{pod.Name()} was installed"),
        ];
    }

    /// <summary>Whether every cluster of the fleet has an answer.</summary>
    private async Task<ImmutableArray<string>> AnsweredAsync(string promql, CancellationToken cancellation)
    {
        var answered = (await _fleet.Centre.Prometheus.QueryAsync(promql, cancellation)).Select(series => series["cluster"]);
        return [.. _fleet.Members.Select(member => member.Name).Except(answered).Select(cluster => $"no answer for {cluster} ({promql})")];
    }

    /// <summary>Whether the centre and the cluster's Prometheus answer alike; <c>{0}</c> is where the centre has to name the cluster.</summary>
    private async Task<ImmutableArray<string>> SameAsync(string promql, CancellationToken cancellation)
    {
        var here = (await _fleet.Centre.Prometheus.QueryAsync(promql.Replace("{0}", $"{{cluster=\"{Member.Name}\"}}", StringComparison.Ordinal), cancellation))
            .Select(series => $"{string.Join(",", series.Labels.Select(label => $"{label.Key}={label.Value}"))} {series.Value}").Order(StringComparer.Ordinal);
        var answer = JsonNode.Parse(await Member.Cluster.Admin.ReadAsync($"{Proxy}/api/v1/query?query={Uri.EscapeDataString(promql.Replace("{0}", "", StringComparison.Ordinal))}", cancellation));
        var there = answer.Objects("data", "result")
            .Select(series => $"{string.Join(",", series.Map("metric").OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"))} {series["value"]![1]!.GetValue<string>()}").Order(StringComparer.Ordinal);
        return there.Any() && here.SequenceEqual(there) ? [] : [$"{promql}: here {string.Join("; ", here)}, there {string.Join("; ", there)}"];
    }

    private async Task<ImmutableArray<string>> NoneAsync(string selector, CancellationToken cancellation) =>
        [.. (await _fleet.Centre.Prometheus.QueryAsync($"count by (__name__) ({selector})", cancellation)).Select(series => $"{series.Value} series of {series["__name__"]} are {selector}")];

    private async Task<ImmutableArray<string>> RightsAsync(CancellationToken cancellation)
    {
        using var client = new KubeClient(Member.Cluster.ApiServer, Member.Cluster.CaCertificate, new SecretText(Member.Evaluated.Outputs.Text(StackOutputs.Token)!));
        return
        [
            .. await Rights.WrongAsync(client, HttpStatusCode.OK, ["/metrics", $"{Proxy}/federate?match[]=up"], cancellation),
            .. await Rights.WrongAsync(client, HttpStatusCode.Forbidden, [
                $"{Services}/{OwnPrometheus.Service}:web/proxy/federate", $"{Services}/http:{OwnPrometheus.Service}:web/proxy/federate", $"{Services}/http:alertmanager:9093/proxy/",
                Services, $"{Services}/{OwnPrometheus.Service}", $"/api/v1/namespaces/{OwnPrometheus.Namespace}/pods", $"/api/v1/namespaces/{OwnPrometheus.Namespace}/configmaps",
                "/api/v1/nodes"], cancellation),
        ];
    }

    private async Task<ImmutableArray<string>> GoneAsync(CancellationToken cancellation)
    {
        var admin = Member.Cluster.Admin;
        await admin.DeleteAsync(KubeKind.Service, OwnPrometheus.Namespace, OwnPrometheus.Service, cancellation);
        var wrong = await Eventually.NothingWrongAsync(async () =>
        [
            .. (await _fleet.Centre.Prometheus.QueryAsync($$"""up{cluster="{{Member.Name}}",job="federate"}""", cancellation)) is [{ Value: 0 }] ? [] : new[] { "up of the federation is not 0" },
            .. await NoneAsync($$"""{cluster="{{Member.Name}}",job=~"node-exporter|kube-state-metrics"}""", cancellation),
            .. await NoneAsync($$"""{__name__=~"instance:.+",cluster="{{Member.Name}}"}""", cancellation),
        ], site.Patience, cancellation);
        await OwnPrometheus.ApplyAsync(admin, site.Interval, cancellation);
        return [.. wrong, .. await Eventually.NothingWrongAsync(() => TargetsAsync(cancellation), site.Patience, cancellation)];
    }
}
