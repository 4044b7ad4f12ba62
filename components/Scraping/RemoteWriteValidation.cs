using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.RegularExpressions;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Scraping;

/// <summary>Checks the stores that Prometheus sends to.</summary>
public static partial class RemoteWriteValidation
{
    private const string Key = "remoteWrite";

    // Those that Prometheus refuses, because it writes them itself. Source: Prometheus 3.5.
    private static readonly FrozenSet<string> OwnHeaders = FrozenSet.ToFrozenSet(
        ["authorization", "host", "content-encoding", "content-length", "content-type", "user-agent", "connection", "keep-alive", "proxy-authenticate",
            "proxy-authorization", "www-authenticate", "accept-encoding", "x-prometheus-remote-write-version", "x-prometheus-remote-read-version", "transfer-encoding", "trailer", "te", "upgrade"],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Notes every problem.</summary>
    public static void Check(ImmutableArray<RemoteWrite> stores, Problems problems)
    {
        foreach (var (index, store) in stores.Index())
        {
            Check($"{Key}[{index}]", store, problems);
        }

        foreach (var twice in stores.Select(store => store.Name).GroupBy(name => name).Where(group => group.Count() > 1))
        {
            problems.Add(Key, twice.Key, $"is the name of {twice.Count()} stores; give each its own");
        }
    }

    private static void Check(string key, RemoteWrite store, Problems problems)
    {
        problems.Check($"{key}.name", store.Name, Checks.DnsLabel(store.Name));
        if (store.Url is null)
        {
            problems.Add($"{key}.url", null, "is missing; write the address that samples are posted to");
        }

        if (store is { User: not null, BearerToken: not null })
        {
            problems.Add($"{key}.bearerToken", null, "takes the place of basicAuth; write either the one or the other");
        }

        foreach (var name in store.Headers.Keys)
        {
            problems.Check($"{key}.headers", name, !HeaderName().IsMatch(name) ? "must consist of letters, digits and '-'"
                : OwnHeaders.Contains(name) ? "is a header that Prometheus writes itself; for credentials there are basicAuth and bearerToken"
                : null);
        }

        foreach (var (name, expressions) in new[] { ("keep", store.Keep), ("drop", store.Drop) })
        {
            foreach (var (index, expression) in expressions.Index())
            {
                problems.Check($"{key}.{name}[{index}]", expression, Checks.Expression(expression));
            }
        }

        problems.Check($"{key}.replicaLabel", store.ReplicaLabel, store.ReplicaLabel is null ? null : CheckLabel(store.ReplicaLabel));
        problems.Check($"{key}.pairLabel", store.PairLabel, store.PairLabel is null ? null : CheckLabel(store.PairLabel));
        if (store.PairLabel is not null && store.PairLabel == store.ReplicaLabel)
        {
            problems.Add($"{key}.pairLabel", store.PairLabel, "must differ from replicaLabel");
        }

        Check($"{key}.queue", store.Queue, problems);
    }

    private static void Check(string key, RemoteWriteQueue queue, Problems problems)
    {
        foreach (var (name, value) in new[] { ("capacity", queue.Capacity), ("maxShards", queue.MaxShards), ("maxSamplesPerSend", queue.MaxSamplesPerSend) })
        {
            problems.Check($"{key}.{name}", $"{value}", value < 1 ? "must be 1 or more" : null);
        }

        if (queue.MinBackoff > queue.MaxBackoff)
        {
            problems.Add($"{key}.minBackoff", PrometheusDuration.Format(queue.MinBackoff.Value), "must not be longer than maxBackoff");
        }
    }

    /// <summary>
    /// A label that what is sent to a store may carry besides its own: unlike those of our series, it may begin with two underscores (Mimir: <c>__replica__</c>).
    /// </summary>
    public static string? CheckLabel(string name) =>
        PrometheusLabels.IsName(name) && name is not ("cluster" or "job" or "instance" or "__name__") ? null
        : "must be a label's name, and not one that series have already, such as cluster, job or instance";

    [GeneratedRegex(@"^[A-Za-z0-9-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex HeaderName();
}
