using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Fleet;

namespace FleetPrometheus.Lab.Verification;

/// <summary>What must hold of a running fleet's targets and series.</summary>
internal static class TargetChecks
{
    /// <summary>The jobs of the centre's own programs, whose targets carry the name of its cluster whether that is watched or not.</summary>
    public static ImmutableSortedSet<string> CentrePrograms { get; } = ["alertmanager", "blackbox-exporter", "certificate-probe", "prometheus", "prometheus-query", "push-forwarder", "push-front"];

    /// <summary>Every expected target is there and up, and there is no other; of the whole fleet, or of one cluster.</summary>
    public static async Task<ImmutableArray<string>> ExactlyTheExpectedAsync(LabFleet fleet, CancellationToken cancellation, string? only = null)
    {
        var targets = (await WatchedTargets(fleet, cancellation)).Where(target => only is null || target["cluster"] == only).ToList();
        var expected = fleet.Watched.SelectMany(watched => watched.Expected).Where(target => only is null || target.Cluster == only).ToHashSet();
        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var group in targets.GroupBy(Identify).Where(group => group.Count() > 1))
        {
            wrong.Add($"{group.Key}: {group.Count()} targets where one is expected");
        }

        foreach (var target in targets)
        {
            if (!expected.Contains(Identify(target)))
            {
                wrong.Add($"unexpected target {Identify(target)} at {target.Url}");
            }
            else if (target.Health != "up")
            {
                wrong.Add($"{Identify(target)} is {target.Health}: {target.Error}");
            }
        }

        wrong.AddRange(expected.Except(targets.Select(Identify)).Select(missing => $"missing target {missing}"));
        return wrong.ToImmutable();
    }

    /// <summary>Labels that rules, dashboards and people rely on.</summary>
    public static async Task<ImmutableArray<string>> LabelsAsync(LabFleet fleet, CancellationToken cancellation)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        var own = fleet.Members.ToDictionary(member => member.Name, OwnLabels);
        foreach (var target in await ClusterTargets(fleet, cancellation))
        {
            foreach (var (label, value) in own.GetValueOrDefault(target["cluster"], []))
            {
                if (target[label] != value)
                {
                    wrong.Add($"{Identify(target)}: label {label} is '{target[label]}', not '{value}'");
                }
            }

            if (target["instance"] is "" || (target["node"] is not "" && target["instance"] != target["node"]))
            {
                wrong.Add($"{Identify(target)}: instance is '{target["instance"]}', node is '{target["node"]}'");
            }
        }

        foreach (var series in await fleet.Centre.Prometheus.QueryAsync("""count by (__name__, job) ({__name__=~".+",__name__!~"ALERTS.*",cluster=""})""", cancellation))
        {
            wrong.Add($"{series.Value} series of {series["__name__"]}, job '{series["job"]}', have no cluster label");
        }

        foreach (var series in await fleet.Centre.Prometheus.QueryAsync("""count by (job) ({__name__=~".+",exported_namespace!=""} or {__name__=~".+",exported_pod!=""})""", cancellation))
        {
            wrong.Add($"{series.Value} series of job {series["job"]} carry exported_ labels: the object's own namespace and pod were overwritten");
        }

        return wrong.ToImmutable();
    }

    /// <summary>
    /// node-exporter's samples come from the node that their labels name. Each node's exporter reads a file with that node's identity,
    /// so a sample that took another way betrays itself.
    /// </summary>
    public static async Task<ImmutableArray<string>> OwnNodeAsync(LabFleet fleet, CancellationToken cancellation)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        var seen = await fleet.Centre.Prometheus.QueryAsync("lab_node_identity[1m]", cancellation);
        foreach (var series in seen.Where(series => series["exported_node"] != series["instance"] || series["exported_cluster"] != series["cluster"]))
        {
            wrong.Add($"{series["cluster"]}/{series["instance"]}: {series.Samples.Length} samples came from {series["exported_cluster"]}/{series["exported_node"]}");
        }

        var nodes = fleet.Members.SelectMany(member => member.Expected).Where(target => target is { Job: "node-exporter", Node: not "" }).Select(target => (target.Cluster, target.Node)).ToHashSet();
        nodes.ExceptWith(seen.Select(series => (series["cluster"], series["instance"])));
        wrong.AddRange(nodes.Select(node => $"no identity from {node.Cluster}/{node.Node}"));
        return wrong.ToImmutable();
    }

    /// <summary>The same questions are answered for every cluster alike.</summary>
    public static async Task<ImmutableArray<string>> AnswersAsync(LabFleet fleet, CancellationToken cancellation)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var (question, promql, expect) in new (string, string, Func<FleetMember, double?>)[]
        {
            ("targets up", """sum by (cluster) (up{cluster!~"central"})""", member => member.Expected.Length),
            ("nodes", "count by (cluster) (kube_node_info)", member => member.Cluster.Nodes.Count),
            ("CPU of nodes", """sum by (cluster) (rate(node_cpu_seconds_total{mode!="idle"}[1m]))""", _ => null),
            ("working set of containers", "sum by (cluster) (container_memory_working_set_bytes)", _ => null),
            ("requests at the API server", "sum by (cluster) (apiserver_request_total)", _ => null),
            ("running pods", "sum by (cluster) (kubelet_running_pods)", _ => null),
        })
        {
            var answers = (await fleet.Centre.Prometheus.QueryAsync(promql, cancellation)).ToDictionary(series => series["cluster"], series => series.Value);
            foreach (var member in fleet.Members)
            {
                if (!answers.TryGetValue(member.Name, out var answer))
                {
                    wrong.Add($"{question}: no answer for {member.Name} ({promql})");
                }
                else if (expect(member) is { } value && answer != value)
                {
                    wrong.Add(string.Create(CultureInfo.InvariantCulture, $"{question}: {answer} for {member.Name}, expected {value} ({promql})"));
                }
            }
        }

        return wrong.ToImmutable();
    }

    /// <summary>
    /// No scrape of these clusters failed or was left out in the last <paramref name="window"/>. One of a target that came to its timeout is let pass:
    /// so much the machine does that runs all of this at once. What a change does to a target, it does at once, or more than once.
    /// </summary>
    public static Task<ImmutableArray<string>> NoScrapeMissedAsync(
        LabFleet fleet, IReadOnlyCollection<string> clusters, TimeSpan window, TimeSpan interval, CancellationToken cancellation) =>
        NoScrapeMissedAsync(fleet.Centre.Prometheus, clusters, window, interval, cancellation);

    /// <inheritdoc cref="NoScrapeMissedAsync(LabFleet, IReadOnlyCollection{string}, TimeSpan, TimeSpan, CancellationToken)"/>
    public static async Task<ImmutableArray<string>> NoScrapeMissedAsync(
        PrometheusApi prometheus, IReadOnlyCollection<string> clusters, TimeSpan window, TimeSpan interval, CancellationToken cancellation)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        var recent = string.Create(CultureInfo.InvariantCulture, $"{{cluster=~\"{string.Join('|', clusters)}\"}}[{Math.Ceiling(window.TotalSeconds)}s]");
        // Both have a sample of each scrape, and in the lab a scrape may take its whole interval.
        var late = (await prometheus.QueryAsync($"scrape_duration_seconds{recent}", cancellation))
            .SelectMany(series => series.Samples.Where(sample => sample.Value > 0.95 * interval.TotalSeconds).Select(sample => (Target(series), sample.Time))).ToHashSet();
        foreach (var series in await prometheus.QueryAsync($"up{recent}", cancellation))
        {
            var name = $"{series["cluster"]} {series["job"]}{series["metrics_path"]} {series["instance"]}";
            var failed = series.Samples.Where(sample => sample.Value != 1).ToList();
            // Scrapes keep to their interval to the millisecond; twice the interval is one left out.
            var gap = series.Samples.Zip(series.Samples.Skip(1), (a, b) => b.Time - a.Time).DefaultIfEmpty().Max();
            if (failed.Count > 1 || failed.Any(sample => !late.Contains((Target(series), sample.Time))))
            {
                wrong.Add($"{name}: {failed.Count} of {series.Samples.Length} scrapes failed");
            }
            else if (gap > 1.9 * interval.TotalSeconds)
            {
                wrong.Add(string.Create(CultureInfo.InvariantCulture, $"{name}: a gap of {gap:0.0} s between scrapes"));
            }
        }

        return wrong.ToImmutable();

        static string Target(Series series) => string.Join(',', series.Labels.Where(label => label.Key != "__name__"));
    }

    /// <summary>
    /// Targets of the fleet's clusters; the centre's own are told apart by their cluster label. Those of a cluster that sends by itself are
    /// known by what it sent of them.
    /// </summary>
    public static async Task<ImmutableArray<ActiveTarget>> ClusterTargets(LabFleet fleet, CancellationToken cancellation)
    {
        var scraped = (await fleet.Centre.TargetsAsync(cancellation)).Where(target => target["cluster"] != fleet.Central.Stack);
        var senders = fleet.Members.Where(member => JoinWay.Of(member.File) == "push").Select(member => member.Name).ToHashSet();
        return senders.Count == 0 ? [.. scraped] :
        [
            .. scraped,
            .. (await fleet.Centre.Prometheus.QueryAsync("up", cancellation)).Where(series => senders.Contains(series["cluster"])).Select(series => new ActiveTarget(
                series.Labels.Remove("__name__"), series.Value == 1 ? "up" : "down", series.Value == 1 ? "" : "the agent could not scrape it", "its agent")),
        ];
    }

    /// <summary>Targets of everything watched, the centre's own cluster included but not the centre's own programs.</summary>
    public static async Task<ImmutableArray<ActiveTarget>> WatchedTargets(LabFleet fleet, CancellationToken cancellation)
    {
        var watchesItself = fleet.Watched.Any(cluster => cluster.Way == JoinWay.Own);
        return
        [
            .. await ClusterTargets(fleet, cancellation),
            .. (await fleet.Centre.TargetsAsync(cancellation)).Where(target =>
                watchesItself && target["cluster"] == fleet.Central.Stack && !CentrePrograms.Contains(target["job"])),
        ];
    }

    public static ExpectedTarget Identify(ActiveTarget target) =>
        new(target["cluster"], target["job"], target["instance"], target["metrics_path"], target["node"]);

    private static IEnumerable<KeyValuePair<string, string>> OwnLabels(FleetMember member) =>
        (member.File.Get("clusterLabels") is { } json ? JsonNode.Parse(json)!.AsObject() : []).Select(label => KeyValuePair.Create(label.Key, label.Value!.ToString()));
}
