namespace FleetPrometheus.Dashboards;

/// <summary>The monitoring itself: what each cluster costs the centre, and whether Prometheus and Alertmanager are well.</summary>
internal static class MonitoringDashboard
{
    public static Dashboard Create() => new(
        "fleet-monitoring",
        "Fleet / Monitoring",
        "The monitoring itself: what each cluster costs the centre, and whether Prometheus and Alertmanager are well.",
        [Variable.Clusters],
        [
            new("At a glance",
                Panel.Stat("Prometheus up", Unit.Number, OfCentre("""sum(up{job="prometheus"})""")),
                Panel.Stat("Alertmanagers up", Unit.Number, OfCentre("""sum(up{job="alertmanager"})""")),
                Panel.Stat("Configuration rejected", Unit.Number, OfCentre("""sum(1 - prometheus_config_last_reload_successful{job="prometheus"})""")) with { Thresholds = Thresholds.None },
                Panel.Stat("Series in memory", Unit.Number, OfCentre("""max(prometheus_tsdb_head_series{job="prometheus"})""")),
                Panel.Stat("Samples per second", Unit.Number, OfCentre("""max(sum by (instance) (rate(prometheus_tsdb_head_samples_appended_total{job="prometheus"}[$__rate_interval])))""")),
                Panel.Stat("Rules failed in the last hour", Unit.Number, OfCentre("""sum(increase(prometheus_rule_evaluation_failures_total{job="prometheus"}[1h]))""")) with { Thresholds = Thresholds.None }),
            new("What each cluster costs",
                Panel.TimeSeries("Series scraped", Unit.Number, new Query("""
                    sum by (cluster) (scrape_samples_post_metric_relabeling{cluster=~"$cluster"})
                    """, "{{cluster}}")) with { IsStacked = true },
                Panel.TimeSeries("Series by job", Unit.Number, new Query("""
                    sum by (cluster, job, metrics_path) (scrape_samples_post_metric_relabeling{cluster=~"$cluster"})
                    """, "{{cluster}} {{job}}{{metrics_path}}")),
                Panel.TimeSeries("New series per scrape", Unit.Number, new Query("""
                    sum by (cluster) (scrape_series_added{cluster=~"$cluster"})
                    """, "{{cluster}}")) with { Description = "Lasting high, something in the cluster makes ever new label values." },
                Panel.TimeSeries("Slowest scrape", Unit.Seconds, new Query("""
                    max by (cluster, job, metrics_path) (scrape_duration_seconds{cluster=~"$cluster"})
                    """, "{{cluster}} {{job}}{{metrics_path}}")),
                Panel.TimeSeries("Targets down", Unit.Number, new Query("""
                    count by (cluster, job) (up{cluster=~"$cluster"}) - sum by (cluster, job) (up{cluster=~"$cluster"})
                    """, "{{cluster}} {{job}}")),
                Panel.TimeSeries("Targets by scrape job", Unit.Number, new Query("""
                    max by (cluster, scrape_job) (
                      label_replace(prometheus_target_scrape_pool_targets{job="prometheus", scrape_job=~"($cluster)/.+"}, "cluster", "$1", "scrape_job", "([^/]+)/.+")
                    )
                    """, "{{scrape_job}}")) with { Description = "A job that is configured but discovers nothing stays at 0." }),
            new("Prometheus",
                Panel.TimeSeries("Series in memory", Unit.Number, OfCentre("""sum by (instance) (prometheus_tsdb_head_series{job="prometheus"})""", "{{instance}}")),
                Panel.TimeSeries("Memory", Unit.Bytes, OfCentre("""sum by (instance) (process_resident_memory_bytes{job="prometheus"})""", "{{instance}}")),
                Panel.TimeSeries("CPU", Unit.Cores, OfCentre("""sum by (instance) (rate(process_cpu_seconds_total{job="prometheus"}[$__rate_interval]))""", "{{instance}}")),
                Panel.TimeSeries("Disk", Unit.Bytes,
                    OfCentre("""sum by (instance) (prometheus_tsdb_storage_blocks_bytes{job="prometheus"})""", "{{instance}} blocks"),
                    OfCentre("""sum by (instance) (prometheus_tsdb_wal_storage_size_bytes{job="prometheus"})""", "{{instance}} write-ahead log"),
                    OfCentre("""sum by (instance) (prometheus_tsdb_head_chunks_storage_size_bytes{job="prometheus"})""", "{{instance}} head chunks")) with { IsStacked = true },
                Panel.TimeSeries("Slowest rule group", Unit.Seconds, OfCentre("""max by (instance) (prometheus_rule_group_last_duration_seconds{job="prometheus"})""", "{{instance}}"))
                    with { Description = "Must stay below the evaluation interval." },
                Panel.TimeSeries("Samples refused", Unit.PerSecond,
                    OfCentre("""sum by (instance) (rate(prometheus_target_scrapes_sample_duplicate_timestamp_total{job="prometheus"}[$__rate_interval]))""", "{{instance}} duplicate"),
                    OfCentre("""sum by (instance) (rate(prometheus_target_scrapes_sample_out_of_order_total{job="prometheus"}[$__rate_interval]))""", "{{instance}} out of order"),
                    OfCentre("""sum by (instance) (rate(prometheus_target_scrapes_sample_out_of_bounds_total{job="prometheus"}[$__rate_interval]))""", "{{instance}} too old")),
                Panel.TimeSeries("Scrapes beyond a limit", Unit.PerSecond,
                    OfCentre("""sum by (instance) (rate(prometheus_target_scrapes_exceeded_sample_limit_total{job="prometheus"}[$__rate_interval]))""", "{{instance}} samples"),
                    OfCentre("""sum by (instance) (rate(prometheus_target_scrapes_exceeded_body_size_limit_total{job="prometheus"}[$__rate_interval]))""", "{{instance}} body size"),
                    OfCentre("""sum by (instance) (rate(prometheus_target_scrape_pool_exceeded_target_limit_total{job="prometheus"}[$__rate_interval]))""", "{{instance}} targets"))
                    with { Description = "Each is a scrape, or for targets a whole job, that was given up to protect the centre." },
                Panel.TimeSeries("Discovery failures", Unit.PerSecond, OfCentre("""sum by (instance) (rate(prometheus_sd_kubernetes_failures_total{job="prometheus"}[$__rate_interval]))""", "{{instance}}"))
                    with { Description = "Of all clusters together: Prometheus doesn't say which." },
                Panel.TimeSeries("Queries", Unit.RequestsPerSecond, OfCentre("""
                    sum by (instance) (rate(prometheus_http_requests_total{job="prometheus", handler=~"/api/v1/query(_range)?"}[$__rate_interval]))
                    """, "{{instance}}"))),
            new("Alerting",
                Panel.TimeSeries("Alerts firing", Unit.Number, new Query("""count by (cluster) (ALERTS{alertstate="firing", cluster=~"$cluster"}) or 0 * max by (cluster) (up{cluster=~"$cluster"})""", "{{cluster}}")),
                Panel.TimeSeries("Alerts sent to Alertmanager", Unit.PerSecond,
                    OfCentre("""sum by (instance, alertmanager) (rate(prometheus_notifications_sent_total{job="prometheus"}[$__rate_interval]))""", "{{instance}} sent"),
                    OfCentre("""sum by (instance, alertmanager) (rate(prometheus_notifications_errors_total{job="prometheus"}[$__rate_interval]))""", "{{instance}} failed")),
                Panel.TimeSeries("Notifications", Unit.PerSecond,
                    OfCentre("""sum by (integration) (rate(alertmanager_notifications_total{job="alertmanager"}[$__rate_interval]))""", "{{integration}} sent"),
                    OfCentre("""sum by (integration) (rate(alertmanager_notifications_failed_total{job="alertmanager"}[$__rate_interval]))""", "{{integration}} failed"))),
        ]);

    private static Query OfCentre(string expression, string name = "") => new(expression, name) { IsOfCentre = true };
}
