using System.Collections.Immutable;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Targets;

/// <summary>
/// What the scrape token must be able to do, derived from the jobs: each job's rules and nothing else.
/// </summary>
/// <param name="Cluster">Rules of the ClusterRole; empty: no ClusterRole is needed.</param>
/// <param name="Namespaced">Rules of a Role, by namespace, ordinally sorted.</param>
public sealed record ScrapeRules(
    ImmutableArray<AccessRule> Cluster,
    ImmutableSortedDictionary<string, ImmutableArray<AccessRule>> Namespaced)
{
    private static readonly AccessRule ApiServerMetrics = new() { NonResourceUrls = ["/metrics"], Verbs = ["get"] };

    // The node proxy can't be narrowed to the metrics paths: there is no lesser right (nodes/metrics counts only at the kubelet itself).
    private static readonly ImmutableArray<AccessRule> NodeProxy =
        [AccessRule.Core("nodes", "list", "watch"), AccessRule.Core("nodes/proxy", "get")];

    private static readonly ImmutableArray<AccessRule> PodProxy =
        [AccessRule.Core("pods", "list", "watch"), AccessRule.Core("pods/proxy", "get")];

    /// <summary>The rules that exactly these jobs need.</summary>
    public static ScrapeRules For(ImmutableArray<ScrapeJob> jobs)
    {
        var cluster = ImmutableArray.CreateBuilder<AccessRule>();
        if (jobs.OfType<ApiServerJob>().Any())
        {
            cluster.Add(ApiServerMetrics);
        }

        if (jobs.OfType<NodeProxyJob>().Any())
        {
            cluster.AddRange(NodeProxy);
        }

        return new ScrapeRules(
            cluster.ToImmutable(),
            jobs.SelectMany(NamespacesOf).Distinct().ToImmutableSortedDictionary(name => name, _ => PodProxy, StringComparer.Ordinal));
    }

    /// <summary>The namespaces whose pods a job reaches.</summary>
    internal static IEnumerable<string> NamespacesOf(ScrapeJob job) => job switch
    {
        PodProxyJob pods => [pods.Namespace],
        AnnotatedPodsJob annotated => annotated.Namespaces,
        _ => [],
    };
}
