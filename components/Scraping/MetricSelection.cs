using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace FleetPrometheus.Scraping;

/// <summary>
/// Which of the metrics that a job's targets expose are stored: those that <see cref="Keep"/> names, and of the others those that
/// <see cref="Only"/> names, if it names any, and that neither <see cref="Drop"/> nor <see cref="DropBuckets"/> does.
/// </summary>
/// <remarks>All names are RE2 expressions that match as a whole. What is not stored was still exposed, sent and parsed.</remarks>
public sealed record MetricSelection
{
    private const string Spared = "__spared";

    /// <summary>Whatever is exposed.</summary>
    public static MetricSelection Everything { get; } = new();

    /// <summary>Names outside of which nothing is stored. Default none: there is no such bound.</summary>
    public ImmutableArray<string> Only { get; init; } = [];

    /// <summary>Names that are not stored. Default none.</summary>
    public ImmutableArray<string> Drop { get; init; } = [];

    /// <summary>Buckets of histograms that are not stored, each a name and the bound <c>le</c>, joined by <c>;</c>. Default none.</summary>
    public ImmutableArray<string> DropBuckets { get; init; } = [];

    /// <summary>Names that are stored in any case. Default none.</summary>
    public ImmutableArray<string> Keep { get; init; } = [];

    /// <summary>Whether a metric is stored; of a histogram's <c>_bucket</c>, the one with this bound.</summary>
    public bool Stores(string name, string bound = "") =>
        Matches(Keep, name) || ((Only.IsEmpty || Matches(Only, name)) && !Matches(Drop, name) && !Matches(DropBuckets, $"{name};{bound}"));

    internal IEnumerable<RelabelConfig> ToRelabelling()
    {
        if (!Only.IsEmpty)
        {
            yield return RelabelConfig.KeepShape("__name__", Either(Only.AddRange(Keep)));
        }

        if (Drop.IsEmpty && DropBuckets.IsEmpty)
        {
            yield break;
        }

        // What is kept in any case gets a label that the drop steps see, and that goes after them.
        var spare = !Keep.IsEmpty;
        if (spare)
        {
            yield return RelabelConfig.Rewrite(["__name__"], Either(Keep), Spared, "1");
        }

        if (!Drop.IsEmpty)
        {
            yield return RelabelConfig.DropShape(spare ? [Spared, "__name__"] : ["__name__"], Unspared(Drop));
        }

        if (!DropBuckets.IsEmpty)
        {
            yield return RelabelConfig.DropShape(spare ? [Spared, "__name__", "le"] : ["__name__", "le"], Unspared(DropBuckets));
        }

        if (spare)
        {
            yield return RelabelConfig.DropLabel(Spared);
        }

        string Unspared(ImmutableArray<string> expressions) => spare ? $";(?:{Either(expressions)})" : Either(expressions);
    }

    private static bool Matches(ImmutableArray<string> expressions, string text) =>
        expressions.Any(expression => Regex.IsMatch(text, $@"\A(?:{expression})\z", RegexOptions.NonBacktracking));

    // A flag in one expression must not reach into the next.
    private static string Either(ImmutableArray<string> expressions) =>
        string.Join('|', expressions.Select(expression => expression.Contains("(?", StringComparison.Ordinal) ? $"(?:{expression})" : expression));
}
