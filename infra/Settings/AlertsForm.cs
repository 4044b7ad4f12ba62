using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using FleetPrometheus.Alerting;

namespace FleetPrometheus.Infra.Settings;

/// <summary>A mapping from alerts to what is changed of them; only what is written changes.</summary>
internal sealed class AlertsForm : Form<ImmutableSortedDictionary<string, AlertSetting>>
{
    /// <summary>Where the runbooks are.</summary>
    public static readonly Form<string> Runbooks = new ScalarForm<string>("address", ParseRunbooks, page => page) { Hides = Scalars.HoldsUser };

    private static readonly ObjectForm<AlertSetting> Setting = new(
        new Field<AlertSetting, bool>("enabled", Scalars.Boolean, o => o.Enabled, (o, v) => o with { Enabled = v },
            "whether the alert exists"),
        new Field<AlertSetting, TimeSpan?>("for", new OptionalForm<TimeSpan>(Scalars.Duration(TimeSpan.Zero)), o => o.For, (o, v) => o with { For = v },
            "how long its condition must hold before it fires") { WithoutIt = "as in docs/alerts.md" },
        new Field<AlertSetting, double?>("threshold", new OptionalForm<double>(new ScalarForm<double>("number", ParseNumber, Show) { TakesBare = true }),
            o => o.Threshold, (o, v) => o with { Threshold = v },
            "the number it compares with, for alerts that have one") { WithoutIt = "as in docs/alerts.md" });

    /// <inheritdoc/>
    public override string Type => "mapping by alert";

    /// <inheritdoc/>
    public override ImmutableSortedDictionary<string, AlertSetting> Read(Written written, ImmutableSortedDictionary<string, AlertSetting> start)
    {
        if (written.Element.ValueKind != JsonValueKind.Object)
        {
            written.Refuse("must be a mapping from alerts to what is changed of them, such as {TargetDown: {threshold: 20}}");
            return start;
        }

        foreach (var member in written.Element.EnumerateObject())
        {
            var entry = written.OwnMember(member);
            var setting = Setting.Read(entry, start.GetValueOrDefault(member.Name, new AlertSetting()));
            if (AlertingRules.Check(member.Name, setting) is { } fix)
            {
                entry.Problems.Add(entry.Key, null, fix);
            }
            else
            {
                start = start.SetItem(member.Name, setting);
            }
        }

        return start;
    }

    /// <inheritdoc/>
    public override string? Show(ImmutableSortedDictionary<string, AlertSetting> value) => null;

    /// <inheritdoc/>
    public override IEnumerable<ReferenceRow> Describe(string key, ImmutableSortedDictionary<string, AlertSetting> value) =>
        Setting.Describe($"{key}.ALERT", new AlertSetting());

    private static string? ParseRunbooks(string text, out string value)
    {
        value = text;
        return AlertingRules.CheckRunbooks(text);
    }

    private static string? ParseNumber(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value) ? null : "must be a number";

    private static string Show(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
