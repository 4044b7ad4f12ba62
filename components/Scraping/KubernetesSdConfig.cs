using System.Collections.Immutable;
using FleetPrometheus.Yaml;

namespace FleetPrometheus.Scraping;

/// <summary>
/// Discovery through a Kubernetes API. Jobs whose discovery is written identically share one watch, down to the order of namespaces,
/// which is why <see cref="Namespaces"/> and <see cref="Selector"/> are sorted.
/// </summary>
public sealed record KubernetesSdConfig
{
    /// <summary>What is listed: <c>node</c>, <c>pod</c>, <c>service</c>, or <c>endpoints</c>, which also lists services and pods.</summary>
    public required string Role { get; init; }

    /// <summary>The API server, without a trailing slash; null: that of the cluster in which Prometheus runs, with its pod's own account.</summary>
    public required string? ApiServer { get; init; }

    /// <summary>How the API server is reached; nothing to say of the own cluster's.</summary>
    public required HttpClientConfig Client { get; init; }

    /// <summary>The namespaces watched, one watch each; empty (nodes only): none apply.</summary>
    public ImmutableSortedSet<string> Namespaces { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>Labels that the API server filters by; empty: no filter.</summary>
    public ImmutableSortedDictionary<string, string> Selector { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>The only object looked at, of each kind that the role lists; rights can then be limited to that name. Null: all.</summary>
    public string? ObjectName { get; init; }

    internal YamlMap ToYaml()
    {
        var map = new YamlMap { { "role", Role }, { "api_server", ApiServer } };
        Client.AddTo(map);
        map.Add("namespaces", Namespaces.IsEmpty ? null : new YamlMap { { "names", Namespaces } });
        if (!Selector.IsEmpty)
        {
            map.Add("selectors", [new YamlMap { { "role", Role }, { "label", string.Join(',', Selector.Select(label => $"{label.Key}={label.Value}")) } }]);
        }
        else if (ObjectName is not null)
        {
            string[] listed = Role == "endpoints" ? [Role, "service", "pod"] : [Role];
            map.Add("selectors", listed.Select(kind => new YamlMap { { "role", kind }, { "field", $"metadata.name={ObjectName}" } }));
        }

        return map;
    }
}
