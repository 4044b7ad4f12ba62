using FleetPrometheus.Infra.Settings;
using FleetPrometheus.Targets;
using Pulumi;

namespace FleetPrometheus.Infra;

/// <summary>A stack that makes its cluster watchable.</summary>
public static class TargetStack
{
    /// <summary>Declares the stack and returns its outputs.</summary>
    /// <param name="settings">The checked settings.</param>
    /// <param name="warn">Takes what the operator should know.</param>
    public static IDictionary<string, object?> Declare(TargetSettings settings, Action<string> warn)
    {
        if (settings is { Collection: not Collection.Push, ApiServer.IsLoopback: true })
        {
            warn(
                $"apiServer: '{settings.ApiServer.OriginalString}' leads from each machine to itself, so that a central Prometheus elsewhere "
                + "cannot reach it; set the cluster's own address.");
        }

        var arguments = Arguments(settings);
        arguments.Warn = warn;
        // The resource's name is fixed: were it the cluster's, renaming the cluster would replace everything in it.
        return new TargetCluster("target", arguments, new ComponentResourceOptions
        {
            Provider = ClusterProvider.Declare(settings.Access!),
        }).StackOutputs();
    }

    /// <summary>What the settings mean to the component.</summary>
    internal static TargetClusterArgs Arguments(TargetSettings settings)
    {
        var arguments = new TargetClusterArgs
        {
            ClusterName = settings.ClusterName,
            ApiServer = settings.ApiServer?.OriginalString!,
            Collection = settings.Collection,
            Push = settings.Push with { Image = Images.From(settings.Push.Image, settings.ImageRegistry) },
            ClusterLabels = settings.ClusterLabels,
            ApiServerMembers = settings.ApiServers,
            NodeAccess = settings.NodeAccess,
            Federate = settings.Collection == Collection.Federate ? settings.Federate : null,
            KubeletCa = settings.KubeletCa,
            NodeRelay = settings.NodeRelay with { Image = Images.From(settings.NodeRelay.Image, settings.ImageRegistry) },
            NodeExporter = settings.NodeExporter with { Image = Images.From(settings.NodeExporter.Image, settings.ImageRegistry) },
            KubeStateMetrics = settings.KubeStateMetrics with { Image = Images.From(settings.KubeStateMetrics.Image, settings.ImageRegistry) },
            Network = settings.Network,
            ExtraJobs = [.. settings.ScrapeJobs.Select(job => job.ToJob())],
            AnnotatedPods = settings.AnnotatedPods,
            AnnotatedServices = settings.AnnotatedServices,
            StaticTargets = settings.StaticTargets,
            Metrics = settings.Metrics,
            JobOptions = settings.Jobs,
            TokenGeneration = settings.TokenGeneration,
        };
        if (settings.CaCertificate is { } certificate)
        {
            arguments.CaCertificate = certificate;
        }

        return arguments;
    }
}
