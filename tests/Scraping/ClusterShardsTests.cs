using System.Globalization;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Tests.Scraping;

public class ClusterShardsTests
{
    private static readonly string[] Clusters = [.. Enumerable.Range(0, 1000).Select(number => string.Create(CultureInfo.InvariantCulture, $"cluster-{number:0000}"))];

    [Fact]
    public void Of_OneShard_HasEveryCluster() =>
        Assert.All(Clusters, cluster => Assert.Equal(0, ClusterShards.Of(cluster, 1)));

    [Fact]
    public void Of_NoShard_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ClusterShards.Of("stage", 0));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(15)]
    public void Of_OneShardMore_MovesItsShareAndToItselfOnly(int count)
    {
        var moved = Clusters.Where(cluster => ClusterShards.Of(cluster, count) != ClusterShards.Of(cluster, count + 1)).ToList();

        Assert.All(moved, cluster => Assert.Equal(count, ClusterShards.Of(cluster, count + 1)));
        // Four standard deviations of a fair draw.
        var ideal = (double)Clusters.Length / (count + 1);
        Assert.InRange(moved.Count, ideal - (4 * Math.Sqrt(ideal)), ideal + (4 * Math.Sqrt(ideal)));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(16)]
    public void Of_ManyClusters_AreSpreadEvenly(int count)
    {
        var sizes = Clusters.CountBy(cluster => ClusterShards.Of(cluster, count)).Select(shard => shard.Value).ToList();

        Assert.Equal(count, sizes.Count);
        var mean = (double)Clusters.Length / count;
        Assert.All(sizes, size => Assert.InRange(size, mean - (4 * Math.Sqrt(mean)), mean + (4 * Math.Sqrt(mean))));
    }

    /// <summary>Another release, machine, culture or process must find each cluster where it is: a cluster that moves leaves its history behind.</summary>
    [Fact]
    public void Of_KnownNames_StayWhereTheyAre()
    {
        var culture = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("ar-SA");

            Assert.Equal("41022404", string.Concat(new[] { "stage", "product", "edge-001", "edge-002", "branch", "central", "a", "z" }.Select(cluster => ClusterShards.Of(cluster, 5).ToString(CultureInfo.InvariantCulture))));
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }
}
