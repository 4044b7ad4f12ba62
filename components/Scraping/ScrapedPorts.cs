using System.Collections.Immutable;
using System.Globalization;

namespace FleetPrometheus.Scraping;

/// <summary>At which ports a cluster is scraped, for firewalls and network policies.</summary>
public static class ScrapedPorts
{
    /// <summary>The kubelet's port, which nodes could change and in practice don't.</summary>
    private const int Kubelet = 10250;

    /// <summary>The ports at which the centre reaches a cluster's API server and everything past it.</summary>
    public static ImmutableSortedSet<int> Of(Cluster cluster) =>
    [
        cluster.ApiServer.Port,
        .. cluster.Jobs.SelectMany<ScrapeJob, int>(job => job switch
        {
            ApiServerJob apiServer => apiServer.Members.Select(PortOf),
            StaticJob fixedTargets => fixedTargets.Targets.Select(PortOf),
            NodeDirectJob => [Kubelet],
            PodDirectJob pods => [pods.Port],
            _ => [],
        }),
    ];

    /// <summary>The ports of everything in a cluster that is reached from inside of it, its API server aside.</summary>
    public static ImmutableSortedSet<int> Of(InsideCluster cluster) =>
    [
        .. cluster.Jobs.SelectMany<ScrapeJob, int>(job => job switch
        {
            StaticJob fixedTargets => fixedTargets.Targets.Select(PortOf),
            NodeProxyJob or NodeDirectJob => [Kubelet],
            PodJob pods => [pods.Port],
            _ => [],
        }),
    ];

    private static int PortOf(string address) => int.Parse(address.AsSpan(address.LastIndexOf(':') + 1), CultureInfo.InvariantCulture);
}
