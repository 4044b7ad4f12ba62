using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Lab.Simulation;
using Microsoft.AspNetCore.Http;

namespace FleetPrometheus.Lab.Verification.Faults;

/// <summary>What exporters can do to the centre.</summary>
internal static class ExporterFaults
{
    private const string Namespace = "shop";
    private const int Port = 8080;
    private const int Series = 500;
    // Beyond what a real API server exposes of itself.
    private const string Limits = """
            - stack: {0}
              limits:
                samples: 40000
                bodySize: 12MB
        """;

    public static ImmutableArray<Fault> All { get; } =
    [
        new("a hundred times the series", "its limit refuses them, the cluster's other jobs go on", ["ClusterSamplesExploded", "ClusterSamplesRejected", "PrometheusScrapeSampleLimitHit"], ExplosionAsync),
        new(
            "hostile exporters: huge, endless, malformed, many labels, redirecting",
            "each scrape fails by itself, nothing of it is stored, the token goes nowhere",
            ["TargetDown", "PrometheusLabelLimitHit", "PrometheusScrapeBodySizeLimitHit"],
            HostileAsync),
    ];

    private static async Task<ImmutableArray<string>> ExplosionAsync(FaultScene scene, CancellationToken cancellation)
    {
        await LimitAsync(scene, cancellation);
        await RunAsync(scene, "chatty", $"--series={Series}", cancellation);
        await scene.WriteAsync("scrapeJobs", $"\n{Job("chatty")}", cancellation);
        var count = $"count(lab_hostile_series{{cluster=\"{scene.Name}\"}})";
        var first = await Eventually.TrueAsync(
            async () => await scene.Fleet.Centre.Prometheus.ScalarAsync(count, cancellation) == Series, $"no {Series} series before the explosion", FaultScene.Patience, cancellation);
        await scene.Member.Cluster.Admin.DeleteAsync(KubeKind.Pod, Namespace, "chatty", cancellation);
        await RunAsync(scene, "chatty", $"--series={100 * Series}", cancellation);
        var told = new List<string>();
        foreach (var (alert, of) in new[] { ("ClusterSamplesRejected", scene.Name), ("ClusterSamplesExploded", scene.Name), ("PrometheusScrapeSampleLimitHit", scene.Fleet.Central.Stack) })
        {
            told.AddRange(await scene.ToldAsync(alert, cancellation, of));
        }

        var kept = await scene.Fleet.Centre.Prometheus.ScalarAsync(count, cancellation);
        var wrong = await scene.NotUpAsync(cancellation);
        await scene.LostAsync(cancellation);
        scene.Saw($"{100 * Series} series refused whole");
        await scene.Member.Cluster.Admin.DeleteAsync(KubeKind.Pod, Namespace, "chatty", cancellation);
        return [.. first, .. told, .. wrong.Where(one => !one.Contains("chatty", StringComparison.Ordinal)), .. kept > Series ? [$"{kept} series were stored"] : Array.Empty<string>()];
    }

    private static async Task<ImmutableArray<string>> HostileAsync(FaultScene scene, CancellationToken cancellation)
    {
        var asked = 0;
        var elsewhere = new IPEndPoint(IPAddress.Loopback, FreePort.Find());
        await using var server = await WebServer.StartAsync(
            options => options.Listen(elsewhere),
            context =>
            {
                Interlocked.Increment(ref asked);
                return context.Response.WriteAsync("lab_hostile_series 1\n");
            },
            cancellation);
        (string Name, string Argument, string Error)[] exporters =
        [
            ("huge", "--huge=16000000", "body size limit exceeded"),
            ("endless", "--endless", "context deadline exceeded"),
            ("malformed", "--malformed", "expected"),
            ("labels", "--labels=200", "label_limit exceeded"),
            ("redirect", $"--redirect=http://{elsewhere}/metrics", "302"),
        ];
        await LimitAsync(scene, cancellation);
        foreach (var exporter in exporters)
        {
            await RunAsync(scene, exporter.Name, exporter.Argument, cancellation);
        }

        await scene.WriteAsync("scrapeJobs", $"\n{string.Join('\n', exporters.Select(exporter => Job(exporter.Name)))}", cancellation);
        var refused = await Eventually.NothingWrongAsync(async () =>
        {
            var targets = (await TargetChecks.ClusterTargets(scene.Fleet, cancellation)).Where(target => target["cluster"] == scene.Name).ToLookup(target => target["job"]);
            return
            [
                .. exporters.Where(exporter => targets[exporter.Name].All(target => target.Health != "down" || !target.Error.Contains(exporter.Error, StringComparison.Ordinal)))
                    .Select(exporter => $"{exporter.Name} does not fail with '{exporter.Error}': {string.Join(", ", targets[exporter.Name].Select(target => $"{target.Health} {target.Error}"))}"),
            ];
        }, FaultScene.Patience, cancellation);
        var told = new List<string>(refused);
        foreach (var exporter in exporters)
        {
            told.AddRange(await scene.ToldAsync("TargetDown", cancellation, job: exporter.Name));
        }

        told.AddRange(await scene.ToldAsync("PrometheusLabelLimitHit", cancellation, scene.Fleet.Central.Stack));
        told.AddRange(await scene.ToldAsync("PrometheusScrapeBodySizeLimitHit", cancellation, scene.Fleet.Central.Stack));
        var hostile = string.Join('|', exporters.Select(exporter => exporter.Name));
        var stored = await scene.Fleet.Centre.Prometheus.QueryAsync($"count by (job) ({{cluster=\"{scene.Name}\",job=~\"{hostile}\",__name__=~\"lab_.*\"}})", cancellation);
        var wrong = (await scene.NotUpAsync(cancellation)).Where(one => !exporters.Any(exporter => one.Contains($"Job = {exporter.Name},", StringComparison.Ordinal))).ToList();
        scene.Saw($"none of them stored, nothing asked elsewhere");
        foreach (var exporter in exporters)
        {
            await scene.Member.Cluster.Admin.DeleteAsync(KubeKind.Pod, Namespace, exporter.Name, cancellation);
        }

        return
        [
            .. told, .. wrong, .. stored.Select(one => $"{one.Value} samples of {one["job"]} were stored"),
            .. asked > 0 ? ["the redirect was followed, with whatever credentials"] : Array.Empty<string>(),
        ];
    }

    /// <summary>Bounds for the cluster that a lab can reach, in the central stack's file.</summary>
    private static Task LimitAsync(FaultScene scene, CancellationToken cancellation) => scene.WriteCentralAsync(
        $"    - {scene.Member.File.Name}\n", string.Format(CultureInfo.InvariantCulture, Limits, scene.Member.File.Name) + "\n", cancellation);

    private static string Job(string name) => $"""
            - name: {name}
              namespace: {Namespace}
              labels:
                app: {name}
              port: {Port}
        """;

    private static Task RunAsync(FaultScene scene, string name, string argument, CancellationToken cancellation) => scene.Member.Cluster.Admin.ApplyAsync(
        new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Namespace, ["labels"] = new JsonObject { ["app"] = name } },
            ["spec"] = new JsonObject
            {
                ["containers"] = new JsonArray(new JsonObject
                {
                    ["name"] = "exporter",
                    ["image"] = $"{HostileRuntime.Image}:v1",
                    ["args"] = new JsonArray(argument),
                    ["ports"] = new JsonArray(new JsonObject { ["containerPort"] = Port, ["protocol"] = "TCP" }),
                    // The namespace has a quota, which a real API server enforces.
                    ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["cpu"] = "10m", ["memory"] = "16Mi" }, ["limits"] = new JsonObject { ["cpu"] = "10m", ["memory"] = "16Mi" } },
                }),
            },
        },
        cancellation);
}
