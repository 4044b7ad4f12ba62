using System.Collections.Immutable;
using System.Globalization;
using FleetPrometheus.Yaml;

namespace FleetPrometheus.Scraping;

/// <summary>The main file, <see cref="ConfigurationPaths.Main"/>.</summary>
public static class PrometheusMainFile
{
    /// <summary>The label that tells replicas of one Prometheus apart, and the environment variable it is taken from.</summary>
    public const string ReplicaLabel = "replica";

    /// <inheritdoc cref="ReplicaLabel"/>
    public const string ReplicaVariable = "PROMETHEUS_REPLICA";

    // Of what another shard knows of its own targets, each job has a dozen series, which only that one's rules ask for.
    private static readonly ImmutableArray<string> OthersJobs =
        ["prometheus_target_scrape_pool_.+", "prometheus_target_sync_.+", "prometheus_target_metadata_cache_bytes", "prometheus_sd_discovered_targets"];

    /// <summary>The file's content, the same bytes for the same configuration.</summary>
    public static string Render(PrometheusConfiguration configuration)
    {
        var client = new HttpClientConfig
        {
            BasicAuth = configuration.WebUser is { } user ? new(user, ConfigurationPaths.WebPassword) : null,
            FollowRedirects = false,
        };
        return new YamlMap
        {
            {
                "global", new YamlMap
                {
                    { "scrape_interval", configuration.ScrapeInterval },
                    { "scrape_timeout", configuration.ScrapeTimeout },
                    { "evaluation_interval", configuration.EvaluationInterval },
                    { "external_labels", ExternalLabels(configuration) },
                }
            },
            { "storage", configuration.OutOfOrderWindow is { } window ? new YamlMap { { "tsdb", new YamlMap { { "out_of_order_time_window", window } } } } : null },
            { "rule_files", [$"{ConfigurationPaths.Rules}/*.yml", $"{ConfigurationPaths.Clusters}/*{ConfigurationPaths.RuleSuffix}"] },
            { "scrape_config_files", [$"{ConfigurationPaths.Clusters}/*.yml", .. configuration.OwnCluster ? [ConfigurationPaths.OwnCluster] : Array.Empty<string>()] },
            {
                "alerting", new YamlMap
                {
                    // Replicas must send identical alerts, or each would notify for itself.
                    { "alert_relabel_configs", [RelabelConfig.DropLabel(ReplicaLabel).ToYaml()] },
                    { "alertmanagers", configuration.Alertmanagers.IsEmpty ? [] : new[] { Notify(configuration, Verifying(client, configuration.Tls?.Alertmanager)) } },
                }
            },
            {
                "scrape_configs", new[]
                {
                    Self("prometheus", configuration.Prometheuses, configuration, Verifying(client, configuration.Tls?.Prometheus), configuration.Shard),
                    OtherShards(configuration, Verifying(client, configuration.Tls?.Prometheus)),
                    Self("prometheus-query", configuration.GlobalQueries, configuration, Verifying(client, configuration.Tls?.Prometheus)),
                    Self("alertmanager", configuration.Alertmanagers, configuration, Verifying(client, configuration.Tls?.Alertmanager)),
                    Self("blackbox-exporter", configuration.BlackboxExporter is { } own ? [own] : [], configuration, client, configuration.Shard),
                    // Its certificate is for the address that clusters send to, not for this one.
                    Self("push-front", configuration.PushFronts, configuration, client with { Tls = new() { InsecureSkipVerify = true } }),
                    Self("push-forwarder", configuration.PushForwarders, configuration, Verifying(client, configuration.Tls?.PushForwarder)),
                }.Where(config => !config.StaticConfigs.IsEmpty)
                    .Concat(configuration.BlackboxExporter is { } exporter ? Probes(exporter, client, configuration) : [])
                    .Select(config => config.ToYaml())
            },
            { "remote_write", configuration.RemoteWrite.Select(store => RemoteWriteFiles.ToYaml(store, configuration)) },
        }.ToString();
    }

    // In external labels, and nowhere else, Prometheus replaces ${NAME} by the environment's value; $$ is a dollar sign.
    private static IEnumerable<KeyValuePair<string, string>> ExternalLabels(PrometheusConfiguration configuration) =>
        configuration.ExternalLabels
            .Select(label => KeyValuePair.Create(label.Key, label.Value.Replace("$", "$$", StringComparison.Ordinal)))
            .Concat(SaysWhichReplica(configuration) ? [KeyValuePair.Create(ReplicaLabel, $"${{{ReplicaVariable}}}")] : [])
            .OrderBy(label => label.Key, StringComparer.Ordinal);

    private static bool SaysWhichReplica(PrometheusConfiguration configuration) =>
        configuration.Shard is null || (configuration.Prometheuses.Length > 1 && configuration.RemoteWrite.Any(store => store.ReplicaLabel is not null));

    private static YamlMap Notify(PrometheusConfiguration configuration, HttpClientConfig client)
    {
        var map = new YamlMap { { "scheme", Scheme(client) } };
        client.AddTo(map);
        map.Add("static_configs", [new StaticConfig { Targets = configuration.Alertmanagers }.ToYaml()]);
        return map;
    }

    // What listens on loopback speaks HTTP in any case.
    internal static HttpClientConfig Verifying(HttpClientConfig client, string? serverName) =>
        serverName is null ? client : client with { Tls = new() { CaFile = ConfigurationPaths.WebCa, ServerName = serverName } };

    internal static string? Scheme(HttpClientConfig client) => client.Tls is null ? null : "https";

    private static IEnumerable<ScrapeConfig> Probes(string exporter, HttpClientConfig client, PrometheusConfiguration configuration)
    {
        var probe = new ScrapeConfig
        {
            JobName = ClusterProbe.Job,
            MetricsPath = "/probe",
            Client = client,
            RelabelConfigs = [RelabelConfig.Copy("__address__", "__param_target"), RelabelConfig.Set("__address__", exporter)],
        };
        yield return probe with { FileSdConfigs = [$"{ConfigurationPaths.Clusters}/*{ConfigurationPaths.ProbeSuffix}"] };
        var endpoints = configuration.HttpsEndpoints.SelectMany(program => Self("", program.Addresses, configuration, client, program.Shard).StaticConfigs).ToImmutableArray();
        if (!endpoints.IsEmpty)
        {
            yield return probe with
            {
                JobName = CertificateProbe.Job,
                StaticConfigs = [.. endpoints.Select(endpoint => endpoint with { Labels = [.. endpoint.Labels, new("__param_module", CertificateProbe.Module)] })],
            };
        }
    }

    private static ScrapeConfig OtherShards(PrometheusConfiguration configuration, HttpClientConfig client) =>
        Self("prometheus", [], configuration, client) with
        {
            JobName = "prometheus-shards",
            StaticConfigs =
            [
                .. configuration.OtherShards.SelectMany(shard => Self("prometheus", shard.Addresses, configuration, client, shard.Number).StaticConfigs)
                    .Select(target => target with { Labels = [.. target.Labels, new("job", "prometheus")] }),
            ],
            MetricRelabelConfigs = [RelabelConfig.DropMetrics(OthersJobs)],
        };

    private static ScrapeConfig Self(string job, ImmutableArray<string> addresses, PrometheusConfiguration configuration, HttpClientConfig client, int? shard = null)
    {
        var names = InstanceNames(addresses);
        return new()
        {
            JobName = job,
            Scheme = Scheme(client),
            Client = client,
            StaticConfigs =
            [
                .. addresses.Select((address, index) => new StaticConfig
                {
                    Targets = [address],
                    Labels =
                    [
                        new("cluster", configuration.CentralName),
                        new("instance", names[index]),
                        .. shard is { } number ? [KeyValuePair.Create("shard", number.ToString(CultureInfo.InvariantCulture))] : Array.Empty<KeyValuePair<string, string>>(),
                    ],
                }),
            ],
        };
    }

    // "prometheus-0" says what "prometheus-0.prometheus.monitoring.svc:9090" does; where that would not tell apart, the whole address must do.
    private static ImmutableArray<string> InstanceNames(ImmutableArray<string> addresses)
    {
        var hosts = addresses.Select(address => address[..address.LastIndexOf(':')]).ToArray();
        var names = hosts.Select(host => host.Split('.')[0]).ToImmutableArray();
        return hosts.All(host => Uri.CheckHostName(host) == UriHostNameType.Dns) && names.Distinct(StringComparer.Ordinal).Count() == names.Length
            ? names
            : addresses;
    }
}
