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

    private SeedScenario(LabFleet fleet, PrometheusApi theirs) => (_fleet, Theirs) = (fleet, theirs);

    public PrometheusApi Ours => _fleet.Centre.Prometheus;

    public PrometheusApi Theirs { get; }

    public FleetMember Member => _fleet.Members[0];

    /// <param name="seed">The directory's name below this one.</param>
    /// <param name="configuration">The hand-written configuration in it.</param>
    /// <param name="cancellation">Ends the start.</param>
    public static async Task<SeedScenario> StartAsync(string seed, string configuration, CancellationToken cancellation)
    {
        var directory = Repository.PathOf("tests", "Seeds", seed);
        var fleet = await LabFleet.StartAsync(
            new LabOptions
            {
                Project = directory,
                OnACopy = true,
                Interval = TimeSpan.FromSeconds(2),
                Inhabit = (admin, cancel) => ApplyAsync(Path.Combine(directory, "cluster.yml"), admin, cancel),
            },
            _ => { },
            cancellation);
        try
        {
            return new SeedScenario(fleet, await StartTheirsAsync(fleet, Path.Combine(directory, configuration), cancellation));
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>Changes our stack file, as a user would.</summary>
    public async Task RewriteAsync(Func<string, string> change, CancellationToken cancellation)
    {
        var path = Path.Combine(_fleet.Project, $"Pulumi.{Member.File.Name}.yaml");
        await File.WriteAllTextAsync(path, change(await File.ReadAllTextAsync(path, cancellation)), cancellation);
        await _fleet.ReconcileAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        Theirs.Dispose();
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

    private static async Task<PrometheusApi> StartTheirsAsync(LabFleet fleet, string configuration, CancellationToken cancellation)
    {
        var cluster = fleet.Members[0].Cluster;
        var directory = Directory.CreateDirectory(Path.Combine(fleet.Processes.DirectoryPath, "theirs")).FullName;
        var account = (await cluster.Admin.ListAsync(KubeKind.Secret, cancellation: cancellation)).Items.Single(secret => secret.Name() == "scrape-token").Namespace();
        var secret = await cluster.Admin.WaitForAsync(KubeKind.Secret, account, "scrape-token", secret => secret.Text("data", "token") is not null, Patience, cancellation);
        await File.WriteAllBytesAsync(Path.Combine(directory, "token"), Convert.FromBase64String(secret.Text("data", "token")!), cancellation);
        var path = Path.Combine(directory, "prometheus.yml");
        var text = await File.ReadAllTextAsync(configuration, cancellation);
        var kubelets = (await cluster.Admin.ListAsync(KubeKind.Node, cancellation: cancellation)).Items.Select(node => $"{node.Objects("status", "addresses").First().Text("address")}:{KubeletServer.Port}");
        await File.WriteAllTextAsync(
            path,
            text.Replace("ADDRESS", cluster.ApiServer.Authority, StringComparison.Ordinal).Replace("NODES", string.Join(", ", kubelets), StringComparison.Ordinal),
            cancellation);

        var api = new PrometheusApi(new Uri($"http://127.0.0.1:{FreePort.Find()}"), "", "");
        using var http = new HttpClient();
        await fleet.Processes.Start(fleet.Tools[Tool.Prometheus].Run("theirs",
        [
            $"--config.file={path}", $"--storage.tsdb.path={Path.Combine(directory, "data")}", $"--web.listen-address={api.Address.Authority}",
        ])).UntilReadyAsync(http, new Uri(api.Address, "-/ready"), Patience, cancellation);
        return api;
    }
}
