using System.Collections.Immutable;

namespace FleetPrometheus.Scraping;

/// <summary>The central Prometheus's main file: everything but the clusters, which have a file each (see <see cref="Cluster"/>).</summary>
public sealed record PrometheusConfiguration
{
    /// <summary>How often targets are scraped unless a cluster says otherwise. Default 30 s.</summary>
    public TimeSpan ScrapeInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a scrape may take; must not exceed the interval. Default 10 s.</summary>
    public TimeSpan ScrapeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often rules are evaluated. Default 30 s.</summary>
    public TimeSpan EvaluationInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Labels on everything that leaves this Prometheus, taken literally. <c>replica</c> is added from the environment variable <c>PROMETHEUS_REPLICA</c>.
    /// One of several shards does without unless it has replicas that a store tells apart by it: a query over all shards would show it on every
    /// series, and a cluster that has moved twice.
    /// </summary>
    public ImmutableSortedDictionary<string, string> ExternalLabels { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>The name the centre's own series carry as <c>cluster</c>.</summary>
    public required string CentralName { get; init; }

    /// <summary>The name that this Prometheus's replicas' names begin with. Default <c>prometheus</c>.</summary>
    public string Program { get; init; } = "prometheus";

    /// <summary>Addresses (host:port) of this Prometheus's replicas, scraped as job <c>prometheus</c>.</summary>
    public required ImmutableArray<string> Prometheuses { get; init; }

    /// <summary>Which of several shards this is; their series carry it as <c>shard</c>. Default null: there is one only.</summary>
    public int? Shard { get; init; }

    /// <summary>The replicas of the other shards, scraped as job <c>prometheus</c> too, so that none goes down unnoticed. Default none.</summary>
    public ImmutableArray<PrometheusShard> OtherShards { get; init; } = [];

    /// <summary>Addresses (host:port) of what asks all shards at once, scraped as job <c>prometheus-query</c>. Default none.</summary>
    public ImmutableArray<string> GlobalQueries { get; init; } = [];

    /// <summary>The stores that everything is sent to. Default none.</summary>
    public ImmutableArray<RemoteWrite> RemoteWrite { get; init; } = [];

    /// <summary>Addresses (host:port) of all Alertmanagers: each is sent every alert and scraped as job <c>alertmanager</c>.</summary>
    public required ImmutableArray<string> Alertmanagers { get; init; }

    /// <summary>Address (host:port) of the exporter that probes the clusters' API servers, see <see cref="ClusterProbe"/>. Default null: no probes.</summary>
    public string? BlackboxExporter { get; init; }

    /// <summary>Whether there is a <see cref="ConfigurationPaths.OwnCluster"/>. Default false.</summary>
    public bool OwnCluster { get; init; }

    /// <summary>How much older than the newest sample of all a sample may be that was sent here. Default null: nothing is sent here.</summary>
    public TimeSpan? OutOfOrderWindow { get; init; }

    /// <summary>Addresses (host:port) of what lets clusters in that send their samples, scraped as job <c>push-front</c>. Default none.</summary>
    public ImmutableArray<string> PushFronts { get; init; } = [];

    /// <summary>Addresses (host:port) of what passes these samples on, scraped as job <c>push-forwarder</c>. Default none.</summary>
    public ImmutableArray<string> PushForwarders { get; init; } = [];

    /// <summary>The names that the certificates of the centre's programs are for. Default null: they speak HTTP.</summary>
    public WebServerNames? Tls { get; init; }

    /// <summary>User of the centre's protected web endpoints; the password is in <see cref="ConfigurationPaths.WebPassword"/>. Null: unprotected.</summary>
    public string? WebUser { get; init; }

    /// <summary>The addresses of the programs that speak HTTPS, together those of one program, and the shard of those that other shards do not look at.</summary>
    internal IEnumerable<(ImmutableArray<string> Addresses, int? Shard)> HttpsEndpoints =>
        (Tls is null ? [(PushFronts, null)] : new (ImmutableArray<string> Addresses, int? Shard)[]
        {
            (Prometheuses, Shard), (GlobalQueries, null), (Alertmanagers, null), (PushFronts, null), (PushForwarders, null),
        }).Where(endpoint => !endpoint.Addresses.IsEmpty);
}

/// <summary>The names that the certificates of the centre's own programs are for, which are verified with <see cref="ConfigurationPaths.WebCa"/>.</summary>
public sealed record WebServerNames(string Prometheus, string Alertmanager, string PushForwarder);

/// <summary>One of several Prometheus that share the clusters.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Addresses">The addresses (host:port) of its replicas.</param>
public sealed record PrometheusShard(int Number, ImmutableArray<string> Addresses);
