using FleetPrometheus.Central;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Infra.Settings;

/// <summary>What the central stack's keys must be to each other.</summary>
internal static class CentralChecks
{
    /// <summary>Notes what contradicts.</summary>
    public static void Review(CentralSettings settings, StackIdentity stack, Findings findings)
    {
        CommonChecks.ClusterName(settings, findings);
        Clusters(settings, stack, findings);
        Timing(settings, findings);

        var unfit = new Problems();
        // Of a routing that could not be read whole, what its parts are to each other cannot be told.
        CentralValidation.Check(CentralStack.Arguments(findings.IsBad("alertmanager") ? settings with { Routing = new() } : settings, [], []), unfit);
        findings.AddUntold(unfit);
    }

    private static void Clusters(CentralSettings settings, StackIdentity stack, Findings findings)
    {
        if (findings.IsBad("clusters"))
        {
            return;
        }

        if (!findings.IsWritten("clusters"))
        {
            findings.Missing("clusters", "list the stacks to watch, such as [stage, product], or [] for none yet");
        }

        var own = stack.Qualify(stack.Stack);
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (index, cluster) in settings.Clusters.Index())
        {
            var name = stack.Qualify(cluster.Stack);
            if (name == own)
            {
                findings.Refuse($"clusters[{index}].stack", cluster.Stack, "is this central stack itself; list target stacks only");
            }
            else if (!seen.TryAdd(name, index))
            {
                findings.Refuse($"clusters[{index}].stack", cluster.Stack, $"is the stack of clusters[{seen[name]}] too; list each cluster once");
            }
        }
    }

    /// <summary>Prometheus refuses a timeout longer than the interval, also that of a single cluster.</summary>
    private static void Timing(CentralSettings settings, Findings findings)
    {
        var prometheus = settings.Prometheus;
        if (findings.IsBad("prometheus") || findings.IsBad("clusters"))
        {
            return;
        }

        if (prometheus.ScrapeTimeout > prometheus.ScrapeInterval)
        {
            findings.Refuse("prometheus.scrapeTimeout", PrometheusDuration.Format(prometheus.ScrapeTimeout), "is longer than prometheus.scrapeInterval; make it at most that");
        }

        foreach (var (index, cluster) in settings.Clusters.Index())
        {
            if (cluster.ScrapeInterval is { } interval && interval < prometheus.ScrapeTimeout)
            {
                findings.Refuse($"clusters[{index}].scrapeInterval", PrometheusDuration.Format(interval), "is shorter than prometheus.scrapeTimeout; make it at least that");
            }
        }
    }
}
