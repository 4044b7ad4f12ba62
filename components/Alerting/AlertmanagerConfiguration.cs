using System.Collections.Immutable;
using System.Globalization;
using FleetPrometheus.Validation;
using FleetPrometheus.Yaml;

namespace FleetPrometheus.Alerting;

/// <summary>Alertmanager's configuration: its main file, and the credentials of the receivers in files of their own.</summary>
public static class AlertmanagerConfiguration
{
    /// <summary>The main file's name.</summary>
    public const string FileName = "alertmanager.yml";

    /// <summary>The receiver that tells nobody; operators cannot name one of theirs so.</summary>
    public const string Nobody = "nobody";

    private const string SmtpPasswordFile = "smtp.password";

    // What two alerts of one name must have in common to be about the same thing; a label that neither has counts as common.
    private static readonly string[] Subject =
        ["cluster", "alertname", "namespace", "node", "instance", "job", "pod", "container", "persistentvolumeclaim", "device", "mountpoint"];

    // Alerts that say that nothing can be known of a cluster; what else is said of it then follows from that.
    private static readonly string[] ClusterLost = ["ClusterUnreachable", "ClusterCredentialsRejected"];

    /// <summary>The main file's content. It names files with credentials and holds none.</summary>
    /// <param name="routing">Who is told.</param>
    /// <param name="directory">The absolute path of the directory of all files, because Alertmanager takes relative ones from wherever it was started.</param>
    public static string Render(AlertRouting routing, string directory) => new YamlMap
    {
        { "global", Global(routing.Smtp, directory) },
        {
            "route", new YamlMap
            {
                { "receiver", routing.DefaultReceiver ?? routing.Receivers.FirstOrDefault()?.Name ?? Nobody },
                { "group_by", ["cluster", "alertname"] },
                { "group_wait", routing.GroupWait },
                { "group_interval", routing.GroupInterval },
                { "repeat_interval", routing.RepeatInterval },
                {
                    "routes", [
                        .. routing.WatchdogReceiver is { } watchdog ? [Watchdog(watchdog, routing.WatchdogInterval)] : Array.Empty<YamlMap>(),
                        // What fires always, to be watched from outside, is no news to anybody else.
                        new YamlMap { { "matchers", ["severity = \"none\""] }, { "receiver", Nobody } },
                        .. routing.Routes.Select(Route),
                    ]
                },
            }
        },
        { "receivers", [new YamlMap { { "name", Nobody } }, .. routing.Receivers.Select((receiver, index) => Receiver(receiver, index, directory))] },
        { "time_intervals", routing.TimeIntervals.Select(Time) },
        {
            // Every inhibition stays within one cluster.
            "inhibit_rules", [
                Inhibit("severity = \"critical\"", ["severity =~ \"warning|info\""], Subject),
                Inhibit("severity = \"warning\"", ["severity = \"info\""], Subject),
                Inhibit("alertname = \"InfoInhibitor\"", ["severity = \"info\""], ["cluster", "namespace"]),
                Inhibit(
                    LabelMatcher.OneOf("alertname", ClusterLost),
                    [$"alertname !~ \"{string.Join('|', ClusterLost)}\"", "severity != \"none\""],
                    ["cluster"]),
            ]
        },
    }.ToString();

    /// <summary>The receivers' credentials by file name, which lie beside the main file. Alertmanager reads them anew for every notification.</summary>
    public static ImmutableSortedDictionary<string, SecretText> Credentials(AlertRouting routing)
    {
        var files = routing.Receivers
            .SelectMany((receiver, index) => Numbered(receiver).Select(numbered => (File: FileOf(index, numbered), Secret: SecretOf(numbered.Integration))))
            .Where(credential => credential.Secret is not null)
            .ToImmutableSortedDictionary(credential => credential.File, credential => credential.Secret!, StringComparer.Ordinal);
        return routing.Smtp?.Password is { } password ? files.Add(SmtpPasswordFile, password) : files;
    }

    private static YamlMap? Global(SmtpServer? smtp, string directory) => smtp is null ? null : new()
    {
        { "smtp_smarthost", smtp.Server },
        { "smtp_from", Literal(smtp.From) },
        { "smtp_auth_username", smtp.Username },
        { "smtp_auth_password_file", smtp.Password is null ? null : $"{directory}/{SmtpPasswordFile}" },
        { "smtp_require_tls", smtp.RequireTls },
    };

    private static YamlMap Watchdog(string receiver, TimeSpan interval) => new()
    {
        { "matchers", [LabelMatcher.OneOf("alertname", ["Watchdog"])] },
        { "receiver", receiver },
        { "group_wait", TimeSpan.Zero },
        // Whether to repeat is decided once per group interval: were both the same, every other time would come a moment too soon.
        { "group_interval", interval },
        { "repeat_interval", interval * 0.75 },
    };

    private static YamlMap Route(AlertRoute route) => new()
    {
        {
            "matchers", [
                .. route.Clusters.IsEmpty ? [] : new[] { LabelMatcher.OneOf("cluster", route.Clusters) },
                .. route.Severities.IsEmpty ? [] : new[] { LabelMatcher.OneOf("severity", route.Severities) },
                .. route.Matchers,
            ]
        },
        { "receiver", route.Receiver },
        { "repeat_interval", route.RepeatInterval },
        { "mute_time_intervals", route.MuteTimes },
        { "active_time_intervals", route.ActiveTimes },
        { "continue", route.Continue ? true : null },
    };

    private static YamlMap Receiver(Receiver receiver, int index, string directory)
    {
        var map = new YamlMap { { "name", receiver.Name } };
        foreach (var kind in Numbered(receiver).GroupBy(numbered => KindOf(numbered.Integration)))
        {
            map.Add($"{kind.Key}_configs", kind.Select(numbered =>
            {
                var config = Config(numbered.Integration, $"{directory}/{FileOf(index, numbered)}");
                config.Add("send_resolved", numbered.Integration.SendResolved);
                return config;
            }));
        }

        return map;
    }

    private static YamlMap Config(Integration integration, string file) => integration switch
    {
        Webhook => new() { { "url_file", file } },
        SlackChannel slack => new()
        {
            { "api_url_file", file },
            { "channel", Literal(slack.Channel) },
            // Slack's message has no text unless it is told one.
            { "text", "{{ range .Alerts }}{{ .Annotations.description }}{{ with .Annotations.runbook_url }} <{{ . }}|Runbook>{{ end }}\n{{ end }}" },
        },
        PagerDutyService pagerDuty => new()
        {
            { "routing_key_file", file },
            { "url", pagerDuty.Url?.AbsoluteUri },
            { "severity", "{{ with .CommonLabels.severity }}{{ . }}{{ else }}error{{ end }}" },
        },
        EmailAddress email => new() { { "to", Literal(email.To) } },
        TeamsChannel => new() { { "webhook_url_file", file } },
        _ => throw new ArgumentException($"no configuration is known for {integration.GetType().Name}", nameof(integration)),
    };

    // Alertmanager takes these texts for templates; a broken one would show only when an alert is not told.
    private static string? Literal(string? text) => text?.Replace("{{", """{{ "{{" }}""", StringComparison.Ordinal);

    private static string KindOf(Integration integration) => integration switch
    {
        Webhook => "webhook",
        SlackChannel => "slack",
        PagerDutyService => "pagerduty",
        EmailAddress => "email",
        _ => "msteamsv2",
    };

    private static SecretText? SecretOf(Integration integration) => integration switch
    {
        Webhook webhook => webhook.Url,
        SlackChannel slack => slack.Url,
        PagerDutyService pagerDuty => pagerDuty.RoutingKey,
        TeamsChannel teams => teams.Url,
        _ => null,
    };

    private static IEnumerable<(Integration Integration, int Number)> Numbered(Receiver receiver) =>
        receiver.Integrations.GroupBy(KindOf).SelectMany(kind => kind.Select((integration, number) => (integration, number)));

    // By their places, as names of receivers may hold what names of files may not.
    private static string FileOf(int receiver, (Integration Integration, int Number) numbered) =>
        string.Create(CultureInfo.InvariantCulture, $"receiver-{receiver}.{KindOf(numbered.Integration)}-{numbered.Number}");

    private static YamlMap Time(NamedTime time) => new()
    {
        { "name", time.Name },
        {
            "time_intervals", [
                new YamlMap
                {
                    { "times", time.Times.Select(range => new YamlMap { { "start_time", range[..5] }, { "end_time", range[6..] } }) },
                    { "weekdays", time.Weekdays },
                    { "days_of_month", time.DaysOfMonth },
                    { "months", time.Months },
                    { "location", time.Location },
                },
            ]
        },
    };

    private static YamlMap Inhibit(string source, string[] targets, string[] equal) => new()
    {
        { "source_matchers", [source] },
        { "target_matchers", targets },
        { "equal", equal },
    };
}
