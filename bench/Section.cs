using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using FleetPrometheus.Bench.Sections;

namespace FleetPrometheus.Bench;

/// <summary>
/// One question that is answered by measuring. Figures are one JSON object, in which keys are snake_case and end in their unit
/// (<c>_bytes</c>, <c>_seconds</c>; none: a count), ratios end in <c>_ratio</c> and are always ours divided by what <c>baseline</c> names.
/// </summary>
internal abstract class Section
{
    /// <summary>Every section, in the order in which they run and are written.</summary>
    public static ImmutableArray<Section> All { get; } =
        [Discovery.Small, Discovery.Large, new Growth(), new Shards(), new Remote(), new ScrapePath(), new ProgramStart(), new SizingFacts()];

    /// <summary>Its key in the file of figures, and what <c>--only</c> takes.</summary>
    public abstract string Name { get; }

    /// <summary>What it answers, as a heading for its tables.</summary>
    public abstract string Question { get; }

    /// <summary>Measures. Whatever is started ends before this returns or throws.</summary>
    /// <exception cref="Lab.ExpectedFailure">A program is not to be had, or what is measured did not come about.</exception>
    public abstract Task<JsonObject> MeasureAsync(Run run, CancellationToken cancellation);

    /// <summary>The figures as tables, for the terminal and for the documentation. Knows the figures only.</summary>
    public abstract IEnumerable<FigureTable> Tables(JsonObject figures);

    /// <summary>A count as a key.</summary>
    protected static string Key(int count) => count.ToString(CultureInfo.InvariantCulture);

    /// <summary>The middle one of an odd number of measurements.</summary>
    protected static double Median(IEnumerable<double> measured)
    {
        var sorted = measured.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
