using System.Collections.Immutable;

namespace FleetPrometheus.Scraping;

/// <summary>What is stored of a job to begin with.</summary>
public enum MetricProfile
{
    /// <summary>What the field's common rules and dashboards use: everything but what <see cref="UnusedMetrics"/> lists (the default).</summary>
    Usual,

    /// <summary>Exactly what the rules and dashboards of this program use, as <see cref="NeededMetrics"/> lists it.</summary>
    Needed,

    /// <summary>Whatever is exposed.</summary>
    All,

    /// <summary>Nothing but what is named.</summary>
    None,
}

/// <summary>The profiles as selections of metrics.</summary>
public static class MetricProfiles
{
    /// <summary>The selection of a profile, for a job by its <see cref="ScrapeJob.Key"/>.</summary>
    /// <remarks>Of a job that is none of <see cref="NeededMetrics.Jobs"/> nothing is known: all of it is usual, and needed.</remarks>
    public static MetricSelection Select(MetricProfile profile, string job, ImmutableArray<string> keep, ImmutableArray<string> drop) => profile switch
    {
        MetricProfile.Usual => new() { Drop = [.. UnusedMetrics.Of(job), .. drop], DropBuckets = UnusedMetrics.BucketsOf(job), Keep = keep },
        MetricProfile.Needed => new() { Only = NeededMetrics.Of(job), Drop = drop, DropBuckets = UnusedMetrics.BucketsOf(job), Keep = keep },
        MetricProfile.All => new() { Drop = drop, Keep = keep },
        MetricProfile.None => new() { Only = keep },
        _ => throw new ArgumentOutOfRangeException(nameof(profile), profile, null),
    };
}
