using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using FleetPrometheus.Lab.Processes;

namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>What <see cref="NodeExporterRuntime"/> needs.</summary>
/// <param name="Binary">The real node_exporter.</param>
/// <param name="Processes">Runs it; each node's identity is written below its directory.</param>
public sealed record NodeExporterOptions(string Binary, ProcessSupervisor Processes)
{
    /// <summary>
    /// Whether containers that start at about the same time share one process that listens on all their addresses. Saves memory with many nodes,
    /// but their samples are then the same and carry no identity. Default false: one process per node.
    /// </summary>
    public bool Shared { get; init; }

    /// <summary>How long a process may take until it listens. Default 15 s.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(15);
}

/// <summary>
/// Runs <c>node-exporter</c> containers as the real node_exporter with the container's own arguments. Each node's process also exposes
/// <c>lab_node_identity{node,cluster}</c>, so that samples prove where they come from.
/// </summary>
public sealed class NodeExporterRuntime(NodeExporterOptions options) : IContainerRuntime
{
    private const string ListenAddress = "--web.listen-address";

    private static readonly HttpClient Probe = new(new SocketsHttpHandler { UseProxy = false });

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Batch> _batches = [];
    private int _sharedProcesses;

    /// <inheritdoc/>
    public async Task<IAsyncDisposable> StartAsync(ContainerContext container, CancellationToken cancellation)
    {
        var mounts = HostPaths(container);
        var arguments = container.Arguments.Select(argument => OnTheHost(argument, mounts)).ToList();
        var endpoint = new IPEndPoint(container.PodAddress, TakePort(arguments));
        if (options.Shared) return await JoinAsync(container.Cluster, arguments, endpoint, cancellation);

        arguments.Add($"--collector.textfile.directory={await WriteIdentityAsync(container, cancellation)}");
        return await StartAsync($"{container.Cluster}-{container.Node}-node-exporter", arguments, [endpoint], cancellation);
    }

    private async Task<IAsyncDisposable> JoinAsync(string cluster, List<string> arguments, IPEndPoint endpoint, CancellationToken cancellation)
    {
        Batch? batch;
        var key = string.Join('\0', arguments);
        lock (_lock)
        {
            if (!_batches.TryGetValue(key, out batch))
            {
                batch = _batches[key] = new Batch();
                _ = StartSoonAsync(batch);
            }
            batch.Endpoints.Add(endpoint);
        }
        await batch.Started.Task.WaitAsync(cancellation);
        return batch;

        async Task StartSoonAsync(Batch mine)
        {
            // Who comes within this time shares the process.
            await Task.Delay(TimeSpan.FromMilliseconds(500), CancellationToken.None);
            ImmutableArray<IPEndPoint> endpoints;
            lock (_lock)
            {
                _batches.Remove(key);
                endpoints = [.. mine.Endpoints];
                mine.Members = endpoints.Length;
            }
            try
            {
                var name = $"{cluster}-node-exporter-{Interlocked.Increment(ref _sharedProcesses)}";
                mine.Process = await StartAsync(name, arguments, endpoints, CancellationToken.None);
                mine.Started.SetResult();
            }
            catch (Exception error)
            {
                mine.Started.SetException(error);
            }
        }
    }

    private async Task<IAsyncDisposable> StartAsync(string name, IEnumerable<string> arguments, ImmutableArray<IPEndPoint> endpoints, CancellationToken cancellation)
    {
        var process = options.Processes.Start(new ProcessSpec(name, options.Binary, [.. arguments, .. endpoints.Select(endpoint => $"{ListenAddress}={endpoint}")]));
        try
        {
            foreach (var endpoint in endpoints) await process.UntilReadyAsync(Probe, new Uri($"http://{endpoint}/"), options.StartTimeout, cancellation);
            return new Running(process);
        }
        catch
        {
            await process.KillAsync();
            throw;
        }
    }

    private async Task<string> WriteIdentityAsync(ContainerContext container, CancellationToken cancellation)
    {
        var directory = Path.Combine(options.Processes.DirectoryPath, "nodes", container.Cluster, container.Node);
        Directory.CreateDirectory(directory);
        var identity = new Exposition()
            .Family("lab_node_identity", "gauge", "The node this process stands for, known from its own files and never from a request.")
            .Sample(1, ("node", container.Node), ("cluster", container.Cluster));
        await File.WriteAllTextAsync(Path.Combine(directory, "identity.prom"), identity.ToString(), cancellation);
        return directory;
    }

    /// <summary>Where the container's mounts come from on the host, longest mount path first.</summary>
    private static (string Mount, string Host)[] HostPaths(ContainerContext container) =>
    [
        .. from mount in container.Container.Objects("volumeMounts")
           join volume in container.Pod.Objects("spec", "volumes") on mount.Text("name") equals volume.Text("name")
           where volume.Text("hostPath", "path") is not null
           let path = mount.Text("mountPath")!
           orderby path.Length descending
           select (path.TrimEnd('/'), volume.Text("hostPath", "path")!.TrimEnd('/')),
    ];

    private static string OnTheHost(string argument, (string Mount, string Host)[] mounts)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0) return argument;
        var value = argument[(equals + 1)..];
        foreach (var (mount, host) in mounts)
            if (value == mount || value.StartsWith(mount + "/", StringComparison.Ordinal))
                return argument[..(equals + 1)] + (host + value[mount.Length..] is { Length: > 0 } path ? path : "/");
        return argument;
    }

    /// <summary>Takes the listen address out of the arguments and returns its port: the address is the pod's in any case.</summary>
    private static int TakePort(List<string> arguments)
    {
        var given = arguments.LastOrDefault(argument => argument.StartsWith(ListenAddress, StringComparison.Ordinal));
        arguments.RemoveAll(argument => argument.StartsWith(ListenAddress, StringComparison.Ordinal));
        return given is not null && int.TryParse(given[(given.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture, out var port) ? port : 9100;
    }

    private sealed class Running(SupervisedProcess process) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => process.StopAsync();
    }

    /// <summary>Containers that share a process; the last one to stop ends it.</summary>
    private sealed class Batch : IAsyncDisposable
    {
        public List<IPEndPoint> Endpoints { get; } = [];

        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IAsyncDisposable? Process { get; set; }

        public int Members = 0;

        public async ValueTask DisposeAsync()
        {
            if (Interlocked.Decrement(ref Members) == 0 && Process is { } process) await process.DisposeAsync();
        }
    }
}
