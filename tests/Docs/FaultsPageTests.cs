using FleetPrometheus.Alerting;
using FleetPrometheus.Lab.Verification;

namespace FleetPrometheus.Tests.Docs;

/// <summary>That docs/faults.md tells of exactly the faults that the lab tries, with exactly the alerts that it waits for.</summary>
public sealed class FaultsPageTests
{
    [Fact]
    public void Table_EveryRow_IsAFaultThatIsTried()
    {
        var rows = File.ReadLines(Repository.PathOf("docs", "faults.md")).Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1)
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries)).ToList();

        Assert.Equal(
            FaultsVerification.All.Select(fault => $"{fault.Name}: {Told(fault.Alerts)}").Order(StringComparer.Ordinal),
            rows.Select(row => $"{row[0]}: {row[3]}").Order(StringComparer.Ordinal));

        static string Told(IReadOnlyCollection<string> alerts) => alerts.Count == 0 ? "nobody is told" : string.Join(", ", alerts.Select(alert => $"`{alert}`"));
    }

    [Fact]
    public void Faults_TheirAlerts_Exist() =>
        Assert.All(FaultsVerification.All.SelectMany(fault => fault.Alerts), alert => Assert.Contains(AlertingRules.Alerts, rule => rule.Name == alert));
}
