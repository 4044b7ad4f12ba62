using System.Collections.Immutable;
using System.Text.RegularExpressions;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Alerting;

/// <summary>A file of rules, to lie in the directory of rules.</summary>
/// <param name="Name">The file's name, such as <c>fleet.yml</c>.</param>
/// <param name="Text">Its content.</param>
public sealed record RuleFile(string Name, string Text);

/// <summary>The alerting and recording rules, plain YAML files in <c>rules/</c> beside this class.</summary>
public static partial class AlertingRules
{
    /// <summary>The page of runbooks in this repository, as the rule files name it.</summary>
    public const string RunbookPage = "docs/runbooks.md";

    private const string ResourcePrefix = "rules/";

    /// <summary>Every rule file as it is written, sorted by name.</summary>
    public static ImmutableArray<RuleFile> All { get; } =
    [
        .. typeof(AlertingRules).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => new RuleFile(name[ResourcePrefix.Length..], Read(name))),
    ];

    private static readonly ImmutableArray<RuleText> Texts = [.. All.Select(file => new RuleText(file))];

    /// <summary>Every alert, in the order of files and of rules in them; identifiers are unique.</summary>
    public static ImmutableArray<AlertRule> Alerts { get; } = Identify(Texts.SelectMany(text => text.Alerts));

    /// <summary>Every rule file with the options applied; comments and layout stay.</summary>
    public static ImmutableArray<RuleFile> Render(AlertingOptions options) =>
    [
        .. All.Zip(Texts, (file, text) => file with
        {
            Text = text.With(alert => options.Alerts.GetValueOrDefault(IdOf(alert)))
                .Replace($"runbook_url: {RunbookPage}#", $"runbook_url: {options.Runbooks}#", StringComparison.Ordinal),
        }),
    ];

    /// <summary>What is wrong with changing an alert; null: nothing.</summary>
    /// <param name="id">Names the alert; see <see cref="AlertRule.Id"/>.</param>
    /// <param name="setting">The change.</param>
    public static string? Check(string id, AlertSetting setting)
    {
        if (Alerts.FirstOrDefault(alert => alert.Id == id) is not { } alert)
        {
            var several = Alerts.Where(other => other.Name == id).Select(other => other.Id).ToList();
            return several.Count > 0 ? $"stands for several rules; write {string.Join(" or ", several)}"
                : Spelling.Nearest(id, Alerts.Select(other => other.Id)) is { } nearest ? $"is not an alert; did you mean '{nearest}'?"
                : "is not an alert; docs/alerts.md lists them all";
        }

        return setting.Threshold is not { } threshold ? null
            : alert.Threshold is null ? "has no threshold to set; set only enabled and for"
            : double.IsFinite(threshold) ? null
            : $"must have a number as its threshold ({alert.ThresholdMeaning})";
    }

    /// <summary>What is wrong with an address of the runbooks; null: nothing.</summary>
    public static string? CheckRunbooks(string page) => RunbookPattern().IsMatch(page)
        ? null
        : "must be an address or a path without spaces, quotes, braces and '#', such as https://wiki.example.com/alerts";

    private static string IdOf(AlertRule alert) => Alerts.First(one => one.Name == alert.Name && one.Severity == alert.Severity).Id;

    private static ImmutableArray<AlertRule> Identify(IEnumerable<AlertRule> alerts) =>
    [
        .. alerts.GroupBy(alert => alert.Name)
            .SelectMany(same => same.Count() == 1 ? same : same.Select(alert => alert with { Id = $"{alert.Name}/{alert.Severity}" })),
    ];

    [GeneratedRegex(@"\A[A-Za-z0-9./][^\s\p{C}'""{}#]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex RunbookPattern();

    private static string Read(string resource)
    {
        using var reader = new StreamReader(typeof(AlertingRules).Assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }
}
