namespace FleetPrometheus.Sizing;

/// <summary>How large a fleet is, and what is wanted of the centre that watches it.</summary>
public sealed record FleetSize
{
    /// <summary>Target clusters.</summary>
    public required int Clusters { get; init; }

    /// <summary>Nodes of each.</summary>
    public required int NodesPerCluster { get; init; }

    /// <summary>Pods on each node, those of the exporters included, with one container each. Default 30.</summary>
    public int PodsPerNode { get; init; } = 30;

    /// <summary>Processors of each node, of which node-exporter tells one by one. Default 4.</summary>
    public int CoresPerNode { get; init; } = 4;

    /// <summary>Time between two scrapes of a target. Default 30 s, the program's.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long samples are kept. Default 15 days, the program's.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(15);

    /// <summary>Identical Prometheus per shard. Default 1.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>What one Prometheus may take at most; beyond it the clusters are split. Default 16 GiB.</summary>
    public long MemoryAtMost { get; init; } = 16L << 30;
}
