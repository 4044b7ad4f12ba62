using System.Collections.Immutable;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Central;

/// <summary>Where the centre's programs are found, and what each Prometheus is told of them.</summary>
internal sealed class CentralPrograms(CentralMonitoringArgs args)
{
    /// <summary>The Prometheus that share the clusters, by the numbers of their shards.</summary>
    public ImmutableArray<Replicas> Shards { get; } =
        [.. Enumerable.Range(0, args.Shards).Select(shard => new Replicas(Prometheus.NameOf(shard), args.Namespace, Prometheus.Port))];

    /// <summary>What asks all of them; null where there is only one.</summary>
    public Replicas? Query { get; } = args.Shards > 1 ? new(GlobalQuery.ProgramName, args.Namespace, Prometheus.Port) : null;

    /// <summary>The Alertmanagers.</summary>
    public Replicas Alertmanagers { get; } = new(Alertmanager.ProgramName, args.Namespace, Alertmanager.Port);

    /// <summary>Where clusters send to, if there is a way in.</summary>
    public Replicas Fronts { get; } = new(PushReceiver.FrontName, args.Namespace, PushReceiver.FrontPort);

    /// <summary>What passes on what they send.</summary>
    public Replicas Forwarders { get; } = new(PushReceiver.ForwarderName, args.Namespace, PushReceiver.ForwarderPort);

    /// <summary>The cluster that the centre runs in, as the first Prometheus sees it; null when none looks.</summary>
    public InsideCluster? OwnCluster { get; } = Central.OwnCluster.Of(args);

    /// <summary>The main file of one of <see cref="Shards"/>.</summary>
    /// <param name="number">Its number.</param>
    public PrometheusConfiguration Configuration(int number) => new()
    {
        CentralName = args.CentralName,
        ScrapeInterval = args.Prometheus.ScrapeInterval,
        ScrapeTimeout = args.Prometheus.ScrapeTimeout,
        EvaluationInterval = args.Prometheus.EvaluationInterval,
        ExternalLabels = args.Prometheus.ExternalLabels,
        Program = Shards[number].Program,
        Prometheuses = Shards[number].Addresses(args.Prometheus.Replicas),
        Shard = Query is null ? null : number,
        OtherShards = [.. Shards.Index().Where(other => other.Index != number).Select(other => new PrometheusShard(other.Index, other.Item.Addresses(args.Prometheus.Replicas)))],
        GlobalQueries = Query?.Addresses(args.GlobalQuery.Replicas) ?? [],
        RemoteWrite = args.RemoteWrite,
        Alertmanagers = Alertmanagers.Addresses(args.Alertmanager.Replicas),
        BlackboxExporter = BlackboxExporter.Address,
        OwnCluster = OwnClusterOf(number) is not null,
        WebUser = args.WebUser,
        Tls = args.WebTls.Enabled ? CentralValidation.ServerNames(args) : null,
        OutOfOrderWindow = args.PushFront.Enabled ? PushReceiver.OutOfOrderWindow : null,
        PushFronts = args.PushFront.Enabled ? Fronts.Addresses(args.PushFront.Replicas, PushReceiver.FrontInternalPort) : [],
        PushForwarders = args.PushFront.Enabled ? Forwarders.Addresses(args.PushFront.Replicas) : [],
    };

    /// <summary><see cref="OwnCluster"/> where it is the business of this one of <see cref="Shards"/>, else null.</summary>
    /// <param name="number">Its number.</param>
    public InsideCluster? OwnClusterOf(int number) => number == 0 ? OwnCluster : null;
}
