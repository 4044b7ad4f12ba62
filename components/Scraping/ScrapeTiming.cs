namespace FleetPrometheus.Scraping;

/// <summary>How often something can be scraped with sense.</summary>
public static class ScrapeTiming
{
    /// <summary>More often nothing is scraped.</summary>
    public static TimeSpan Shortest { get; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Less often, rules and dashboards begin to see gaps: they look back five minutes, as Prometheus itself does, and a rate needs two
    /// samples within.
    /// </summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromMinutes(2);
}
