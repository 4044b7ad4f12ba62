using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation.Rendering;
using FleetPrometheus.Lab;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.RealKube;
using FleetPrometheus.Lab.Verification;
using FleetPrometheus.Scraping;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Bench;

/// <summary>
/// One cluster in the lab, real relays and exporters in it and a real Prometheus that scrapes it by the program's own configuration. Way and
/// settings can be changed while it runs.
/// </summary>
internal sealed class ScrapePathFleet : IAsyncDisposable
{
    private const string Cluster = "bench";
    private const string Workload = "busy";
    private const int PodsPerNode = 20;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly LabFleet _fleet;
    private readonly Wire _wire;
    private readonly string _project;
    private readonly bool _isReal;

    private ScrapePathFleet(LabFleet fleet, Wire wire, string project, bool isReal)
    {
        _fleet = fleet;
        _wire = wire;
        _project = project;
        _isReal = isReal;
    }

    private PrometheusApi Prometheus => _fleet.Centre.Prometheus;

    /// <summary>Starts it.</summary>
    /// <param name="nodes">How many nodes the cluster has, each with twenty pods.</param>
    /// <param name="assets">A real control plane's programs; null: it is simulated.</param>
    /// <param name="keys">The cluster's keys beyond the necessary, as lines of its file.</param>
    /// <param name="say">Is told what is going on.</param>
    /// <param name="cancellation">Ends the start.</param>
    public static async Task<ScrapePathFleet> StartAsync(int nodes, KubeAssets? assets, string keys, Action<string> say, CancellationToken cancellation)
    {
        var project = Directory.CreateTempSubdirectory("fleet-bench-").FullName;
        File.WriteAllText(Path.Combine(project, "Pulumi.central.yaml"), $"config:\n  fleet-prometheus:role: central\n  fleet-prometheus:context: central\n  fleet-prometheus:clusters:\n    - {Cluster}\n");
        Write(project, keys);
        var wire = new Wire();
        try
        {
            var fleet = await LabFleet.StartAsync(
                new LabOptions
                {
                    Project = project,
                    Nodes = nodes,
                    Interval = Interval,
                    Assets = assets,
                    Sabotage = new Sabotage { File = wire.Apply },
                    Inhabit = (client, token) => InhabitAsync(client, nodes * PodsPerNode, token),
                },
                say,
                cancellation);
            return new ScrapePathFleet(fleet, wire, project, assets is not null);
        }
        catch
        {
            Directory.Delete(project, recursive: true);
            throw;
        }
    }

    /// <summary>Changes the cluster's keys and waits until all its targets are up.</summary>
    public async Task ChangeAsync(string keys, CancellationToken cancellation)
    {
        Write(_project, keys);
        await _fleet.ReconcileAsync(cancellation);
        await UntilUpAsync(cancellation);
    }

    /// <summary>Changes how Prometheus scrapes, by lines that are added to every job of the cluster.</summary>
    public async Task ScrapeWithAsync(string lines, CancellationToken cancellation)
    {
        _wire.Lines = lines;
        await _fleet.Centre.ApplyAsync(_fleet.Central, cancellation);
        await Task.Delay(TimeSpan.FromSeconds(2), cancellation);
    }

    /// <summary>Waits until every target is up.</summary>
    public async Task UntilUpAsync(CancellationToken cancellation)
    {
        var wrong = await Eventually.NothingWrongAsync(() => TargetChecks.ExactlyTheExpectedAsync(_fleet, cancellation), Patience, cancellation);
        if (!wrong.IsEmpty)
        {
            throw new ExpectedFailure($"not every target came up: {string.Join("; ", wrong.Take(3))}");
        }
    }

    /// <summary>Lets it run for a while and tells what that took, all but latencies and rates per 1,000 samples.</summary>
    public async Task<JsonObject> MeasureAsync(TimeSpan time, CancellationToken cancellation)
    {
        await Task.Delay(Settling, cancellation);
        var before = Usage.Now(this);
        await Task.Delay(time, cancellation);
        var after = Usage.Now(this);
        var window = PrometheusDuration.Format(time);
        var samples = await Prometheus.ScalarAsync($$"""sum(sum_over_time(scrape_samples_scraped{cluster="{{Cluster}}"}[{{window}}]))""", cancellation);
        var latencies = (await Prometheus.QueryAsync($$"""scrape_duration_seconds{cluster="{{Cluster}}", job=~"kubelet|node-exporter"}[{{window}}]""", cancellation))
            .SelectMany(series => series.Samples).Select(sample => sample.Value).Order().ToList();
        if (latencies.Count == 0 || !(samples > 0))
        {
            throw new ExpectedFailure("nothing was scraped");
        }

        var thousands = samples / 1000;
        return new JsonObject
        {
            ["p50_seconds"] = latencies[latencies.Count / 2],
            ["p99_seconds"] = latencies[(int)(latencies.Count * 0.99)],
            ["api_server_cpu_seconds"] = (after.ApiServer - before.ApiServer) / thousands,
            ["node_cpu_seconds"] = (after.Nodes - before.Nodes) / thousands,
            ["centre_cpu_seconds"] = (after.Centre - before.Centre) / thousands,
            ["received_bytes"] = Math.Round((after.Received - before.Received) / thousands),
            ["samples_per_second"] = Math.Round(samples / time.TotalSeconds),
            ["scrapes"] = (double)latencies.Count,
        };
    }

    /// <summary>How many series are stored of each job, by <see cref="ScrapeJob.Key"/>.</summary>
    public async Task<JsonObject> StoredAsync(CancellationToken cancellation)
    {
        await Task.Delay(2 * Interval, cancellation);
        var stored = await Prometheus.QueryAsync($$"""sum by (job, metrics_path) (scrape_samples_post_metric_relabeling{cluster="{{Cluster}}"})""", cancellation);
        return new JsonObject(stored.Where(series => series["job"] != "cluster-probe")
            .Select(series => KeyValuePair.Create((series["metrics_path"] == NodeProxyJob.CadvisorPath ? ScrapeJob.Cadvisor : series["job"]).Replace('-', '_'), (JsonNode?)JsonValue.Create(series.Value)))
            .OrderBy(job => job.Key, StringComparer.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await _fleet.DisposeAsync();
        Directory.Delete(_project, recursive: true);
    }

    private static void Write(string project, string keys) => File.WriteAllText(
        Path.Combine(project, $"Pulumi.{Cluster}.yaml"), $"config:\n  fleet-prometheus:role: target\n  fleet-prometheus:context: {Cluster}\n{string.Concat(keys.Split('\n').Select(line => $"  fleet-prometheus:{line}\n"))}");

    /// <summary>Pods with nothing behind them but what kubelets and kube-state-metrics tell of them.</summary>
    private static async Task InhabitAsync(KubeClient client, int pods, CancellationToken cancellation)
    {
        await client.ApplyAsync(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = Workload } }, cancellation);
        await client.WaitForAsync(KubeKind.ServiceAccount, Workload, "default", _ => true, Patience, cancellation);
        await client.ApplyAsync(JsonNode.Parse($$$$"""
            {
              "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "{{{{Workload}}}}", "namespace": "{{{{Workload}}}}"},
              "spec": {
                "replicas": {{{{pods}}}}, "selector": {"matchLabels": {"app": "{{{{Workload}}}}"}},
                "template": {
                  "metadata": {"labels": {"app": "{{{{Workload}}}}"}},
                  "spec": {"containers": [{"name": "main", "image": "registry.example/busy:1", "resources": {"requests": {"cpu": "10m"}, "limits": {"cpu": "1", "memory": "64Mi"}}}]}
                }
              }
            }
            """)!.AsObject(), cancellation);
        while ((await client.ListAsync(KubeKind.Pod, Workload, cancellation: cancellation)).Items.Count(pod => pod.Text("status", "phase") == "Running") < pods)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), cancellation);
        }
    }

    /// <summary>Puts lines into every job of the cluster, and leaves out rules, whose evaluation is not what is measured.</summary>
    private sealed class Wire
    {
        public string Lines { get; set; } = "";

        public PodFile Apply(PodFile file) =>
            file.Path.StartsWith($"{ConfigurationPaths.Rules}/", StringComparison.Ordinal) ? file with { Content = "groups: []\n" }
            : file.Path.EndsWith(ConfigurationPaths.ScrapeFile(Cluster), StringComparison.Ordinal) ? file with { Content = file.Content.Replace("\n    scheme: https\n", $"\n    scheme: https\n{Lines}", StringComparison.Ordinal) }
            : file;
    }

    /// <summary>What was used since everything began: processor time in seconds, and bytes.</summary>
    private readonly record struct Usage(double ApiServer, double Nodes, double Centre, long Received)
    {
        public static Usage Now(ScrapePathFleet owner)
        {
            var all = ProcessTree.Below();
            var address = owner._fleet.Members[0].Cluster.ApiServer.Host;
            // The front is what a cluster that sends by itself sends to; otherwise Prometheus gets everything itself.
            string[] centre = owner._fleet.Push is null ? ["prometheus-0"] : ["push-front-0", "push-forwarder-0", "prometheus-0"];
            var programs = centre.Select(name => owner._fleet.Centre.Replica(name).Id).ToList();
            return new Usage(
                owner._isReal ? Sum(Ids(process => process.Program == "kube-apiserver" && process.Arguments.Contains($"--bind-address={address}"))) : Environment.CpuUsage.TotalTime.TotalSeconds,
                Sum(Ids(process => process.Program == "caddy" || process.Arguments.Contains("--agent"))),
                Sum(programs),
                new ProcessUse(programs[0]).ReadBytes);

            IEnumerable<int> Ids(Func<RunningProcess, bool> isMeant) => all.Where(isMeant).Select(process => process.Id);
        }

        private static double Sum(IEnumerable<int> processes) => processes.Sum(process => new ProcessUse(process).CpuSeconds);
    }
}
