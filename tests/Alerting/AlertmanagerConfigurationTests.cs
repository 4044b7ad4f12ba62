using System.Net.Http.Json;
using System.Text.Json;
using FleetPrometheus.Alerting;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Alerting;

public sealed class AlertmanagerConfigurationTests
{
    private const string Directory = "/etc/alertmanager";

    private static readonly AlertRouting TwoReceivers = new()
    {
        Receivers =
        [
            new() { Name = "chat", Webhook = [new(new SecretText("https://chat.example.org/hook?key=a&b=$c"))] },
            new() { Name = "o'clock: #1", Webhook = [new(new SecretText("http://127.0.0.1:8080/"))] },
        ],
        DefaultReceiver = "o'clock: #1",
        GroupWait = TimeSpan.FromSeconds(1),
    };

    private static readonly AlertRouting Everything = new()
    {
        Receivers =
        [
            new()
            {
                Name = "ops",
                Slack = [new(new SecretText("https://slack.example.org/1")) { Channel = "#ops" }, new(new SecretText("https://slack.example.org/2"))],
                PagerDuty = [new(new SecretText("key-of-pagerduty")) { Url = new("https://events.eu.pagerduty.com/v2/enqueue") }],
                Email = [new("ops@example.org, lead@example.org") { SendResolved = false }],
            },
            new() { Name = "shop", MsTeams = [new(new SecretText("https://teams.example.org/1"))], Webhook = [new(new SecretText("https://shop.example.org/1"))] },
            new() { Name = "heartbeat", Webhook = [new(new SecretText("https://heartbeat.example.org/1")) { SendResolved = false }] },
        ],
        Routes =
        [
            new() { Receiver = "shop", Matchers = ["namespace =~ \"shop-.+\"", "team = shop"], Continue = true, MuteTimes = ["nights", "weekends"] },
            new() { Receiver = "shop", Clusters = ["product", "edge-1"], Severities = ["critical"], RepeatInterval = TimeSpan.FromHours(1) },
            new() { Receiver = "nobody", Clusters = ["stage"], ActiveTimes = ["nights"] },
        ],
        TimeIntervals =
        [
            new() { Name = "nights", Times = ["22:00-24:00", "00:00-06:00"], Location = "Europe/Berlin" },
            new() { Name = "weekends", Weekdays = ["saturday", "sunday"], Months = ["january:november"], DaysOfMonth = ["1:7", "-3:-1", "15"] },
        ],
        WatchdogReceiver = "heartbeat",
        Smtp = new() { Server = "smtp.example.org:587", From = "alerts@example.org", Username = "alerts", Password = new SecretText("password-of-smtp") },
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

    [Theory]
    [InlineData("heartbeat", "alertname=Watchdog", "severity=none", "cluster=central")]
    [InlineData("nobody", "alertname=Quiet", "severity=none", "cluster=product")]
    [InlineData("shop", "alertname=NodeDown", "severity=critical", "cluster=edge-1")]
    [InlineData("ops", "alertname=NodeDown", "severity=warning", "cluster=edge-1")]
    [InlineData("ops", "alertname=NodeDown", "severity=critical", "cluster=edge-11")]
    [InlineData("nobody", "alertname=NodeDown", "severity=critical", "cluster=stage")]
    [InlineData("shop,nobody", "alertname=PodDown", "severity=warning", "cluster=stage", "namespace=shop-web", "team=shop")]
    [InlineData("shop", "alertname=PodDown", "severity=warning", "cluster=other", "namespace=shop-web", "team=shop")]
    [InlineData("ops", "alertname=PodDown", "severity=warning", "cluster=other", "namespace=shop-web")]
    public Task Render_Everything_IsAsReviewedAndTellsWhomItShould(string told, params string[] alert) =>
        CheckAsync("alertmanager-everything.yml", Everything, told, alert);

    [Fact]
    public void Credentials_Everything_AreInFilesThatTheMainFileNamesAndNowhereElse()
    {
        var text = AlertmanagerConfiguration.Render(Everything, Directory);
        var credentials = AlertmanagerConfiguration.Credentials(Everything);

        Assert.Equal(7, credentials.Count);
        Assert.All(credentials, credential =>
        {
            Assert.Matches("^[-._a-zA-Z0-9]+$", credential.Key); // what a Secret's key may be
            Assert.DoesNotMatch("[.](yml|crt)$", credential.Key); // what a rendering shows in clear
            Assert.Contains($"_file: {Directory}/{credential.Key}\n", text, StringComparison.Ordinal);
            Assert.DoesNotContain(credential.Value.Reveal(), text, StringComparison.Ordinal);
        });
        Assert.Equal("https://slack.example.org/2", credentials["receiver-0.slack-1"].Reveal());
        Assert.Equal("password-of-smtp", credentials["smtp.password"].Reveal());
    }

    [Fact]
    public async Task Alertmanager_EveryKindOfReceiver_IsToldAndItsNewCredentialTooWithoutARestart()
    {
        using var directory = new TemporaryDirectory();
        await using var supervisor = new ProcessSupervisor();
        await using var receiver = await TellTale.StartAsync();
        AlertRouting Routing(int generation) => new()
        {
            Receivers =
            [
                new()
                {
                    Name = "all",
                    Webhook = [new(new SecretText($"{receiver.Address}webhook/{generation}"))],
                    Slack = [new(new SecretText($"{receiver.Address}slack/{generation}"))],
                    MsTeams = [new(new SecretText($"{receiver.Address}msteams/{generation}"))],
                    PagerDuty = [new(new SecretText($"key-{generation}")) { Url = new($"{receiver.Address}pagerduty") }],
                },
            ],
            GroupWait = TimeSpan.FromMilliseconds(100),
            GroupInterval = TimeSpan.FromMilliseconds(500),
            RepeatInterval = TimeSpan.FromMilliseconds(500),
        };
        foreach (var (file, credential) in AlertmanagerConfiguration.Credentials(Routing(1)))
        {
            directory.Write(file, credential.Reveal());
        }

        using var client = await StartAsync(supervisor, directory, AlertmanagerConfiguration.Render(Routing(1), directory.Path));
        using var posted = await client.PostAsJsonAsync("api/v2/alerts", new[]
        {
            new { labels = new { alertname = "NodeDown", severity = "warning", cluster = "a" }, annotations = new { description = "Node 7 is down." } },
        });
        posted.EnsureSuccessStatusCode();

        await receiver.UntilAsync("/webhook/1", "NodeDown");
        await receiver.UntilAsync("/slack/1", "Node 7 is down.");
        await receiver.UntilAsync("/msteams/1", "Node 7 is down.");
        await receiver.UntilAsync("/pagerduty", "\"routing_key\":\"key-1\"", "\"severity\":\"warning\"");

        Assert.Equal(AlertmanagerConfiguration.Render(Routing(1), directory.Path), AlertmanagerConfiguration.Render(Routing(2), directory.Path));
        foreach (var (file, credential) in AlertmanagerConfiguration.Credentials(Routing(2)))
        {
            directory.Write(file, credential.Reveal());
        }

        await receiver.UntilAsync("/webhook/2", "NodeDown");
        await receiver.UntilAsync("/slack/2", "NodeDown");
        await receiver.UntilAsync("/msteams/2", "NodeDown");
        await receiver.UntilAsync("/pagerduty", "\"routing_key\":\"key-2\"");
    }

    [Theory]
    [InlineData("environment = \"product\"")]
    [InlineData("team=shop")]
    [InlineData("namespace =~ \"shop-.+|a\\\\.b\"")]
    [InlineData("cluster!~stage.*")]
    [InlineData("team != \"\"")]
    public async Task LabelMatcher_Good_IsTakenByAlertmanagerToo(string matcher)
    {
        Assert.Null(LabelMatcher.Check(matcher));
        await CheckAsync(null, new() { Routes = [new() { Receiver = "nobody", Matchers = [matcher] }] }, "nobody");
    }

    [Theory]
    [InlineData("product")]
    [InlineData("a = \"b")]
    [InlineData("a =~ \"(\"")]
    [InlineData("a =~ \"(?=b)\"")]
    [InlineData("a = \"b\", c = \"d\"")]
    [InlineData("0a = b")]
    [InlineData("")]
    public void LabelMatcher_Bad_IsRefused(string matcher) => Assert.NotNull(LabelMatcher.Check(matcher));

    [Theory]
    [InlineData("times", "22:00-06:00", false)]
    [InlineData("times", "9:00-10:00", false)]
    [InlineData("times", "24:00-24:00", false)]
    [InlineData("times", "00:00-24:00", true)]
    [InlineData("weekdays", "saturday:sunday", false)]
    [InlineData("weekdays", "sunday:tuesday", true)]
    [InlineData("weekdays", "mon", false)]
    [InlineData("days_of_month", "-1:3", false)]
    [InlineData("days_of_month", "25:-1", true)]
    [InlineData("days_of_month", "0", false)]
    [InlineData("days_of_month", "-31:-30", true)]
    [InlineData("days_of_month", "32", false)]
    [InlineData("months", "november:february", false)]
    [InlineData("months", "june:august", true)]
    [InlineData("location", "Europe/Berlin", true)]
    [InlineData("location", "Europe/Atlantis", false)]
    [InlineData("location", "UTC", true)]
    public async Task NamedTime_Check_RefusesWhatAlertmanagerRefuses(string kind, string text, bool good)
    {
        var fix = kind switch
        {
            "times" => NamedTime.CheckTimes(text),
            "weekdays" => NamedTime.CheckWeekdays(text),
            "days_of_month" => NamedTime.CheckDaysOfMonth(text),
            "months" => NamedTime.CheckMonths(text),
            _ => NamedTime.CheckLocation(text),
        };
        Assert.Equal(good, fix is null);

        using var directory = new TemporaryDirectory();
        var value = kind switch
        {
            "times" => $"[{{start_time: '{text.Split('-')[0]}', end_time: '{text.Split('-')[1]}'}}]",
            "location" => text,
            _ => $"['{text}']",
        };
        var file = directory.Write(AlertmanagerConfiguration.FileName, $"route: {{receiver: a}}\nreceivers: [{{name: a}}]\ntime_intervals:\n  - name: t\n    time_intervals: [{{{kind}: {value}}}]\n");
        var (exitCode, _) = await Tools.RunAsync(Tool.Amtool, "/", "check-config", file);
        Assert.True(good == (exitCode == 0) || text == "9:00-10:00", $"amtool ended with {exitCode}");
    }

    [Fact]
    public void Validation_ManyMistakes_NamesEachWithItsKey()
    {
        var problems = new Problems();
        AlertRoutingValidation.Check(
            new()
            {
                Receivers =
                [
                    new() { Name = "nobody", Webhook = [new(new SecretText("https://a"))] },
                    new() { Name = "a" },
                    new() { Name = "a", Email = [new("a@b.c")] },
                ],
                DefaultReceiver = "b",
                WatchdogReceiver = "c",
                Routes =
                [
                    new() { Receiver = "nobody" },
                    new() { Receiver = "d", Clusters = ["No"], Matchers = ["?"], MuteTimes = ["later"], ActiveTimes = ["now"] },
                ],
                TimeIntervals = [new() { Name = "always" }, new() { Name = "always", Times = ["1-2"], Location = "Nowhere" }],
            },
            "alertmanager",
            problems);

        Assert.Equal(
            [
                "alertmanager.receivers[0].name", "alertmanager.receivers[2].name", "alertmanager.receivers[1]", "alertmanager.receivers[2].email",
                "alertmanager.defaultReceiver", "alertmanager.watchdogReceiver",
                "alertmanager.timeIntervals[1].name", "alertmanager.timeIntervals[0]", "alertmanager.timeIntervals[1].times[0]", "alertmanager.timeIntervals[1].location",
                "alertmanager.routes[0]", "alertmanager.routes[1].receiver", "alertmanager.routes[1].clusters[0]", "alertmanager.routes[1].matchers[0]",
                "alertmanager.routes[1].muteTimes[0]", "alertmanager.routes[1].activeTimes[0]",
            ],
            problems.Select(problem => problem.Key));
    }

    [Fact]
    public async Task Alertmanager_OneClusterUnreachable_SilencesThatClusterAlone()
    {
        using var directory = new TemporaryDirectory();
        await using var supervisor = new ProcessSupervisor();
        using var client = await StartAsync(supervisor, directory, AlertmanagerConfiguration.Render(new() { GroupWait = TimeSpan.FromMilliseconds(100) }, directory.Path));

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
            ("NodeDown", "info", "c", true),
            ("ClusterCredentialsRejected", "critical", "d", false),
            ("ClusterUnreachable", "critical", "d", false),
            ("TargetDown", "warning", "d", true),
        ];
        using var posted = await client.PostAsJsonAsync("api/v2/alerts", alerts.Select(alert => new
        {
            labels = new { alertname = alert.Alert, severity = alert.Severity, cluster = alert.Cluster },
        }));
        posted.EnsureSuccessStatusCode();

        string[] expected = [.. alerts.Select(alert => $"{alert.Cluster} {alert.Alert} {alert.Severity} {(alert.Silenced ? "suppressed" : "active")}").Order(StringComparer.Ordinal)];
        var actual = await StatesAsync(client,
            labels => $"{labels.GetProperty("cluster")} {labels.GetProperty("alertname")} {labels.GetProperty("severity")}", states => states.SequenceEqual(expected));

        Assert.Equal(expected, actual);
    }

    [Fact]
    public async Task Alertmanager_InfoInhibitor_KeepsInfoOfItsNamespaceInItsClusterQuiet()
    {
        using var directory = new TemporaryDirectory();
        await using var supervisor = new ProcessSupervisor();
        using var client = await StartAsync(supervisor, directory, AlertmanagerConfiguration.Render(new() { GroupWait = TimeSpan.FromMilliseconds(100) }, directory.Path));
        (string Alert, string Severity, string Cluster, string? Namespace)[] alerts =
        [
            ("InfoInhibitor", "none", "a", "shop"),
            ("InfoInhibitor", "none", "c", null),
            ("CPUThrottlingHigh", "info", "a", "shop"),
            ("CPUThrottlingHigh", "info", "a", "market"),
            ("CPUThrottlingHigh", "info", "b", "shop"),
            ("PodNotReady", "warning", "a", "shop"),
            ("NodeCPUHighUsage", "info", "c", null),
        ];
        using var posted = await client.PostAsJsonAsync("api/v2/alerts", alerts.Select(alert => new
        {
            labels = new Dictionary<string, string> { ["alertname"] = alert.Alert, ["severity"] = alert.Severity, ["cluster"] = alert.Cluster, ["namespace"] = alert.Namespace ?? "" },
        }));
        posted.EnsureSuccessStatusCode();

        Assert.Equal(
            ["a market info active", "a shop info suppressed", "a shop none active", "a shop warning active", "b shop info active", "c  info suppressed", "c  none active"],
            await StatesAsync(
                client,
                labels => $"{labels.GetProperty("cluster")} {(labels.TryGetProperty("namespace", out var place) ? place : "")} {labels.GetProperty("severity")}",
                states => states.Length == alerts.Length && states.All(state => !state.EndsWith("unprocessed", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task Alertmanager_CriticalOfOneNode_SilencesNoWarningOfAnother()
    {
        using var directory = new TemporaryDirectory();
        await using var supervisor = new ProcessSupervisor();
        using var client = await StartAsync(supervisor, directory, AlertmanagerConfiguration.Render(new() { GroupWait = TimeSpan.FromMilliseconds(100) }, directory.Path));
        using var posted = await client.PostAsJsonAsync("api/v2/alerts", new[] { ("critical", "n1"), ("warning", "n1"), ("warning", "n2") }
            .Select(alert => new { labels = new { alertname = "DiskFull", cluster = "a", severity = alert.Item1, node = alert.Item2 } }));
        posted.EnsureSuccessStatusCode();

        Assert.Equal(["n1 critical active", "n1 warning suppressed", "n2 warning active"], await StatesAsync(client, labels => $"{labels.GetProperty("node")} {labels.GetProperty("severity")}", states => states.All(state => !state.EndsWith("unprocessed", StringComparison.Ordinal))));
    }

    private static async Task<HttpClient> StartAsync(ProcessSupervisor supervisor, TemporaryDirectory directory, string configuration)
    {
        var address = $"127.0.0.1:{FreePort.Find()}";
        var alertmanager = supervisor.Start(await Tools.RunOfAsync(Tool.Alertmanager,
            $"--config.file={directory.Write(AlertmanagerConfiguration.FileName, configuration)}",
            $"--storage.path={directory.Path}/data", $"--web.listen-address={address}", "--cluster.listen-address="));
        var client = new HttpClient { BaseAddress = new($"http://{address}/") };
        await alertmanager.UntilReadyAsync(client, new(client.BaseAddress, "-/ready"), TimeSpan.FromSeconds(20));
        return client;
    }

    /// <summary>Every alert's state, once they are as awaited or at the end of patience.</summary>
    private static async Task<string[]> StatesAsync(HttpClient client, Func<JsonElement, string> describe, Func<string[], bool> awaited)
    {
        string[] states = [];
        for (var tries = 0; tries < 50 && (states.Length == 0 || !awaited(states)); tries++)
        {
            await Task.Delay(200);
            states = [.. (await client.GetFromJsonAsync<JsonElement>("api/v2/alerts")).EnumerateArray()
                .Select(alert => $"{describe(alert.GetProperty("labels"))} {alert.GetProperty("status").GetProperty("state")}")
                .Order(StringComparer.Ordinal)];
        }

        return states;
    }

    private static async Task CheckAsync(string? golden, AlertRouting routing, string told, params string[] alert)
    {
        var text = AlertmanagerConfiguration.Render(routing, Directory);
        if (golden is not null)
        {
            Golden.Check(golden, text);
        }

        using var directory = new TemporaryDirectory();
        var file = directory.Write(AlertmanagerConfiguration.FileName, text);
        await Tools.SucceedAsync(Tool.Amtool, "/", "check-config", file);
        await Tools.SucceedAsync(Tool.Amtool, "/", ["config", "routes", "test", $"--config.file={file}", $"--verify.receivers={told}", .. alert]);
    }
}
