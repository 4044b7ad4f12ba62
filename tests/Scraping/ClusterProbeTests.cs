using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Scraping;
using FleetPrometheus.Tests.Alerting;

namespace FleetPrometheus.Tests.Scraping;

/// <summary>The probe of API servers, and what the real exporter makes of it.</summary>
public sealed class ClusterProbeTests
{
    [Fact]
    public async Task Modules_EveryCluster_AreAsReviewedAndTheExporterAcceptsThem()
    {
        var modules = ClusterProbe.Modules(Samples.All, "/etc/prometheus");
        Golden.Check("blackbox.yml", modules);
        Assert.Equal(modules, ClusterProbe.Modules(Samples.All.Reverse(), "/etc/prometheus"));
        using var directory = new TemporaryDirectory();
        await Tools.SucceedAsync(Tool.BlackboxExporter, "/", "--config.check", $"--config.file={directory.Write(ConfigurationPaths.Blackbox, modules)}");
    }

    [Theory]
    [InlineData("gateway")]
    [InlineData("true")]
    public void TargetFile_Cluster_IsAsReviewed(string name) =>
        Golden.Check($"{name}.probe.json", ClusterProbe.TargetFile(Samples.All.Single(cluster => cluster.Name == name)));

    [Fact]
    public async Task Probe_ByTheRealPrograms_SaysWhyAClusterDoesNotAnswer()
    {
        await using var server = await FakeApiServer.StartAsync([], _ => Task.CompletedTask);
        await using var exporter = new ProcessSupervisor();
        var good = Samples.Default with { Name = "good", ApiServer = server.Address };
        var revoked = good with { Name = "revoked" };
        var untrusted = good with { Name = "untrusted" };
        var down = good with { Name = "down", ApiServer = new("https://127.0.0.1:1") };
        var address = $"127.0.0.1:{FreePort.Find()}";
        await using var prometheus = await RunningPrometheus.StartAsync([good, revoked, untrusted, down], server.Certificate, address);
        File.WriteAllText(Path.Combine(prometheus.Directory, ConfigurationPaths.Clusters, ConfigurationPaths.DiscoveryTokenFile("revoked")), "another");
        File.WriteAllText(Path.Combine(prometheus.Directory, ConfigurationPaths.Clusters, ConfigurationPaths.CaFile("untrusted")), ConfigurationTree.Certificate());
        exporter.Start(await Tools.RunOfAsync(Tool.BlackboxExporter, $"--config.file={Path.Combine(prometheus.Directory, ConfigurationPaths.Blackbox)}", $"--web.listen-address={address}"));

        foreach (var (cluster, status) in new[] { (good, 200), (revoked, 401), (untrusted, 0), (down, 0) })
        {
            var labels = Assert.Single(await prometheus.SeriesAsync($"probe_http_status_code{{job=\"cluster-probe\",cluster=\"{cluster.Name}\"}} == {status}", 1));
            Assert.Equal(cluster.ApiServer.Authority, labels["instance"]);
            Assert.Equal("stage", labels["environment"]);
        }

        Assert.All(await prometheus.SeriesAsync("probe_ssl_earliest_cert_expiry - time() > 23 * 3600", 2), labels => Assert.Contains(labels["cluster"], (string[])["good", "revoked"]));
        Assert.Contains(server.Requests, request => request == (ClusterProbe.Page, "", "Bearer token"));

        // What rules may select is what the exporter has.
        using var client = new HttpClient();
        var real = MetricInventory.FromExposition("the real probe", ClusterProbe.Job, null, await client.GetStringAsync(
            new Uri($"http://{address}/probe?module=good&target={server.Address}")));
        var written = MetricInventory.Written.Single(inventory => inventory.Job == ClusterProbe.Job);
        Assert.All(written.Metrics, metric =>
        {
            Assert.Equal(metric.Value.Type, real.Metrics[metric.Key].Type);
            Assert.Equal(metric.Value.Labels, real.Metrics[metric.Key].Labels);
        });
    }
}
