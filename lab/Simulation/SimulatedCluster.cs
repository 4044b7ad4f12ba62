using System.Net;
using System.Text;
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
public sealed record SimulatedClusterOptions(string Name, int Index, int Nodes, AddressPlan Addresses, NodeExporterOptions? NodeExporter);

/// <summary>A whole cluster: a simulated API server, its nodes with their kubelets, and real exporters where there are some.</summary>
public sealed class SimulatedCluster : ILabCluster
{
    private readonly SimulatedClusterOptions _options;
    private readonly ObjectCache _pods;
    private readonly List<KubeletServer> _kubelets = [];
    private readonly SortedDictionary<string, IPAddress> _nodes = new(StringComparer.Ordinal);
    private PodRunner? _runner;
    private int _registered;

    /// <param name="options">What it is made of.</param>
    public SimulatedCluster(SimulatedClusterOptions options)
    {
        _options = options;
        Server = new SimulatedApiServer(options.Addresses.ApiServer(options.Index));
        Admin = new KubeClient(Server.Address, Server.CaCertificate, Server.AdminToken);
        _pods = new ObjectCache(Admin, KubeKind.Pod);
    }

    /// <summary>The API server, for what only a simulated one can do.</summary>
    public SimulatedApiServer Server { get; }

    /// <inheritdoc/>
    public string Name => _options.Name;

    /// <inheritdoc/>
    public Uri ApiServer => Server.Address;

    /// <inheritdoc/>
    public string CaCertificate => Server.CaCertificate;

    /// <summary>The token of an administrator.</summary>
    public SecretText AdminToken => Server.AdminToken;

    /// <inheritdoc/>
    public KubeClient Admin { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Nodes
    {
        get
        {
            lock (_nodes) return [.. _nodes.Keys];
        }
    }

    /// <inheritdoc/>
    public string Kubeconfig => $$"""
        apiVersion: v1
        kind: Config
        current-context: {{Name}}
        contexts:
          - name: {{Name}}
            context: { cluster: {{Name}}, user: admin }
        clusters:
          - name: {{Name}}
            cluster:
              server: {{ApiServer.GetLeftPart(UriPartial.Authority)}}
              certificate-authority-data: {{Convert.ToBase64String(Encoding.ASCII.GetBytes(CaCertificate))}}
        users:
          - name: admin
            user: { token: {{AdminToken.Reveal()}} }

        """;

    /// <summary>Called with the pod and the reason when a container could not be started.</summary>
    public event Action<string, string>? ContainerFailed;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        await Server.StartAsync(cancellation);
        await AddNodesAsync(_options.Nodes, cancellation);
        var runtimes = new Dictionary<string, IContainerRuntime>
        {
            ["kube-state-metrics"] = new KubeStateMetricsRuntime(ApiServer, () => CaCertificate, Admin),
        };
        if (_options.NodeExporter is { } nodeExporter) runtimes["node-exporter"] = new NodeExporterRuntime(nodeExporter);
        _runner = new PodRunner(Name, Admin, i => _options.Addresses.Pod(_options.Index, i), runtimes);
        _runner.Failed += (pod, reason) => ContainerFailed?.Invoke(pod, reason);
    }

    /// <inheritdoc/>
    public Task CutOffAsync() => Server.StopAsync();

    /// <inheritdoc/>
    public Task RestoreAsync() => Server.StartAsync();

    /// <summary>Replaces the API server's CA; those who trust the old one no longer get in.</summary>
    public async Task RotateCaAsync()
    {
        await Server.RotateCaAsync();
        Admin.Trust(Server.CaCertificate);
    }

    /// <inheritdoc/>
    public async Task<string> AddNodeAsync(CancellationToken cancellation = default) => (await AddNodesAsync(1, cancellation))[0];

    /// <inheritdoc/>
    public async Task RemoveNodeAsync(string node, CancellationToken cancellation = default)
    {
        IPAddress? address;
        lock (_nodes)
            if (!_nodes.Remove(node, out address))
                throw new ArgumentException($"cluster {Name} has no node {node}");
        await Admin.DeleteAsync(KubeKind.Node, null, node, cancellation);
        foreach (var kubelet in _kubelets) kubelet.Forget(address);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_runner is not null) await _runner.DisposeAsync();
        await _pods.DisposeAsync();
        foreach (var kubelet in _kubelets) await kubelet.DisposeAsync();
        Admin.Dispose();
        await Server.DisposeAsync();
    }

    /// <summary>Adds nodes; their kubelets share one server.</summary>
    private async Task<List<string>> AddNodesAsync(int count, CancellationToken cancellation)
    {
        if (count == 0) return [];
        var registrar = new NodeRegistrar(Admin);
        var numbers = Enumerable.Range(_registered, count).ToList();
        // Numbers, and with them addresses, are never given out twice: an old kubelet may still sit there.
        _registered += count;
        var added = numbers.ToDictionary(n => _options.Addresses.Node(_options.Index, n), n => NodeRegistrar.NameOf(Name, n));
        _kubelets.Add(await KubeletServer.StartAsync(Name, added, Server.KubeletClientAuthority, PodsOf, cancellation));
        foreach (var n in numbers) await registrar.RegisterAsync(Name, n, _options.Addresses.Node(_options.Index, n), cancellation);
        lock (_nodes)
            foreach (var (address, name) in added)
                _nodes[name] = address;
        return [.. added.Values];
    }

    private List<JsonObject> PodsOf(string node) => [.. _pods.Objects.Where(pod => pod.Text("spec", "nodeName") == node)];
}
