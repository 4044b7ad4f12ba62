using FleetPrometheus.Alerting;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Processes;

namespace FleetPrometheus.Tests.Alerting;

/// <summary>
/// The real Prometheus, Alertmanager, blackbox_exporter and node_exporter, set up so that they show whatever rules look at: rules, a remote store, discovery,
/// and for node_exporter a RAID array and a bonded interface that this machine need not have.
/// </summary>
public sealed class RealPrograms : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();
    private readonly ProcessSupervisor _processes = new();
    private readonly HttpClient _http = new();

    /// <summary>Parses expressions.</summary>
    internal PrometheusApi Api { get; private set; } = null!;

    /// <summary>What the programs expose, as the jobs <c>prometheus</c>, <c>alertmanager</c> and <c>node-exporter</c>.</summary>
    internal IReadOnlyList<MetricInventory> Inventories { get; private set; } = [];

    public async Task InitializeAsync()
    {
        var prometheus = Address();
        var alertmanager = Address();
        var node = Address();
        var hardware = Address();
        var blackbox = Address();
        foreach (var file in AlertingRules.All)
        {
            _directory.Write($"rules/{file.Name}", file.Text);
        }

        var configuration = _directory.Write("prometheus.yml", $$$"""
            global: {scrape_interval: 1s, evaluation_interval: 1s}
            rule_files: [rules/*.yml]
            alerting: {alertmanagers: [{static_configs: [{targets: ['{{{alertmanager}}}']}]}]}
            remote_write: [{name: long, url: 'http://{{{alertmanager}}}/nothing-here'}]
            scrape_configs:
              - {job_name: prometheus, static_configs: [{targets: ['{{{prometheus}}}'], labels: {cluster: central}}]}
              - {job_name: nodes, kubernetes_sd_configs: [{role: node, api_server: 'http://{{{alertmanager}}}'}]}
            """);
        // Its own Alertmanager takes the notifications: one that was sent is one that is counted.
        var routing = _directory.Write("alertmanager.yml", $$$"""
            route: {receiver: web, group_wait: 0s}
            receivers: [{name: web, webhook_configs: [{url: 'http://{{{alertmanager}}}/nothing-here'}]}]
            """);
        _directory.Write("proc/mdstat", "Personalities : [raid1]\nmd0 : active raid1 vdb[0] vdc[1](F)\n      1000 blocks super 1.2 [2/1] [U_]\n\nunused devices: <none>\n");
        _directory.Write("proc/sys/net/netfilter/nf_conntrack_count", "5\n");
        _directory.Write("proc/sys/net/netfilter/nf_conntrack_max", "10\n");
        _directory.Write("sys/class/net/bonding_masters", "bond0\n");
        _directory.Write("sys/class/net/bond0/bonding/slaves", "eth9\n");
        _directory.Write("sys/class/net/bond0/lower_eth9/bonding_slave/mii_status", "up\n");

        var started = new[]
        {
            await StartAsync(Tool.Prometheus, prometheus, "-/ready", $"--config.file={configuration}", $"--storage.tsdb.path={Path.Combine(_directory.Path, "data")}", $"--web.listen-address={prometheus}"),
            await StartAsync(Tool.Alertmanager, alertmanager, "-/ready", $"--config.file={routing}", $"--storage.path={Path.Combine(_directory.Path, "alertmanager")}",
                $"--web.listen-address={alertmanager}", $"--cluster.listen-address={Address()}"),
            await StartAsync(Tool.NodeExporter, node, "", $"--web.listen-address={node}", $"--collector.textfile.directory={_directory.Path}"),
            await StartAsync(Tool.NodeExporter, hardware, "", $"--web.listen-address={hardware}", "--collector.disable-defaults", "--collector.mdadm", "--collector.bonding", "--collector.conntrack",
                $"--path.procfs={Path.Combine(_directory.Path, "proc")}", $"--path.sysfs={Path.Combine(_directory.Path, "sys")}"),
            await StartAsync(Tool.BlackboxExporter, blackbox, "-/healthy", $"--web.listen-address={blackbox}", $"--config.file={_directory.Write("blackbox.yml", "modules: {}\n")}"),
        };
        await Task.WhenAll(started);
        Api = new PrometheusApi(new Uri($"http://{prometheus}"), "", "");
        // The watchdog's way through Alertmanager to the failing receiver shows every counter on it.
        await UntilAsync(alertmanager, "alertmanager_notifications_failed_total{");
        await UntilAsync(prometheus, "prometheus_notifications_sent_total{");
        await UntilAsync(prometheus, "prometheus_target_metadata_cache_entries{");
        await UntilAsync(prometheus, "prometheus_tsdb_head_samples_appended_total{");
        await UntilAsync(prometheus, "prometheus_remote_storage_queue_highest_sent_timestamp_seconds{");
        Inventories =
        [
            await ReadAsync("prometheus", prometheus),
            await ReadAsync("alertmanager", alertmanager),
            await ReadAsync("blackbox-exporter", blackbox),
            (await ReadAsync("node-exporter", node)).With(await ReadAsync("node-exporter", hardware)),
        ];
    }

    public async Task DisposeAsync()
    {
        Api?.Dispose();
        await _processes.DisposeAsync();
        _http.Dispose();
        _directory.Dispose();
    }

    private static string Address() => $"127.0.0.1:{FreePort.Find()}";

    private async Task<Task> StartAsync(Tool tool, string address, string ready, params string[] arguments)
    {
        var run = await Tools.RunOfAsync(tool, arguments);
        return _processes.Start(run with { Name = $"{tool.Name}-{address.Split(':')[1]}" }).UntilReadyAsync(_http, new Uri($"http://{address}/{ready}"), Soon);
    }

    private async Task<MetricInventory> ReadAsync(string job, string address) =>
        MetricInventory.FromExposition($"the real {job}", job, null, await _http.GetStringAsync(new Uri($"http://{address}/metrics")));

    private async Task UntilAsync(string address, string text)
    {
        var deadline = DateTime.UtcNow + Soon;
        while (!(await _http.GetStringAsync(new Uri($"http://{address}/metrics"))).Contains(text, StringComparison.Ordinal))
        {
            Assert.True(DateTime.UtcNow < deadline, $"{address} never exposed {text}");
            await Task.Delay(200);
        }
    }
}
