using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Tests.Scraping;

public sealed class InsideScrapeTests
{
    [Fact]
    public async Task ScrapeConfigs_EveryKindOfJob_AreAsReviewedAndPromtoolAcceptsThem()
    {
        var file = ScrapeConfigFile.Render(InsideScrape.ScrapeConfigs(Samples.Inside));
        Golden.Check("inside-central.yml", file);

        using var directory = new TemporaryDirectory();
        directory.Write("clusters/central.yml", file);
        var main = directory.Write("prometheus.yml", "scrape_config_files: [clusters/*.yml]\n");
        // The files of the pod's account are not there, only the syntax can be looked at.
        await Tools.SucceedAsync(Tool.Promtool, "/", "check", "config", "--syntax-only", "--lint=all", "--lint-fatal", main);
    }

    [Fact]
    public void ScrapeConfigs_JobsOnTheSamePods_ShareOneDiscovery()
    {
        var configs = InsideScrape.ScrapeConfigs(Samples.Inside);
        string Discovery(string job) => ScrapeConfigFile.Render([.. configs.Where(config => config.JobName == job).Select(config => config with { JobName = "", RelabelConfigs = [], MetricRelabelConfigs = [], HonorLabels = false })]);

        Assert.Equal(Discovery("central/node-exporter"), Discovery("central/kube-state-metrics"));
    }

    [Fact]
    public void ScrapeConfigs_Pods_AreShownNoToken()
    {
        var shown = InsideScrape.ScrapeConfigs(Samples.Inside).Where(config => config.Client.CredentialsFile is not null).Select(config => config.JobName);

        Assert.Equal(["central/apiserver", "central/kubelet", "central/kubelet/cadvisor"], shown);
    }
}
