using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>Which objects a list, a watch or a workload means.</summary>
internal static partial class Selector
{
    /// <summary>The predicate of a request's <c>labelSelector</c> and <c>fieldSelector</c>.</summary>
    /// <exception cref="StatusException">400: a selector is malformed or names a field that cannot be selected on.</exception>
    public static Predicate<JsonObject> Parse(KubeKind kind, string? labelSelector, string? fieldSelector)
    {
        var terms = Split(labelSelector).Select(LabelTerm).Concat(Split(fieldSelector).Select(term => FieldTerm(kind, term))).ToArray();
        return obj => Array.TrueForAll(terms, term => term(obj));
    }

    /// <summary>Whether labels satisfy a <c>LabelSelector</c> object (<c>matchLabels</c>, <c>matchExpressions</c>).</summary>
    public static bool Matches(JsonNode? selector, JsonNode? labels) =>
        selector.Map("matchLabels").All(pair => labels.Text(pair.Key) == pair.Value)
        && selector.Objects("matchExpressions").All(expression => Requirement(
            expression.Text("operator") ?? "", labels.Text(expression.Text("key") ?? ""), [.. expression.Texts("values")]));

    /// <summary>One requirement of a label selector or a node affinity.</summary>
    public static bool Requirement(string @operator, string? actual, string[] values) => @operator switch
    {
        "In" => actual is not null && values.Contains(actual),
        "NotIn" => actual is null || !values.Contains(actual),
        "Exists" => actual is not null,
        "DoesNotExist" => actual is null,
        "Gt" => long.TryParse(actual, out var left) && long.TryParse(values.FirstOrDefault(), out var right) && left > right,
        "Lt" => long.TryParse(actual, out var left) && long.TryParse(values.FirstOrDefault(), out var right) && left < right,
        _ => false,
    };

    private static IEnumerable<string> Split(string? selector) =>
        string.IsNullOrWhiteSpace(selector) ? [] : CommaOutsideParentheses().Split(selector).Select(term => term.Trim());

    private static Predicate<JsonObject> LabelTerm(string term)
    {
        var (key, @operator, values) = SetTerm().Match(term) is { Success: true } set
            ? (set.Groups["key"].Value, set.Groups["not"].Success ? "NotIn" : "In", set.Groups["values"].Value.Split(',', StringSplitOptions.TrimEntries))
            : EqualityTerm().Match(term) is { Success: true } equality
            ? (equality.Groups["key"].Value, equality.Groups["not"].Success ? "NotIn" : "In", [equality.Groups["value"].Value])
            : ExistsTerm().Match(term) is { Success: true } exists
            ? (exists.Groups["key"].Value, exists.Groups["not"].Success ? "DoesNotExist" : "Exists", Array.Empty<string>())
            : throw StatusException.BadRequest($"unable to parse requirement: {term}");
        return obj => Requirement(@operator, obj.Text("metadata", "labels", key), values);
    }

    private static Predicate<JsonObject> FieldTerm(KubeKind kind, string term)
    {
        var match = EqualityTerm().Match(term);
        if (!match.Success) throw StatusException.BadRequest($"invalid selector: '{term}'; can't understand '{term}'");
        var field = match.Groups["key"].Value;
        var known = field is "metadata.name" or "metadata.namespace"
            || (kind == KubeKind.Pod && field is "spec.nodeName" or "status.phase" or "status.podIP" or "spec.serviceAccountName")
            || (kind == KubeKind.Node && field is "spec.unschedulable")
            || (kind == KubeKind.Secret && field is "type")
            || (kind == KubeKind.Namespace && field is "status.phase");
        if (!known) throw StatusException.BadRequest($"field label not supported: {field}");
        var path = field.Split('.');
        var value = match.Groups["value"].Value;
        var equal = !match.Groups["not"].Success;
        return obj => ((obj.Text(path) ?? "") == value) == equal;
    }

    [GeneratedRegex(@",(?![^(]*\))")]
    private static partial Regex CommaOutsideParentheses();

    [GeneratedRegex(@"^(?<key>[\w./-]+)\s+(?<not>not)?in\s*\((?<values>[^()]*)\)$")]
    private static partial Regex SetTerm();

    [GeneratedRegex(@"^(?<key>[\w./-]+)\s*((?<not>!=)|==?)\s*(?<value>[^\s=!,()]*)$")]
    private static partial Regex EqualityTerm();

    [GeneratedRegex(@"^(?<not>!)?\s*(?<key>[\w./-]+)$")]
    private static partial Regex ExistsTerm();
}
