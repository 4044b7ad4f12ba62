using System.Collections.Immutable;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Lab.Simulation;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

namespace FleetPrometheus.Tests.Seeds;

/// <summary>
/// One cluster that holds what a hand-written configuration presupposes, and two real Prometheus on it: one on that configuration, one on ours.
/// A directory has it all: <c>cluster.yml</c>, the hand-written configuration, and the stack files.
/// </summary>
internal sealed class SeedScenario : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly LabFleet _fleet;

    private CentralPod? _pod;

    private SeedScenario(LabFleet fleet) => _fleet = fleet;

    public PrometheusApi Ours => _fleet.Centre.Prometheus;

    public PrometheusApi Theirs { get; private set; } = null!;

    /// <summary>The cluster that both look at: the last of the fleet, which is the centre's own where that is watched.</summary>
    public WatchedCluster Subject => _fleet.Watched[^1];

    /// <summary>The names of the others in our fleet, at which theirs does not look.</summary>
    public IEnumerable<string> Others => _fleet.Watched.SkipLast(1).Select(cluster => cluster.Name);

    /// <param name="seed">The directory of our stack files below this one.</param>
    /// <param name="configuration">The hand-written configuration: a file in it, or elsewhere by its absolute path.</param>
    /// <param name="objects">What the cluster holds, files below this directory.</param>
    /// <param name="cancellation">Ends the start.</param>
    public static async Task<SeedScenario> StartAsync(string seed, string configuration, ImmutableArray<string> objects, CancellationToken cancellation)
    {
        var here = Repository.PathOf("tests", "Seeds");
        var fleet = await LabFleet.StartAsync(
            new LabOptions
            {
                Project = Path.Combine(here, seed),
                OnACopy = true,
                Interval = TimeSpan.FromSeconds(2),
                Tools = [.. Tool.Core, Tool.Pushgateway],
                Inhabit = async (admin, cancel) =>
                {
                    foreach (var path in objects)
                    {
                        await ApplyAsync(Path.Combine(here, path), admin, cancel);
                    }
                },
            },
            _ => { },
            cancellation);
        var scenario = new SeedScenario(fleet);
        try
        {
            await scenario.StartTheirsAsync(Path.Combine(here, seed, configuration), cancellation);
            return scenario;
        }
        catch
        {
            await scenario.DisposeAsync();
            throw;
        }
    }

    /// <summary>Changes our stack file, as a user would.</summary>
    public async Task RewriteAsync(Func<string, string> change, CancellationToken cancellation)
    {
        var path = Path.Combine(_fleet.Project, $"Pulumi.{_fleet.Members[0].File.Name}.yaml");
        await File.WriteAllTextAsync(path, change(await File.ReadAllTextAsync(path, cancellation)), cancellation);
        await _fleet.ReconcileAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        Theirs?.Dispose();
        await (_pod?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _fleet.DisposeAsync();
    }

    private static async Task ApplyAsync(string path, KubeClient admin, CancellationToken cancellation)
    {
        var reader = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build();
        var writer = new SerializerBuilder().JsonCompatible().Build();
        var parser = new Parser(new StringReader(await File.ReadAllTextAsync(path, cancellation)));
        parser.Consume<StreamStart>();
        while (parser.Accept<DocumentStart>(out _))
        {
            await admin.ApplyAsync(JsonNode.Parse(writer.Serialize(reader.Deserialize(parser)))!.AsObject(), cancellation);
        }
    }

    private async Task StartTheirsAsync(string configuration, CancellationToken cancellation)
    {
        var cluster = _fleet.Watched[^1].Cluster;
        var directory = Directory.CreateDirectory(Path.Combine(_fleet.Processes.DirectoryPath, "theirs")).FullName;
        Theirs = new PrometheusApi(new Uri($"http://127.0.0.1:{FreePort.Find()}"), "", "");
        var blackbox = $"127.0.0.1:{FreePort.Find()}";
        var kubelets = (await cluster.Admin.ListAsync(KubeKind.Node, cancellation: cancellation)).Items.Select(node => $"{node.Objects("status", "addresses").First().Text("address")}:{KubeletServer.Port}");
        var path = Path.Combine(directory, "prometheus.yml");
        var places = new[] { ("ADDRESS", cluster.ApiServer.Authority), ("NODES", string.Join(", ", kubelets)), ("SELF", Theirs.Address.Authority), ("BLACKBOX", blackbox) };
        await File.WriteAllTextAsync(path, places.Aggregate(await File.ReadAllTextAsync(configuration, cancellation), (text, place) => text.Replace(place.Item1, place.Item2, StringComparison.Ordinal)), cancellation);
        var prometheus = _fleet.Tools[Tool.Prometheus].Run("theirs",
            [$"--config.file={path}", $"--storage.tsdb.path={Path.Combine(directory, "data")}", $"--web.listen-address={Theirs.Address.Authority}"]);

        if (_fleet.Watched[^1].Way == JoinWay.Own)
        {
            // In a pod of the cluster, with the account that the seed's chart gave it.
            _pod = new CentralPod(cluster, Path.Combine(directory, "pod"));
            await _pod.SignInAsync("default", "prometheus-server", cancellation);
            var modules = Path.Combine(directory, "blackbox.yml");
            await File.WriteAllTextAsync(modules, "modules: { http_2xx: { prober: http, http: { preferred_ip_protocol: ip4 } } }\n", cancellation);
            _fleet.Processes.Start(_pod.Within(_fleet.Tools[Tool.BlackboxExporter].Run("their-blackbox", [$"--config.file={modules}", $"--web.listen-address={blackbox}"])));
            prometheus = _pod.Within(prometheus);
        }
        else
        {
            var account = (await cluster.Admin.ListAsync(KubeKind.Secret, cancellation: cancellation)).Items.Single(secret => secret.Name() == "scrape-token").Namespace();
            var secret = await cluster.Admin.WaitForAsync(KubeKind.Secret, account, "scrape-token", secret => secret.Text("data", "token") is not null, Patience, cancellation);
            await File.WriteAllBytesAsync(Path.Combine(directory, "token"), Convert.FromBase64String(secret.Text("data", "token")!), cancellation);
        }

        using var http = new HttpClient();
        await _fleet.Processes.Start(prometheus).UntilReadyAsync(http, new Uri(Theirs.Address, "-/ready"), Patience, cancellation);
    }
}
