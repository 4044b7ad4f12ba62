namespace FleetPrometheus.Scraping;

/// <summary>
/// The label that every pod we install carries and that our discovery filters by: one selector for all of them,
/// so that the jobs of a cluster share one watch per namespace.
/// </summary>
public static class FleetLabels
{
    /// <summary>The label's key.</summary>
    public const string PartOf = "app.kubernetes.io/part-of";

    /// <summary>The label's value.</summary>
    public const string PartOfFleet = "fleet-prometheus";
}
