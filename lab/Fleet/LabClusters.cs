using System.Collections.Immutable;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Lab.RealKube;
using FleetPrometheus.Lab.Simulation;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>Makes the lab's clusters, each at addresses of its own: around real API servers where there are some, else simulated.</summary>
/// <param name="processes">Where their programs run.</param>
/// <param name="tools">The programs.</param>
/// <param name="clusters">How many clusters there are at first; some may join later.</param>
/// <param name="nodes">Nodes per cluster.</param>
/// <param name="assets">A real control plane's programs; null: the clusters are simulated.</param>
internal sealed class LabClusters(
    ProcessSupervisor processes, ImmutableDictionary<Tool, LocatedTool> tools, int clusters, int nodes, KubeAssets? assets) : IDisposable
{
    // How many clusters may join a running fleet.
    private const int Spare = 8;

    // A process per node proves where samples come from; beyond this many they would only cost memory.
    private const int ProcessesAtMost = 50;

    private readonly AddressPlan _addresses =
        assets is null ? AddressPlan.Loopback(clusters + 1 + Spare) : AddressPlan.Private(clusters + 1 + Spare);
    private int _next;

    /// <summary>Whether each node has an exporter process of its own, so that its identity can be proven.</summary>
    public bool HaveIdentities { get; } = clusters * nodes <= ProcessesAtMost;

    /// <summary>A cluster to be watched, not started yet.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="apiServers">How many members its control plane has; a real one has one in any case.</param>
    /// <exception cref="ExpectedFailure">There is no room for another cluster.</exception>
    public ILabCluster MakeTarget(string name, int apiServers) => Make(name, nodes, apiServers);

    /// <summary>The cluster that the central stack's objects go to. The centre's own pods run outside of it, see <see cref="Centre"/>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="count">How many nodes it has; none are needed but to watch itself.</param>
    public ILabCluster MakeCentral(string name, int count) => Make(name, count, 1, Tool.Core);

    public void Dispose() => _addresses.Dispose();

    private ILabCluster Make(string name, int count, int apiServers, params ImmutableArray<Tool> elsewhere)
    {
        if (_next == _addresses.Clusters)
        {
            throw new ExpectedFailure($"No room for cluster {name}: {Spare} may join while the lab runs. Start the lab again.");
        }

        var exporter = new NodeExporterOptions(tools[Tool.NodeExporter].Path, processes) { Shared = !HaveIdentities };
        var programs = new ContainerPrograms(processes, [.. tools.Values.Where(tool => tool.Tool != Tool.NodeExporter && !elsewhere.Contains(tool.Tool))])
        {
            Shared = !HaveIdentities,
        };
        return assets is null
            ? new SimulatedCluster(new SimulatedClusterOptions(name, _next++, count, _addresses, exporter) { Programs = programs, ApiServers = apiServers })
            : new RealCluster(new RealClusterOptions(name, _next++, count, _addresses, exporter, assets, processes) { Programs = programs });
    }
}
