using System.Net.Http.Json;
using System.Text.Json;
using FleetPrometheus.Alerting;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Processes;
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

    [Fact]
    public async Task Alertmanager_OneClusterUnreachable_SilencesThatClusterAlone()
    {
        using var directory = new TemporaryDirectory();
        await using var supervisor = new ProcessSupervisor();
        var address = $"127.0.0.1:{FreePort.Find()}";
        var alertmanager = supervisor.Start(await Tools.RunOfAsync(Tool.Alertmanager, 
            $"--config.file={directory.Write(AlertmanagerConfiguration.FileName, AlertmanagerConfiguration.Render(new() { GroupWait = TimeSpan.FromMilliseconds(100) }))}",
            $"--storage.path={directory.Path}/data", $"--web.listen-address={address}", "--cluster.listen-address="));
        using var client = new HttpClient { BaseAddress = new($"http://{address}/") };
        await alertmanager.UntilReadyAsync(client, new(client.BaseAddress, "-/ready"), TimeSpan.FromSeconds(20));

        (string Alert, string Severity, string Cluster, bool Silenced)[] alerts =
        [
            ("ClusterUnreachable", "critical", "a", false),
            ("TargetDown", "warning", "a", true),
            ("NodeDown", "critical", "a", true),
            ("Watchdog", "none", "a", false),
            ("TargetDown", "warning", "b", false),
            ("NodeDown", "critical", "b", false),
            ("NodeDown", "warning", "b", true),
            ("NodeDown", "warning", "c", false),
        ];
        using var posted = await client.PostAsJsonAsync("api/v2/alerts", alerts.Select(alert => new
        {
            labels = new { alertname = alert.Alert, severity = alert.Severity, cluster = alert.Cluster },
        }));
        posted.EnsureSuccessStatusCode();

        var expected = alerts.Select(alert => $"{alert.Cluster} {alert.Alert} {alert.Severity} {(alert.Silenced ? "suppressed" : "active")}").Order(StringComparer.Ordinal).ToArray();
        string[] actual = [];
        for (var tries = 0; tries < 50 && !actual.SequenceEqual(expected); tries++)
        {
            await Task.Delay(200);
            var answer = await client.GetFromJsonAsync<JsonElement>("api/v2/alerts");
            actual = [.. answer.EnumerateArray()
                .Select(alert => (Labels: alert.GetProperty("labels"), State: alert.GetProperty("status").GetProperty("state")))
                .Select(alert => $"{alert.Labels.GetProperty("cluster")} {alert.Labels.GetProperty("alertname")} {alert.Labels.GetProperty("severity")} {alert.State}")
                .Order(StringComparer.Ordinal)];
        }

        Assert.Equal(expected, actual);
    }

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
