using System.Collections.Immutable;

namespace FleetPrometheus.Scraping;

/// <summary>
/// The metrics that the rules and dashboards of this program look at, by job: the files in <c>needed/</c> beside this class, one name a
/// line. A test holds them equal to what the expressions select.
/// </summary>
public static class NeededMetrics
{
    private const string ResourcePrefix = "needed/";

    private static readonly ImmutableSortedDictionary<string, ImmutableArray<string>> ByJob = typeof(NeededMetrics).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
        .ToImmutableSortedDictionary(name => name[ResourcePrefix.Length..], Read, StringComparer.Ordinal);

    /// <summary>The jobs, by their <see cref="ScrapeJob.Key"/>, that anything is known of.</summary>
    public static IEnumerable<string> Jobs => ByJob.Keys;

    /// <summary>The names that are needed of a job, sorted; none when nothing is known of it.</summary>
    public static ImmutableArray<string> Of(string job) => ByJob.GetValueOrDefault(job, []);

    private static ImmutableArray<string> Read(string resource)
    {
        using var reader = new StreamReader(typeof(NeededMetrics).Assembly.GetManifestResourceStream(resource)!);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }
}
