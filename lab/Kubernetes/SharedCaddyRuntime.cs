using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Processes;

namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>
/// Runs all of a cluster's <c>caddy</c> containers in one real Caddy, each as a server of its own with its own configuration, address and
/// files, so that many nodes cost the memory of one.
/// </summary>
/// <param name="cluster">The cluster's name.</param>
/// <param name="caddy">The real program.</param>
/// <param name="processes">Runs it.</param>
/// <param name="volumes">Where the cluster's pods have their volumes; stays the caller's.</param>
public sealed class SharedCaddyRuntime(string cluster, LocatedTool caddy, ProcessSupervisor processes, PodVolumes volumes) : IContainerRuntime, IAsyncDisposable
{
    // Who comes or goes within this time is served by one change of the configuration.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false });

    private readonly ConcurrentDictionary<string, JsonObject> _servers = [];
    private readonly ConcurrentDictionary<string, Task<string>> _adapted = [];
    private readonly SemaphoreSlim _gate = new(1);
    private readonly string _administration = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{FreePort.Find()}");
    private SupervisedProcess? _process;
    private int _changes;
    private int _applied;

    private string Directory => Path.Combine(volumes.Directory, cluster, ".caddy");

    /// <inheritdoc/>
    public async Task<IAsyncDisposable> StartAsync(ContainerContext container, CancellationToken cancellation)
    {
        var files = await PodFiles.PrepareAsync(container, volumes, TimeSpan.FromMinutes(48), cancellation);
        var pod = new Member(this, container.Pod.Uid(), files);
        try
        {
            _servers[container.Pod.Uid()] = await ServerOfAsync(container, files, cancellation);
            await ApplyAsync(cancellation);
            return pod;
        }
        catch
        {
            await pod.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the process; pods that end afterwards leave nothing behind in it.</summary>
    public async Task StopAsync()
    {
        if (_process is not null)
        {
            await _process.StopAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _gate.Dispose();
    }

    /// <summary>The one server of the container's configuration, with what is its own put in.</summary>
    private async Task<JsonObject> ServerOfAsync(ContainerContext container, PodFiles files, CancellationToken cancellation)
    {
        const string Option = "--config=";
        var config = OnTheHost(container.Arguments.Single(argument => argument.StartsWith(Option, StringComparison.Ordinal))[Option.Length..]);
        var environment = container.Environment.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList();
        // The translation takes as long as a start, so it is done once, with addresses that nobody has in the place of each pod's own.
        var text = environment.Index().Aggregate(
            await File.ReadAllTextAsync(config, cancellation),
            (given, entry) => given.Replace($"{{${entry.Item.Key}}}", StandIn(entry.Index), StringComparison.Ordinal));
        var json = environment.Index().Aggregate(
            await _adapted.GetOrAdd(text, AdaptAsync),
            (given, entry) => given.Replace(StandIn(entry.Index), entry.Item.Value, StringComparison.Ordinal));
        json = files.Mounts.Aggregate(json, (given, mount) => given.Replace(mount.Key, mount.Value, StringComparison.Ordinal));
        return JsonNode.Parse(json)!["apps"]!["http"]!["servers"]!.AsObject().Single().Value!.DeepClone().AsObject();

        string OnTheHost(string path) => files.Mounts.Where(mount => path.StartsWith($"{mount.Key}/", StringComparison.Ordinal))
            .Select(mount => mount.Value + path[mount.Key.Length..]).Single();
    }

    private async Task<string> AdaptAsync(string text)
    {
        System.IO.Directory.CreateDirectory(Directory);
        var file = Path.Combine(Directory, $"{Guid.NewGuid():N}.caddyfile");
        await File.WriteAllTextAsync(file, text);
        var result = await OneShot.RunAsync(caddy.Path, ["adapt", "--adapter=caddyfile", $"--config={file}"], Patience, CancellationToken.None);
        // One line; warnings may follow.
        return result.ExitCode == 0 ? result.Output.Split('\n')[0] : throw new ExpectedFailure($"caddy adapt: {result.LastLine}");
    }

    /// <summary>Gives the process the servers that there are now; the first to come does so for all that wait.</summary>
    private async Task ApplyAsync(CancellationToken cancellation)
    {
        var mine = Interlocked.Increment(ref _changes);
        await Task.Delay(Gathering, cancellation);
        await _gate.WaitAsync(cancellation);
        try
        {
            if (_applied >= mine)
            {
                return;
            }

            _process ??= await BeginAsync(cancellation);
            var including = Volatile.Read(ref _changes);
            using var response = await Client.PostAsJsonAsync(new Uri($"http://{_administration}/load"), Configuration(), cancellation);
            if (!response.IsSuccessStatusCode)
            {
                throw new ExpectedFailure($"caddy refuses the servers of cluster {cluster}: {await response.Content.ReadAsStringAsync(cancellation)}");
            }

            _applied = including;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<SupervisedProcess> BeginAsync(CancellationToken cancellation)
    {
        System.IO.Directory.CreateDirectory(Directory);
        var file = Path.Combine(Directory, "empty.json");
        await File.WriteAllTextAsync(file, new JsonObject { ["admin"] = Administration() }.ToJsonString(), cancellation);
        var process = processes.Start(caddy.Run($"{cluster}-caddy", ["run", $"--config={file}"]));
        await process.UntilReadyAsync(Client, new Uri($"http://{_administration}/config/"), Patience, cancellation);
        return process;
    }

    private JsonObject Configuration() => new()
    {
        ["admin"] = Administration(),
        ["logging"] = new JsonObject { ["logs"] = new JsonObject { ["default"] = new JsonObject { ["level"] = "WARN" } } },
        ["apps"] = new JsonObject
        {
            ["http"] = new JsonObject
            {
                ["grace_period"] = "1s",
                ["servers"] = new JsonObject(_servers.Select(server => KeyValuePair.Create(server.Key, (JsonNode?)server.Value.DeepClone()))),
            },
        },
    };

    private JsonObject Administration() => new() { ["listen"] = _administration, ["config"] = new JsonObject { ["persist"] = false } };

    // Of the block that is set apart for documentation.
    private static string StandIn(int number) => new IPAddress([192, 0, 2, (byte)(number + 1)]).ToString();

    private sealed class Member(SharedCaddyRuntime runtime, string uid, PodFiles files) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            if (runtime._servers.TryRemove(uid, out _) && runtime._process is { Exited.IsCompleted: false })
            {
                try
                {
                    await runtime.ApplyAsync(CancellationToken.None);
                }
                catch (Exception exception) when (exception is HttpRequestException or ExpectedFailure)
                {
                    // The process ends with the lab.
                }
            }

            await files.DisposeAsync();
        }
    }
}
