using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>A store that every Prometheus sends everything to: a real VictoriaMetrics behind a password, which a verification starts and stops.</summary>
internal sealed class SampleStore
{
    private const string User = "fleet";
    private const string Name = "store";

    private readonly string _address = Centre.FreeAddress();

    /// <summary>What Prometheus is told to come with.</summary>
    public string Password { get; } = RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Starts it on what it kept, and returns when it is ready.</summary>
    /// <param name="processes">Where it runs.</param>
    /// <param name="tools">The programs.</param>
    /// <param name="password">What it asks for.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<SupervisedProcess> StartAsync(ProcessSupervisor processes, ImmutableDictionary<Tool, LocatedTool> tools, string password, CancellationToken cancellation)
    {
        var directory = Path.Combine(processes.DirectoryPath, Name);
        var passwordFile = Path.Combine(directory, ConfigurationPaths.RemoteWrite, "password");
        Directory.CreateDirectory(Path.GetDirectoryName(passwordFile)!);
        await File.WriteAllTextAsync(passwordFile, password, cancellation);
        var process = processes.Start(tools[Tool.VictoriaMetrics].Run(
            Name,
            $"-storageDataPath={Path.Combine(directory, "data")}",
            $"-httpListenAddr={_address}",
            $"-httpAuth.username={User}",
            $"-httpAuth.password=file://{passwordFile}",
            "-retentionPeriod=1d",
            "-search.latencyOffset=0s",
            "-memory.allowedBytes=128MB"));
        using var client = new HttpClient();
        await process.UntilReadyAsync(client, new Uri($"http://{_address}/health"), TimeSpan.FromSeconds(30), cancellation);
        return process;
    }

    /// <summary>A client of its queries, which are Prometheus's.</summary>
    public PrometheusApi Api() => new(new Uri($"http://{_address}"), User, Password);

    /// <summary>The centre's configuration with this store, in which replicas' series are to be alike.</summary>
    public StackFile SentToBy(StackFile central)
    {
        var sending = central.With("remoteWrite", new JsonArray(new JsonObject
        {
            ["name"] = Name,
            ["url"] = $"http://{_address}/api/v1/write",
            ["basicAuth"] = new JsonObject { ["username"] = User, ["password"] = Password },
            ["replicaLabel"] = "none",
            ["queue"] = new JsonObject { ["batchSendDeadline"] = "1s" },
        }).ToJsonString());
        return sending with { SecretKeys = sending.SecretKeys.Add("fleet-prometheus:remoteWrite") };
    }
}
