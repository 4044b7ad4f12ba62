using System.Text.RegularExpressions;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Alerting;

/// <summary>A condition on one label of an alert, in Alertmanager's notation: <c>environment = "product"</c>, <c>namespace =~ "shop-.+"</c>.</summary>
/// <remarks>Source: Alertmanager configuration, &lt;matcher&gt;; of its notations the one that all versions read alike.</remarks>
public static partial class LabelMatcher
{
    /// <summary>Null for a matcher, otherwise what to write instead.</summary>
    public static string? Check(string text)
    {
        if (Pattern().Match(text) is not { Success: true } match)
        {
            return "must be a label, one of = != =~ !~, and a value, such as environment = \"product\"";
        }

        return match.Groups["operator"].Value.Contains('~', StringComparison.Ordinal) && !Re2.IsValid(Escape().Replace(match.Groups["value"].Value, "$1"))
            ? "holds no valid RE2 expression after its operator"
            : null;
    }

    /// <summary>The condition that a label has one of these values, which must be letters, digits and <c>-</c>.</summary>
    internal static string OneOf(string label, IReadOnlyCollection<string> values) =>
        $"{label} {(values.Count == 1 ? "=" : "=~")} \"{string.Join('|', values)}\"";

    [GeneratedRegex("""
        \A\s*[A-Za-z_][A-Za-z0-9_]*\s*(?<operator>=~|!~|!=|=)\s*("(?<value>([^"\\\n]|\\[\\"n])*)"|(?<value>[^\s{}!=~,\\"'`]+))\s*\z
        """)]
    private static partial Regex Pattern();

    [GeneratedRegex(@"\\([\\""n])")]
    private static partial Regex Escape();
}
