using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using FleetPrometheus.Contract;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Lab.Simulation;
using FleetPrometheus.Lab.Verification.Join;
using FleetPrometheus.Validation;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace FleetPrometheus.Lab.Verification;

/// <summary>
/// <c>--verify=join</c>: the ways in which more of a cluster joins than the program installs itself, each shown on a running fleet by
/// writing the configuration that README tells to write.
/// </summary>
internal sealed class JoinVerification(LabFleet fleet, TimeSpan interval, Action<Check> report)
{
    // What every cluster has anyway; CoreVerification looks after these.
    private static readonly ImmutableHashSet<string> OwnJobs = ["apiserver", "cluster-probe", "kubelet", "node-exporter", "kube-state-metrics"];

    private readonly List<Check> _checks = [];

    /// <summary>How long what takes time may take. Default 60 s.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The one way of joining to verify. Default null: all.</summary>
    public string? Way { get; init; }

    /// <summary>The fleet it needs: one whose central cluster has nodes too.</summary>
    public static LabOptions Prepare(LabOptions options) =>
        options with { OnACopy = true, CentralNodes = 2, TakesPushes = true, Tools = [.. options.Tools, Tool.Pushgateway, Tool.Vmauth, Tool.Vmagent] };

    /// <summary>Runs all checks.</summary>
    public async Task<IReadOnlyList<Check>> RunAsync(CancellationToken cancellation)
    {
        var site = new JoinSite(fleet, interval, Patience, TryAsync);
        // What comes up late is not to pass for what a way of joining did to others.
        await TryAsync("before anything joins, every target that the stack files ask for is up", () => UpAsync(cancellation), Targets);
        foreach (var (way, verifyAsync) in new (string, Func<CancellationToken, Task>)[]
        {
            ("pods", PodsAsync),
            ("outside", OutsideAsync),
            ("metrics", new StoredMetrics(site).RunAsync),
            ("direct", new DirectAccess(site).RunAsync),
            ("own", new OwnCluster(site).RunAsync),
            ("federate", new Federation(site).RunAsync),
            ("push", new Push(site).RunAsync),
        })
        {
            if (Way is null || Way == way)
            {
                await verifyAsync(cancellation);
            }
        }

        return _checks;
    }

    private FleetMember Member => fleet.Members[0];

    private Task<ImmutableArray<string>> UpAsync(CancellationToken cancellation) =>
        Eventually.NothingWrongAsync(() => TargetChecks.ExactlyTheExpectedAsync(fleet, cancellation), Patience, cancellation);

    private string Targets() => $"{fleet.Members.Sum(member => member.Expected.Length)} targets of {fleet.Members.Length} clusters";

    private async Task PodsAsync(CancellationToken cancellation)
    {
        var others = fleet.Members.Skip(1).Select(member => member.Name).ToImmutableArray();
        var before = DateTimeOffset.UtcNow;
        await TryAsync("extra jobs scrape the pods they name, annotated pods of the named namespaces are scraped as they ask, and nothing else is", async () =>
        {
            await RunAppsAsync(cancellation);
            Write(
                ("scrapeJobs", """

                        - coredns
                        - preset: traefik
                          namespace: edge
                        - name: cart
                          namespace: shop
                          labels:
                            app: cart
                          port: 8080
                          path: /internal/metrics
                          instance: node
                    """),
                ("annotatedPods", "[shop, market]"),
                ("annotatedServices", "[store]"));
            await fleet.ReconcileAsync(cancellation);
            var cart = await Member.Cluster.Admin.WaitForAsync(KubeKind.Pod, "shop", "cart", pod => pod.Text("spec", "nodeName") is not null, Patience, cancellation);
            ImmutableSortedSet<string> expected =
            [
                "coredns coredns-1", "coredns coredns-2", "traefik traefik", $"cart {cart.Text("spec", "nodeName")}",
                "annotated-pods plain:8080", "annotated-pods plain:8081", "annotated-pods asking:9400",
                "annotated-services shelf-1:8080", "annotated-services shelf-2:8080",
            ];
            return await Eventually.NothingWrongAsync(() => TargetsAsync(expected, cancellation), Patience, cancellation);
        }, () => "two presets, a job of one's own, three ports that pods ask for, two pods whose Service asks; what asks for more than a target is left out");
        await TryAsync("their samples come from the pods they name", () => Eventually.NothingWrongAsync(async () =>
        {
            var series = await fleet.Centre.Prometheus.QueryAsync($$"""lab_app_identity{cluster="{{Member.Name}}"}""", cancellation);
            return
            [
                .. series.Length == 9 ? [] : new[] { $"{series.Length} series instead of 9" },
                .. series.Where(one => one["job"] is "annotated-pods" or "annotated-services" && (one["instance"] != $"{one["app_pod"]}:{one["app_port"]}" || one["pod"] != one["app_pod"] || one["namespace"] != one["app_namespace"]))
                    .Select(one => $"{one["job"]} {one["instance"]} is {one["app_namespace"]}/{one["app_pod"]}:{one["app_port"]}"),
                .. series.Where(one => one["job"] is "coredns" or "traefik" && one["instance"] != one["app_pod"]).Select(one => $"{one["job"]} {one["instance"]} is {one["app_pod"]}"),
            ];
        }, Patience, cancellation), () => "by each pod's own identity");
        await TryAsync("the token may do this in the named namespaces, and nothing more there or elsewhere",
            () => RightsAsync(["shop", "market", "store", "edge", "kube-system"], ["quiet", "default"], cancellation), () => "asked with the real token");
        await TryAsync("and no other cluster missed a scrape meanwhile",
            () => TargetChecks.NoScrapeMissedAsync(fleet, others, DateTimeOffset.UtcNow - before, interval, cancellation), () => string.Join(", ", others));
    }

    private async Task OutsideAsync(CancellationToken cancellation)
    {
        using var authority = new CertificateAuthority("routers");
        await using var machine = await Outsider.StartAsync(null, cancellation);
        await using var router = await Outsider.StartAsync(authority.IssueServer("router", [IPAddress.Loopback]), cancellation);
        await TryAsync("things outside of Kubernetes are scraped directly, with the cluster's labels and their own", async () =>
        {
            Write(("staticTargets", $"""

                    - name: node-exporter
                      targets: ["{machine.Address}"]
                      labels:
                        rack: r1
                    - name: router
                      targets: ["{router.Address}"]
                      scheme: https
                      caCertificate: {System.Text.Json.JsonSerializer.Serialize(authority.CertificatePem)}
                """));
            await fleet.ReconcileAsync(cancellation);
            var environment = (string)JsonNode.Parse(Member.File.Get("clusterLabels")!)!["environment"]!;
            return await Eventually.NothingWrongAsync(async () =>
            [
                .. await MissingAsync($"node-exporter {machine.Address}", $$"""lab_outsider{job="node-exporter",instance="{{machine.Address}}",rack="r1",environment="{{environment}}"}"""),
                .. await MissingAsync($"router {router.Address}", $$"""lab_outsider{job="router",instance="{{router.Address}}",rack="",environment="{{environment}}"}"""),
            ], Patience, cancellation);

            async Task<ImmutableArray<string>> MissingAsync(string name, string query) =>
                (await fleet.Centre.Prometheus.QueryAsync(query, cancellation)) is [var only] && only["cluster"] == Member.Name ? [] : [$"no samples of {name} with its labels"];
        }, () => "a machine by http, a router by https with a CA of its own");
        await TryAsync("and are never shown a token", () => Task.FromResult<ImmutableArray<string>>(
        [
            .. new[] { machine, router }.Where(outsider => outsider.WasShownCredentials).Select(outsider => $"credentials were sent to {outsider.Address}"),
            .. new[] { machine, router }.Where(outsider => !outsider.WasAsked).Select(outsider => $"{outsider.Address} was never asked"),
        ]), () => "by what they received");
        await TryAsync("every target that the stack files ask for is up, and there is no other", () => UpAsync(cancellation), Targets);
        // The machine and the router end here; nobody is to miss them.
        Write(("staticTargets", "[]"));
        await fleet.ReconcileAsync(cancellation);
    }

    /// <summary>What people run in a cluster: some to be scraped, some not, some that try to get more out of it.</summary>
    private async Task RunAppsAsync(CancellationToken cancellation)
    {
        var admin = Member.Cluster.Admin;
        foreach (var ns in new[] { "shop", "market", "store", "edge", "quiet" })
        {
            await admin.ApplyAsync(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = ns } }, cancellation);
        }

        foreach (var app in new[]
        {
            App("kube-system", "coredns-1", [9153]) with { Labels = [("k8s-app", "kube-dns")] },
            App("kube-system", "coredns-2", [9153]) with { Labels = [("k8s-app", "kube-dns")] },
            App("edge", "traefik", [8000, 9100]) with { Labels = [("app.kubernetes.io/name", "traefik")] },
            // Chosen by a job of its own, so its annotations don't have it scraped twice.
            App("shop", "cart", [8080]) with { Labels = [("app", "cart")], Args = ["--path=/internal/metrics"], Annotations = [("scrape", "true"), ("port", "8080"), ("path", "/internal/metrics")] },
            App("shop", "silent", [8080]),
            App("shop", "refusing", [8080]) with { Annotations = [("scrape", "false")] },
            App("market", "plain", [8080, 8081]) with { Annotations = [("scrape", "true")] },
            App("market", "asking", [8080, 9400]) with
            {
                Args = ["--path=/stats/prometheus", "--tls"],
                Annotations = [("scrape", "true"), ("port", "9400"), ("path", "/stats/prometheus"), ("scheme", "https")],
            },
            App("market", "climber", [8080]) with { Annotations = [("scrape", "true"), ("path", $"/../../../../../nodes/{Member.Cluster.Nodes[0]}/proxy/metrics")] },
            App("market", "namer", [8080]) with { Annotations = [("scrape", "true"), ("port", "8080/proxy/../..")] },
            App("market", "schemer", [8080]) with { Annotations = [("scrape", "true"), ("scheme", "http:plain:8080/x#")] },
            App("store", "shelf-1", [8080]) with { Labels = [("app", "shelf")] },
            App("store", "shelf-2", [8080]) with { Labels = [("app", "shelf")] },
            App("quiet", "elsewhere", [8080]) with { Annotations = [("scrape", "true")] },
        })
        {
            // A pod is refused until the namespace has its account.
            await admin.WaitForAsync(KubeKind.ServiceAccount, app.Namespace, "default", _ => true, Patience, cancellation);
            await admin.ApplyAsync(app.ToObject(), cancellation);
        }

        foreach (var service in new[]
        {
            AppPod.Service("store", "shelf", "shelf", ("scrape", "true")),
            AppPod.Service("store", "climber", "shelf", ("scrape", "true"), ("path", "/../shelf-1/log")),
            AppPod.Service("store", "silent", "shelf"),
        })
        {
            await admin.ApplyAsync(service, cancellation);
        }
    }

    /// <summary>The cluster's targets beyond those every cluster has, as "job instance".</summary>
    private async Task<ImmutableArray<string>> TargetsAsync(ImmutableSortedSet<string> expected, CancellationToken cancellation)
    {
        var targets = (await TargetChecks.ClusterTargets(fleet, cancellation))
            .Where(target => target["cluster"] == Member.Name && !OwnJobs.Contains(target["job"])).ToList();
        return
        [
            .. targets.Where(target => !expected.Contains(Name(target))).Select(target => $"unexpected target {Name(target)} at {target.Url}"),
            .. targets.Where(target => target.Health != "up").Select(target => $"{Name(target)} is {target.Health}: {target.Error}"),
            .. targets.GroupBy(Name).Where(group => group.Count() > 1).Select(group => $"{group.Key}: {group.Count()} targets where one is expected"),
            .. expected.Except(targets.Select(Name)).Select(missing => $"missing target {missing}"),
        ];

        static string Name(ActiveTarget target) => $"{target["job"]} {target["instance"]}";
    }

    private async Task<ImmutableArray<string>> RightsAsync(IEnumerable<string> named, IEnumerable<string> others, CancellationToken cancellation)
    {
        var token = new SecretText(Member.Evaluated.Outputs.Text(StackOutputs.Token)!);
        using var client = new KubeClient(Member.Cluster.ApiServer, Member.Cluster.CaCertificate, token);
        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var ns in named)
        {
            await ExpectAsync($"/api/v1/namespaces/{ns}/pods", allowed: true);
            foreach (var path in new[] { "services", "endpoints", "secrets", "configmaps", "services/x/proxy/metrics", "pods/x/log" })
            {
                // Annotated Services are found by their endpoints.
                await ExpectAsync($"/api/v1/namespaces/{ns}/{path}", allowed: ns == "store" && path is ("services" or "endpoints"));
            }
        }

        foreach (var ns in others)
        {
            await ExpectAsync($"/api/v1/namespaces/{ns}/pods", allowed: false);
            await ExpectAsync($"/api/v1/namespaces/{ns}/pods/http:elsewhere:8080/proxy/metrics", allowed: false);
        }

        await ExpectAsync("/api/v1/pods", allowed: false);
        return wrong.ToImmutable();

        async Task ExpectAsync(string path, bool allowed)
        {
            try
            {
                await client.ReadAsync(path, cancellation);
                if (!allowed)
                {
                    wrong.Add($"the token may get {path}");
                }
            }
            catch (KubeException refusal) when (refusal.Code == HttpStatusCode.Forbidden)
            {
                if (allowed)
                {
                    wrong.Add($"the token may not get {path}");
                }
            }
        }
    }

    private void Write(params ReadOnlySpan<(string Key, string Yaml)> keys) => StackFiles.Write(fleet.Project, Member.File.Name, keys);

    private async Task TryAsync(string name, Func<Task<ImmutableArray<string>>> verify, Func<string> evidence)
    {
        Check check;
        try
        {
            var failures = await verify();
            check = new Check(name, failures, failures.IsEmpty ? evidence() : "");
        }
        catch (Exception exception) when (exception is HttpRequestException or EvaluationException or ExpectedFailure or KubeException or TaskCanceledException { InnerException: TimeoutException })
        {
            check = new Check(name, [exception.Message], "");
        }

        _checks.Add(check);
        report(check);
    }

    /// <summary>Something outside of the cluster that serves metrics and remembers what it was shown.</summary>
    private sealed class Outsider : IAsyncDisposable
    {
        private WebServer? _server;

        public string Address { get; } = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{FreePort.Find()}");

        public bool WasAsked { get; private set; }

        public bool WasShownCredentials { get; private set; }

        public static async Task<Outsider> StartAsync(X509Certificate2? certificate, CancellationToken cancellation)
        {
            var outsider = new Outsider();
            outsider._server = await WebServer.StartAsync(
                options => options.Listen(IPEndPoint.Parse(outsider.Address), listen =>
                {
                    if (certificate is not null)
                    {
                        listen.UseHttps(certificate);
                    }
                }),
                context =>
                {
                    outsider.WasAsked = true;
                    outsider.WasShownCredentials |= context.Request.Headers.Authorization.Count > 0;
                    context.Response.ContentType = Exposition.ContentType;
                    return context.Response.WriteAsync("lab_outsider 1\n", context.RequestAborted);
                },
                cancellation);
            return outsider;
        }

        public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    private static AppPod App(string ns, string name, int[] ports) => new(ns, name, ports);
}
