using System.Net;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>
/// What stands around an API server, simulated or real: registered nodes with their kubelets, and pods that run. Uses only the API.
/// </summary>
internal sealed class ClusterNodes : IAsyncDisposable
{
    private readonly string _cluster;
    private readonly Func<int, IPAddress> _nodeAddress;
    private readonly CertificateAuthority _kubeletAuthority = new("kubelets");
    private readonly KubeletOptions _kubeletOptions;
    private readonly KubeClient _admin;
    private readonly ObjectCache _pods;
    private readonly ObjectCache _services;
    private readonly PodRunner _runner;
    private readonly SharedCaddyRuntime? _sharedCaddy;
    private readonly PodVolumes? _volumes;
    private readonly List<KubeletServer> _kubelets = [];
    private readonly SortedDictionary<string, IPAddress> _nodes = new(StringComparer.Ordinal);
    private int _registered;

    /// <param name="cluster">The cluster's name.</param>
    /// <param name="index">Its place in the address plan, counted from 0.</param>
    /// <param name="addresses">Where everything lives; stays the caller's.</param>
    /// <param name="admin">A client with an administrator's rights; stays the caller's. Its API server answers already.</param>
    /// <param name="caCertificate">The CA of that server, PEM, at the time of asking.</param>
    /// <param name="kubeletClients">Signs the certificate with which the API server shows itself to kubelets; stays the caller's.</param>
    /// <param name="nodeExporter">How node-exporter containers are run; null: they count as running with nothing behind them.</param>
    /// <param name="programs">The programs behind containers of other images; null: such containers count as running with nothing behind them.</param>
    public ClusterNodes(
        string cluster, int index, AddressPlan addresses, KubeClient admin, Func<string> caCertificate, CertificateAuthority kubeletClients, NodeExporterOptions? nodeExporter,
        ContainerPrograms? programs = null)
    {
        _cluster = cluster;
        _nodeAddress = n => addresses.Node(index, n);
        _admin = admin;
        _pods = new ObjectCache(admin, KubeKind.Pod);
        _services = new ObjectCache(admin, KubeKind.Service);
        _kubeletOptions = new KubeletOptions(cluster, admin, kubeletClients, _kubeletAuthority, PodsOf);
        var runtimes = new Dictionary<string, IContainerRuntime>
        {
            ["kube-state-metrics"] = new KubeStateMetricsRuntime(admin.Server, caCertificate, admin),
            [AppRuntime.Image] = new AppRuntime(),
            [HostileRuntime.Image] = new HostileRuntime(),
        };
        if (programs is not null)
        {
            _volumes = new PodVolumes(admin, Path.Combine(programs.Processes.DirectoryPath, "pods"));
            foreach (var tool in programs.Tools)
                runtimes[tool.Tool.Image] = programs.Shared && tool.Tool == Tool.Caddy
                    ? _sharedCaddy = new SharedCaddyRuntime(cluster, tool, programs.Processes, _volumes)
                    : new ProgramRuntime(tool, programs.Processes, _volumes);
        }
        if (nodeExporter is not null) runtimes["node-exporter"] = new NodeExporterRuntime(nodeExporter);
        _runner = new PodRunner(cluster, admin, i => addresses.Pod(index, i), runtimes);
        _runner.Failed += (pod, reason) => ContainerFailed?.Invoke(pod, reason);
    }

    /// <summary>Called with the pod and the reason when a container could not be started.</summary>
    public event Action<string, string>? ContainerFailed;

    /// <inheritdoc cref="ILabCluster.KubeletCa"/>
    public string KubeletCa => _kubeletAuthority.CertificatePem;

    /// <inheritdoc cref="ILabCluster.Nodes"/>
    public IReadOnlyList<string> Names
    {
        get
        {
            lock (_nodes) return [.. _nodes.Keys];
        }
    }

    /// <inheritdoc cref="ILabCluster.Pods"/>
    public IReadOnlyList<JsonObject> Pods => _pods.Objects;

    /// <inheritdoc cref="ILabCluster.Services"/>
    public IReadOnlyList<JsonObject> Services => _services.Objects;

    /// <summary>Adds nodes, whose kubelets share one server, and returns their names.</summary>
    /// <exception cref="KubeException">The API server refused.</exception>
    public async Task<IReadOnlyList<string>> AddAsync(int count, CancellationToken cancellation)
    {
        if (count == 0) return [];
        var registrar = new NodeRegistrar(_admin);
        var numbers = Enumerable.Range(_registered, count).ToList();
        // Numbers, and with them addresses, are never given out twice: an old kubelet may still sit there.
        _registered += count;
        var added = numbers.ToDictionary(_nodeAddress, n => NodeRegistrar.NameOf(_cluster, n));
        _kubelets.Add(await KubeletServer.StartAsync(_kubeletOptions, added, cancellation));
        foreach (var n in numbers) await registrar.RegisterAsync(_cluster, n, _nodeAddress(n), cancellation);
        lock (_nodes)
            foreach (var (address, name) in added)
                _nodes[name] = address;
        return [.. added.Values];
    }

    /// <summary>Removes a node; its pods end with it.</summary>
    /// <exception cref="ArgumentException">There is no such node.</exception>
    public async Task RemoveAsync(string node, CancellationToken cancellation)
    {
        IPAddress? address;
        lock (_nodes)
            if (!_nodes.Remove(node, out address))
                throw new ArgumentException($"cluster {_cluster} has no node {node}");
        await _admin.DeleteAsync(KubeKind.Node, null, node, cancellation);
        foreach (var kubelet in _kubelets) kubelet.Forget(address);
        // A real control plane would get to it, but takes a minute.
        foreach (var pod in PodsOf(node)) await _admin.DeleteAsync(KubeKind.Pod, pod.Namespace(), pod.Name(), cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // First what all pods share, so that they do not leave it one by one.
        if (_sharedCaddy is not null) await _sharedCaddy.StopAsync();
        await _runner.DisposeAsync();
        if (_sharedCaddy is not null) await _sharedCaddy.DisposeAsync();
        if (_volumes is not null) await _volumes.DisposeAsync();
        await _pods.DisposeAsync();
        await _services.DisposeAsync();
        foreach (var kubelet in _kubelets) await kubelet.DisposeAsync();
        _kubeletAuthority.Dispose();
    }

    private List<JsonObject> PodsOf(string node) => [.. _pods.Objects.Where(pod => pod.Text("spec", "nodeName") == node)];
}
