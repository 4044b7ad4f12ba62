using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Lab.Verification.Join;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Lab.Verification.Access;

/// <summary>
/// The accounts that scrape from inside, Prometheus's own and the agent's: each rule of theirs is taken away for a while, and exactly the jobs that need
/// it fail. As a watch outlives the right to begin it, the program is started afresh each time.
/// </summary>
internal sealed class InsideRights(JoinSite site)
{
    private const string Agent = "prometheus-agent";
    private const int AgentPort = 9090;

    private static readonly ImmutableArray<(string Right, string[] Jobs)> EveryInsideAccount =
    [
        ("/metrics", ["apiserver"]),
        ("nodes", ["kubelet"]),
        ("nodes/metrics", ["kubelet"]),
        ("default: endpoints kubernetes", ["apiserver"]),
        ("default: services kubernetes", ["apiserver"]),
        ("default: pods kubernetes", ["apiserver"]),
        ("fleet-node-exporter: pods", ["node-exporter"]),
    ];

    private static readonly ImmutableArray<(string Right, string[] Jobs)> OwnAccount =
    [
        .. EveryInsideAccount,
        ("fleet-exporters: pods", ["kube-state-metrics"]),
        ("monitoring: pods", ["pushgateway"]),
        ("shop: pods", ["annotated-pods", "annotated-services"]),
        ("shop: services", ["annotated-services", "probed-services"]),
        ("shop: endpoints", ["annotated-services"]),
        ("market: pods", ["annotated-services"]),
        ("market: services", ["annotated-services"]),
        ("market: endpoints", ["annotated-services"]),
    ];

    private static readonly ImmutableArray<(string Right, string[] Jobs)> AgentAccount = [.. EveryInsideAccount, ("fleet-exporters: pods", ["kube-state-metrics", Agent])];

    private readonly LabFleet _fleet = site.Fleet;

    /// <summary>Prometheus's own account, in the cluster that it runs in.</summary>
    public async Task PrometheusAsync(CancellationToken cancellation)
    {
        await new OwnCluster(site).JoinAsync(cancellation);
        await site.TryAsync("without any one right of Prometheus's account exactly the jobs of its own cluster that need it fail",
            () => EachAsync(_fleet.CentralCluster, "fleet-prometheus-own-cluster", OwnAccount, StartPrometheusAsync, cancellation), () => Evidence(OwnAccount));
    }

    /// <summary>The agent's, in a cluster that sends.</summary>
    public async Task AgentAsync(CancellationToken cancellation)
    {
        await new Push(site).JoinAsync(cancellation);
        var field = _fleet.Members.Single(member => member.Name == Push.Field).Cluster;
        await site.TryAsync("without any one right of an agent's account exactly the jobs that need it fail",
            () => EachAsync(field, $"fleet-prometheus-{Agent}", AgentAccount, token => StartAgentAsync(field, token), cancellation), () => Evidence(AgentAccount));
    }

    private static string Evidence(ImmutableArray<(string Right, string[] Jobs)> rights) => $"{rights.Length} rights, each taken away by itself";

    /// <summary>Takes away one rule after the other.</summary>
    private async Task<ImmutableArray<string>> EachAsync(
        ILabCluster cluster, string name, ImmutableArray<(string Right, string[] Jobs)> expected, Func<CancellationToken, Task<Afresh>> startAsync, CancellationToken cancellation)
    {
        var roles = new[] { (await cluster.Admin.GetAsync(KubeKind.ClusterRole, null, name, cancellation))! }
            .Concat((await cluster.Admin.ListAsync(KubeKind.Role, cancellation: cancellation)).Items.Where(role => role.Name() == name)).ToList();
        var needed = expected.ToDictionary(right => right.Right, right => right.Jobs);
        var whole = ImmutableSortedDictionary<string, int>.Empty;
        var wrong = ImmutableArray.CreateBuilder<string>();
        wrong.AddRange(await WithAsync(startAsync, up =>
        {
            whole = up;
            var down = needed.Values.SelectMany(jobs => jobs).Distinct().Where(job => !up.ContainsKey(job)).ToList();
            return down.Count == 0 ? null : $"with all rights {string.Join(", ", down)} are not up";
        }, cancellation));
        foreach (var role in roles)
        {
            var kind = KubeKind.Of(role);
            foreach (var rule in role.Objects("rules"))
            {
                var right = Describe(role.Namespace(), rule);
                if (!needed.Remove(right, out var jobs))
                {
                    wrong.Add($"no job is known to need '{right}'");
                    continue;
                }

                var others = new JsonArray([.. role.Objects("rules").Where(other => other != rule).Select(other => other.DeepClone())]);
                await cluster.Admin.PatchAsync(kind, role.Namespace(), name, new JsonObject { ["rules"] = others }, cancellation);
                try
                {
                    wrong.AddRange(await WithAsync(startAsync, up =>
                    {
                        var failing = whole.Where(job => up.GetValueOrDefault(job.Key) < job.Value).Select(job => job.Key);
                        return failing.SequenceEqual(jobs.Order(StringComparer.Ordinal)) ? null : $"without '{right}' the jobs that fail are {string.Join(", ", failing.DefaultIfEmpty("none"))}; {string.Join(", ", jobs)} need it";
                    }, cancellation));
                }
                finally
                {
                    await cluster.Admin.PatchAsync(kind, role.Namespace(), name, new JsonObject { ["rules"] = role["rules"]!.DeepClone() }, cancellation);
                }
            }
        }

        return [.. wrong, .. needed.Keys.Select(right => $"the account has no right '{right}'")];
    }

    /// <summary>Starts the program and waits until a condition on how many targets of each job are up holds, and then a while longer.</summary>
    private async Task<ImmutableArray<string>> WithAsync(
        Func<CancellationToken, Task<Afresh>> startAsync, Func<ImmutableSortedDictionary<string, int>, string?> condition, CancellationToken cancellation)
    {
        // A real API server hears of changed rules a moment later.
        await Task.Delay(TimeSpan.FromMilliseconds(500), cancellation);
        await using var program = await startAsync(cancellation);
        async Task<ImmutableArray<string>> AskAsync() => condition(await UpAsync(program.Api, cancellation)) is { } wrong ? [wrong] : [];
        var failures = await Eventually.NothingWrongAsync(AskAsync, site.Patience, cancellation);
        if (failures.IsEmpty)
        {
            // What comes up late is not to pass for what fails.
            await Task.Delay(site.Interval, cancellation);
            failures = await AskAsync();
        }

        return failures;
    }

    private async Task<ImmutableSortedDictionary<string, int>> UpAsync(PrometheusApi api, CancellationToken cancellation)
    {
        try
        {
            return (await api.TargetsAsync(cancellation)).Where(target => target.Health == "up").GroupBy(target => target["job"])
                .ToImmutableSortedDictionary(job => job.Key, job => job.Count(), StringComparer.Ordinal);
        }
        catch (HttpRequestException)
        {
            // It has only just been started.
            return ImmutableSortedDictionary<string, int>.Empty;
        }
    }

    /// <summary>Another Prometheus on the centre's very file of its own cluster, with its account.</summary>
    private async Task<Afresh> StartPrometheusAsync(CancellationToken cancellation)
    {
        var directory = Directory.CreateDirectory(Path.Combine(_fleet.Processes.DirectoryPath, "prometheus-afresh")).FullName;
        var main = Path.Combine(directory, ConfigurationPaths.Main);
        await File.WriteAllTextAsync(main, $"global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_config_files: ['{Path.Combine(_fleet.Centre.PrometheusDirectory, ConfigurationPaths.OwnCluster)}']\n", cancellation);
        var address = Centre.FreeAddress();
        var spec = _fleet.Tools[Binaries.Tool.Prometheus].Run("prometheus-afresh", [$"--config.file={main}", $"--storage.tsdb.path={Path.Combine(directory, "data")}", $"--web.listen-address={address}"]);
        return new Afresh(new PrometheusApi(new Uri($"http://{address}"), "", ""), _fleet.Processes.Start(_fleet.Centre.Pod!.Within(spec)));
    }

    /// <summary>The agent itself, in the pod that takes the place of the one it ran in.</summary>
    private async Task<Afresh> StartAgentAsync(ILabCluster cluster, CancellationToken cancellation)
    {
        async Task<IReadOnlyList<JsonObject>> PodsAsync() => (await cluster.Admin.ListAsync(KubeKind.Pod, labelSelector: $"app.kubernetes.io/name={Agent}", cancellation: cancellation)).Items;
        var before = (await PodsAsync()).Select(pod => pod.Uid()).ToHashSet();
        foreach (var pod in await PodsAsync())
        {
            await cluster.Admin.DeleteAsync(KubeKind.Pod, pod.Namespace(), pod.Name(), cancellation);
        }

        string? address = null;
        await Eventually.TrueAsync(async () =>
        {
            address = (await PodsAsync()).FirstOrDefault(pod => !before.Contains(pod.Uid())).Text("status", "podIP");
            return address is not null;
        }, "", site.Patience, cancellation);
        return address is null
            ? throw new ExpectedFailure("no pod took the place of the agent's")
            : new Afresh(new PrometheusApi(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://{address}:{AgentPort}")), "", ""), null);
    }

    /// <summary>A rule in a few words: where, what, and which one.</summary>
    private static string Describe(string? ns, JsonObject rule) =>
        $"{(ns is null ? "" : $"{ns}: ")}{string.Join(' ', rule.Texts("nonResourceURLs").Concat(rule.Texts("resources")).Concat(rule.Texts("resourceNames")))}";

    /// <summary>A program that was just started, and its API.</summary>
    private sealed record Afresh(PrometheusApi Api, SupervisedProcess? Process) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            Api.Dispose();
            if (Process is not null)
            {
                await Process.KillAsync();
            }
        }
    }
}
