using FleetPrometheus.Evaluation.Host;

namespace FleetPrometheus.Tests.Host;

/// <summary>The bundle's systemd units, judged by systemd.</summary>
[Collection(PulumiCollection.Name)]
public class HostUnitTests
{
    private static readonly string[] Units = ["fleet-prometheus.service", "fleet-alertmanager.service", "fleet-blackbox-exporter.service"];

    [SystemdFact]
    public async Task Verify_AllUnits_HaveNothingToComplainAbout()
    {
        using var scenario = await HostScenario.CreateAsync();
        await scenario.WriteAsync();

        var (exitCode, output) = Analyze("verify", scenario);

        Assert.Equal((0, ""), (exitCode, output));
    }

    [SystemdFact]
    public async Task Security_AllUnits_AreExposedLittle()
    {
        using var scenario = await HostScenario.CreateAsync();
        await scenario.WriteAsync();

        // Exposure by systemd's own measure, in tenths: 100 is a unit without any sandbox, up to 20 is "OK" in its words.
        var (exitCode, output) = Analyze("security", scenario, "--offline=true", "--threshold=15", "--no-pager");

        Assert.True(exitCode == 0, output);
    }

    [Fact]
    public async Task Unit_ExternalUrlWithPercent_IsTakenLiterally()
    {
        using var scenario = await HostScenario.CreateAsync();
        scenario.Change(central => central.WithFields("prometheus", ("externalUrl", "https://x.example/a%20b")));
        await scenario.WriteAsync();
        scenario.Install();

        Assert.Contains("/a%%20b", scenario.Read("systemd/fleet-prometheus.service"), StringComparison.Ordinal);
        Assert.Contains("--web.external-url=https://x.example/a%20b", scenario.ExecStart("fleet-prometheus.service"));
    }

    [Fact]
    public async Task Unit_Program_ChecksBeforeItStartsAndBeforeItReloads()
    {
        using var scenario = await HostScenario.CreateAsync();
        await scenario.WriteAsync();
        var lines = scenario.Read("systemd/fleet-alertmanager.service").Split('\n');
        var check = $"{scenario.Options.Programs}/amtool check-config /etc/fleet-prometheus/alertmanager/alertmanager.yml";

        Assert.Contains($"ExecStartPre={check}", lines);
        Assert.Equal([$"ExecReload={check}", "ExecReload=/bin/kill -HUP $MAINPID"], lines.Where(line => line.StartsWith("ExecReload", StringComparison.Ordinal)));
    }

    private static (int, string) Analyze(string verb, HostScenario scenario, params string[] further) =>
        HostScenario.Run(SystemdFactAttribute.Analyze, [verb, .. further, .. Units.Select(unit => Path.Combine(scenario.Bundle, "systemd", unit))]);
}
