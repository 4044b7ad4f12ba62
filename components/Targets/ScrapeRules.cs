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
    private static readonly AccessRule NodeList = AccessRule.Core("nodes", "list", "watch");
    private static readonly AccessRule PodList = AccessRule.Core("pods", "list", "watch");
    private static readonly AccessRule PodProxy = AccessRule.Core("pods/proxy", "get");

    // The node proxy can't be narrowed to the metrics paths: the lesser right counts only at the kubelet itself.
    private static readonly AccessRule NodeProxy = AccessRule.Core("nodes/proxy", "get");
    private static readonly AccessRule NodeMetrics = AccessRule.Core("nodes/metrics", "get");

    // Only the one object: discovery asks for it by name, also for a pod of that name, which there is not.
    private static readonly ImmutableArray<AccessRule> ApiServerEndpoints =
        [.. new[] { "endpoints", "services", "pods" }.Select(resource => AccessRule.Core(resource, "list", "watch") with { ResourceNames = ["kubernetes"] })];

    private static readonly AccessRule ServiceList = AccessRule.Core("services", "list", "watch");
    private static readonly AccessRule EndpointsList = AccessRule.Core("endpoints", "list", "watch");

    // The name is that of the request: the Service with scheme and port, so no other port of it.
    private static AccessRule ServiceProxy(FederateJob job) =>
        AccessRule.Core("services/proxy", "get") with { ResourceNames = [$"{job.Scheme}:{job.Service}:{job.Port}"] };

    /// <summary>The rules that exactly these jobs need.</summary>
    public static ScrapeRules For(ImmutableArray<ScrapeJob> jobs) => Sum(jobs.SelectMany(Needs));

    /// <summary>The rules that exactly these jobs need from inside of the cluster, see <see cref="InsideScrape"/>.</summary>
    public static ScrapeRules ForInside(ImmutableArray<ScrapeJob> jobs) => Sum(jobs.SelectMany(NeedsInside));

    private static ScrapeRules Sum(IEnumerable<(string? Namespace, AccessRule Rule)> needs)
    {
        var needed = needs.Distinct().ToLookup(need => need.Namespace, need => need.Rule);
        return new ScrapeRules(
            [.. needed[null]],
            needed.Where(place => place.Key is not null)
                .ToImmutableSortedDictionary(place => place.Key!, place => place.ToImmutableArray(), StringComparer.Ordinal));
    }

    /// <summary>The namespaces in which a job reaches pods through the API server.</summary>
    internal static IEnumerable<string> NamespacesOf(ScrapeJob job) =>
        Needs(job).Where(need => need.Rule == PodProxy).Select(need => need.Namespace!);

    /// <summary>What a job needs from inside: nodes and pods are only looked up, and asked themselves.</summary>
    private static IEnumerable<(string? Namespace, AccessRule Rule)> NeedsInside(ScrapeJob job) => job switch
    {
        ApiServerJob { Members.IsEmpty: true } => [(null, ApiServerMetrics), .. ApiServerEndpoints.Select(rule => ((string?)"default", rule))],
        NodeProxyJob => [(null, NodeList), (null, NodeMetrics)],
        PodProxyJob pods => [(pods.Namespace, PodList)],
        AnnotatedPodsJob annotated => annotated.Namespaces.Select(place => ((string?)place, PodList)),
        AnnotatedServicesJob annotated => annotated.Namespaces.SelectMany(place => new[] { ((string?)place, EndpointsList), (place, ServiceList), (place, PodList) }),
        ProbedServicesJob probed => probed.Namespaces.Select(place => ((string?)place, ServiceList)),
        _ => Needs(job),
    };

    /// <summary>What a job needs, each in a namespace or (null) in the cluster.</summary>
    private static IEnumerable<(string? Namespace, AccessRule Rule)> Needs(ScrapeJob job) => job switch
    {
        ApiServerJob => [(null, ApiServerMetrics)],
        NodeProxyJob => [(null, NodeList), (null, NodeProxy)],
        NodeDirectJob => [(null, NodeList), (null, NodeMetrics)],
        PodProxyJob pods => [(pods.Namespace, PodList), (pods.Namespace, PodProxy)],
        PodDirectJob pods => [(pods.Namespace, PodList)],
        AnnotatedPodsJob annotated => annotated.Namespaces.SelectMany(place => new[] { ((string?)place, PodList), (place, PodProxy) }),
        AnnotatedServicesJob annotated => annotated.Namespaces.SelectMany(
            place => new[] { EndpointsList, ServiceList, PodList, PodProxy }.Select(rule => ((string?)place, rule))),
        StaticJob => [],
        FederateJob federate => [(federate.Namespace, ServiceProxy(federate))],
        _ => throw new ArgumentException($"no rights are known for {job.GetType().Name}", nameof(job)),
    };
}
