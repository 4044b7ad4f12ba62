using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Lab.Simulation;

namespace FleetPrometheus.Lab.RealKube;

/// <summary>What a cluster with a real control plane is made of.</summary>
/// <param name="Name">The cluster's name.</param>
/// <param name="Index">Its place in the address plan, counted from 0.</param>
/// <param name="Nodes">How many nodes it starts with.</param>
/// <param name="Addresses">Where everything lives, not on loopback addresses; stays the caller's.</param>
/// <param name="NodeExporter">How node-exporter containers are run; null: they count as running with nothing behind them.</param>
/// <param name="Assets">The control plane's programs.</param>
/// <param name="Processes">Where they run; stays the caller's.</param>
public sealed record RealClusterOptions(
    string Name, int Index, int Nodes, AddressPlan Addresses, NodeExporterOptions? NodeExporter, KubeAssets Assets, ProcessSupervisor Processes)
{
    /// <summary>The programs behind containers of other images. Default null: such containers count as running with nothing behind them.</summary>
    public ContainerPrograms? Programs { get; init; }
}

/// <summary>
/// A cluster with a real etcd, kube-apiserver and kube-controller-manager; nodes and pods are the lab's own, as in a simulated one.
/// Lives in a <see cref="NetworkNamespace"/>.
/// </summary>
public sealed class RealCluster : ILabCluster
{
    private static readonly TimeSpan ControllerPatience = TimeSpan.FromSeconds(60);

    private readonly RealClusterOptions _options;
    private readonly CertificateAuthority _authority = new("kubernetes");
    private readonly ControlPlane _controlPlane;
    private ClusterNodes? _nodes;

    /// <param name="options">What it is made of.</param>
    public RealCluster(RealClusterOptions options)
    {
        _options = options;
        _controlPlane = new ControlPlane(options.Assets, options.Processes, _authority, options.Name, options.Addresses.ApiServer(options.Index));
        Admin = new KubeClient(_controlPlane.Server, _authority.CertificatePem, clientCertificate: _controlPlane.AdminCertificate);
    }

    /// <inheritdoc/>
    public string Name => _options.Name;

    /// <inheritdoc/>
    public Uri ApiServer => _controlPlane.Server;

    /// <inheritdoc/>
    public IReadOnlyList<string> ApiServers => [ApiServer.Authority];

    /// <inheritdoc/>
    public string CaCertificate => _controlPlane.CaCertificate;

    /// <inheritdoc/>
    public string Kubeconfig => _controlPlane.AdminKubeconfig;

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

    /// <summary>Called with the pod and the reason when a container could not be started.</summary>
    public event Action<string, string>? ContainerFailed;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        await _controlPlane.StartAsync(cancellation);
        // Made by a controller, so the controllers run once it is there.
        await Admin.WaitForAsync(KubeKind.ServiceAccount, "default", "default", _ => true, ControllerPatience, cancellation);
        _nodes = new ClusterNodes(Name, _options.Index, _options.Addresses, Admin, () => CaCertificate, _authority, _options.NodeExporter, _options.Programs);
        _nodes.ContainerFailed += (pod, reason) => ContainerFailed?.Invoke(pod, reason);
        await _nodes.AddAsync(_options.Nodes, cancellation);
    }

    /// <inheritdoc/>
    public Task CutOffAsync() => _controlPlane.KillApiServerAsync();

    /// <inheritdoc/>
    public Task RestoreAsync() => _controlPlane.StartApiServerAsync(CancellationToken.None);

    /// <inheritdoc/>
    public void SlowDown() => _controlPlane.SuspendApiServer();

    /// <inheritdoc/>
    public void SpeedUp() => _controlPlane.ResumeApiServer();

    /// <inheritdoc/>
    public async Task RotateCaAsync()
    {
        await _controlPlane.RotateCaAsync(CancellationToken.None);
        Admin.Trust(CaCertificate);
        // A controller hands it on to those who have a token.
        var deadline = DateTime.UtcNow + ControllerPatience;
        var expected = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(CaCertificate));
        while ((await Admin.ListAsync(KubeKind.Secret, fieldSelector: "type=kubernetes.io/service-account-token")).Items.Any(secret => secret.Text("data", "ca.crt") != expected))
        {
            if (DateTime.UtcNow > deadline)
            {
                throw new ExpectedFailure($"cluster {Name}: its new CA has not reached every account's Secret within {ControllerPatience.TotalSeconds:0} s");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }
    }

    /// <inheritdoc/>
    public async Task<string> AddNodeAsync(CancellationToken cancellation = default) => (await Started().AddAsync(1, cancellation))[0];

    /// <inheritdoc/>
    public Task RemoveNodeAsync(string node, CancellationToken cancellation = default) => Started().RemoveAsync(node, cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_nodes is not null)
        {
            await _nodes.DisposeAsync();
        }

        Admin.Dispose();
        await _controlPlane.DisposeAsync();
        _authority.Dispose();
    }

    private ClusterNodes Started() => _nodes ?? throw new InvalidOperationException($"cluster {Name} was not started");
}
