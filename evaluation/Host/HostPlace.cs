using System.Collections.Immutable;

namespace FleetPrometheus.Evaluation.Host;

/// <summary>Where a central program is on a host.</summary>
public sealed record HostPlace
{
    /// <summary>The absolute directory that stands for the pod's <c>/etc/NAME</c>.</summary>
    public required string ConfigurationDirectory { get; init; }

    /// <summary>Where the exporter beside Prometheus listens, as host:port, one for all replicas; null where there is none.</summary>
    public string? Exporter { get; init; }

    /// <summary>One per replica that the central stack declares.</summary>
    public required ImmutableArray<HostReplica> Replicas { get; init; }
}

/// <summary>Where one replica is on a host.</summary>
/// <param name="Listen">Where it listens, as host:port.</param>
/// <param name="DataDirectory">The absolute directory of its data.</param>
/// <param name="Gossip">Where members of a cluster of Alertmanagers talk to it, as host:port; null where there is no such cluster.</param>
/// <param name="Internal">Where it serves its own metrics, as host:port; null where that is <paramref name="Listen"/>.</param>
public sealed record HostReplica(string Listen, string DataDirectory, string? Gossip = null, string? Internal = null)
{
    /// <summary>Where programs on the same host reach it: a wildcard is nothing that one could connect to everywhere.</summary>
    public string Address => Listen[..Listen.LastIndexOf(':')] switch
    {
        "0.0.0.0" => $"127.0.0.1{Listen[Listen.LastIndexOf(':')..]}",
        "[::]" => $"[::1]{Listen[Listen.LastIndexOf(':')..]}",
        _ => Listen,
    };
}
