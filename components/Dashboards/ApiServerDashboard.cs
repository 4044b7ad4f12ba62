namespace FleetPrometheus.Dashboards;

/// <summary>The API servers: what is asked of them, how fast and how well they answer.</summary>
internal static class ApiServerDashboard
{
    // CONNECT and WATCH last as long as their client wishes.
    private const string Answers = """job="apiserver", verb!~"WATCH|CONNECT", cluster=~"$cluster" """;

    private const string BehindOneAddress =
        "Behind one balanced address every scrape may meet another control-plane member, whose counters differ: list the members as apiServers for exact rates.";

    public static Dashboard Create() => new(
        "fleet-apiserver",
        "Fleet / API server",
        "The API servers: what is asked of them, how fast and how well they answer. " + BehindOneAddress,
        [Variable.Clusters],
        [
            new("At a glance",
                Panel.Table("API servers",
                    new("""min by (cluster, instance) (up{job="apiserver", cluster=~"$cluster"})""", "Answers") { IsTruth = true },
                    new("""count by (cluster, instance, git_version) (kubernetes_build_info{job="apiserver", cluster=~"$cluster"})""", "Version") { ShownLabel = "git_version" },
                    new("""max by (cluster, instance) (time() - process_start_time_seconds{job="apiserver", cluster=~"$cluster"})""", "Up for") { Unit = Unit.Seconds },
                    new("""sum by (cluster, instance) (process_resident_memory_bytes{job="apiserver", cluster=~"$cluster"})""", "Memory") { Unit = Unit.Bytes },
                    new("""sum by (cluster, instance) (rate(process_cpu_seconds_total{job="apiserver", cluster=~"$cluster"}[$__rate_interval]))""", "CPU") { Unit = Unit.Cores },
                    new("""max by (cluster, instance) (scrape_duration_seconds{job="apiserver", cluster=~"$cluster"})""", "Scrape takes") { Unit = Unit.Seconds })
                    with { Height = 6 }),
            new("Requests",
                Panel.TimeSeries("By cluster", Unit.RequestsPerSecond, new Query("""
                    sum by (cluster) (rate(apiserver_request_total{job="apiserver", cluster=~"$cluster"}[$__rate_interval]))
                    """, "{{cluster}}")) with { Description = BehindOneAddress },
                Panel.TimeSeries("By verb", Unit.RequestsPerSecond, new Query("""
                    sum by (cluster, verb) (rate(apiserver_request_total{job="apiserver", cluster=~"$cluster"}[$__rate_interval]))
                    """, "{{cluster}} {{verb}}")),
                Panel.TimeSeries("By answer", Unit.RequestsPerSecond, new Query("""
                    sum by (cluster, code) (rate(apiserver_request_total{job="apiserver", cluster=~"$cluster"}[$__rate_interval]))
                    """, "{{cluster}} {{code}}")),
                Panel.TimeSeries("Failed by the server", Unit.Share, new Query("""
                    (
                      sum by (cluster) (rate(apiserver_request_total{job="apiserver", code=~"5..", cluster=~"$cluster"}[$__rate_interval]))
                      or 0 * sum by (cluster) (rate(apiserver_request_total{job="apiserver", cluster=~"$cluster"}[$__rate_interval]))
                    )
                    / sum by (cluster) (rate(apiserver_request_total{job="apiserver", cluster=~"$cluster"}[$__rate_interval]))
                    """, "{{cluster}}")),
                Panel.TimeSeries("Refused or throttled", Unit.RequestsPerSecond, new Query("""
                    sum by (cluster) (rate(apiserver_request_total{job="apiserver", code=~"401|403|429", cluster=~"$cluster"}[$__rate_interval]))
                      or 0 * sum by (cluster) (rate(apiserver_request_total{job="apiserver", cluster=~"$cluster"}[$__rate_interval]))
                    """, "{{cluster}}")) with { Description = "401: credentials unknown; 403: a right is missing; 429: too many at once." },
                Panel.TimeSeries("Busiest resources", Unit.RequestsPerSecond, new Query("""
                    topk(10, sum by (cluster, resource, verb) (rate(apiserver_request_total{job="apiserver", resource!="", cluster=~"$cluster"}[$__rate_interval])))
                    """, "{{cluster}} {{verb}} {{resource}}"))),
            new("How fast",
                Panel.TimeSeries("99th percentile by cluster", Unit.Seconds, new Query($$"""
                    histogram_quantile(0.99, sum by (cluster, le) (rate(apiserver_request_duration_seconds_bucket{{{Answers}}}[$__rate_interval])))
                    """, "{{cluster}}")) with { Description = "Without watches and connections, which last as long as their client wishes." },
                Panel.TimeSeries("99th percentile by verb", Unit.Seconds, new Query($$"""
                    histogram_quantile(0.99, sum by (cluster, verb, le) (rate(apiserver_request_duration_seconds_bucket{{{Answers}}}[$__rate_interval])))
                    """, "{{cluster}} {{verb}}")),
                Panel.TimeSeries("On average", Unit.Seconds, new Query($$"""
                    sum by (cluster) (rate(apiserver_request_duration_seconds_sum{{{Answers}}}[$__rate_interval]))
                      / sum by (cluster) (rate(apiserver_request_duration_seconds_count{{{Answers}}}[$__rate_interval]))
                    """, "{{cluster}}"))),
            new("Load",
                Panel.TimeSeries("Requests under way", Unit.Number, new Query("""
                    sum by (cluster, request_kind) (apiserver_current_inflight_requests{job="apiserver", cluster=~"$cluster"})
                    """, "{{cluster}} {{request_kind}}")),
                Panel.TimeSeries("Watches and connections", Unit.Number, new Query("""
                    sum by (cluster, verb) (apiserver_longrunning_requests{job="apiserver", cluster=~"$cluster"})
                    """, "{{cluster}} {{verb}}")),
                Panel.TimeSeries("Stored objects", Unit.Number, new Query("""
                    topk(10, max by (cluster, resource) ({__name__=~"apiserver_resource_objects|apiserver_storage_objects|etcd_object_counts", job="apiserver", cluster=~"$cluster"}))
                    """, "{{cluster}} {{resource}}")) with { Description = "The name of this metric differs between Kubernetes versions; any of them will do." },
                Panel.TimeSeries("Memory", Unit.Bytes, new Query("""
                    sum by (cluster, instance) (process_resident_memory_bytes{job="apiserver", cluster=~"$cluster"})
                    """, "{{cluster}} {{instance}}")),
                Panel.TimeSeries("CPU", Unit.Cores, new Query("""
                    sum by (cluster, instance) (rate(process_cpu_seconds_total{job="apiserver", cluster=~"$cluster"}[$__rate_interval]))
                    """, "{{cluster}} {{instance}}")),
                Panel.TimeSeries("Goroutines", Unit.Number, new Query("""
                    sum by (cluster, instance) (go_goroutines{job="apiserver", cluster=~"$cluster"})
                    """, "{{cluster}} {{instance}}"))),
        ]);
}
