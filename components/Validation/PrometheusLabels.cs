using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;

namespace FleetPrometheus.Validation;

/// <summary>The names and values that an operator may give to labels of series.</summary>
public static partial class PrometheusLabels
{
    /// <summary>The longest value a cluster's label may have; the series of every target carry it.</summary>
    public const int LongestValue = 256;

    private static readonly FrozenSet<string> Reserved = FrozenSet.ToFrozenSet(
    [
        // what we set ourselves
        "cluster", "job", "instance", "node", "namespace", "pod", "metrics_path", "replica",
        // what rules and metrics give a meaning to
        "alertname", "alertstate", "severity", "container", "endpoint", "service", "le", "quantile",
    ], StringComparer.Ordinal);

    /// <summary>A classic label name: letters, digits and underscores, not starting with a digit. Prometheus 3 would take any text, most tools not.</summary>
    public static bool IsName(string? text) => text is not null && Name().IsMatch(text);

    /// <summary>Whether a label of this name belongs to Prometheus or to this program, so that operators cannot set it.</summary>
    public static bool IsReserved(string? name) =>
        name is not null && (Reserved.Contains(name)
            || name.StartsWith("__", StringComparison.Ordinal)
            || name.StartsWith("exported_", StringComparison.Ordinal));

    /// <summary>A label value: 1 to <see cref="LongestValue"/> characters on one line. (An empty value would be no label at all.)</summary>
    public static bool IsValue(string? text)
    {
        if (text is not { Length: > 0 and <= LongestValue })
        {
            return false;
        }

        for (var index = 0; index < text.Length; index++)
        {
            if (char.IsHighSurrogate(text[index]) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
            {
                index++;
            }
            else if (char.GetUnicodeCategory(text[index]) is UnicodeCategory.Control or UnicodeCategory.Surrogate
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                return false;
            }
        }

        return true;
    }

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
