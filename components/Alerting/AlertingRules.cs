using System.Collections.Immutable;
using FleetPrometheus.Validation;
using YamlDotNet.RepresentationModel;

namespace FleetPrometheus.Alerting;

/// <summary>A file of rules, to lie in the directory of rules.</summary>
/// <param name="Name">The file's name, such as <c>fleet.yml</c>.</param>
/// <param name="Text">Its content.</param>
public sealed record RuleFile(string Name, string Text);

/// <summary>What can be set about the rules.</summary>
public sealed record AlertingOptions
{
    /// <summary>How long a cluster must be silent before <c>ClusterUnreachable</c> fires. Default 2 min, as the rule file says.</summary>
    public TimeSpan ClusterUnreachableFor { get; init; } = TimeSpan.FromMinutes(2);
}

/// <summary>The alerting rules, plain YAML files in <c>rules/</c> beside this class.</summary>
public static class AlertingRules
{
    private const string ResourcePrefix = "rules/";

    /// <summary>Every rule file as it is written, sorted by name.</summary>
    public static ImmutableArray<RuleFile> All { get; } =
    [
        .. typeof(AlertingRules).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => new RuleFile(name[ResourcePrefix.Length..], Read(name))),
    ];

    /// <summary>Every rule file with the options applied; comments and layout stay.</summary>
    public static ImmutableArray<RuleFile> Render(AlertingOptions options) =>
        [.. All.Select(file => file with { Text = SetFor(file.Text, "ClusterUnreachable", options.ClusterUnreachableFor) })];

    // The file is parsed only to find the place; writing it anew would lose its comments.
    private static string SetFor(string text, string alert, TimeSpan duration)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        var places =
            from document in stream.Documents
            from rule in document.AllNodes.OfType<YamlMappingNode>()
            where rule.Children.TryGetValue("alert", out var name) && name is YamlScalarNode scalar && scalar.Value == alert
            select rule["for"];
        foreach (var place in places.OrderByDescending(place => place.Start.Index))
        {
            text = string.Concat(text.AsSpan(0, (int)place.Start.Index), PrometheusDuration.Format(duration), text.AsSpan((int)place.End.Index));
        }

        return text;
    }

    private static string Read(string resource)
    {
        using var reader = new StreamReader(typeof(AlertingRules).Assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }
}
