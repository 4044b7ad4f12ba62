using System.Collections.Immutable;
using FleetPrometheus.Alerting;
using FleetPrometheus.Scraping;
using FleetPrometheus.Validation;
using FleetPrometheus.Workloads;
using Pulumi;

namespace FleetPrometheus.Central;

/// <summary>Checks the centre's arguments before anything is declared.</summary>
public static class CentralValidation
{
    /// <summary>The key of <see cref="CentralMonitoringArgs.WebTls"/>.</summary>
    internal const string WebTlsKey = "webTls";

    /// <summary>The key of <see cref="CentralMonitoringArgs.PushFront"/>.</summary>
    internal const string PushFrontKey = "pushFront";

    /// <summary>Notes every problem of the arguments.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="problems">Where problems are noted; keys are the arguments' names in the configuration's spelling.</param>
    public static void Check(CentralMonitoringArgs args, Problems problems)
    {
        problems.Check("clusterName", args.CentralName, Checks.DnsLabel(args.CentralName));
        problems.Check("namespace", args.Namespace, Checks.DnsLabel(args.Namespace));
        if (args.WebUser.Length == 0 || args.WebUser.Any(character => character is <= ' ' or > '~' or ':'))
        {
            problems.Add("webUser", args.WebUser, "must be printable ASCII without spaces and colons, which basic authentication can't carry");
        }

        CheckPrometheus(args.Prometheus, problems);
        if (args.Shards is < 1 or > ClusterShards.Most)
        {
            problems.Add("shards", $"{args.Shards}", $"must be a number from 1 to {ClusterShards.Most}");
        }

        if (args.GlobalQuery.Replicas < 1)
        {
            problems.Add("globalQuery.replicas", $"{args.GlobalQuery.Replicas}", "must be 1 or more");
        }

        RemoteWriteValidation.Check(args.RemoteWrite, problems);
        CheckReplicas("alertmanager", args.Alertmanager.Replicas, args.Alertmanager.Storage, problems);
        AlertRoutingValidation.Check(args.Routing, "alertmanager", problems);
        problems.Check("grafana.storage.size", args.Grafana.Storage.Size, Checks.Quantity(args.Grafana.Storage.Size));
        foreach (var (key, resources) in new[]
        {
            ("prometheus", args.Prometheus.Resources), ("globalQuery", args.GlobalQuery.Resources), ("blackboxExporter", args.BlackboxExporter.Resources), ("alertmanager", args.Alertmanager.Resources),
            ("grafana", args.Grafana.Resources), ("pushFront", args.PushFront.Resources), ("pushFront.forwarder", args.PushFront.Forwarder.Resources),
            ("ownCluster.pushgateway", args.OwnCluster.Pushgateway.Resources),
        })
        {
            resources.Check($"{key}.resources", problems);
        }

        CheckPush(args, problems);
        CheckWebTls(args, problems);
        CheckClusters(args, problems);
        OwnCluster.Check(args, problems);
        problems.Check("runbooks", args.Alerting.Runbooks, AlertingRules.CheckRunbooks(args.Alerting.Runbooks));
        foreach (var (alert, setting) in args.Alerting.Alerts)
        {
            problems.Check($"alerts.{alert}", null, AlertingRules.Check(alert, setting));
        }

        if (problems.Count == 0)
        {
            var programs = new CentralPrograms(args);
            var watched = args.Clusters.ToLookup(cluster => ClusterShards.Of(cluster.Connection.ClusterName, args.Shards));
            foreach (var (number, shard) in programs.Shards.Index())
            {
                ImmutableArray<WatchedCluster> clusters = [.. watched[number]];
                ClusterSecrets.CheckSizes(clusters, shard.Program, problems);
                Prometheus.CheckSize(programs.Configuration(number), clusters, programs.OwnClusterOf(number), problems);
            }

            PushReceiver.CheckSize(args, programs, problems);
        }
    }

    /// <summary>Throws when the arguments have problems, else returns the name, so that it can stand before anything is declared.</summary>
    /// <exception cref="RunException">With all problems.</exception>
    internal static string Require(string name, CentralMonitoringArgs args)
    {
        var problems = new Problems();
        Check(args, problems);
        problems.Require($"Central monitoring '{name}' can't be declared");
        return name;
    }

    private static void CheckPrometheus(PrometheusOptions options, Problems problems)
    {
        CheckReplicas("prometheus", options.Replicas, options.Storage, problems);
        if (options.Retention < TimeSpan.FromHours(2))
        {
            problems.Add("prometheus.retention", $"{options.Retention}", "must be at least 2 h, the length of Prometheus's smallest block");
        }

        if (options.ScrapeInterval < TimeSpan.FromSeconds(1))
        {
            problems.Add("prometheus.scrapeInterval", $"{options.ScrapeInterval}", "must be at least 1 s");
        }

        if (options.ScrapeTimeout > options.ScrapeInterval)
        {
            problems.Add("prometheus.scrapeTimeout", $"{options.ScrapeTimeout}", "must not be longer than prometheus.scrapeInterval");
        }

        foreach (var label in options.ExternalLabels.Keys)
        {
            problems.Check("prometheus.externalLabels", label, Checks.OwnLabelName(label));
        }
    }

    private static void CheckPush(CentralMonitoringArgs args, Problems problems)
    {
        var options = args.PushFront;
        if (!args.PushingClusters.IsEmpty && !options.Enabled)
        {
            var names = string.Join(", ", args.PushingClusters.Select(cluster => cluster.ClusterName).Order(StringComparer.Ordinal));
            problems.Add("pushFront", null, $"is missing, but these clusters send by themselves: {names}; give the certificate and privateKey that they are to meet, or a tlsSecret");
        }

        CheckReplicas(PushFrontKey, options.Replicas, options.Forwarder.Storage, problems, $"{PushFrontKey}.forwarder.storage.size");
        options.CheckCertificate(PushFrontKey, problems);
    }

    /// <summary>The names that the centre's programs expect in the certificates of each other.</summary>
    internal static WebServerNames ServerNames(CentralMonitoringArgs args) => new(
        args.WebTls.NameOf(Prometheus.ProgramName, args.Namespace),
        args.WebTls.NameOf(Alertmanager.ProgramName, args.Namespace),
        args.WebTls.NameOf(PushReceiver.ForwarderName, args.Namespace));

    private static void CheckWebTls(CentralMonitoringArgs args, Problems problems)
    {
        var options = args.WebTls;
        options.CheckCertificate(WebTlsKey, problems);
        if (options.ServerName is { } serverName)
        {
            problems.Check($"{WebTlsKey}.serverName", serverName, Checks.HostName(serverName));
        }

        if (options.CaCertificate is { } ca)
        {
            problems.Check($"{WebTlsKey}.caCertificate", null, Checks.CaCertificate(ca));
        }
        else if (options.TlsSecret is not null)
        {
            problems.Add($"{WebTlsKey}.caCertificate", null, "is missing; what is in a Secret is not known here, so give the certificate of its CA, which the centre's programs check each other with");
        }

        if (options is { Enabled: false, PrivateKey: null } and not { CaCertificate: null, ServerName: null })
        {
            problems.Add(WebTlsKey, null, "has no certificate; give certificate and privateKey, or a tlsSecret");
        }

        if (!PemCertificates.TryNormalize(options.Certificate, out var certificate))
        {
            return;
        }

        var names = ServerNames(args);
        string[] needed = [names.Prometheus, names.Alertmanager, .. args.PushFront.Enabled ? [names.PushForwarder] : Array.Empty<string>()];
        if (ServerCertificate.Lacks(certificate, needed.Where(name => Checks.HostName(name) is null)) is { IsEmpty: false } lacking)
        {
            problems.Add($"{WebTlsKey}.certificate", null, $"is not for {string.Join(", ", lacking)}; issue it with {(lacking.Length == 1 ? "this name" : "these names")} (subject alternative names, of type DNS)"
                + (options.ServerName is null ? $", or set {WebTlsKey}.serverName to a name that it has" : ""));
        }

        if (options.Trusted is { } trusted && !ServerCertificate.IsTrusted(certificate, trusted))
        {
            problems.Add($"{WebTlsKey}.caCertificate", null, $"did not sign {WebTlsKey}.certificate; give the certificate of the CA that did, and those between the two in {WebTlsKey}.certificate");
        }
    }

    private static void CheckReplicas(string key, int replicas, Storage storage, Problems problems, string? sizeKey = null)
    {
        if (replicas < 1)
        {
            problems.Add($"{key}.replicas", $"{replicas}", "must be 1 or more");
        }

        problems.Check(sizeKey ?? $"{key}.storage.size", storage.Size, Checks.Quantity(storage.Size));
    }

    private static void CheckClusters(CentralMonitoringArgs args, Problems problems)
    {
        var names = args.Clusters.Select(cluster => cluster.Connection.ClusterName).Concat(args.PushingClusters.Select(cluster => cluster.ClusterName));
        foreach (var twice in names.GroupBy(name => name).Where(group => group.Count() > 1))
        {
            problems.Add("clusters", twice.Key, $"is the name of {twice.Count()} clusters; give each its own clusterName");
        }

        foreach (var cluster in args.Clusters.Where(cluster => cluster.ScrapeInterval < args.Prometheus.ScrapeTimeout))
        {
            problems.Add("clusters", cluster.Connection.ClusterName, "has a scrapeInterval shorter than prometheus.scrapeTimeout");
        }
    }
}
