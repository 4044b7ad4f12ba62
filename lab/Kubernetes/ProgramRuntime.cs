using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Processes;

namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>Real programs that containers are run as.</summary>
/// <param name="Processes">Runs them; the pods' volumes are written below its directory.</param>
/// <param name="Tools">Each runs the containers of its <see cref="Tool.Image"/>.</param>
public sealed record ContainerPrograms(ProcessSupervisor Processes, ImmutableArray<LocatedTool> Tools)
{
    /// <summary>Whether what runs on every node is one process for all of a cluster's nodes; see <see cref="SharedCaddyRuntime"/>. Default false.</summary>
    public bool Shared { get; init; }
}

/// <summary>
/// Runs containers as the real program of their image: with the container's own arguments and environment, the pod's volumes at the paths where it
/// mounts them, and started again when it ends. Everything is as in a pod but the network, which is the lab's: what would listen on all addresses
/// listens on the pod's.
/// </summary>
/// <param name="tool">The real program.</param>
/// <param name="processes">Runs it.</param>
/// <param name="volumes">Where the cluster's pods have their volumes; stays the caller's.</param>
public sealed class ProgramRuntime(LocatedTool tool, ProcessSupervisor processes, PodVolumes volumes) : IContainerRuntime
{
    private static readonly TimeSpan RestartDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a program may take until it listens. Default 20 s.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <inheritdoc cref="PodFiles.PrepareAsync" path="/param[@name='tokenRenewal']"/>
    public TimeSpan TokenRenewal { get; init; } = TimeSpan.FromMinutes(48);

    /// <inheritdoc/>
    public async Task<IAsyncDisposable> StartAsync(ContainerContext container, CancellationToken cancellation)
    {
        var files = await PodFiles.PrepareAsync(container, volumes, TokenRenewal, cancellation);
        var running = new Running(processes, SpecOf(container, files), files);
        try
        {
            foreach (var port in container.Container.Objects("ports").Where(port => port.Text("protocol") is null or "TCP"))
            {
                await running.UntilListeningAsync(new IPEndPoint(container.PodAddress, port.Number("containerPort")!.Value), StartTimeout, cancellation);
            }

            return running;
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
    }

    private ProcessSpec SpecOf(ContainerContext container, PodFiles files)
    {
        var name = $"{container.Cluster}-{container.Pod.Name()}-{container.Container.Text("name")}";
        var spec = tool.Run(name, [.. container.Arguments.Select(argument => OnThePod(argument, container.PodAddress))]) with
        {
            Environment = container.Environment.ToImmutableSortedDictionary(StringComparer.Ordinal)
                .SetItem("KUBERNETES_SERVICE_HOST", volumes.Client.Server.Host)
                .SetItem("KUBERNETES_SERVICE_PORT", volumes.Client.Server.Port.ToString(CultureInfo.InvariantCulture)),
        };
        return OwnFileSystem.Within(spec, files.Mounts, Path.Combine(volumes.Directory, container.Cluster, container.Pod.Uid(), $".{container.Container.Text("name")}"));
    }

    /// <summary><c>--listen=:9090</c> as <c>--listen=127.64.128.1:9090</c>.</summary>
    private static string OnThePod(string argument, IPAddress address)
    {
        var (option, value) = argument.Split('=', 2) is [var before, var after] ? ($"{before}=", after) : ("", argument);
        var port = value.StartsWith("0.0.0.0:", StringComparison.Ordinal) ? value["0.0.0.0:".Length..] : value.StartsWith(':') ? value[1..] : "";
        return ushort.TryParse(port, CultureInfo.InvariantCulture, out var number) ? $"{option}{new IPEndPoint(address, number)}" : argument;
    }

    private sealed class Running : IAsyncDisposable
    {
        private readonly ProcessSupervisor _processes;
        private readonly ProcessSpec _spec;
        private readonly PodFiles _files;
        private readonly CancellationTokenSource _end = new();
        private readonly Task _keeping;
        private SupervisedProcess _process;

        public Running(ProcessSupervisor processes, ProcessSpec spec, PodFiles files)
        {
            (_processes, _spec, _files) = (processes, spec, files);
            _process = processes.Start(spec);
            _keeping = Task.Run(KeepAsync);
        }

        public async Task UntilListeningAsync(IPEndPoint endpoint, TimeSpan timeout, CancellationToken cancellation)
        {
            var deadline = DateTime.UtcNow + timeout;
            while (true)
            {
                using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await socket.ConnectAsync(endpoint, cancellation);
                    return;
                }
                catch (SocketException) when (DateTime.UtcNow < deadline)
                {
                    await Task.Delay(Pause, cancellation);
                }
                catch (SocketException)
                {
                    throw new ExpectedFailure($"{_spec.Name} does not listen at {endpoint}. The end of its log:\n{_process.LogTail()}");
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            await _keeping;
            await _process.StopAsync();
            await _files.DisposeAsync();
            _end.Dispose();
        }

        private async Task KeepAsync()
        {
            try
            {
                while (true)
                {
                    await _process.Exited.WaitAsync(_end.Token);
                    await Task.Delay(RestartDelay, _end.Token);
                    _process = _processes.Start(_spec);
                }
            }
            catch (OperationCanceledException)
            {
            }
        }
    }
}
