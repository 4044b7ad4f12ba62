using FleetPrometheus.Validation;

namespace FleetPrometheus.Infra.Settings;

/// <summary>What every stack's keys must be to each other.</summary>
internal static class CommonChecks
{
    /// <summary>The stack's name stands in for the cluster's, if it can.</summary>
    public static void ClusterName(StackSettings settings, Findings findings)
    {
        if (!findings.IsWritten("clusterName") && Checks.DnsLabel(settings.ClusterName) is not null)
        {
            findings.Refuse("clusterName", settings.ClusterName, "is the stack's name and not a DNS label; set clusterName to lower-case letters, digits and '-'");
        }
    }
}
