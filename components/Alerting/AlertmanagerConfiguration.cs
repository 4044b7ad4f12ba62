using FleetPrometheus.Yaml;

namespace FleetPrometheus.Alerting;

/// <summary>Alertmanager's configuration.</summary>
public static class AlertmanagerConfiguration
{
    /// <summary>The file's name.</summary>
    public const string FileName = "alertmanager.yml";

    /// <summary>The receiver that tells nobody; operators cannot name one of theirs so.</summary>
    public const string Nobody = "nobody";

    /// <summary>The file's content. It holds the receivers' addresses in clear, hence belongs into a Secret.</summary>
    public static string Render(AlertRouting routing) => new YamlMap
    {
        {
            "route", new YamlMap
            {
                { "receiver", routing.DefaultReceiver ?? routing.Receivers.FirstOrDefault()?.Name ?? Nobody },
                { "group_by", ["cluster", "alertname"] },
                { "group_wait", routing.GroupWait },
                { "group_interval", routing.GroupInterval },
                { "repeat_interval", routing.RepeatInterval },
                // What fires always, to be watched from outside, is no news to anybody.
                { "routes", [new YamlMap { { "matchers", ["severity = \"none\""] }, { "receiver", Nobody } }] },
            }
        },
        { "receivers", [new YamlMap { { "name", Nobody } }, .. routing.Receivers.Select(Webhook)] },
        {
            // Every inhibition stays within one cluster.
            "inhibit_rules", [
                Inhibit("severity = \"critical\"", ["severity = \"warning\""], ["cluster", "alertname"]),
                Inhibit("alertname = \"ClusterUnreachable\"", ["alertname != \"ClusterUnreachable\"", "severity != \"none\""], ["cluster"]),
            ]
        },
    }.ToString();

    private static YamlMap Webhook(WebhookReceiver receiver) => new()
    {
        { "name", receiver.Name },
        { "webhook_configs", [new YamlMap { { "url", receiver.Url.Reveal() } }] },
    };

    private static YamlMap Inhibit(string source, string[] targets, string[] equal) => new()
    {
        { "source_matchers", [source] },
        { "target_matchers", targets },
        { "equal", equal },
    };
}
