using FleetPrometheus.Scraping;
using static FleetPrometheus.Sizing.SizingFigures;

namespace FleetPrometheus.Sizing;

/// <summary>What a fleet takes, by <see cref="SizingFigures"/>.</summary>
public sealed record FleetEstimate
{
    private FleetEstimate(FleetSize size)
    {
        SeriesPerCluster = SeriesOf(size.NodesPerCluster, size.PodsPerNode, size.CoresPerNode);
        Series = SeriesPerCluster * size.Clusters;
        SamplesPerSecond = Series / size.Interval.TotalSeconds;
        Shards = ShardsFor(size);
        ShardSeries = Shards == 1 ? Series : Math.Max(SeriesPerCluster, Math.Min(Series, Series / Shards * ShardImbalance));
        ShardSamplesPerSecond = ShardSeries / size.Interval.TotalSeconds;
        Memory = MemoryFor(ShardSeries);
        Processors = ShardSamplesPerSecond * ProcessorPerMillionSamples / 1e6;
        Blocks = ShardSamplesPerSecond * size.Retention.TotalSeconds * DiskPerSample;
        Volume = (Blocks / VolumeFill) + (ShardSamplesPerSecond * LogTime.TotalSeconds * LogPerSample);
        RemoteWriteBytesPerSecond = SamplesPerSecond * size.Replicas * RemoteWritePerSample;
        ScrapeBytesPerSecond = SamplesPerSecond * size.Replicas * ScrapePerSample;
        Fits = Memory <= size.MemoryAtMost;
    }

    /// <summary>Series of one cluster.</summary>
    public double SeriesPerCluster { get; }

    /// <summary>Series of the whole fleet, once.</summary>
    public double Series { get; }

    /// <summary>Samples of the whole fleet, once.</summary>
    public double SamplesPerSecond { get; }

    /// <summary>Into how many Prometheus the clusters are split, so that none takes more memory than it may.</summary>
    public int Shards { get; }

    /// <summary>Series of the fullest shard.</summary>
    public double ShardSeries { get; }

    /// <summary>Samples of the fullest shard.</summary>
    public double ShardSamplesPerSecond { get; }

    /// <summary>Bytes of memory for one Prometheus, with room for queries.</summary>
    public double Memory { get; }

    /// <summary>Processors that one Prometheus is busy with, rules and queries not counted.</summary>
    public double Processors { get; }

    /// <summary>Bytes of blocks after the whole retention, for one Prometheus.</summary>
    public double Blocks { get; }

    /// <summary>Bytes of one Prometheus's volume: the blocks, room to compact them, and the write-ahead log.</summary>
    public double Volume { get; }

    /// <summary>Bytes that all Prometheus together would send to a remote store each second.</summary>
    public double RemoteWriteBytesPerSecond { get; }

    /// <summary>Bytes that come from all clusters each second, compressed.</summary>
    public double ScrapeBytesPerSecond { get; }

    /// <summary>Whether <see cref="Memory"/> is within what one Prometheus may take. A cluster is never split, and shards are not without end.</summary>
    public bool Fits { get; }

    /// <summary>Estimates a fleet.</summary>
    public static FleetEstimate Of(FleetSize size) => new(size);

    /// <summary>Series of a cluster of so many nodes.</summary>
    public static double SeriesOf(int nodes, double podsPerNode, int coresPerNode)
    {
        const int TargetsPerNode = 3;
        const int TargetsPerCluster = 3;
        var node = NodeExporterSeries + (NodeExporterSeriesPerCore * coresPerNode) + KubeletSeries + CadvisorSeries + KubeStateSeriesPerNode
            + (podsPerNode * (CadvisorSeriesPerPod + KubeStateSeriesPerPod)) + (TargetsPerNode * SeriesPerTarget);
        return (nodes * node) + ClusterSeries + (TargetsPerCluster * SeriesPerTarget);
    }

    /// <summary>Resident bytes of a Prometheus that scrapes so many series, without churn and queries.</summary>
    public static double ResidentFor(double series) => MemoryAtRest + (series * MemoryPerSeries);

    private static double MemoryFor(double series) => ResidentFor(series * Churn) * MemoryHeadroom;

    private int ShardsFor(FleetSize size)
    {
        if (MemoryFor(Series) <= size.MemoryAtMost)
        {
            return 1;
        }

        var most = ((size.MemoryAtMost / MemoryHeadroom) - MemoryAtRest) / MemoryPerSeries / Churn;
        return most <= 0 ? ClusterShards.Most : (int)Math.Clamp(Math.Ceiling(Series * ShardImbalance / most), 2, Math.Clamp(size.Clusters, 2, ClusterShards.Most));
    }
}
