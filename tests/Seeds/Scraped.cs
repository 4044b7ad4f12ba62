using System.Collections.Immutable;
using FleetPrometheus.Lab.Fleet;

namespace FleetPrometheus.Tests.Seeds;

/// <summary>A series that came from an endpoint in the last half minute. The endpoint is told by what it says of itself, never by the labels it was given.</summary>
/// <param name="Endpoint">The endpoint, such as <c>kubelet stage-node-001</c>.</param>
/// <param name="Node">The node that it stands for; empty for what is not one per node.</param>
/// <param name="Series">The series as it was stored: what its endpoint was taken for.</param>
internal sealed record Scraped(string Endpoint, string Node, Series Series)
{
    // One metric of each sort of endpoint that has one series per endpoint, and the label in which it names itself.
    private static readonly ImmutableArray<(string Sort, string Query, string Name, bool OfNode)> Sorts =
    [
        ("node-exporter", "lab_node_identity", "node", true),
        ("kubelet", "kubelet_node_name", "node", true),
        ("cadvisor", "machine_cpu_cores", "machine_id", true),
        ("api server", "lab_apiserver_identity", "member", false),
        ("kube-state-metrics of", """kube_namespace_created{namespace="kube-system"}""", "namespace", false),
        ("app", "lab_app_identity", "app_pod", false),
        ("pushgateway", "pushgateway_build_info", "version", false),
        // The only one that cannot speak for itself: the exporter says nothing of whom it called.
        ("probe of", """probe_success{job!="cluster-probe"}""", "instance", false),
    ];

    public static async Task<ImmutableArray<Scraped>> ByAsync(PrometheusApi prometheus, CancellationToken cancellation)
    {
        var all = ImmutableArray.CreateBuilder<Scraped>();
        foreach (var (sort, query, name, ofNode) in Sorts)
        {
            foreach (var series in await prometheus.QueryAsync($"{query}[30s]", cancellation))
            {
                // A label of the target's own has pushed the exposed one aside.
                var own = series[$"exported_{name}"] is { Length: > 0 } aside ? aside : series[name];
                all.Add(new Scraped($"{sort} {own}", ofNode ? own : "", series));
            }
        }

        return all.ToImmutable();
    }

    /// <summary>The endpoints that were scraped at all.</summary>
    public static IReadOnlyList<string> Endpoints(IEnumerable<Scraped> scraped) => Names(scraped);

    /// <summary>Endpoints whose samples stand in more than one series: scraped twice, or taken for several.</summary>
    public static IReadOnlyList<string> Duplicates(IEnumerable<Scraped> scraped) => Names(scraped.GroupBy(one => one.Endpoint).Where(group => group.Count() > 1).Select(group => group.First()));

    /// <summary>Endpoints of a node whose samples are stored as another's.</summary>
    public static IReadOnlyList<string> OnAnotherNode(IEnumerable<Scraped> scraped, IReadOnlyCollection<string> nodes) =>
        Names(scraped.Where(one => one.Node is not "" && one.Series["instance"] != one.Node && nodes.Contains(one.Series["instance"])));

    private static IReadOnlyList<string> Names(IEnumerable<Scraped> scraped) => [.. scraped.Select(one => one.Endpoint).Distinct().Order(StringComparer.Ordinal)];
}
