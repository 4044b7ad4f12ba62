using System.Collections.Immutable;

namespace FleetPrometheus.Alerting;

/// <summary>What can be set about the rules.</summary>
public sealed record AlertingOptions
{
    /// <summary>Changes of alerts by <see cref="AlertRule.Id"/>. Default none: every alert is as its file says.</summary>
    public ImmutableSortedDictionary<string, AlertSetting> Alerts { get; init; } =
        ImmutableSortedDictionary.Create<string, AlertSetting>(StringComparer.Ordinal);

    /// <summary>
    /// The address of the page of runbooks that alerts link to, each with its own anchor. Default <c>docs/runbooks.md</c>: the page's place in
    /// this repository, since only its users know where they keep it.
    /// </summary>
    public string Runbooks { get; init; } = AlertingRules.RunbookPage;
}

/// <summary>What an operator changes of one alert.</summary>
public sealed record AlertSetting
{
    /// <summary>Whether the alert exists at all. Default true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>
    /// How long its condition must hold before it fires, and be gone before it ends where its file has <c>keep_firing_for</c>.
    /// Default null: as its file says.
    /// </summary>
    public TimeSpan? For { get; init; }

    /// <summary>The number it compares with, in the unit that <see cref="AlertRule.ThresholdMeaning"/> names. Default null: as its file says.</summary>
    public double? Threshold { get; init; }
}
