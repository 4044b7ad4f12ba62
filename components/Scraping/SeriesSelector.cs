using System.Text.RegularExpressions;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Scraping;

/// <summary>A selection of series in PromQL's notation: a name, conditions on labels, or both, such as <c>up{job="shop"}</c>.</summary>
/// <remarks>Source: Prometheus 3.5 documentation, instant vector selectors; of its notations for text the one in quotes.</remarks>
public static partial class SeriesSelector
{
    private const string Name = "__name__";

    // Names and values that nobody asks for in particular.
    private const string Anything = "zq_total";

    /// <summary>Null for a selector that Prometheus takes, otherwise what to write instead.</summary>
    public static string? Check(string text)
    {
        if (Pattern().Match(text) is not { Success: true } match)
        {
            return "must be a name, conditions in braces, or both, such as up or {__name__=~\"shop_.+\", job=\"shop\"}";
        }

        return Conditions(match).Any(condition => condition.IsExpression && !Re2.IsValid(condition.Value)) ? "holds no valid RE2 expression after =~ or !~"
            : Conditions(match).Any(condition => !condition.Accepts("")) ? null
            : "selects nothing in particular: at least one label must be held to a value that is not empty";
    }

    /// <summary>Whether a good selector leaves out next to nothing.</summary>
    public static bool TakesEverything(string text) => Conditions(Pattern().Match(text)).All(condition => condition.Accepts(Anything));

    /// <summary>Whether a good selector chooses a metric of this name, whatever it demands of other labels.</summary>
    internal static bool MayTake(string text, string name) =>
        Conditions(Pattern().Match(text)).Where(condition => condition.Label == Name).All(condition => condition.Accepts(name));

    private static IEnumerable<Condition> Conditions(Match match)
    {
        if (match.Groups["name"] is { Success: true } name)
        {
            yield return new Condition(Name, "=", name.Value);
        }

        foreach (var (label, operation, value) in match.Groups["label"].Captures.Zip(match.Groups["operator"].Captures, match.Groups["value"].Captures))
        {
            yield return new Condition(label.Value, operation.Value, Escape().Replace(value.Value, "$1"));
        }
    }

    private sealed record Condition(string Label, string Operator, string Value)
    {
        public bool IsExpression => Operator.Contains('~', StringComparison.Ordinal);

        public bool Accepts(string value) => IsExpression
            // Without backtracking .NET takes what RE2 takes too: no look-around and no back references.
            ? Regex.IsMatch(value, $@"\A(?:{Value})\z", RegexOptions.NonBacktracking | RegexOptions.Singleline) == (Operator == "=~")
            : (value == Value) == (Operator == "=");
    }

    [GeneratedRegex("""
        \A\s*(?=\S)(?<name>[A-Za-z_:][A-Za-z0-9_:]*)?\s*(\{\s*(?:(?<label>[A-Za-z_][A-Za-z0-9_]*)\s*(?<operator>=~|!~|!=|=)\s*"(?<value>(?:[^"\\\n]|\\[\\"])*)"\s*(?:,\s*(?=[A-Za-z_}])|(?=\})))*\})?\s*\z
        """)]
    private static partial Regex Pattern();

    [GeneratedRegex(@"\\([\\""])")]
    private static partial Regex Escape();
}
