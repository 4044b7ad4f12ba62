namespace FleetPrometheus.Sizing;

/// <summary>
/// What the estimate rests on. <c>./dev bench --only sizing</c> measures it, and a test compares the estimate with what was measured;
/// what cannot be measured without a real cluster is said to be assumed.
/// </summary>
public static class SizingFigures
{
    /// <summary>node-exporter's series beside those of single processors.</summary>
    public const double NodeExporterSeries = 470;

    /// <summary>node-exporter's series for each processor.</summary>
    public const double NodeExporterSeriesPerCore = 22;

    /// <summary>The kubelet's own series, as far as they don't depend on pods. Assumed: the simulated kubelet tells a tenth of it.</summary>
    public const double KubeletSeries = 1_000;

    /// <summary>cadvisor's series of a node itself, after the drop-list.</summary>
    public const double CadvisorSeries = 10;

    /// <summary>cadvisor's series of a pod with one container, after the drop-list.</summary>
    public const double CadvisorSeriesPerPod = 39;

    /// <summary>kube-state-metrics' series of a node.</summary>
    public const double KubeStateSeriesPerNode = 35;

    /// <summary>kube-state-metrics' series of a pod with one container.</summary>
    public const double KubeStateSeriesPerPod = 32;

    /// <summary>The API server's series, and what else a cluster has once. Assumed: the simulated one has a third of it.</summary>
    public const double ClusterSeries = 10_000;

    /// <summary>Prometheus's memory without any series.</summary>
    public const double MemoryAtRest = 60e6;

    /// <summary>Resident memory for each series that is scraped.</summary>
    public const double MemoryPerSeries = 3_300;

    /// <summary>Series in memory for each that is scraped: those of pods that have ended stay for up to three hours. Assumed.</summary>
    public const double Churn = 1.2;

    /// <summary>Memory to have for each byte that the series take: queries, rules, the start from the write-ahead log. Assumed.</summary>
    public const double MemoryHeadroom = 1.5;

    /// <summary>Processor seconds for a million samples scraped, parsed and stored.</summary>
    public const double ProcessorPerMillionSamples = 3;

    /// <summary>Bytes of a block on disk for each sample in it, index included.</summary>
    public const double DiskPerSample = 1.8;

    /// <summary>Bytes of the write-ahead log for each sample.</summary>
    public const double LogPerSample = 8;

    /// <summary>How long samples are in the write-ahead log and in memory at most, before they are in blocks only.</summary>
    public static readonly TimeSpan LogTime = TimeSpan.FromHours(3);

    /// <summary>The part of a volume that blocks may fill: compaction writes a new block before it deletes the old ones.</summary>
    public const double VolumeFill = 0.85;

    /// <summary>Bytes of a sample on its way to a remote store: remote write sends all labels with it.</summary>
    public const double RemoteWritePerSample = 65;

    /// <summary>Bytes of a sample on its way from a target, compressed. Measured on 500 targets of 1,000 samples.</summary>
    public const double ScrapePerSample = 9;

    /// <summary>Prometheus's own series of a scrape: <c>up</c> and four more.</summary>
    public const double SeriesPerTarget = 5;

    /// <summary>How much more than its share the fullest of several shards is expected to have.</summary>
    public const double ShardImbalance = 1.25;
}
