using System.Collections.Immutable;
using FleetPrometheus.Validation;
using FleetPrometheus.Yaml;

namespace FleetPrometheus.Scraping;

/// <summary>One entry of <c>scrape_configs</c>, as far as this program uses its fields.</summary>
/// <remarks>Source of field names and meaning: Prometheus 3.5 configuration, &lt;scrape_config&gt;.</remarks>
public sealed record ScrapeConfig
{
    /// <summary>Unique in the whole configuration; a name given twice makes Prometheus refuse all of it.</summary>
    public required string JobName { get; init; }

    /// <summary>Default null: the global interval.</summary>
    public TimeSpan? ScrapeInterval { get; init; }

    /// <summary>Default null: the global timeout. Never longer than the interval.</summary>
    public TimeSpan? ScrapeTimeout { get; init; }

    /// <summary>Default null: <c>/metrics</c>.</summary>
    public string? MetricsPath { get; init; }

    /// <summary>The query of every scrape, each parameter with its values. Default none.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<string>> Params { get; init; } = ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal);

    /// <summary>Default null: <c>http</c>.</summary>
    public string? Scheme { get; init; }

    /// <summary>Whether exposed labels win over target labels.</summary>
    public bool HonorLabels { get; init; }

    /// <summary>Whether series with timestamps of their own end when they are no longer exposed, rather than five minutes later.</summary>
    public bool TrackTimestampsStaleness { get; init; }

    /// <summary>The format assumed when a target does not say what it serves. Default null: that scrape fails.</summary>
    public string? FallbackScrapeProtocol { get; init; }

    /// <summary>How targets are reached.</summary>
    public HttpClientConfig Client { get; init; } = new();

    /// <summary>Bounds, or null for none.</summary>
    public ScrapeLimits? Limits { get; init; }

    /// <summary>How many discovered but not scraped targets are remembered for the web UI. Default null: all.</summary>
    public int? KeepDroppedTargets { get; init; }

    /// <summary>Targets known beforehand.</summary>
    public ImmutableArray<StaticConfig> StaticConfigs { get; init; } = [];

    /// <summary>Files of targets, by patterns; looked at when they change.</summary>
    public ImmutableArray<string> FileSdConfigs { get; init; } = [];

    /// <summary>Targets discovered.</summary>
    public ImmutableArray<KubernetesSdConfig> KubernetesSdConfigs { get; init; } = [];

    /// <summary>Steps from discovered to scraped targets.</summary>
    public ImmutableArray<RelabelConfig> RelabelConfigs { get; init; } = [];

    /// <summary>Steps from exposed to stored samples.</summary>
    public ImmutableArray<RelabelConfig> MetricRelabelConfigs { get; init; } = [];

    internal YamlMap ToYaml()
    {
        var map = new YamlMap
        {
            { "job_name", JobName },
            { "scrape_interval", ScrapeInterval },
            { "scrape_timeout", ScrapeTimeout },
            { "scheme", Scheme },
            { "metrics_path", MetricsPath },
            { "honor_labels", HonorLabels ? true : null },
            { "track_timestamps_staleness", TrackTimestampsStaleness ? true : null },
            { "fallback_scrape_protocol", FallbackScrapeProtocol },
        };
        map.Add("params", Parameters());
        Client.AddTo(map);
        map.Add("sample_limit", Bound(Limits?.Samples));
        map.Add("label_limit", Bound(Limits?.Labels));
        map.Add("label_value_length_limit", Bound(Limits?.LabelValueLength));
        map.Add("target_limit", Bound(Limits?.Targets));
        map.Add("body_size_limit", Bound(Limits?.BodyBytes) is { } bytes ? ByteSize.Format(bytes) : null);
        map.Add("keep_dropped_targets", KeepDroppedTargets);
        map.Add("static_configs", StaticConfigs.Select(config => config.ToYaml()));
        map.Add("file_sd_configs", FileSdConfigs.Select(pattern => new YamlMap { { "files", [pattern] } }));
        map.Add("kubernetes_sd_configs", KubernetesSdConfigs.Select(config => config.ToYaml()));
        map.Add("relabel_configs", RelabelConfigs.Select(config => config.ToYaml()));
        map.Add("metric_relabel_configs", MetricRelabelConfigs.Select(config => config.ToYaml()));
        return map;
    }

    private YamlMap? Parameters()
    {
        var map = new YamlMap();
        foreach (var (name, values) in Params)
        {
            map.Add(name, values);
        }

        return Params.IsEmpty ? null : map;
    }

    private static long? Bound(long? limit) => limit > 0 ? limit : null;
}
