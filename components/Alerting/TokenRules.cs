using System.Globalization;
using FleetPrometheus.Yaml;

namespace FleetPrometheus.Alerting;

/// <summary>
/// When a cluster's token was issued, as the series that alert <c>ClusterTokenOld</c> looks at. No exporter knows it, so it is recorded as
/// the constant that it is until the next rotation.
/// </summary>
public static class TokenRules
{
    /// <summary>The name of the series: seconds since 1970, by <c>cluster</c>.</summary>
    public const string Metric = "cluster:token_issued:timestamp_seconds";

    /// <summary>The alert that looks at it.</summary>
    public const string Alert = "ClusterTokenOld";

    /// <summary>The age in days beyond which a token is to be rotated, as the alert has it; null when the alert is off.</summary>
    public static double? OldAfter(AlertingOptions options)
    {
        var setting = options.Alerts.GetValueOrDefault(Alert) ?? new AlertSetting();
        return setting.Enabled ? setting.Threshold ?? AlertingRules.Alerts.Single(alert => alert.Id == Alert).Threshold : null;
    }

    /// <summary>The content of the cluster's rule file.</summary>
    public static string Render(string cluster, DateTimeOffset issued) => new YamlMap
    {
        {
            "groups", [
                new YamlMap
                {
                    { "name", $"token-of-{cluster}" },
                    {
                        "rules", [
                            new YamlMap
                            {
                                { "record", Metric },
                                { "expr", $"vector({issued.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)})" },
                                { "labels", new YamlMap { { "cluster", cluster } } },
                            },
                        ]
                    },
                },
            ]
        },
    }.ToString();
}
