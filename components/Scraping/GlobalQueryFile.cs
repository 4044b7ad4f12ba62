using System.Collections.Immutable;
using FleetPrometheus.Yaml;

namespace FleetPrometheus.Scraping;

/// <summary>
/// The main file of a Prometheus that scrapes nothing and asks others: one query over all of them. It has no external labels, because it
/// would ask only for series that have the same.
/// </summary>
public static class GlobalQueryFile
{
    /// <summary>The file's content, the same bytes for the same shards.</summary>
    /// <param name="shards">The name and the address (host:port) of each Prometheus to ask.</param>
    /// <param name="webUser">The user as whom they are asked; the password is in <see cref="ConfigurationPaths.WebPassword"/>.</param>
    /// <param name="tls">The name that their certificates are for; null: they speak HTTP.</param>
    /// <param name="evaluationInterval">The resolution of subqueries that name none; the shards' own, so that these answer alike.</param>
    public static string Render(ImmutableArray<(string Name, string Address)> shards, string webUser, string? tls, TimeSpan evaluationInterval)
    {
        var client = PrometheusMainFile.Verifying(new() { BasicAuth = new(webUser, ConfigurationPaths.WebPassword), FollowRedirects = false }, tls);
        return new YamlMap
        {
            { "global", new YamlMap { { "evaluation_interval", evaluationInterval } } },
            { "remote_read", shards.Select(shard => Read(shard.Name, shard.Address, client)) },
        }.ToString();
    }

    private static YamlMap Read(string name, string address, HttpClientConfig client)
    {
        var map = new YamlMap
        {
            { "url", $"{PrometheusMainFile.Scheme(client) ?? "http"}://{address}/api/v1/read" },
            { "name", name },
            { "read_recent", true }, // it holds nothing itself, however recent
        };
        client.AddTo(map);
        return map;
    }
}
