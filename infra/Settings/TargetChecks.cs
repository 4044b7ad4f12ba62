using FleetPrometheus.Targets;

namespace FleetPrometheus.Infra.Settings;

/// <summary>What a target stack's keys must be to each other.</summary>
internal static class TargetChecks
{
    /// <summary>Fills in what follows from other keys, and notes what contradicts.</summary>
    public static TargetSettings Complete(TargetSettings settings, Findings findings)
    {
        CommonChecks.ClusterName(settings, findings);
        Members(settings, findings);
        Exporter("nodeExporter", settings.NodeExporter, new NodeExporterOptions(), findings);
        Exporter("kubeStateMetrics", settings.KubeStateMetrics, new KubeStateMetricsOptions(), findings);
        Namespaces(settings, findings);
        return findings.IsWritten("apiServer") ? settings : settings with { ApiServer = ServerOf(settings.Access, findings) };
    }

    private static Uri? ServerOf(ClusterAccess? access, Findings findings)
    {
        if (access is null)
            findings.Missing("apiServer", "it cannot be taken from a kubeconfig either; set the address at which the centre reaches the API server, such as https://stage.example.com:6443");
        else if (Scalars.ParseApiServer(access.Server, out var server) is not { } fix)
            return server;
        else
            findings.Missing("apiServer", $"the server in the kubeconfig {fix}; set the address at which the centre reaches the API server");
        return null;
    }

    private static void Members(TargetSettings settings, Findings findings)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, member) in settings.ApiServers.Index())
        {
            if (!seen.Add(member) && !findings.IsBad("apiServers"))
                findings.Refuse($"apiServers[{index}]", member, "is listed twice; list each member once");
        }
    }

    private static void Exporter(string key, ExporterOptions options, ExporterOptions defaults, Findings findings)
    {
        if (options.Mode != ExporterMode.Adopt || findings.IsBad(key))
            return;
        if (options.Namespace == defaults.Namespace)
            findings.Missing($"{key}.namespace", "an adopted exporter needs the namespace in which the cluster already runs it");
        if (options.Labels.IsEmpty)
            findings.Missing($"{key}.labels", "an adopted exporter needs the labels that select its pods, such as app.kubernetes.io/name: node-exporter");
    }

    /// <summary>node-exporter's namespace must let privileged pods in, so nothing else of ours may live there.</summary>
    private static void Namespaces(TargetSettings settings, Findings findings)
    {
        var (node, kube) = (settings.NodeExporter, settings.KubeStateMetrics);
        if (node.Mode == ExporterMode.Install && kube.Mode == ExporterMode.Install && node.Namespace == kube.Namespace)
            findings.Refuse("nodeExporter.namespace", node.Namespace, "is kube-state-metrics' namespace too; node-exporter needs one of its own, because it must be privileged");
    }
}
