using FleetPrometheus.Yaml;

namespace FleetPrometheus.Scraping;

/// <summary>What a Prometheus agent in a cluster does: scrape the cluster from inside and send everything to the centre.</summary>
public sealed record AgentConfiguration
{
    /// <summary>What is scraped. The user as whom it sends is the cluster's name.</summary>
    public required InsideCluster Cluster { get; init; }

    /// <summary>How often. Default 30 s.</summary>
    public TimeSpan ScrapeInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where the centre takes samples: absolute, https.</summary>
    public required Uri Url { get; init; }

    /// <summary>The CA that the centre's certificate is checked with, PEM. Default null: the system's roots.</summary>
    public string? CaCertificate { get; init; }

    /// <summary>The file of the password; Prometheus reads it for every request.</summary>
    public required string PasswordFile { get; init; }
}

/// <summary>A Prometheus agent's only file. It holds no credential.</summary>
public static class AgentFile
{
    /// <summary>The file's name.</summary>
    public const string Name = "prometheus.yml";

    // Enough for some 50,000 samples a second; each holds up to 10,000 samples in memory while the centre is away.
    private const int Shards = 10;

    private static readonly TimeSpan LongestTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The file's content, the same bytes for the same configuration.</summary>
    public static string Render(AgentConfiguration configuration)
    {
        var remoteWrite = new YamlMap { { "url", configuration.Url.AbsoluteUri } };
        new HttpClientConfig
        {
            BasicAuth = new(configuration.Cluster.Name, configuration.PasswordFile),
            Tls = configuration.CaCertificate is { } certificate ? new() { Ca = certificate } : null,
            FollowRedirects = false,
        }.AddTo(remoteWrite);
        // What is refused as too much is sent again, like what meets nobody; else it would be lost.
        remoteWrite.Add("queue_config", new YamlMap { { "max_shards", Shards }, { "retry_on_http_429", true } });
        return new YamlMap
        {
            {
                "global", new YamlMap
                {
                    { "scrape_interval", configuration.ScrapeInterval },
                    { "scrape_timeout", configuration.ScrapeInterval < LongestTimeout ? configuration.ScrapeInterval : LongestTimeout },
                }
            },
            { "scrape_configs", InsideScrape.ScrapeConfigs(configuration.Cluster).Select(config => config.ToYaml()) },
            { "remote_write", [remoteWrite] },
        }.ToString();
    }
}
