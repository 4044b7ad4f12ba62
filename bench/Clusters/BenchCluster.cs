using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Lab;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Lab.Simulation;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Bench.Clusters;

/// <summary>
/// A simulated cluster whose API server has a process of its own. Its nodes, if there is something behind them, are in this process: kubelets,
/// and the real programs of what is installed.
/// </summary>
internal sealed class BenchCluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly AddressPlan _addresses;
    private readonly ClusterNodes? _nodes;
    private readonly string _accessFile;
    private PodRunner? _runner;
    private readonly Uri _address;
    private readonly string _caCertificate;
    private readonly SecretText _adminToken;

    private BenchCluster(
        string name, int nodes, AddressPlan addresses, SupervisedProcess process, ApiServerAccess access, string accessFile, ProcessSupervisor processes, ImmutableDictionary<Tool, LocatedTool>? programs)
    {
        Name = name;
        (_addresses, _accessFile) = (addresses, accessFile);
        NodeNames = Enumerable.Range(0, nodes).ToDictionary(node => addresses.Node(0, node).ToString(), node => NodeRegistrar.NameOf(name, node));
        Process = process;
        _address = new Uri($"https://{addresses.ApiServer(0)}");
        _caCertificate = access.CaCertificate;
        _adminToken = new SecretText(access.AdminToken);
        Admin = new KubeClient(_address, _caCertificate, _adminToken) { RequestTimeout = Patience };
        if (programs is null)
        {
            _runner = new PodRunner(name, Admin, pod => addresses.Pod(0, pod), ImmutableDictionary<string, IContainerRuntime>.Empty);
            return;
        }

        _nodes = new ClusterNodes(
            name, 0, addresses, Admin, () => _caCertificate, CertificateAuthority.Known(access.KubeletClientCa),
            new NodeExporterOptions(programs[Tool.NodeExporter].Path, processes) { Shared = true },
            new ContainerPrograms(processes, [programs[Tool.Caddy]]) { Shared = true });
    }

    public string Name { get; }

    /// <summary>The API server's process.</summary>
    public SupervisedProcess Process { get; }

    /// <summary>The API server's host and port.</summary>
    public string Authority => _address.Authority;

    /// <summary>The nodes' names by their addresses.</summary>
    public IReadOnlyDictionary<string, string> NodeNames { get; }

    /// <summary>A client with an administrator's rights.</summary>
    public KubeClient Admin { get; }

    /// <summary>Starts it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="population">What it holds.</param>
    /// <param name="processes">Runs its programs.</param>
    /// <param name="programs">What stands behind nodes and pods, node_exporter and Caddy among them; null: nothing does, pods only count as running.</param>
    /// <param name="cancellation">Ends the start.</param>
    public static async Task<BenchCluster> StartAsync(
        string name, Population population, ProcessSupervisor processes, ImmutableDictionary<Tool, LocatedTool>? programs, CancellationToken cancellation)
    {
        var addresses = AddressPlan.Loopback(1);
        try
        {
            var file = Path.Combine(processes.DirectoryPath, $"{name}-access.json");
            var process = processes.Start(ThisProgram.Spec($"{name}-api-server", [.. ApiServerCommand.Arguments(addresses.ApiServer(0), name, population, file)]));
            var deadline = DateTime.UtcNow + Patience;
            while (!File.Exists(file))
            {
                if (process.Exited.IsCompleted || DateTime.UtcNow > deadline)
                {
                    throw new ExpectedFailure($"The API server of cluster {name} did not start:\n{process.LogTail()}");
                }

                await Task.Delay(100, cancellation);
            }

            var cluster = new BenchCluster(name, population.Nodes, addresses, process, JsonSerializer.Deserialize<ApiServerAccess>(await File.ReadAllTextAsync(file, cancellation))!, file, processes, programs);
            if (cluster._nodes is not null)
            {
                await cluster._nodes.AddAsync(population.Nodes, cancellation);
            }

            return cluster;
        }
        catch
        {
            addresses.Dispose();
            throw;
        }
    }

    /// <summary>Evaluates a target stack for this cluster and applies what it declares.</summary>
    /// <param name="evaluator">Evaluates it.</param>
    /// <param name="settings">Its configuration, without how the cluster is reached.</param>
    public async Task<StackOutputValues> InstallAsync(StackEvaluator evaluator, params (string Key, string Value)[] settings)
    {
        var stack = new StackFile(Name, ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal), ["fleet-prometheus:kubeconfig"])
            .With("role", "target").With("apiServer", _address.AbsoluteUri.TrimEnd('/')).With("kubeconfig", Kubeconfig.OfAdministrator(Name, _address, _caCertificate, _adminToken));
        foreach (var (key, value) in settings)
        {
            stack = stack.With(key, value);
        }

        return (await evaluator.EvaluateAsync(stack, new ClusterObjects(Admin), ImmutableDictionary<string, StackOutputValues>.Empty)).Outputs;
    }

    /// <summary>Waits until every pod of these namespaces runs.</summary>
    /// <exception cref="ExpectedFailure">Some do not.</exception>
    public async Task UntilRunningAsync(IEnumerable<(string Namespace, int Pods)> expected, CancellationToken cancellation)
    {
        var deadline = DateTime.UtcNow + Patience;
        foreach (var (ns, count) in expected)
        {
            while (true)
            {
                var running = (await Admin.ListAsync(KubeKind.Pod, ns, cancellation: cancellation)).Items.Count(pod => pod.Objects("status", "conditions").Any(
                    condition => condition.Text("type") == "Ready" && condition.Text("status") == "True"));
                if (running == count)
                {
                    break;
                }

                if (DateTime.UtcNow > deadline)
                {
                    throw new ExpectedFailure($"Cluster {Name}: {running} of {count} pods run in namespace {ns}.");
                }

                await Task.Delay(500, cancellation);
            }
        }
    }

    /// <summary>
    /// Adds the pods and Services that are nobody's here, once what is installed runs: to run pods among thousands of others would take minutes.
    /// Where nothing stands behind nodes, nobody looks after pods from then on.
    /// </summary>
    public async Task FillAsync(CancellationToken cancellation)
    {
        if (_runner is not null)
        {
            await _runner.DisposeAsync();
            _runner = null;
        }

        var wish = ApiServerCommand.FillFile(_accessFile);
        await File.WriteAllTextAsync(wish, "", cancellation);
        while (File.Exists(wish))
        {
            if (Process.Exited.IsCompleted)
            {
                throw new ExpectedFailure($"The API server of cluster {Name} ended:\n{Process.LogTail()}");
            }

            await Task.Delay(200, cancellation);
        }
    }

    /// <summary>The sum of the samples of a metric of the API server that have these labels.</summary>
    public async Task<double> MetricAsync(string metric, CancellationToken cancellation, params string[] labels) =>
        (await Admin.ReadAsync("metrics", cancellation)).Split('\n')
            .Where(line => line.StartsWith(metric, StringComparison.Ordinal) && line.Length > metric.Length && line[metric.Length] is '{' or ' ' && labels.All(label => line.Contains(label, StringComparison.Ordinal)))
            .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture));

    public async ValueTask DisposeAsync()
    {
        if (_nodes is not null)
        {
            await _nodes.DisposeAsync();
        }

        if (_runner is not null)
        {
            await _runner.DisposeAsync();
        }

        Admin.Dispose();
        await Process.StopAsync();
        _addresses.Dispose();
    }
}
