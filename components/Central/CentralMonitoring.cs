using System.Collections.Immutable;
using FleetPrometheus.Alerting;
using FleetPrometheus.Contract;
using FleetPrometheus.Scraping;
using FleetPrometheus.Targets;
using FleetPrometheus.Validation;
using FleetPrometheus.Workloads;
using Pulumi;

namespace FleetPrometheus.Central;

/// <summary>What <see cref="CentralMonitoring"/> is given.</summary>
public sealed class CentralMonitoringArgs : ResourceArgs
{
    /// <summary>The name the centre's own series carry as <c>cluster</c>: a DNS label. Default <c>central</c>.</summary>
    public string CentralName { get; set; } = "central";

    /// <summary>The namespace of everything central. Default <c>monitoring</c>.</summary>
    public string Namespace { get; set; } = "monitoring";

    /// <summary>The clusters to watch, in any order.</summary>
    public required ImmutableArray<WatchedCluster> Clusters { get; set; }

    /// <summary>The clusters that send their samples by themselves, in any order. Default none.</summary>
    public ImmutableArray<PushConnection> PushingClusters { get; set; } = [];

    /// <summary>Settings of the way in for these, and whether there is one.</summary>
    public PushReceiverOptions PushFront { get; set; } = new();

    /// <summary>Settings of Prometheus; of each where there are several.</summary>
    public PrometheusOptions Prometheus { get; set; } = new();

    /// <summary>How many Prometheus share the clusters, see <see cref="ClusterShards"/>. Default 1.</summary>
    public int Shards { get; set; } = 1;

    /// <summary>Settings of what asks all of them at once, where there are several.</summary>
    public GlobalQueryOptions GlobalQuery { get; set; } = new();

    /// <summary>The stores that everything is sent to. Default none.</summary>
    public ImmutableArray<RemoteWrite> RemoteWrite { get; set; } = [];

    /// <summary>Settings of the exporter that probes the clusters' API servers.</summary>
    public BlackboxExporterOptions BlackboxExporter { get; set; } = new();

    /// <summary>Settings of Alertmanager.</summary>
    public AlertmanagerOptions Alertmanager { get; set; } = new();

    /// <summary>Who is told about alerts.</summary>
    public AlertRouting Routing { get; set; } = new();

    /// <summary>What is changed of the alerts.</summary>
    public AlertingOptions Alerting { get; set; } = new();

    /// <summary>The user of the protected web endpoints. Default <c>fleet</c>.</summary>
    public string WebUser { get; set; } = "fleet";

    /// <summary>The certificate of the centre's web endpoints, and whether there is one.</summary>
    public WebTlsOptions WebTls { get; set; } = new();

    /// <summary>Whether the dashboards are shipped as ConfigMaps for Grafana. Default true.</summary>
    public bool Dashboards { get; set; } = true;

    /// <summary>The network policies around the centre.</summary>
    public NetworkOptions Network { get; set; } = new();

    /// <summary>What is watched of the cluster that the centre runs in.</summary>
    public OwnClusterOptions OwnCluster { get; set; } = new();

    /// <summary>Settings of Grafana, and whether there is one.</summary>
    public GrafanaOptions Grafana { get; set; } = new();

    /// <summary>Tells whether certificates are valid and tokens old, of which nothing but warnings depends. Default: the system's.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>Takes what the operator should know although nothing is wrong. Default: a warning in Pulumi's output.</summary>
    public Action<string> Warn { get; set; } = message => Log.Warn(message);
}

/// <summary>The centre: one namespace with the Prometheus that watches the clusters and the Alertmanager that tells people.</summary>
public sealed class CentralMonitoring : ComponentResource
{
    /// <summary>The address within its cluster of the Prometheus that knows of all clusters: the only one, or the one that asks all shards.</summary>
    public string PrometheusUrl { get; }

    /// <summary>The addresses within their cluster of the Prometheus that watch the clusters, by the numbers of their shards.</summary>
    public ImmutableArray<string> ShardUrls { get; }

    /// <summary>The address of Alertmanager within its cluster.</summary>
    public string AlertmanagerUrl { get; }

    /// <summary>The user of the protected web endpoints.</summary>
    public string WebUser { get; }

    /// <summary>The user's password; a secret.</summary>
    public Output<string> WebPassword { get; }

    /// <summary>The names of the watched clusters, ordinally sorted.</summary>
    public ImmutableArray<string> Clusters { get; }

    /// <summary>The address within its cluster at which samples are taken; null when there is no way in.</summary>
    public string? PushUrl { get; }

    /// <summary>The address of Grafana within its cluster; null when there is none.</summary>
    public string? GrafanaUrl { get; }

    /// <summary>The password of Grafana's administrator, whose name is <see cref="WebUser"/>; a secret; null when there is none.</summary>
    public Output<string>? GrafanaPassword { get; }

    /// <summary>Declares the centre.</summary>
    /// <exception cref="RunException">Arguments are wrong; the message names all of them.</exception>
    public CentralMonitoring(string name, CentralMonitoringArgs args, ComponentResourceOptions? options = null)
        : base("fleet-prometheus:central:CentralMonitoring", CentralValidation.Require(name, args), options)
    {
        var child = new ComponentResourceOptions { Parent = this };
        var placeName = OwnNamespace.Declare($"{name}-namespace", args.Namespace, PodSecurityLevel.Restricted, this).Metadata.Apply(metadata => metadata.Name);

        if (args.Network.Policies)
        {
            NetworkPolicies.Deny($"{name}-network", placeName, isOurs: true, this);
        }

        var programs = new CentralPrograms(args);
        var (shards, query) = (programs.Shards, programs.Query);
        var web = new WebAccess($"{name}-web", new WebAccessArgs
        {
            Namespace = placeName,
            User = args.WebUser,
            Tls = args.WebTls,
            ServerNames = CentralValidation.ServerNames(args),
        }, child);
        WarnOfTime(args);

        _ = new Alertmanager($"{name}-alertmanager", new AlertmanagerArgs
        {
            Namespace = placeName,
            Options = args.Alertmanager,
            Addresses = programs.Alertmanagers,
            Network = args.Network,
            Routing = args.Routing,
            Web = web,
        }, child);

        var rules = AlertingRules.Render(args.Alerting);
        var watched = args.Clusters.ToLookup(cluster => ClusterShards.Of(cluster.Connection.ClusterName, args.Shards));
        var pushing = args.PushingClusters.Select(cluster => cluster.ClusterName).ToLookup(cluster => ClusterShards.Of(cluster, args.Shards));
        foreach (var (number, shard) in shards.Index())
        {
            _ = new Prometheus($"{name}-{shard.Program}", new PrometheusArgs
            {
                Namespace = placeName,
                Options = args.Prometheus,
                Addresses = shard,
                Network = args.Network,
                Configuration = programs.Configuration(number),
                OwnCluster = programs.OwnClusterOf(number),
                BlackboxExporter = args.BlackboxExporter,
                Rules = [.. rules, .. PushedClusters.Render(pushing[number], pushing.Where(other => other.Key != number).SelectMany(clusters => clusters))],
                Clusters = [.. watched[number]],
                Web = web,
                ReceivesSamples = args.PushFront.Enabled,
                Others = [.. shards.Where(other => other != shard).Append(query).OfType<Replicas>().Select(other => other.Program)],
            }, child);
        }

        if (query is not null)
        {
            _ = new GlobalQuery($"{name}-{query.Program}", new GlobalQueryArgs
            {
                Namespace = placeName,
                Options = args.GlobalQuery,
                Prometheus = args.Prometheus,
                Addresses = query,
                Shards = shards,
                Network = args.Network,
                Web = web,
            }, child);
        }

        if (programs.OwnCluster is { } ownCluster)
        {
            if (args.OwnCluster.KubeletCa == TargetClusterArgs.UncheckedKubelets)
            {
                args.Warn(
                    $"ownCluster.kubeletCa: '{TargetClusterArgs.UncheckedKubelets}' has Prometheus show its token to whatever answers at the nodes' addresses, so that "
                    + "whoever is in between can use it and forge the nodes' metrics; better set the kubelets' CA.");
            }

            _ = new OwnCluster($"{name}-own-cluster", new OwnClusterArgs
            {
                Namespace = placeName,
                Network = args.Network,
                Jobs = ownCluster.Jobs,
                Options = args.OwnCluster,
            }, child);
        }

        if (args.PushFront.Enabled)
        {
            _ = new PushReceiver($"{name}-push", new PushReceiverArgs
            {
                Namespace = placeName,
                Options = args.PushFront,
                Front = programs.Fronts,
                Forwarder = programs.Forwarders,
                Shards = [.. shards.Select(shard => new PushShard(shard.Program, shard.Addresses(args.Prometheus.Replicas)))],
                Clusters = args.PushingClusters,
                Network = args.Network,
                Web = web,
            }, child);
            PushUrl = $"https://{programs.Fronts.Address}/api/v1/write";
        }

        PrometheusUrl = web.Url((query ?? shards[0]).Address);
        ShardUrls = [.. shards.Select(shard => web.Url(shard.Address))];
        var dashboards = args.Dashboards ? new DashboardConfigMaps($"{name}-dashboards", placeName, child).Names : [];
        if (args.Grafana.Enabled)
        {
            var grafanas = new Replicas(Central.Grafana.ProgramName, args.Namespace, Central.Grafana.Port);
            GrafanaUrl = $"http://{grafanas.Address}";
            GrafanaPassword = new Grafana($"{name}-grafana", new GrafanaArgs
            {
                Namespace = placeName,
                Options = args.Grafana,
                Addresses = grafanas,
                Network = args.Network,
                Prometheus = query ?? shards[0],
                ScrapeInterval = args.Prometheus.ScrapeInterval,
                Web = web,
                Dashboards = dashboards,
            }, child).AdminPassword;
        }

        AlertmanagerUrl = web.Url(programs.Alertmanagers.Address);
        WebUser = args.WebUser;
        WebPassword = web.Password;
        Clusters = [.. args.Clusters.Select(cluster => cluster.Connection.ClusterName)
            .Concat(args.PushingClusters.Select(cluster => cluster.ClusterName)).Order(StringComparer.Ordinal)];

        RegisterOutputs();
    }

    private static void WarnOfTime(CentralMonitoringArgs args)
    {
        var now = args.Clock.GetUtcNow();
        args.WebTls.WarnOfTime(CentralValidation.WebTlsKey, now, args.Warn);
        args.PushFront.WarnOfTime(CentralValidation.PushFrontKey, now, args.Warn);
        if (TokenRules.OldAfter(args.Alerting) is not { } days)
        {
            return;
        }

        foreach (var cluster in args.Clusters.Select(cluster => cluster.Connection).OrderBy(cluster => cluster.ClusterName, StringComparer.Ordinal))
        {
            if ((now - cluster.TokenIssued)?.TotalDays is { } age && age > days)
            {
                args.Warn(FormattableString.Invariant($"clusters: the token of '{cluster.ClusterName}' is {age:0} days old; rotate it: raise the tokenGeneration of its stack by one (or set alerts.{TokenRules.Alert}.threshold, now {days:0} days)"));
            }
        }
    }

    /// <summary>The stack outputs by which people find the centre; return them from the stack's program.</summary>
    public IDictionary<string, object?> StackOutputs()
    {
        var outputs = new Dictionary<string, object?>
        {
            ["prometheusUrl"] = PrometheusUrl,
            ["alertmanagerUrl"] = AlertmanagerUrl,
            ["webUser"] = WebUser,
            ["webPassword"] = WebPassword,
            ["clusters"] = Clusters.ToArray<object?>(),
        };
        if (ShardUrls.Length > 1)
        {
            outputs["prometheusUrls"] = ShardUrls.ToArray<object?>();
        }

        if (PushUrl is not null)
        {
            outputs["pushUrl"] = PushUrl;
        }

        if (GrafanaUrl is not null)
        {
            outputs["grafanaUrl"] = GrafanaUrl;
            outputs["grafanaPassword"] = GrafanaPassword;
        }

        return outputs;
    }
}
