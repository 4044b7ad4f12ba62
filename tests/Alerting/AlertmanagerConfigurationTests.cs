using FleetPrometheus.Alerting;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Alerting;

public sealed class AlertmanagerConfigurationTests
{
    private static readonly AlertRouting TwoReceivers = new()
    {
        Receivers = [new("chat", new SecretText("https://chat.example.org/hook?key=a&b=$c")), new("o'clock: #1", new SecretText("http://127.0.0.1:8080/"))],
        DefaultReceiver = "o'clock: #1",
        GroupWait = TimeSpan.FromSeconds(1),
    };

    [Fact]
    public Task Render_NoReceivers_IsAsReviewedAndTellsNobody() =>
        CheckAsync("alertmanager-nobody.yml", new(), "nobody", "alertname=TargetDown", "severity=warning", "cluster=a");

    [Fact]
    public Task Render_Receivers_IsAsReviewedAndTellsTheDefaultOne() =>
        CheckAsync("alertmanager.yml", TwoReceivers, "o'clock: #1", "alertname=TargetDown", "severity=warning", "cluster=a");

    [Fact]
    public Task Render_Receivers_WatchdogTellsNobody() =>
        CheckAsync("alertmanager.yml", TwoReceivers, "nobody", "alertname=Watchdog", "severity=none", "cluster=central");

    [Fact]
    public Task Render_NoDefaultReceiver_TellsTheFirst() =>
        CheckAsync("alertmanager-first.yml", TwoReceivers with { DefaultReceiver = null }, "chat", "alertname=TargetDown", "severity=warning");

    private static async Task CheckAsync(string golden, AlertRouting routing, string told, params string[] alert)
    {
        var text = AlertmanagerConfiguration.Render(routing);
        Golden.Check(golden, text);
        using var directory = new TemporaryDirectory();
        var file = directory.Write(AlertmanagerConfiguration.FileName, text);
        await Tools.SucceedAsync(Tool.Amtool, "/", "check-config", file);
        await Tools.SucceedAsync(Tool.Amtool, "/", ["config", "routes", "test", $"--config.file={file}", $"--verify.receivers={told}", .. alert]);
    }
}
