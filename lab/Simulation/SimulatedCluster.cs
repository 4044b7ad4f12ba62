using System.Net;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>What a simulated cluster is made of.</summary>
/// <param name="Name">The cluster's name.</param>
/// <param name="Index">Its place in the address plan, counted from 0.</param>
/// <param name="Nodes">How many nodes it starts with.</param>
/// <param name="Addresses">Where everything lives; stays the caller's.</param>
/// <param name="NodeExporter">How node-exporter containers are run; null: they count as running with nothing behind them.</param>
public sealed record SimulatedClusterOptions(string Name, int Index, int Nodes, AddressPlan Addresses, NodeExporterOptions? NodeExporter)
{
    /// <summary>The programs behind containers of other images. Default null: such containers count as running with nothing behind them.</summary>
    public ContainerPrograms? Programs { get; init; }

    /// <summary>How many members the control plane has, each at an address of its own. Default 1.</summary>
    public int ApiServers { get; init; } = 1;
}

/// <summary>A whole cluster: a simulated API server, its nodes with their kubelets, and real exporters where there are some.</summary>
public sealed class SimulatedCluster : ILabCluster
{
    private static readonly TimeSpan Slowness = TimeSpan.FromSeconds(10);

    private readonly SimulatedClusterOptions _options;
    private ClusterNodes? _nodes;
    private bool _disposed;

    /// <param name="options">What it is made of.</param>
    public SimulatedCluster(SimulatedClusterOptions options)
    {
        _options = options;
        Server = new SimulatedApiServer([.. Enumerable.Range(0, options.ApiServers).Select(member => options.Addresses.ApiServer(options.Index, member))]);
        Admin = new KubeClient(Server.Address, Server.CaCertificate, Server.AdminToken);
    }

    /// <summary>The API server, for what only a simulated one can do.</summary>
    public SimulatedApiServer Server { get; }

    /// <inheritdoc/>
    public string Name => _options.Name;

    /// <inheritdoc/>
    public Uri ApiServer => Server.Address;

    /// <inheritdoc/>
    public IReadOnlyList<string> ApiServers => [.. Server.Endpoints.Select(endpoint => endpoint.ToString())];

    /// <inheritdoc/>
    public string CaCertificate => Server.CaCertificate;

    /// <summary>The token of an administrator.</summary>
    public SecretText AdminToken => Server.AdminToken;

    /// <inheritdoc/>
    public KubeClient Admin { get; }

    /// <inheritdoc/>
    public string KubeletCa => Started().KubeletCa;

    /// <inheritdoc/>
    public IReadOnlyList<string> Nodes => _nodes?.Names ?? [];

    /// <inheritdoc/>
    public IReadOnlyList<JsonObject> Pods => _nodes?.Pods ?? [];

    /// <inheritdoc/>
    public IReadOnlyList<JsonObject> Services => _nodes?.Services ?? [];

    /// <inheritdoc/>
    public string Kubeconfig => Kubernetes.Kubeconfig.OfAdministrator(Name, ApiServer, CaCertificate, AdminToken);

    /// <summary>Called with the pod and the reason when a container could not be started.</summary>
    public event Action<string, string>? ContainerFailed;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        await Server.StartAsync(cancellation);
        _nodes = new ClusterNodes(Name, _options.Index, _options.Addresses, Admin, () => CaCertificate, Server.KubeletClientAuthority, _options.NodeExporter, _options.Programs);
        _nodes.ContainerFailed += (pod, reason) => ContainerFailed?.Invoke(pod, reason);
        await _nodes.AddAsync(_options.Nodes, cancellation);
    }

    /// <inheritdoc/>
    public Task CutOffAsync() => Server.StopAsync();

    /// <inheritdoc/>
    public Task RestoreAsync() => Server.StartAsync();

    /// <inheritdoc/>
    public void SlowDown() => Server.Faults.Delay = Slowness;

    /// <inheritdoc/>
    public void SpeedUp() => Server.Faults.Delay = TimeSpan.Zero;

    /// <inheritdoc/>
    public async Task RotateCaAsync()
    {
        await Server.RotateCaAsync();
        Admin.Trust(Server.CaCertificate);
    }

    /// <inheritdoc/>
    public async Task<string> AddNodeAsync(CancellationToken cancellation = default) => (await Started().AddAsync(1, cancellation))[0];

    /// <inheritdoc/>
    public Task RemoveNodeAsync(string node, CancellationToken cancellation = default) => Started().RemoveAsync(node, cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true)) return;
        if (_nodes is not null) await _nodes.DisposeAsync();
        Admin.Dispose();
        await Server.DisposeAsync();
    }

    private ClusterNodes Started() => _nodes ?? throw new InvalidOperationException($"cluster {Name} was not started");
}
