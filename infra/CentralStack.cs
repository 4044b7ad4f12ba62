using System.Collections.Immutable;
using FleetPrometheus.Central;
using FleetPrometheus.Contract;
using FleetPrometheus.Infra.Settings;
using FleetPrometheus.Validation;
using Pulumi;

namespace FleetPrometheus.Infra;

/// <summary>The stack that watches the others.</summary>
public static class CentralStack
{
    /// <summary>Reads what the clusters' stacks tell, then declares the stack and returns its outputs.</summary>
    /// <param name="settings">The checked settings.</param>
    /// <param name="stack">The central stack itself.</param>
    /// <param name="warn">Takes what the operator should know.</param>
    /// <exception cref="RunException">A cluster cannot be watched; the message names all problems of all clusters, and nothing was declared.</exception>
    public static async Task<IDictionary<string, object?>> DeclareAsync(CentralSettings settings, StackIdentity stack, Action<string> warn)
    {
        var problems = new Problems();
        var (clusters, pushing) = await WatchedClusters.ReadAsync(settings, stack, warn, problems);
        var arguments = Arguments(settings, clusters, pushing);
        arguments.Warn = warn;
        WarnOfUnknownClusters(settings, arguments, warn);
        if (problems.Count == 0)
        {
            CentralValidation.Check(arguments, problems);
        }

        if (problems.Count > 0)
        {
            throw new RunException(problems.Describe("Not every cluster can be watched, and nothing was changed:"));
        }

        return new CentralMonitoring("central", arguments, new ComponentResourceOptions
        {
            Provider = ClusterProvider.Declare(settings.Access!),
        }).StackOutputs();
    }

    // A slip in a route would be noticed only when nobody is told. It is no error, though: a route may be there before its cluster.
    private static void WarnOfUnknownClusters(CentralSettings settings, CentralMonitoringArgs arguments, Action<string> warn)
    {
        // A cluster that is left out for now is named after its stack, as far as is known.
        var leftOut = settings.Clusters.Where(reference => reference.Optional).Select(reference => reference.Stack.Split('/')[^1]);
        string[] known =
        [
            settings.ClusterName,
            .. arguments.Clusters.Select(watched => watched.Connection.ClusterName),
            .. arguments.PushingClusters.Select(pushing => pushing.ClusterName),
            .. leftOut,
        ];
        foreach (var (index, route) in settings.Routing.Routes.Index())
        {
            foreach (var unknown in route.Clusters.Except(known))
            {
                var nearest = Spelling.Nearest(unknown, known);
                warn($"alertmanager.routes[{index}].clusters: '{unknown}' is not the name of a cluster that is watched{(nearest is null ? "" : $"; did you mean '{nearest}'?")}");
            }
        }
    }

    /// <summary>What the settings mean to the component.</summary>
    internal static CentralMonitoringArgs Arguments(
        CentralSettings settings, ImmutableArray<WatchedCluster> clusters, ImmutableArray<PushConnection> pushing) => new()
    {
        CentralName = settings.ClusterName,
        Namespace = settings.Namespace,
        Clusters = clusters,
        PushingClusters = pushing,
        PushFront = settings.PushFront with
        {
            Image = Images.From(settings.PushFront.Image, settings.ImageRegistry),
            Forwarder = settings.PushFront.Forwarder with { Image = Images.From(settings.PushFront.Forwarder.Image, settings.ImageRegistry) },
        },
        Prometheus = settings.Prometheus with { Image = Images.From(settings.Prometheus.Image, settings.ImageRegistry) },
        Shards = settings.Shards,
        GlobalQuery = settings.GlobalQuery,
        RemoteWrite = settings.RemoteWrite,
        Alertmanager = settings.Alertmanager with { Image = Images.From(settings.Alertmanager.Image, settings.ImageRegistry) },
        Routing = settings.Routing,
        Alerting = settings.Alerting,
        WebUser = settings.WebUser,
        WebTls = settings.WebTls,
        Dashboards = settings.Dashboards,
        BlackboxExporter = settings.BlackboxExporter with { Image = Images.From(settings.BlackboxExporter.Image, settings.ImageRegistry) },
        Grafana = settings.Grafana with { Image = Images.From(settings.Grafana.Image, settings.ImageRegistry) },
        Network = settings.Network,
        OwnCluster = OwnCluster(settings),
    };

    private static OwnClusterOptions OwnCluster(CentralSettings settings)
    {
        var options = settings.OwnCluster.Options;
        return options with
        {
            NodeExporter = options.NodeExporter with { Image = Images.From(options.NodeExporter.Image, settings.ImageRegistry) },
            KubeStateMetrics = options.KubeStateMetrics with { Image = Images.From(options.KubeStateMetrics.Image, settings.ImageRegistry) },
            Pushgateway = options.Pushgateway with { Image = Images.From(options.Pushgateway.Image, settings.ImageRegistry) },
            ExtraJobs = [.. settings.OwnCluster.ScrapeJobs.Select(job => job.ToJob())],
        };
    }
}
