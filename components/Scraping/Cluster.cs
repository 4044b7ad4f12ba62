using System.Collections.Immutable;

namespace FleetPrometheus.Scraping;

/// <summary>
/// One Kubernetes cluster as the central Prometheus sees it: where its API server is, what is scraped through it,
/// and which labels its series carry. Holds no credentials, only the names of the files that do.
/// </summary>
public sealed record Cluster
{
    /// <summary>The cluster's name: a DNS label, unique in the fleet; the value of the <c>cluster</c> label and the stem of its file names.</summary>
    public required string Name { get; init; }

    /// <summary>The API server, an absolute https address; a path (as some gateways need) is kept.</summary>
    public required Uri ApiServer { get; init; }

    /// <summary>Identifies the token in use; part of the name of the token file that the jobs read, so that a new token is a new file.</summary>
    public required string TokenId { get; init; }

    /// <summary>How the API server's certificate is verified. Default: with the cluster's own CA file.</summary>
    public Trust Trust { get; init; } = Trust.ClusterCa;

    /// <summary>The operator's own labels for the cluster (environment, region…), put on every series beside <c>cluster</c>.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>What is scraped, in the order in which it is written.</summary>
    public required ImmutableArray<ScrapeJob> Jobs { get; init; }

    /// <summary>Bounds that protect the centre from this cluster.</summary>
    public ScrapeLimits Limits { get; init; } = new();

    /// <summary>How often this cluster is scraped. Default null: the centre's global interval.</summary>
    public TimeSpan? ScrapeInterval { get; init; }
}

/// <summary>How an API server's certificate is verified.</summary>
public enum Trust
{
    /// <summary>With the CA certificate in the cluster's own file (the default).</summary>
    ClusterCa,

    /// <summary>With the system's certificate store, for API servers behind a publicly trusted certificate.</summary>
    SystemRoots,

    /// <summary>Not at all: opt-in per cluster, and warned about.</summary>
    Insecure,
}

/// <summary>
/// Bounds on what one cluster may deliver. Exceeding a limit fails that scrape (<see cref="Targets"/>: the whole job), never another cluster's.
/// </summary>
/// <remarks>Source of the meaning: Prometheus 3.5 configuration, &lt;scrape_config&gt;. Zero means no limit.</remarks>
public sealed record ScrapeLimits
{
    /// <summary>Samples per scrape after relabelling. Default 500,000: kube-state-metrics describes some 10,000 pods in as many.</summary>
    public int Samples { get; init; } = 500_000;

    /// <summary>Labels per series. Default 64.</summary>
    public int Labels { get; init; } = 64;

    /// <summary>Characters of a label value. Default 2,048.</summary>
    public int LabelValueLength { get; init; } = 2_048;

    /// <summary>Targets per job. Default 5,000.</summary>
    public int Targets { get; init; } = 5_000;

    /// <summary>Bytes of an uncompressed response. Default 256 MiB, which is what so many samples take.</summary>
    public long BodyBytes { get; init; } = 256L << 20;
}
