using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using FleetPrometheus.Alerting;
using FleetPrometheus.Lab.Binaries;

namespace FleetPrometheus.Tests.Alerting;

public sealed partial class RuleTests
{
    [Fact]
    public async Task Rules_UnderPromtool_EveryAlertFiresInItsClusterAlone()
    {
        using var directory = new TemporaryDirectory();
        foreach (var file in AlertingRules.All)
        {
            directory.Write(file.Name, file.Text);
        }

        var tests = RuleCase.ReadAll().Select((one, index) =>
            directory.Write(string.Create(CultureInfo.InvariantCulture, $"{index:000}.{one.Alert.Replace('/', '.')}.test.yml"), one.ToPromtool(name => name)));
        await Tools.SucceedAsync(Tool.Promtool, directory.Path, ["test", "rules", .. tests]);
    }

    [Fact]
    public async Task Rules_UnderPromtool_DoAsTheScenariosSay() =>
        await Tools.SucceedAsync(Tool.Promtool, Repository.Root, "test", "rules", Repository.PathOf("tests", "Alerting", "scenarios.test.yml"));

    /// <summary>A case fires in one cluster and not in its neighbours; so one case each is firing, not firing and not leaking for every alert.</summary>
    [Fact]
    public void Cases_EveryAlert_HasOneThatTellsClustersApart()
    {
        var cases = RuleCase.ReadAll().ToList();
        Assert.Equal(AlertingRules.Alerts.Select(alert => alert.Id).Order(StringComparer.Ordinal), cases.Select(one => one.Alert).Order(StringComparer.Ordinal));
        Assert.All(cases, one => Assert.True(one.Always || one.Series.Any(series => series.Firing != series.Quiet), $"{one.Alert} has the same series in every cluster"));
        Assert.Equal(["Watchdog"], cases.Where(one => one.Always).Select(one => one.Alert));
    }

    [Fact]
    public void Alerts_Each_SaysWhatItMustSay()
    {
        var runbooks = File.ReadAllText(Repository.PathOf(AlertingRules.RunbookPage.Split('/')));
        var labels = RuleCase.ReadAll().ToDictionary(one => one.Alert, one => one.Labels.Keys.Concat(["cluster", "severity"]).ToImmutableHashSet());
        Assert.Equal(AlertingRules.Alerts.Length, AlertingRules.Alerts.DistinctBy(alert => alert.Id).Count());
        Assert.All(AlertingRules.Alerts, alert =>
        {
            Assert.Contains(alert.Severity, (string[])["critical", "warning", "info", "none"]);
            Assert.DoesNotContain('\n', alert.Summary);
            Assert.Contains("$labels.cluster", alert.Description, StringComparison.Ordinal);
            Assert.Equal($"{AlertingRules.RunbookPage}#{alert.Name.ToLowerInvariant()}", alert.Runbook);
            Assert.Contains($"\n### {alert.Name}\n", runbooks, StringComparison.Ordinal);
            // A template that names a label which the alert lacks would say nothing there.
            Assert.All(LabelPattern().Matches(alert.Summary + alert.Description), match => Assert.Contains(match.Groups[1].Value, labels[alert.Id].Add("namespace")));
        });
    }

    [Fact]
    public void Runbooks_EveryHeading_IsAnAlert()
    {
        var headings = File.ReadLines(Repository.PathOf(AlertingRules.RunbookPage.Split('/'))).Where(line => line.StartsWith("### ", StringComparison.Ordinal)).Select(line => line[4..]);
        Assert.Equal(AlertingRules.Alerts.Select(alert => alert.Name).Distinct().Order(StringComparer.Ordinal), headings.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Render_Defaults_ChangesNothing() => Assert.Equal(AlertingRules.All.AsEnumerable(), AlertingRules.Render(new()));

    [Theory]
    [InlineData("TargetDown", "        for: 10m", "        for: 1m30s")]
    [InlineData("TargetDown", "          > 10 # threshold: percent of the job's targets", "          > 12.5 # threshold: percent of the job's targets")]
    [InlineData("NodeFileDescriptorLimit/critical", "          > 90 # threshold: percent of the kernel's limit", "          > 12.5 # threshold: percent of the kernel's limit")]
    public async Task Render_ASetting_ChangesThatLineAlone(string alert, string before, string after)
    {
        using var directory = new TemporaryDirectory();
        var rendered = AlertingRules.Render(With(alert, after.Contains("for:", StringComparison.Ordinal) ? new() { For = TimeSpan.FromSeconds(90) } : new() { Threshold = 12.5 }));
        var changed = Assert.Single(AlertingRules.All.Zip(rendered), pair => pair.First != pair.Second);
        var lines = Assert.Single(changed.First.Text.Split('\n').Zip(changed.Second.Text.Split('\n')), pair => pair.First != pair.Second);
        Assert.Equal((before, after), lines);
        await Tools.SucceedAsync(Tool.Promtool, "/", "check", "rules", directory.Write(changed.Second.Name, changed.Second.Text));
    }

    [Fact]
    public void Render_AWaitingTime_IsThatOfTheEndToo()
    {
        var rendered = AlertingRules.Render(With("ClusterUnreachable", new() { For = TimeSpan.FromSeconds(90) }));

        var lines = AlertingRules.All.Zip(rendered).SelectMany(pair => pair.First.Text.Split('\n').Zip(pair.Second.Text.Split('\n'))).Where(line => line.First != line.Second);
        Assert.Equal([("        for: 2m", "        for: 1m30s"), ("        keep_firing_for: 2m", "        keep_firing_for: 1m30s")], lines);
    }

    [Fact]
    public async Task Render_DisabledAlerts_LeavesTheOthersAsTheyAre()
    {
        using var directory = new TemporaryDirectory();
        foreach (var off in AlertingRules.Alerts)
        {
            var rendered = AlertingRules.Render(With(off.Id, new() { Enabled = false }));
            var left = rendered.SelectMany(file => AlertPattern().Matches(file.Text)).Select(match => (match.Groups["name"].Value, match.Groups["severity"].Value));
            Assert.Equal(AlertingRules.Alerts.Where(alert => alert != off).Select(alert => (alert.Name, alert.Severity)), left);
        }

        var none = AlertingRules.Render(new() { Alerts = AlertingRules.Alerts.ToImmutableSortedDictionary(alert => alert.Id, _ => new AlertSetting { Enabled = false }, StringComparer.Ordinal) });
        Assert.DoesNotContain(none, file => file.Text.Contains("alert:", StringComparison.Ordinal));
        await Tools.SucceedAsync(Tool.Promtool, "/", ["check", "rules", .. none.Select(file => directory.Write(file.Name, file.Text))]);
    }

    [Fact]
    public void Render_Runbooks_ChangesEveryLink()
    {
        var rendered = string.Concat(AlertingRules.Render(new() { Runbooks = "https://wiki.example.com/alerts" }).Select(file => file.Text));
        Assert.Equal(AlertingRules.Alerts.Length, rendered.Split("runbook_url: https://wiki.example.com/alerts#").Length - 1);
        Assert.DoesNotContain("runbook_url: docs", rendered, StringComparison.Ordinal);
    }

    private static AlertingOptions With(string alert, AlertSetting setting) =>
        new() { Alerts = new AlertingOptions().Alerts.Add(alert, setting) };

    [GeneratedRegex(@"- alert: (?<name>\w+)\n(.|\n)*?severity: (?<severity>\w+)")]
    private static partial Regex AlertPattern();

    [GeneratedRegex(@"\$labels\.([a-z_]+)")]
    private static partial Regex LabelPattern();
}
