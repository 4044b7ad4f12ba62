using System.Collections.Immutable;
using FleetPrometheus.Infra.Settings;
using FleetPrometheus.Scraping;
using FleetPrometheus.Targets;

namespace FleetPrometheus.Tests.Infra;

/// <summary><c>metrics</c> and <c>jobs</c>: what is stored of a cluster's jobs, and how often they are scraped.</summary>
public sealed class JobSettingsTests
{
    [Fact]
    public void Read_WithoutThem_StoresWhatIsUsual()
    {
        var jobs = JobsOf();

        Assert.All(jobs, job => Assert.Equal((null, null), (job.ScrapeInterval, job.ScrapeTimeout)));
        Assert.All(jobs, job => Assert.Empty(job.Metrics.Only));
        Assert.False(Job(jobs, "cadvisor").Metrics.Stores("container_tasks_state"));
        Assert.False(Job(jobs, "apiserver").Metrics.Stores("apiserver_request_duration_seconds_bucket", "0.6"));
        Assert.True(Job(jobs, "apiserver").Metrics.Stores("apiserver_request_duration_seconds_bucket", "0.8"));
        Assert.True(Job(jobs, "coredns").Metrics.Stores("whatever"));
    }

    [Fact]
    public void Read_Both_TheJobsOwnChoiceWins()
    {
        var jobs = JobsOf(
            ("metrics", "needed"),
            ("jobs", """
                {"cadvisor": {"scrapeInterval": "1m", "scrapeTimeout": "20s", "keep": ["container_spec_.+"], "drop": ["container_memory_cache"]},
                 "node-exporter": {"metrics": "all"}, "kubelet": {"metrics": "none", "keep": ["kubelet_node_name"]}, "coredns": {"scrapeInterval": "15s", "drop": ["go_.+"]}}
                """));

        var cadvisor = Job(jobs, "cadvisor");
        Assert.Equal((TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(20)), (cadvisor.ScrapeInterval, cadvisor.ScrapeTimeout));
        Assert.True(cadvisor.Metrics.Stores("container_spec_cpu_shares") && cadvisor.Metrics.Stores("container_memory_rss"));
        Assert.False(cadvisor.Metrics.Stores("container_memory_cache") || cadvisor.Metrics.Stores("container_memory_swap"));
        Assert.True(Job(jobs, "node-exporter").Metrics.Stores("node_anything"));
        Assert.Equal(["kubelet_node_name"], Job(jobs, "kubelet").Metrics.Only.AsEnumerable());
        Assert.Equal(NeededMetrics.Of("kube-state-metrics"), Job(jobs, "kube-state-metrics").Metrics.Only);
        Assert.Equal(TimeSpan.FromSeconds(15), Job(jobs, "coredns").ScrapeInterval);
        Assert.True(Job(jobs, "coredns").Metrics.Stores("coredns_x") && !Job(jobs, "coredns").Metrics.Stores("go_x"));
    }

    [Fact]
    public void Read_OwnCluster_HasTheSameChoices()
    {
        var options = Given.Read<CentralSettings>(Given.Central(("ownCluster", """{"enabled": true, "metrics": "all", "jobs": {"cadvisor": {"scrapeInterval": "1m"}}}"""))).OwnCluster.Options;

        Assert.Equal(MetricProfile.All, options.Metrics);
        Assert.Equal(TimeSpan.FromMinutes(1), options.JobOptions["cadvisor"].ScrapeInterval);
        Assert.Equal(
            ["ownCluster.jobs.cadviser: is no job of this cluster; did you mean 'cadvisor'?"],
            Given.ProblemsOf(Given.Central(("ownCluster", """{"enabled": true, "jobs": {"cadviser": {}}}"""))));
    }

    [Theory]
    [InlineData("""{"cadviser": {}}""", "jobs.cadviser: is no job of this cluster; did you mean 'cadvisor'?")]
    [InlineData("""{"cadvisor": {"scrapeInterval": "3m"}}""", "jobs.cadvisor.scrapeInterval: '3m': must be 1s to 2m; rules that look back five minutes would see gaps")]
    [InlineData("""{"cadvisor": {"scrapeInterval": "0s"}}""", "jobs.cadvisor.scrapeInterval: '0s': must be a duration of at least 1s, such as 30s, 1h30m or 15d")]
    [InlineData("""{"cadvisor": {"scrapeInterval": "20s", "scrapeTimeout": "30s"}}""", "jobs.cadvisor.scrapeTimeout: '30s': is longer than scrapeInterval; make it at most that")]
    [InlineData("""{"cadvisor": {"scrapeTimeout": "30s"}}""", "jobs.cadvisor.scrapeTimeout: '30s': needs a scrapeInterval beside it, which it must not exceed")]
    [InlineData("""{"cadvisor": {"keep": ["a("]}}""", "jobs.cadvisor.keep[0]: 'a(': must be an RE2 expression")]
    [InlineData("""{"cadvisor": {"drop": ["a", "(?=b)"]}}""", "jobs.cadvisor.drop[1]: '(?=b)': must be an RE2 expression")]
    [InlineData("""{"coredns": {"metrics": "needed"}}""", "jobs.coredns.metrics: 'needed': is known only of apiserver, cadvisor, kube-state-metrics, kubelet, node-exporter; write none, and in keep what is to be stored")]
    [InlineData("""{"kubelet": {"metrics": "none"}}""", "jobs.kubelet.keep: is missing; with metrics none, name what is to be stored")]
    [InlineData("""{"kubelet": {"metrics": "none", "keep": ["a"], "drop": ["b"]}}""", "jobs.kubelet.drop: has no meaning with metrics none, which stores nothing but what keep names; leave it out")]
    [InlineData("""{"kubelet": {"metrics": "few"}}""", "jobs.kubelet.metrics: 'few': must be one of usual, needed, all, none")]
    [InlineData("[]", "jobs: '[]': must be a mapping from jobs to what is chosen for them, such as {cadvisor: {scrapeInterval: 1m}}")]
    public void Read_BadJobs_SaysWhatToWrite(string jobs, string expected) =>
        Assert.Equal([expected], Given.ProblemsOf(Given.Target(("scrapeJobs", """["coredns"]"""), ("jobs", jobs))));

    private static ImmutableArray<ScrapeJob> JobsOf(params (string, string?)[] keys)
    {
        var settings = Given.Read<TargetSettings>(Given.Target([("scrapeJobs", """["coredns"]"""), .. keys]));
        return TargetJobs.For(new TargetClusterArgs
        {
            ClusterName = settings.ClusterName,
            ExtraJobs = [.. settings.ScrapeJobs.Select(job => job.ToJob())],
            Metrics = settings.Metrics,
            JobOptions = settings.Jobs,
        });
    }

    private static ScrapeJob Job(IEnumerable<ScrapeJob> jobs, string key) => jobs.Single(job => job.Key == key);
}
