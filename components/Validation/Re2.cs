using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;

namespace FleetPrometheus.Validation;

/// <summary>Regular expressions as Prometheus and Alertmanager read them.</summary>
/// <remarks>Source: the syntax page of RE2 and Go's package regexp/syntax.</remarks>
public static partial class Re2
{
    // Go refuses more, also as the product of nested ones.
    private const double MostRepeats = 1_000;

    // What means the same to both: escapes, groups, classes.
    private const string Escape = @"\\(?:[ -/:-@\[-`{-~]|[aftnrvdDsSwW]|x[0-9A-Fa-f]{2}|[pP]\{[CLMNPSZ][a-z]?\})";
    private const string Anchor = @"\\[AbBz]";
    private const string Group = @"\((?:\?[ims]*(?:-[ims]+)?[:)]|(?!\?))";
    private const string Class = $@"\[(?!\[?:)\^?\]?(?:{Escape}|[^\]\\\[]|\[(?!:))*\]";

    // All clusters come with much the same expressions, so each is looked at once.
    private static readonly ConcurrentDictionary<string, bool> Known = new(StringComparer.Ordinal);

    /// <summary>
    /// Whether .NET and RE2 both take the text for an expression. One that Prometheus refuses would make it refuse the configuration of all clusters.
    /// </summary>
    public static bool IsValid(string text) => Known.GetOrAdd(text, Check);

    private static bool Check(string text)
    {
        if (!Common().IsMatch(text) || Repeats(text) > MostRepeats)
        {
            return false;
        }

        try
        {
            // Look-around and back references, which RE2 lacks, are not among what is common; so .NET need not do without them, which takes it long.
            _ = new Regex(text);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static double Repeats(string text) => Counts().Matches(text)
        .Select(match => match.Groups["count"].Captures.Select(count => Math.Max(1, double.Parse(count.ValueSpan, CultureInfo.InvariantCulture))).Max())
        .Aggregate(1.0, (product, count) => product * count);

    [GeneratedRegex(@"\{(?<count>[0-9]+)(?:,(?<count>[0-9]+)?)?\}")]
    private static partial Regex Counts();

    [GeneratedRegex($@"\A(?:{Escape}|{Anchor}|{Group}|{Class}|[^\\(\[])*\z")]
    private static partial Regex Common();
}
