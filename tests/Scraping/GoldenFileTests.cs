using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Tests.Scraping;

public sealed class GoldenFileTests
{
    public static TheoryData<string> Clusters => [.. Samples.All.Select(cluster => cluster.Name)];

    [Theory]
    [MemberData(nameof(Clusters))]
    public async Task Render_Cluster_IsAsReviewedAndPromtoolAcceptsIt(string name)
    {
        var cluster = Samples.All.Single(cluster => cluster.Name == name);
        Golden.Check($"cluster-{name}.yml", ClusterScrapeFile.Render(cluster));
        await CheckAsync(Samples.Central, cluster);
    }

    [Fact]
    public async Task Render_Main_IsAsReviewedAndPromtoolAcceptsIt()
    {
        Golden.Check("prometheus.yml", PrometheusMainFile.Render(Samples.Central));
        await CheckAsync(Samples.Central, [.. Samples.All]);
    }

    [Fact]
    public async Task Render_MainUnprotectedWithoutAlertmanager_IsAsReviewedAndPromtoolAcceptsIt()
    {
        Golden.Check("prometheus-local.yml", PrometheusMainFile.Render(Samples.Local));
        await CheckAsync(Samples.Local);
    }

    [Fact]
    public async Task CheckConfig_CredentialsMissing_Fails()
    {
        using var directory = new TemporaryDirectory();
        ConfigurationTree.Write(directory, Samples.Central, [Samples.Default]);
        File.Delete(Path.Combine(directory.Path, ConfigurationPaths.Clusters, ConfigurationPaths.JobTokenFile("stage", Samples.Default.TokenId)));
        var (exitCode, output) = await Tools.RunAsync(Tool.Promtool, "/", "check", "config", Path.Combine(directory.Path, ConfigurationPaths.Main));
        Assert.True(exitCode != 0, output);
    }

    private static async Task CheckAsync(PrometheusConfiguration main, params Cluster[] clusters)
    {
        using var directory = new TemporaryDirectory();
        ConfigurationTree.Write(directory, main, clusters);
        // From another directory, so that every path must be relative to its file.
        await Tools.SucceedAsync(Tool.Promtool, "/", "check", "config", "--lint=all", "--lint-fatal", Path.Combine(directory.Path, ConfigurationPaths.Main));
    }
}
