using FleetPrometheus.Contract;
using FleetPrometheus.Targets;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Infra.Settings;

/// <summary>What a target stack's keys must be to each other.</summary>
internal static class TargetChecks
{
    /// <summary>Fills in what follows from other keys, and notes what contradicts.</summary>
    public static TargetSettings Complete(TargetSettings settings, Findings findings)
    {
        CommonChecks.ClusterName(settings, findings);
        Members(settings, findings);
        // From inside direct access needs nothing but the right to the metrics.
        settings = settings.Collection == Collection.Push && !findings.IsWritten("nodeAccess") ? settings with { NodeAccess = NodeAccess.Direct } : settings;
        Kubelets(settings, findings);
        Federation(settings, findings);
        if (settings.NodeAccess != NodeAccess.Relay)
        {
            Adopted("nodeExporter", settings.NodeExporter, new NodeExporterOptions(), findings);
        }

        Adopted("kubeStateMetrics", settings.KubeStateMetrics, new KubeStateMetricsOptions(), findings);
        settings = settings.Collection == Collection.Push || findings.IsWritten("apiServer") ? settings : settings with { ApiServer = ServerOf(settings.Access, findings) };

        var unfit = new Problems();
        TargetValidation.Check(TargetStack.Arguments(settings), unfit);
        // What a job lacks may stand in the preset that was meant.
        findings.AddUntold(unfit, [.. settings.ScrapeJobs.Select((_, index) => $"scrapeJobs[{index}]").Where(key => findings.IsBad($"{key}.preset"))]);
        return settings;
    }

    private static Uri? ServerOf(ClusterAccess? access, Findings findings)
    {
        if (access is null)
        {
            findings.Missing(
                "apiServer",
                "it cannot be taken from a kubeconfig either; "
                + "set the address at which the centre reaches the API server, such as https://stage.example.com:6443");
        }
        else if (Scalars.ParseApiServer(access.Server, out var server) is not { } fix)
        {
            return server;
        }
        else
        {
            findings.Missing("apiServer", $"the server in the kubeconfig {fix}; set the address at which the centre reaches the API server");
        }

        return null;
    }

    private static void Members(TargetSettings settings, Findings findings)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, member) in settings.ApiServers.Index())
        {
            if (!seen.Add(member) && !findings.IsBad("apiServers"))
            {
                findings.Refuse($"apiServers[{index}]", member, "is listed twice; list each member once");
            }
        }
    }

    private static void Federation(TargetSettings settings, Findings findings)
    {
        if (settings is { Collection: Collection.Federate, Federate: null } && !findings.IsBad("federate"))
        {
            findings.Missing("federate", "give namespace, service and port of the cluster's own Prometheus");
        }

        if (settings is { Collection: not Collection.Federate, Federate: not null } && !findings.IsBad("collection"))
        {
            findings.Missing("collection", "federate has a meaning only with collection federate; set it, or leave federate out");
        }
    }

    private static void Kubelets(TargetSettings settings, Findings findings)
    {
        if (settings is { NodeAccess: NodeAccess.Direct, KubeletCa: null, CaCertificate: StackOutputs.SystemRoots } && !findings.IsBad("kubeletCa"))
        {
            findings.Missing("kubeletCa", "no public CA signs kubelets' certificates, so that caCertificate, which is system, does not serve for them too; give the kubelets' CA");
        }
    }

    private static void Adopted(string key, ExporterOptions options, ExporterOptions defaults, Findings findings)
    {
        if (options.Mode == ExporterMode.Adopt && options.Namespace == defaults.Namespace && !findings.IsBad(key))
        {
            findings.Missing($"{key}.namespace", "an adopted exporter needs the namespace in which the cluster already runs it");
        }
    }
}
