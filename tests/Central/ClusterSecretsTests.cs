using FleetPrometheus.Central;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Central;

public class ClusterSecretsTests
{
    /// <summary>These numbers must never change: a cluster that moves leaves its files in two Secrets for a moment.</summary>
    [Theory]
    [InlineData("stage", 13)]
    [InlineData("product", 23)]
    [InlineData("a", 18)]
    public void IndexOf_Name_IsStable(string name, int expected) => Assert.Equal(expected, ClusterSecrets.IndexOf(name));

    [Fact]
    public void IndexOf_ManyNames_FillsEverySecret()
    {
        var counts = Enumerable.Range(0, 1000).CountBy(number => ClusterSecrets.IndexOf($"cluster-{number}")).Select(item => item.Value).ToList();

        Assert.Equal(ClusterSecrets.Count, counts.Count);
        Assert.InRange(counts.Max(), 1000 / ClusterSecrets.Count, 2 * 1000 / ClusterSecrets.Count);
    }

    [Fact]
    public void Distribute_Clusters_KeepsAClustersFilesTogether()
    {
        var secrets = ClusterSecrets.Distribute(WatchedClusters.Many(100));

        Assert.Equal(ClusterSecrets.Count, secrets.Length);
        Assert.All(Enumerable.Range(0, 100).Select(number => $"cluster-{number}"), name =>
        {
            var holder = Assert.Single(secrets, files => files.Keys.Any(file => file.StartsWith($"{name}.", StringComparison.Ordinal)));
            Assert.Equal(
                [$"{name}.ca.crt", $"{name}.probe.json", $"{name}.rules", $"{name}.token", $"{name}.token.a1", $"{name}.yml"],
                holder.Keys.Where(file => file.StartsWith($"{name}.", StringComparison.Ordinal)));
        });
    }

    [Fact]
    public void Distribute_OtherOrder_IsTheSame()
    {
        var clusters = WatchedClusters.Many(50);

        Assert.Equal(
            ClusterSecrets.Distribute(clusters).Select(files => string.Join('\n', files.Select(file => $"{file.Key}={file.Value.Reveal()}"))),
            ClusterSecrets.Distribute([.. clusters.Reverse()]).Select(files => string.Join('\n', files.Select(file => $"{file.Key}={file.Value.Reveal()}"))));
    }

    [Fact]
    public void CheckSizes_ThousandClusters_Fit()
    {
        var problems = new Problems();

        ClusterSecrets.CheckSizes(WatchedClusters.Many(1000), Prometheus.ProgramName, problems);

        Assert.Empty(problems);
    }

    [Fact]
    public void CheckSizes_HugeCa_NamesTheClusters()
    {
        var cluster = WatchedClusters.Create("stage");
        var problems = new Problems();

        ClusterSecrets.CheckSizes(
            [cluster with { Connection = cluster.Connection with { CaCertificate = new string('x', ClusterSecrets.MaximumBytes) } }], Prometheus.ProgramName, problems);

        Assert.Contains("stage", Assert.Single(problems).ToString());
    }

    [Fact]
    public void For_RotatedToken_KeepsTheOneBefore()
    {
        var files = ClusterFiles.For(WatchedClusters.Rotated("stage"));

        Assert.Equal("new-token-value-of-stage", files["stage.token"].Reveal());
        Assert.Equal("new-token-value-of-stage", files["stage.token.b2"].Reveal());
        Assert.Equal("token-value-of-stage", files["stage.token.a1"].Reveal());
        Assert.Contains("stage.token.b2", files["stage.yml"].Reveal());
    }

    [Fact]
    public void For_SystemRootsOrInsecure_HasNoCa()
    {
        var cluster = WatchedClusters.Create("stage");

        Assert.DoesNotContain("stage.ca.crt", ClusterFiles.For(cluster with { Connection = cluster.Connection with { CaCertificate = null } }).Keys);
        Assert.DoesNotContain("stage.ca.crt", ClusterFiles.For(cluster with { InsecureSkipVerify = true }).Keys);
    }
}
