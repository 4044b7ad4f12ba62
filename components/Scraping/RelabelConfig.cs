using System.Collections.Immutable;
using System.Text.RegularExpressions;
using FleetPrometheus.Yaml;

namespace FleetPrometheus.Scraping;

/// <summary>One step of relabelling. Made by its factories, which take every text literally unless they say that it is an expression.</summary>
public sealed record RelabelConfig
{
    private RelabelConfig()
    {
    }

    /// <summary>The labels looked at, their values joined by <c>;</c>.</summary>
    public ImmutableArray<string> SourceLabels { get; private init; } = [];

    /// <summary>The RE2 expression the joined values must match as a whole. Default: anything.</summary>
    public string? Regex { get; private init; }

    /// <summary>The label written.</summary>
    public string? TargetLabel { get; private init; }

    /// <summary>What is written, <c>$1</c> being the first group of <see cref="Regex"/>. Default: <c>$1</c>.</summary>
    public string? Replacement { get; private init; }

    /// <summary>Default: <c>replace</c>.</summary>
    public string? Action { get; private init; }

    /// <summary>Sets a label to a text; the empty text removes it.</summary>
    public static RelabelConfig Set(string label, string value) => new() { TargetLabel = label, Replacement = Template(value) };

    /// <summary>Copies a label.</summary>
    public static RelabelConfig Copy(string source, string target) => new() { SourceLabels = [source], TargetLabel = target };

    /// <summary>Sets a label to another label's value between two texts.</summary>
    public static RelabelConfig Surround(string before, string source, string after, string target) => new()
    {
        SourceLabels = [source],
        TargetLabel = target,
        // Braces, so that a letter that follows does not become part of the group's name.
        Replacement = $"{Template(before)}${{1}}{Template(after)}",
    };

    /// <summary>Copies a label unless it is absent.</summary>
    public static RelabelConfig CopyIfPresent(string source, string target) => Copy(source, target) with { Regex = "(.+)" };

    /// <summary>Copies a label where others have exactly these values.</summary>
    public static RelabelConfig CopyWhen(string source, string target, IEnumerable<KeyValuePair<string, string>> labels)
    {
        var all = labels.ToArray();
        return Copy(source, target) with
        {
            SourceLabels = [.. all.Select(label => label.Key), source],
            Regex = $"{Literals(all)};(.*)",
        };
    }

    /// <summary>Sets a label to the values of others, each after a text; none of the values but the last may hold a <c>;</c>, or nothing is set.</summary>
    public static RelabelConfig Compose(string target, params ImmutableArray<(string Before, string Source)> parts) => new()
    {
        SourceLabels = [.. parts.Select(part => part.Source)],
        Regex = string.Join(';', [.. Enumerable.Repeat("([^;]+)", parts.Length - 1), "(.+)"]),
        TargetLabel = target,
        Replacement = string.Concat(parts.Select((part, index) => $"{Template(part.Before)}${{{index + 1}}}")),
    };

    /// <summary>
    /// Sets a label from others where their values, joined by <c>;</c>, match an RE2 expression as a whole. <c>${1}</c> in the template is its first group.
    /// </summary>
    public static RelabelConfig Rewrite(ImmutableArray<string> sources, string expression, string target, string template) =>
        new() { SourceLabels = sources, Regex = expression, TargetLabel = target, Replacement = template };

    /// <summary>Removes a label when another (or the same) has this value.</summary>
    public static RelabelConfig RemoveIfEqual(string label, string value) =>
        Set(label, "") with { SourceLabels = [label], Regex = Literal(value) };

    /// <summary>Keeps only what has exactly these values.</summary>
    public static RelabelConfig Keep(IEnumerable<KeyValuePair<string, string>> labels) => Exactly(labels, "keep");

    /// <summary>Drops what has exactly these values.</summary>
    public static RelabelConfig Drop(IEnumerable<KeyValuePair<string, string>> labels) => Exactly(labels, "drop");

    /// <summary>Keeps only what has a label that matches an RE2 expression as a whole.</summary>
    public static RelabelConfig KeepShape(string label, string expression) => new() { SourceLabels = [label], Regex = expression, Action = "keep" };

    /// <summary>Drops what has a label that matches an RE2 expression as a whole.</summary>
    public static RelabelConfig DropShape(string label, string expression) => KeepShape(label, expression) with { Action = "drop" };

    /// <summary>Drops what has labels whose values, joined by <c>;</c>, match an RE2 expression as a whole.</summary>
    public static RelabelConfig DropShape(ImmutableArray<string> labels, string expression) => new() { SourceLabels = labels, Regex = expression, Action = "drop" };

    /// <summary>Drops what has the same value in both labels.</summary>
    public static RelabelConfig DropIfSame(string label, string other) => new() { SourceLabels = [label], TargetLabel = other, Action = "dropequal" };

    /// <summary>Drops metrics whose name matches one of these RE2 expressions as a whole.</summary>
    public static RelabelConfig DropMetrics(IEnumerable<string> names) =>
        new() { SourceLabels = ["__name__"], Regex = string.Join('|', names), Action = "drop" };

    /// <summary>Removes every label of this name.</summary>
    public static RelabelConfig DropLabel(string name) => new() { Regex = Literal(name), Action = "labeldrop" };

    internal YamlMap ToYaml() => new()
    {
        { "source_labels", SourceLabels },
        { "regex", Regex },
        { "target_label", TargetLabel },
        { "replacement", Replacement },
        { "action", Action },
    };

    private static RelabelConfig Exactly(IEnumerable<KeyValuePair<string, string>> labels, string action)
    {
        var all = labels.ToArray();
        return new()
        {
            SourceLabels = [.. all.Select(label => label.Key)],
            Regex = Literals(all),
            Action = action,
        };
    }

    private static string Literals(IEnumerable<KeyValuePair<string, string>> labels) => string.Join(';', labels.Select(label => Literal(label.Value)));

    private static string Template(string literal) => literal.Replace("$", "$$", StringComparison.Ordinal);

    // .NET escapes a superset of what RE2 needs, in ways that RE2 reads alike.
    private static string Literal(string text) => System.Text.RegularExpressions.Regex.Escape(text);
}
