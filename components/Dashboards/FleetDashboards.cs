using System.Collections.Immutable;

namespace FleetPrometheus.Dashboards;

/// <summary>A dashboard's file, as Grafana loads it.</summary>
public sealed record DashboardFile(string Name, string Text);

/// <summary>All dashboards.</summary>
public static class FleetDashboards
{
    /// <summary>In the order of reading, from the whole fleet inward.</summary>
    public static ImmutableArray<Dashboard> All { get; } =
    [
        FleetDashboard.Create(),
        ClusterDashboard.Create(),
        NodeDashboard.Create(),
        WorkloadDashboard.Create(),
        ApiServerDashboard.Create(),
        MonitoringDashboard.Create(),
    ];

    /// <summary>Their files, named after their uids.</summary>
    public static ImmutableArray<DashboardFile> Render() => [.. All.Select(dashboard => new DashboardFile($"{dashboard.Uid}.json", GrafanaJson.Render(dashboard)))];
}
