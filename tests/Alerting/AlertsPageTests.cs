using System.Globalization;
using System.Text;
using FleetPrometheus.Alerting;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Alerting;

public sealed class AlertsPageTests
{
    private const string Beginning = "<!-- What follows is generated from the rule files; UPDATE_GOLDEN=1 ./dev test writes it anew. -->\n";

    /// <summary><c>UPDATE_GOLDEN=1</c> writes the table anew.</summary>
    [Fact]
    public void Page_ListsEveryAlertAsItsFileSays()
    {
        var path = Repository.PathOf("docs", "alerts.md");
        var page = File.ReadAllText(path);
        var own = page[..(page.IndexOf(Beginning, StringComparison.Ordinal) + Beginning.Length)];
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, own + Tables());
        }

        Assert.Equal(own + Tables(), File.ReadAllText(path));
    }

    [Fact]
    public void Page_WhatIsHereUnderTheSameName_IsHere()
    {
        var page = File.ReadAllText(Repository.PathOf("docs", "alerts.md"));
        var claimed = page[page.IndexOf("| kube-prometheus' group", StringComparison.Ordinal)..page.IndexOf("**API servers behind", StringComparison.Ordinal)]
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(row => row.Split('|')[2].Split('`').Where((_, index) => index % 2 == 1)).ToList();

        Assert.InRange(claimed.Count, 100, 125);
        Assert.Empty(claimed.Except(AlertingRules.Alerts.Select(alert => alert.Name)));
    }

    private static string Tables()
    {
        var text = new StringBuilder();
        foreach (var file in AlertingRules.Alerts.GroupBy(alert => alert.File))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n### {file.Key}\n\n| alert | severity | for | threshold |\n|---|---|---|---|\n");
            foreach (var alert in file)
            {
                var threshold = alert.Threshold is { } number ? string.Create(CultureInfo.InvariantCulture, $"{number} {alert.ThresholdMeaning}") : "";
                text.Append(CultureInfo.InvariantCulture, $"| [`{alert.Id}`](runbooks.md#{alert.Name.ToLowerInvariant()}) | {alert.Severity} | {PrometheusDuration.Format(alert.For)} | {threshold} |\n");
            }
        }

        return text.ToString();
    }
}
