using FleetPrometheus.Scraping;
using FleetPrometheus.Yaml;

namespace FleetPrometheus.Dashboards;

/// <summary>The files by which Grafana knows, from its first start, where the data and the dashboards are.</summary>
public static class GrafanaProvisioning
{
    /// <summary>The directory they lie in, in Grafana's image.</summary>
    public const string DirectoryPath = "/etc/grafana/provisioning";

    /// <summary>The data source's file within <see cref="DirectoryPath"/>.</summary>
    public const string DataSourceFile = "datasources/fleet.yaml";

    /// <summary>The dashboards' file within <see cref="DirectoryPath"/>.</summary>
    public const string DashboardsFile = "dashboards/fleet.yaml";

    /// <summary>The data source: the central Prometheus, asked by Grafana itself and not by the user's browser.</summary>
    /// <param name="prometheus">Its address.</param>
    /// <param name="user">The user of its web endpoints.</param>
    /// <param name="passwordFile">The file that holds the password, as Grafana sees it; the password itself is nowhere in here.</param>
    /// <param name="scrapeInterval">How often it scrapes; below that, graphs would show nothing between samples.</param>
    /// <param name="tls">How its certificate is verified, where it has one; the CA's file, as Grafana sees it, and the name. Grafana reads the file when it starts.</param>
    public static string DataSource(string prometheus, string user, string passwordFile, TimeSpan scrapeInterval, TlsConfig? tls = null) => new YamlMap
    {
        { "apiVersion", 1 },
        {
            "datasources", new[]
            {
                new YamlMap
                {
                    { "name", "Fleet" },
                    { "uid", "fleet-prometheus" },
                    { "type", "prometheus" },
                    { "access", "proxy" },
                    { "url", Literal(prometheus) },
                    { "isDefault", true },
                    { "editable", false },
                    { "basicAuth", true },
                    { "basicAuthUser", Literal(user) },
                    {
                        "jsonData", new YamlMap
                        {
                            { "httpMethod", "POST" },
                            { "prometheusType", "Prometheus" },
                            { "timeInterval", scrapeInterval },
                            { "tlsAuthWithCACert", tls is null ? null : true },
                            { "serverName", tls?.ServerName },
                        }
                    },
                    { "secureJsonData", new YamlMap { { "basicAuthPassword", $"$__file{{{passwordFile}}}" }, { "tlsCACert", tls is null ? null : $"$__file{{{tls.CaFile}}}" } } },
                },
            }
        },
    }.ToString();

    /// <summary>The dashboards: every file in a directory, in a folder of their own.</summary>
    /// <param name="directory">The directory, as Grafana sees it.</param>
    public static string Dashboards(string directory) => new YamlMap
    {
        { "apiVersion", 1 },
        {
            "providers", new[]
            {
                new YamlMap
                {
                    { "name", "fleet" },
                    { "folder", "Fleet" },
                    { "type", "file" },
                    { "disableDeletion", true },
                    { "allowUiUpdates", false }, // the next rollout would undo them; people save copies instead
                    { "updateIntervalSeconds", 30 },
                    { "options", new YamlMap { { "path", directory } } },
                },
            }
        },
    }.ToString();

    // Grafana takes $NAME for an environment variable in every value.
    private static string Literal(string text) => text.Replace("$", "$$", StringComparison.Ordinal);
}
