using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>What a PromQL expression selects.</summary>
/// <param name="Metric">The metric's name, or empty.</param>
/// <param name="Matchers">What labels must be; the name's own matcher is left out where it says just that name.</param>
internal sealed record Selector(string Metric, ImmutableArray<LabelMatcher> Matchers)
{
    public override string ToString() => $"{Metric}{{{string.Join(", ", Matchers)}}}";
}

/// <summary>What a label must be.</summary>
internal readonly record struct LabelMatcher(string Label, string Operator, string Value)
{
    public override string ToString() => $"{Label}{Operator}\"{Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}

/// <summary>An expression as the real Prometheus parses it (its API's <c>parse_query</c>).</summary>
internal sealed class PromqlTree(JsonObject root)
{
    /// <summary>The kind of node, such as <c>call</c> or <c>aggregation</c>.</summary>
    public string Type => (string)root["type"]!;

    /// <summary>The function's name, where it is a call.</summary>
    public string Function => (string?)root["func"]?["name"] ?? "";

    /// <summary>The operator, where it is an aggregation or a binary expression.</summary>
    public string Operator => (string?)root["op"] ?? "";

    /// <summary>The text, where it is one.</summary>
    public string? Text => Type == "stringLiteral" ? (string?)root["val"] : null;

    /// <summary>The labels after <c>by</c> or <c>without</c>.</summary>
    public ImmutableArray<string> Grouping => Texts(root["grouping"]);

    /// <summary>Whether the grouping names what is left out.</summary>
    public bool IsWithout => (bool?)root["without"] ?? false;

    /// <summary>How the sides of a binary expression are matched; null: one is no vector, or it is none.</summary>
    public (bool IsOn, ImmutableArray<string> Labels)? Matching =>
        root["matching"] is JsonObject matching ? ((bool)matching["on"]!, Texts(matching["labels"])) : null;

    /// <summary>The selector, where it is one.</summary>
    public Selector? Selector => Type is not ("vectorSelector" or "matrixSelector") ? null : new(
        (string?)root["name"] ?? "",
        [
            .. root["matchers"]!.AsArray().Select(matcher => new LabelMatcher((string)matcher!["name"]!, (string)matcher["type"]!, (string)matcher["value"]!))
                .Where(matcher => matcher is not { Label: "__name__", Operator: "=" }).OrderBy(matcher => matcher.Label, StringComparer.Ordinal),
        ]);

    /// <summary>Its direct parts.</summary>
    public IEnumerable<PromqlTree> Children
    {
        get
        {
            foreach (var (key, value) in root)
            {
                switch (value)
                {
                    case JsonObject node when key is "expr" or "lhs" or "rhs" or "param":
                        yield return new PromqlTree(node);
                        break;
                    case JsonArray arguments when key is "args":
                        foreach (var argument in arguments) yield return new PromqlTree(argument!.AsObject());
                        break;
                }
            }
        }
    }

    /// <summary>Itself and all its parts.</summary>
    public IEnumerable<PromqlTree> All => Children.SelectMany(child => child.All).Prepend(this);

    private static ImmutableArray<string> Texts(JsonNode? array) => array is JsonArray texts ? [.. texts.Select(text => (string)text!)] : [];
}
