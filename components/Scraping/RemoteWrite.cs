using System.Collections.Immutable;
using System.Text.RegularExpressions;
using FleetPrometheus.Validation;
using FleetPrometheus.Yaml;

namespace FleetPrometheus.Scraping;

/// <summary>A store that Prometheus sends everything to, such as Mimir, Thanos Receive or VictoriaMetrics.</summary>
/// <remarks>Source of field names and defaults: Prometheus 3.5 configuration.</remarks>
public sealed record RemoteWrite
{
    /// <summary>Its name in metrics and file names: a DNS label, unique.</summary>
    public string Name { get; init; } = "";

    /// <summary>The address that samples are posted to, without a user.</summary>
    public Uri? Url { get; init; }

    /// <summary>Who sends. Default null: nobody in particular, or whom <see cref="BearerToken"/> says.</summary>
    public StoreUser? User { get; init; }

    /// <summary>A token in the place of <see cref="User"/>. Default null.</summary>
    public SecretText? BearerToken { get; init; }

    /// <summary>Headers of every request, such as the tenant's. They are no secrets. Default none.</summary>
    public ImmutableSortedDictionary<string, string> Headers { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>The CA of its certificate, PEM. Default null: the system's roots.</summary>
    public string? CaCertificate { get; init; }

    /// <summary>Checks no certificate. Default false.</summary>
    public bool InsecureSkipVerify { get; init; }

    /// <summary>How long a request may take. Default 30 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How samples wait, and how many go at once.</summary>
    public RemoteWriteQueue Queue { get; init; } = new();

    /// <summary>RE2 expressions of the names of metrics that are sent. Default none: all are.</summary>
    public ImmutableArray<string> Keep { get; init; } = [];

    /// <summary>RE2 expressions of the names of metrics that are not sent, also of those in <see cref="Keep"/>. Default none.</summary>
    public ImmutableArray<string> Drop { get; init; } = [];

    /// <summary>The label that tells replicas of one Prometheus apart in the store; null: nothing does. Default <see cref="PrometheusMainFile.ReplicaLabel"/>.</summary>
    public string? ReplicaLabel { get; init; } = PrometheusMainFile.ReplicaLabel;

    /// <summary>A label with the name that replicas of one Prometheus have in common. Default null: none.</summary>
    public string? PairLabel { get; init; }
}

/// <summary>A user of a store.</summary>
public sealed record StoreUser(string Username, SecretText Password);

/// <summary>How samples wait for a store, and how many go at once. Null is Prometheus's own default.</summary>
public sealed record RemoteWriteQueue
{
    /// <summary>Samples that wait per shard of the queue. Prometheus's default 10,000.</summary>
    public int? Capacity { get; init; }

    /// <summary>Requests at once at most. Prometheus's default 50.</summary>
    public int? MaxShards { get; init; }

    /// <summary>Samples per request at most. Prometheus's default 2,000.</summary>
    public int? MaxSamplesPerSend { get; init; }

    /// <summary>How long samples wait for a full request. Prometheus's default 5 s.</summary>
    public TimeSpan? BatchSendDeadline { get; init; }

    /// <summary>How long the first wait after a failure is. Prometheus's default 30 ms.</summary>
    public TimeSpan? MinBackoff { get; init; }

    /// <summary>How long a wait after failures is at most. Prometheus's default 5 s.</summary>
    public TimeSpan? MaxBackoff { get; init; }
}

/// <summary>How Prometheus is told of its stores.</summary>
public static class RemoteWriteFiles
{
    /// <summary>The files of credentials, by their names within <see cref="ConfigurationPaths.RemoteWrite"/>.</summary>
    public static ImmutableSortedDictionary<string, SecretText> Credentials(IEnumerable<RemoteWrite> stores) => stores
        .SelectMany(store => new[] { KeyValuePair.Create(PasswordFile(store), store.User?.Password), KeyValuePair.Create(TokenFile(store), store.BearerToken) })
        .Where(file => file.Value is not null)
        .ToImmutableSortedDictionary(file => file.Key, file => file.Value!, StringComparer.Ordinal);

    /// <summary>The store in Prometheus's main file.</summary>
    internal static YamlMap ToYaml(RemoteWrite store, PrometheusConfiguration configuration)
    {
        var map = new YamlMap
        {
            { "url", store.Url!.AbsoluteUri },
            { "name", store.Name },
            { "remote_timeout", store.Timeout },
            { "headers", store.Headers },
            { "write_relabel_configs", Relabelling(store, configuration).Select(step => step.ToYaml()) },
        };
        new HttpClientConfig
        {
            BasicAuth = store.User is { } user ? new(user.Username, InDirectory(PasswordFile(store))) : null,
            CredentialsFile = store.BearerToken is null ? null : InDirectory(TokenFile(store)),
            Tls = store.InsecureSkipVerify ? new() { InsecureSkipVerify = true } : store.CaCertificate is { } ca ? new() { Ca = ca } : null,
            FollowRedirects = false,
        }.AddTo(map);
        map.Add("queue_config", new YamlMap
        {
            { "capacity", store.Queue.Capacity },
            { "max_shards", store.Queue.MaxShards },
            { "max_samples_per_send", store.Queue.MaxSamplesPerSend },
            { "batch_send_deadline", store.Queue.BatchSendDeadline },
            { "min_backoff", store.Queue.MinBackoff },
            { "max_backoff", store.Queue.MaxBackoff },
            { "retry_on_http_429", true }, // a store that has enough for now says so; by default its answer would lose the samples
        });
        return map;
    }

    private static IEnumerable<RelabelConfig> Relabelling(RemoteWrite store, PrometheusConfiguration configuration)
    {
        var program = configuration.Program;
        if (configuration.Shard is { } shard)
        {
            // What concerns the centre every shard has, and most stores take a series from one sender only.
            var others = string.Join('|', configuration.OtherShards.Select(other => other.Number));
            yield return RelabelConfig.DropShape(
                ["cluster", "job", "shard"],
                $"{Regex.Escape(configuration.CentralName)};(prometheus;({others}){(shard == 0 ? "" : "|(alertmanager|prometheus-query|push-front|push-forwarder|);.*|certificate-probe;")})");
        }

        foreach (var step in new MetricSelection { Only = store.Keep, Drop = store.Drop }.ToRelabelling())
        {
            yield return step;
        }

        // Only where the label is ours: a series may have one of that name itself.
        if (store.ReplicaLabel != PrometheusMainFile.ReplicaLabel)
        {
            if (store.ReplicaLabel is { } label)
            {
                yield return RelabelConfig.Rewrite([PrometheusMainFile.ReplicaLabel], $"({program}-[0-9]+)", label, "${1}");
            }

            yield return RelabelConfig.Rewrite([PrometheusMainFile.ReplicaLabel], $"{program}-[0-9]+", PrometheusMainFile.ReplicaLabel, "");
        }

        if (store.PairLabel is { } pair)
        {
            yield return RelabelConfig.Set(pair, program);
        }
    }

    private static string InDirectory(string file) => $"{ConfigurationPaths.RemoteWrite}/{file}";

    private static string PasswordFile(RemoteWrite store) => $"{store.Name}.password";

    private static string TokenFile(RemoteWrite store) => $"{store.Name}.token";
}
