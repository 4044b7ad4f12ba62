using FleetPrometheus.Yaml;

namespace FleetPrometheus.Alerting;

/// <summary>
/// A series for each cluster that sends its samples by itself. Of such a cluster nothing is known here while it is silent, not even that
/// it should be there; with this its silence can be told, also when it never sent anything.
/// </summary>
public static class PushedClusters
{
    /// <summary>The series, 1 for each cluster, named by its label <c>cluster</c>.</summary>
    public const string Metric = "cluster:push:expected";

    /// <summary>The series of clusters that send to another of several Prometheus: their silence is not told here, also not when they have just moved.</summary>
    public const string ElsewhereMetric = "cluster:push:elsewhere";

    /// <summary>The rule file; without clusters there is none.</summary>
    /// <param name="clusters">The names of the clusters that send here.</param>
    /// <param name="elsewhere">The names of those that send to another of several Prometheus.</param>
    public static IEnumerable<RuleFile> Render(IEnumerable<string> clusters, IEnumerable<string> elsewhere)
    {
        var rules = Rules(Metric, clusters).Concat(Rules(ElsewhereMetric, elsewhere)).ToList();
        return rules.Count == 0 ? [] : [new("push-clusters.yml", new YamlMap { { "groups", [new YamlMap { { "name", "push-clusters" }, { "rules", rules } }] } }.ToString())];
    }

    private static IEnumerable<YamlMap> Rules(string metric, IEnumerable<string> clusters) => clusters.Order(StringComparer.Ordinal).Select(cluster => new YamlMap
    {
        { "record", metric },
        { "expr", "vector(1)" },
        { "labels", [KeyValuePair.Create("cluster", cluster)] },
    });
}
