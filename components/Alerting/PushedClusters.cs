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

    /// <summary>The rule file; without clusters there is none.</summary>
    /// <param name="clusters">The clusters' names.</param>
    public static IEnumerable<RuleFile> Render(IEnumerable<string> clusters)
    {
        var rules = clusters.Order(StringComparer.Ordinal).Select(cluster => new YamlMap
        {
            { "record", Metric },
            { "expr", "vector(1)" },
            { "labels", [KeyValuePair.Create("cluster", cluster)] },
        }).ToList();
        return rules.Count == 0 ? [] : [new("push-clusters.yml", new YamlMap { { "groups", [new YamlMap { { "name", "push-clusters" }, { "rules", rules } }] } }.ToString())];
    }
}
