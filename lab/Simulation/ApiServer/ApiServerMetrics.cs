using System.Collections.Concurrent;
using System.Globalization;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>Counts the requests served and writes them as the real API server's <c>/metrics</c> does.</summary>
internal sealed class ApiServerMetrics(ObjectStore store)
{
    private static readonly double[] Bounds = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

    private static readonly string[] CertificateBounds =
        ["0", "1800", "3600", "7200", "21600", "43200", "86400", "172800", "345600", "604800", "2.592e+06", "7.776e+06", "1.5552e+07", "3.1104e+07", "+Inf"];

    private readonly ConcurrentDictionary<(Series Series, int Code), long[]> _requests = new();
    private readonly ConcurrentDictionary<Series, Histogram> _durations = new();
    private readonly ConcurrentDictionary<Series, long[]> _longRunning = new();
    private readonly double _started = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
    private long _inflight;
    private long _authenticated;
    private long _unauthenticated;

    /// <summary>Counts a request from its beginning; call the result's <c>Dispose</c> at its end.</summary>
    public Measurement Begin(RequestInfo request) => new(this, Series.Of(request));

    public void CountAuthentication(bool succeeded) => Interlocked.Increment(ref succeeded ? ref _authenticated : ref _unauthenticated);

    public Exposition Write()
    {
        var exposition = new Exposition();
        exposition.Family("apiserver_request_total", "counter", "[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.");
        foreach (var ((series, code), count) in _requests.OrderBy(pair => (pair.Key.Series.ToString(), pair.Key.Code)))
        {
            exposition.Sample(Interlocked.Read(ref count[0]), ("code", code.ToString(CultureInfo.InvariantCulture)), ("component", "apiserver"), ("dry_run", ""),
                ("group", series.Group), ("resource", series.Resource), ("scope", series.Scope), ("subresource", series.Subresource), ("verb", series.Verb), ("version", series.Version));
        }
        exposition.Family("apiserver_request_duration_seconds", "histogram", "[STABLE] Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.");
        foreach (var (series, histogram) in _durations.OrderBy(pair => pair.Key.ToString(), StringComparer.Ordinal)) histogram.Write(exposition, series);
        exposition.Family("apiserver_request_sli_duration_seconds", "histogram", "[ALPHA] Response latency distribution (not counting webhook duration and priority & fairness queue wait times) in seconds for each verb, group, version, resource, subresource, scope and component.");
        foreach (var (series, histogram) in _durations.OrderBy(pair => pair.Key.ToString(), StringComparer.Ordinal)) histogram.Write(exposition, series, isSli: true);
        exposition.Family("apiserver_client_certificate_expiration_seconds", "histogram", "[ALPHA] Distribution of the remaining lifetime on the certificate used to authenticate a request.");
        // Nobody in the lab authenticates by certificate.
        foreach (var bound in CertificateBounds) exposition.Suffixed("_bucket", 0, ("le", bound));
        exposition.Suffixed("_sum", 0).Suffixed("_count", 0);
        exposition.Family("aggregator_unavailable_apiservice", "gauge", "[ALPHA] Gauge of APIServices which are marked as unavailable broken down by APIService name.");
        foreach (var service in KubeKind.All.Select(kind => $"{kind.Version}.{kind.Group}").Distinct().Order(StringComparer.Ordinal)) exposition.Sample(0, ("name", service));
        exposition.Family("apiserver_longrunning_requests", "gauge", "[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.");
        foreach (var (series, count) in _longRunning.OrderBy(pair => pair.Key.ToString(), StringComparer.Ordinal))
        {
            exposition.Sample(Interlocked.Read(ref count[0]), ("component", "apiserver"), ("group", series.Group), ("resource", series.Resource),
                ("scope", series.Scope), ("subresource", series.Subresource), ("verb", series.Verb), ("version", series.Version));
        }
        exposition.Family("apiserver_current_inflight_requests", "gauge", "[STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.")
            .Sample(0, ("request_kind", "mutating"))
            .Sample(Interlocked.Read(ref _inflight), ("request_kind", "readOnly"));
        exposition.Family("apiserver_storage_objects", "gauge", "[STABLE] Number of stored objects at the time of last check split by kind.");
        foreach (var kind in KubeKind.All.OrderBy(kind => kind.ToString(), StringComparer.Ordinal)) exposition.Sample(store.Count(kind), ("resource", kind.ToString()));
        exposition.Family("authentication_attempts", "counter", "[ALPHA] Counter of authenticated attempts.")
            .Sample(Interlocked.Read(ref _unauthenticated), ("result", "failure"))
            .Sample(Interlocked.Read(ref _authenticated), ("result", "success"));
        exposition.Family("kubernetes_build_info", "gauge", "[ALPHA] A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.")
            .Sample(1, ("build_date", "2025-08-13T00:00:00Z"), ("compiler", "gc"), ("git_version", Discovery.GitVersion), ("go_version", "go1.24.5"), ("major", "1"), ("minor", "33"), ("platform", "linux/amd64"));
        ProcessMetrics.Write(exposition, _started);
        return exposition;
    }

    internal readonly record struct Series(string Verb, string Group, string Version, string Resource, string Subresource, string Scope)
    {
        public static Series Of(RequestInfo request) => new(
            request.Subresource == "proxy" ? "CONNECT" : request.Verb switch
            {
                "create" => "POST", "update" => "PUT", "patch" => "PATCH", "deletecollection" => "DELETECOLLECTION",
                _ => request.Verb.ToUpperInvariant(),
            },
            request.Group ?? "", request.Version, request.Resource, request.IsResource ? request.Subresource : request.Path,
            !request.IsResource ? "" : request.Verb is "list" or "watch" ? request.Namespace.Length > 0 ? "namespace" : "cluster" : "resource");

        public bool IsLongRunning => Verb is "WATCH" or "CONNECT";
    }

    /// <summary>One request under way.</summary>
    internal struct Measurement(ApiServerMetrics metrics, Series series)
    {
        private readonly long _begun = metrics.Enter(series);

        public readonly void End(int code) => metrics.Leave(series, code, _begun);
    }

    private long Enter(Series series)
    {
        Interlocked.Increment(ref _inflight);
        if (series.IsLongRunning) Interlocked.Increment(ref _longRunning.GetOrAdd(series, _ => new long[1])[0]);
        return Environment.TickCount64;
    }

    private void Leave(Series series, int code, long begun)
    {
        Interlocked.Decrement(ref _inflight);
        if (series.IsLongRunning) Interlocked.Decrement(ref _longRunning.GetOrAdd(series, _ => new long[1])[0]);
        // Paths nobody serves would make a series each.
        if (code == 404 && series.Group.Length == 0 && series.Resource.Length == 0) series = series with { Subresource = "" };
        Interlocked.Increment(ref _requests.GetOrAdd((series, code), _ => new long[1])[0]);
        if (series.Verb != "WATCH") _durations.GetOrAdd(series, _ => new Histogram()).Observe((Environment.TickCount64 - begun) / 1000.0);
    }

    private sealed class Histogram
    {
        private readonly long[] _buckets = new long[Bounds.Length];
        private long _count;
        private double _sum;

        public void Observe(double seconds)
        {
            lock (_buckets)
            {
                for (var i = 0; i < Bounds.Length; i++)
                    if (seconds <= Bounds[i])
                        _buckets[i]++;
                _count++;
                _sum += seconds;
            }
        }

        public void Write(Exposition exposition, Series series, bool isSli = false)
        {
            lock (_buckets)
            {
                for (var i = 0; i < Bounds.Length; i++) Sample("_bucket", _buckets[i], Bounds[i].ToString(CultureInfo.InvariantCulture));
                Sample("_bucket", _count, "+Inf");
                Sample("_sum", _sum, null);
                Sample("_count", _count, null);
            }

            void Sample(string suffix, double value, string? bound) => exposition.Suffixed(suffix, value, ("component", "apiserver"), ("dry_run", isSli ? null : ""),
                ("group", series.Group), ("resource", series.Resource), ("scope", series.Scope), ("subresource", series.Subresource),
                ("verb", series.Verb), ("version", series.Version), ("le", bound));
        }
    }
}
