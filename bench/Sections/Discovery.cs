using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FleetPrometheus.Bench.Clusters;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Rendering;
using FleetPrometheus.Lab;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Processes;

namespace FleetPrometheus.Bench.Sections;

/// <summary>
/// What one cluster costs the centre and its API server, against the first seed's jobs on the same cluster.
/// </summary>
/// <remarks>
/// Two measurements, so that neither blurs the other. Discovery: nobody scrapes (every interval is longer than the measurement), so memory,
/// bytes and time are those of finding targets and of keeping them. Scrapes: all scrape the same exporters at the same pace, in turns, and what
/// the API server's process, which is nothing else, spends on it is divided by their number. Each side has a Prometheus of its own with nothing
/// in it but that cluster's jobs: no rules, no other targets. The seed's jobs are as written, but for the address, the token's file and the pace.
/// </remarks>
internal sealed partial class Discovery : Section
{
    private const string Never = "100d";
    private const int Turns = 3;
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static readonly ImmutableArray<Heading> Sides =
        [new("nothing", "no target"), new("seed_000", "seed 000"), new("relay", "relay (default)"), new("nodes_proxy", "nodesProxy")];

    private readonly Size _size;

    private Discovery(string name, string question, Size size) => (Name, Question, _size) = (name, question, size);

    /// <summary>A cluster of a hundred nodes.</summary>
    public static Discovery Small { get; } = new("discovery", "What one cluster costs the centre and its API server", new Size(100, 3_000, 300));

    /// <summary>One of a thousand, which nobody scrapes.</summary>
    public static Discovery Large { get; } = new("discovery_large", "What a large cluster costs them", new Size(1_000, 30_000, 3_000));

    public override string Name { get; }

    public override string Question { get; }

    public override async Task<JsonObject> MeasureAsync(Run run, CancellationToken cancellation)
    {
        var tools = await run.LocateAsync(cancellation, [Tool.Prometheus, Tool.NodeExporter, Tool.Caddy]);
        await using var processes = new ProcessSupervisor();
        var sides = await MeasureAsync(run, processes, tools, _size, cancellation);
        return new JsonObject
        {
            ["baseline"] = "seed 000: the jobs for another cluster of the first article that this program answers, as written",
            ["rss_ratio"] = Ratio("rss_bytes"),
            ["bytes_ratio"] = Ratio("listed_bytes"),
            ["watches"] = (double)sides["relay"]!["watches"]!,
            ["node_targets"] = (int)sides["relay"]!["node_targets"]!,
            ["sides"] = sides,
        };

        double Ratio(string figure) => Math.Round(Convert.ToDouble(sides["relay"]![figure]!.ToString(), CultureInfo.InvariantCulture) / Convert.ToDouble(sides["seed_000"]![figure]!.ToString(), CultureInfo.InvariantCulture), 4);
    }

    public override IEnumerable<FigureTable> Tables(JsonObject figures)
    {
        var sides = figures["sides"]!.AsObject();
        return [Table(_size.ToString(), sides, [.. Sides.Where(side => sides.ContainsKey(side.Key))])];
    }

    private static FigureTable Table(string title, JsonObject sides, ImmutableArray<Heading> columns) => FigureTable.Compare(
        title,
        sides,
        columns,
        [.. ((ImmutableArray<Heading>)
        [
            new("watches", "watches at the API server"),
            new("listed_bytes", "listed from it"),
            new("rss_bytes", "memory of Prometheus"),
            new("cpu_seconds", "processor time of Prometheus to find all targets"),
            new("kept_targets", "targets kept"),
            new("dropped_targets", "targets found and dropped"),
            new("scrapes_per_minute", "scrapes a minute at one a minute per target"),
            new("api_server_cpu_per_scrape_seconds", "processor time of the API server per scrape"),
        ]).Where(row => sides.Any(side => side.Value![row.Key] is not null))],
        "relay",
        "seed_000");

    private static async Task<JsonObject> MeasureAsync(
        Run run, ProcessSupervisor processes, ImmutableDictionary<Tool, LocatedTool> tools, Size size, CancellationToken cancellation)
    {
        var evaluator = new StackEvaluator(Randomness.Session());
        run.Say($"{size}: starting the cluster");
        await using var relayed = await StartAsync(processes, tools, evaluator, size, "relay", cancellation);
        await using var proxied = size.IsScraped ? await StartAsync(processes, tools, evaluator, size, "nodesProxy", cancellation) : null;

        var places = new List<Place> { new("nothing", null, "global: {}\n"), await SeedAsync(relayed, cancellation), await OursAsync("relay", relayed, evaluator) };
        if (proxied is not null)
        {
            places.Add(await OursAsync("nodes_proxy", proxied, evaluator));
        }

        var running = new List<Watcher>();
        try
        {
            var figures = await DiscoverAsync(run, processes, tools[Tool.Prometheus], size, places, running, cancellation);
            if (size.IsScraped)
            {
                await ScrapeAsync(run, size, [.. places.Zip(running).Where(side => side.First.Cluster is not null)], figures, cancellation);
            }

            return figures;
        }
        finally
        {
            foreach (var watcher in running)
            {
                await watcher.DisposeAsync();
            }
        }
    }

    /// <summary>A cluster with our exporters, in front of which stand Services as the seed's chart made them; there are that many pods with all of that.</summary>
    private static async Task<Installed> StartAsync(
        ProcessSupervisor processes, ImmutableDictionary<Tool, LocatedTool> tools, StackEvaluator evaluator, Size size, string nodeAccess, CancellationToken cancellation)
    {
        var onNodes = nodeAccess == "relay" ? 2 : 1;
        var cluster = await BenchCluster.StartAsync(
            $"{nodeAccess.ToLowerInvariant()}-{size.Nodes}",
            new Population(size.Nodes, size.Pods - (onNodes * size.Nodes) - 1, size.Services - 3),
            processes,
            size.IsScraped ? tools : null,
            cancellation);
        try
        {
            var outputs = await cluster.InstallAsync(evaluator, ("nodeAccess", nodeAccess));
            foreach (var text in SeedObjects)
            {
                await cluster.Admin.ApplyAsync(JsonNode.Parse(text)!.AsObject(), cancellation);
            }

            await cluster.UntilRunningAsync([("fleet-node-exporter", size.Nodes), ("fleet-exporters", ((onNodes - 1) * size.Nodes) + 1)], cancellation);
            await cluster.FillAsync(cancellation);
            return new Installed(cluster, outputs);
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    private static async Task<Place> SeedAsync(Installed installed, CancellationToken cancellation)
    {
        var secret = await installed.Cluster.Admin.WaitForAsync(
            KubeKind.Secret, "kube-system", "scrape-token", secret => secret.Text("data", "token") is not null, TimeSpan.FromSeconds(30), cancellation);
        var written = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "seed-000.yml"), cancellation);
        return new Place(
            "seed_000",
            installed.Cluster,
            ScrapeTime().Replace(written.Replace("ADDRESS", installed.Cluster.Authority, StringComparison.Ordinal), match => match.Groups[1].Value switch
            {
                "interval" => "  scrape_interval: INTERVAL",
                _ => "  scrape_timeout: 10s",
            }),
            new PodFile("token", System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(secret.Text("data", "token")!)), true));
    }

    private static async Task<Place> OursAsync(string key, Installed installed, StackEvaluator evaluator)
    {
        var central = await new MadeUpFleet(evaluator).EvaluateAsync(ImmutableDictionary<string, StackOutputValues>.Empty.Add(installed.Cluster.Name, installed.Outputs));
        return new Place(
            key,
            installed.Cluster,
            "global: { scrape_interval: INTERVAL, scrape_timeout: 10s }\nscrape_config_files: ['clusters/*.yml']\n",
            [.. Evaluation.Rendering.PodFiles.Under("/etc/prometheus", "prometheus", central.Manifests).Where(file => file.Path.StartsWith("clusters/", StringComparison.Ordinal))]);
    }

    /// <summary>Every side at a time, each started when the one before has found everything, so that what the API server counts meanwhile is its own.</summary>
    private static async Task<JsonObject> DiscoverAsync(
        Run run, ProcessSupervisor processes, LocatedTool prometheus, Size size, IReadOnlyList<Place> places, List<Watcher> running, CancellationToken cancellation)
    {
        var figures = new JsonObject();
        var found = new Dictionary<string, ImmutableHashSet<string>>();
        foreach (var place in places)
        {
            run.Say($"{size}: discovering as {place.Key}");
            var before = await CountsAsync(place.Cluster, cancellation);
            var watcher = await Watcher.StartAsync(processes, prometheus, $"{place.Key}-{size.Nodes}", await place.WriteAsync(processes, size, cancellation), cancellation, "--web.enable-lifecycle");
            running.Add(watcher);
            var targets = place.Cluster is null ? [] : await watcher.UntilDiscoveredAsync(cancellation);
            var after = await CountsAsync(place.Cluster, cancellation);
            found[place.Key] = [.. targets.Select(target => NodeTarget(place, target)?.Replace(place.Cluster!.Name, "", StringComparison.Ordinal)).OfType<string>()];
            figures[place.Key] = new JsonObject
            {
                ["watches"] = after.Watches - before.Watches,
                ["listed_bytes"] = after.Bytes - before.Bytes,
                ["rss_bytes"] = 0,
                ["cpu_seconds"] = 0,
                ["kept_targets"] = targets.Count,
                ["dropped_targets"] = await watcher.Api.DroppedAsync(cancellation),
                ["node_targets"] = found[place.Key].Count,
            };
        }

        RequireAll(found);
        run.Say($"{size}: letting memory settle");
        await Task.Delay(Settling, cancellation);
        foreach (var (place, watcher) in places.Zip(running))
        {
            figures[place.Key]!["rss_bytes"] = watcher.Use.AnonymousBytes;
            figures[place.Key]!["cpu_seconds"] = Math.Round(watcher.Use.CpuSeconds, 2);
        }

        return figures;
    }

    /// <summary>One scrapes at a time, in turns, so that whatever else this machine does meanwhile is not one side's alone; the median of the turns counts.</summary>
    private static async Task ScrapeAsync(Run run, Size size, ImmutableArray<(Place Place, Watcher Watcher)> sides, JsonObject figures, CancellationToken cancellation)
    {
        var turns = sides.ToDictionary(side => side.Place.Key, _ => new List<JsonObject>());
        for (var turn = 1; turn <= Turns; turn++)
        {
            foreach (var (place, watcher) in sides)
            {
                run.Say($"{size}: scraping as {place.Key}, turn {turn} of {Turns}");
                await watcher.ConfigureAsync(place.At(string.Create(CultureInfo.InvariantCulture, $"{Pace.TotalSeconds:0}s")).Content, cancellation);
                // A first round makes connections and warms up code; then a whole round.
                await Task.Delay(Pace, cancellation);
                await UntilScrapedAsync(place, watcher, cancellation);
                turns[place.Key].Add(await RoundAsync(place.Cluster!, watcher, cancellation));
                await watcher.ConfigureAsync(place.At(Never).Content, cancellation);
            }
        }

        foreach (var (side, measured) in turns)
        {
            foreach (var (figure, _) in measured[0])
            {
                figures[side]![figure] = Median(measured.Select(turn => (double)turn[figure]!));
            }
        }
    }

    private static async Task<JsonObject> RoundAsync(BenchCluster cluster, Watcher watcher, CancellationToken cancellation)
    {
        var server = new ProcessUse(cluster.Process.Id);
        var (requests, cpu, own) = (await RequestsAsync(), server.CpuSeconds, watcher.Use.CpuSeconds);
        await Task.Delay(Pace, cancellation);
        (requests, cpu, own) = (await RequestsAsync() - requests, server.CpuSeconds - cpu, watcher.Use.CpuSeconds - own);
        return new JsonObject
        {
            ["scrapes_per_minute"] = requests,
            ["api_server_cpu_per_scrape_seconds"] = Math.Round(cpu / requests, 6),
            ["prometheus_cpu_per_scrape_seconds"] = Math.Round(own / requests, 6),
        };

        // Ours is the request that asks: it is left out.
        async Task<double> RequestsAsync() => await cluster.MetricAsync("apiserver_request_total", cancellation, "verb=\"CONNECT\"");
    }

    private static async Task UntilScrapedAsync(Place place, Watcher watcher, CancellationToken cancellation)
    {
        var deadline = DateTime.UtcNow + Patience;
        while (true)
        {
            var (targets, _) = await watcher.CountAsync(cancellation);
            var down = targets.Where(target => target.Health != "up").ToList();
            // Nobody probes here, and the seed also asks kube-state-metrics at a port that has no metrics.
            if (targets.Count > 0 && down.Count <= targets.Count / 100)
            {
                return;
            }

            if (DateTime.UtcNow > deadline)
            {
                throw new ExpectedFailure($"{place.Key}: {down.Count} of {targets.Count} targets are not up after {Patience.TotalSeconds:0} s, such as {down.FirstOrDefault()?.Url}: {down.FirstOrDefault()?.Error}");
            }

            await Task.Delay(1_000, cancellation);
        }
    }

    private static async Task<(double Watches, double Bytes)> CountsAsync(BenchCluster? cluster, CancellationToken cancellation) => cluster is null ? (0, 0) :
        (await cluster.MetricAsync("apiserver_longrunning_requests", cancellation, "verb=\"WATCH\""), await cluster.MetricAsync("lab_apiserver_sent_bytes_total", cancellation));

    /// <summary>Which exporter of which node a target is; null when it is none of a node's.</summary>
    private static string? NodeTarget(Place place, ActiveTarget target)
    {
        if (place.Key != "seed_000")
        {
            return target["job"] is "kubelet" or "node-exporter" ? $"{target["job"]}{target["metrics_path"]} {target["instance"]}" : null;
        }

        if (NodeProxy().Match(target.Url) is { Success: true } kubelet)
        {
            return $"kubelet{kubelet.Groups[2].Value} {kubelet.Groups[1].Value}";
        }

        // It names node-exporter by its address, which is its node's.
        return target["component"] == "node-exporter" ? $"node-exporter {place.Nodes[target["instance"].Split(':')[0]]}" : null;
    }

    /// <summary>Cheaper is only what finds as much.</summary>
    private static void RequireAll(Dictionary<string, ImmutableHashSet<string>> found)
    {
        foreach (var (side, targets) in found.Where(side => side.Key is not ("nothing" or "seed_000")))
        {
            var missing = found["seed_000"].Except(targets).Order(StringComparer.Ordinal).ToList();
            if (missing.Count > 0)
            {
                throw new ExpectedFailure($"{side} lacks {missing.Count} of the {found["seed_000"].Count} targets of nodes that seed 000 finds, such as {missing[0]}.");
            }
        }
    }

    [GeneratedRegex("^  scrape_(interval|timeout): .*$", RegexOptions.Multiline)]
    private static partial Regex ScrapeTime();

    [GeneratedRegex("/api/v1/nodes/([^/]+)/proxy(/metrics(?:/cadvisor)?)$")]
    private static partial Regex NodeProxy();

    // What the seed's configuration presupposes: an account with every right there is, and annotated Services in front of the exporters.
    private static readonly string[] SeedObjects =
    [
        """{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "admin", "namespace": "kube-system"}}""",
        """
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "sa-cluster-admin"},
         "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
         "subjects": [{"kind": "ServiceAccount", "name": "admin", "namespace": "kube-system"}]}
        """,
        """
        {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
         "metadata": {"name": "scrape-token", "namespace": "kube-system", "annotations": {"kubernetes.io/service-account.name": "admin"}}}
        """,
        Exporter("fleet-node-exporter", "node-exporter", 9100),
        Exporter("fleet-exporters", "kube-state-metrics", 8080),
    ];

    private static string Exporter(string ns, string name, int port) => $$$"""
        {"apiVersion": "v1", "kind": "Service",
         "metadata": {"name": "prometheus-{{{name}}}", "namespace": "{{{ns}}}", "labels": {"app": "prometheus", "component": "{{{name}}}"}, "annotations": {"prometheus.io/scrape": "true"}},
         "spec": {"clusterIP": "None", "selector": {"app.kubernetes.io/name": "{{{name}}}"}, "ports": [{"name": "metrics", "port": {{{port}}}, "targetPort": {{{port}}} }] }}
        """;

    /// <summary>How large a cluster is. Only the smaller one has anything behind its nodes.</summary>
    private sealed record Size(int Nodes, int Pods, int Services)
    {
        public bool IsScraped => Nodes <= 100;

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Nodes:#,0} nodes, {Pods:#,0} pods, {Services:#,0} services");
    }

    private sealed record Installed(BenchCluster Cluster, StackOutputValues Outputs) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Cluster.DisposeAsync();
    }

    /// <summary>A side: what Prometheus is given, and the cluster that it looks at.</summary>
    private sealed record Place(string Key, BenchCluster? Cluster, string Configuration, params ImmutableArray<PodFile> Files)
    {
        /// <summary>The nodes' names by their addresses.</summary>
        public IReadOnlyDictionary<string, string> Nodes => field ??= Cluster!.NodeNames;

        /// <summary>Writes it to a directory of its own, so that nobody scrapes yet.</summary>
        public async Task<string> WriteAsync(ProcessSupervisor processes, Size size, CancellationToken cancellation)
        {
            var directory = Path.Combine(processes.DirectoryPath, $"{Key}-{size.Nodes}");
            foreach (var file in Files.Add(At(Never)))
            {
                var path = Path.Combine(directory, file.Path);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                await File.WriteAllTextAsync(path, file.Content, cancellation);
            }

            return directory;
        }

        /// <summary>Prometheus's configuration with this interval.</summary>
        public PodFile At(string interval) => new("prometheus.yml", Configuration.Replace("INTERVAL", interval, StringComparison.Ordinal), false);
    }
}
