using System.Globalization;
using System.Text.Json.Nodes;
using FleetPrometheus.Sizing;

namespace FleetPrometheus.Tests.Sizing;

public sealed class FleetEstimateTests
{
    private static readonly FleetSize Small = new() { Clusters = 3, NodesPerCluster = 10 };

    /// <summary>How far the estimate may be from what the bench measured on some machine.</summary>
    private const double Tolerance = 0.35;

    private static readonly JsonNode Measured = JsonNode.Parse(File.ReadAllText(Repository.PathOf("docs", "bench.json")))!["sizing"]!;

    public static TheoryData<string> Carried => [.. Measured["carrying"]!.AsObject().Select(size => size.Key)];

    [Theory]
    [MemberData(nameof(Carried))]
    public void ResidentFor_AsMeasured(string series) =>
        Near((double)Measured["carrying"]![series]!["resident_bytes"]!, FleetEstimate.ResidentFor(double.Parse(series, CultureInfo.InvariantCulture)));

    [Fact]
    public void DiskPerSample_AsMeasured() => Near((double)Measured["disk_bytes_per_sample"]!, SizingFigures.DiskPerSample);

    [Fact]
    public void RemoteWritePerSample_AsMeasured() => Near((double)Measured["sending"]!["sent_bytes_per_sample"]!, SizingFigures.RemoteWritePerSample);

    [Fact]
    public void LogPerSample_AsMeasured() => Near((double)Measured["carrying"]!["200000"]!["log_bytes_per_sample"]!, SizingFigures.LogPerSample);

    [Fact]
    public void ProcessorPerMillionSamples_AsMeasured() =>
        Near((double)Measured["carrying"]!["200000"]!["processor_seconds_per_million_samples"]!, SizingFigures.ProcessorPerMillionSamples);

    [Fact]
    public void NodeExporterSeries_AsMeasured()
    {
        var few = Measured["few_pods"]!;
        Near(
            (double)few["series"]!["node_exporter"]! / (int)few["nodes"]!,
            SizingFigures.NodeExporterSeries + (SizingFigures.NodeExporterSeriesPerCore * (int)Measured["cores_per_node"]!));
    }

    [Theory]
    [InlineData("cadvisor", SizingFigures.CadvisorSeriesPerPod)]
    [InlineData("kube_state_metrics", SizingFigures.KubeStateSeriesPerPod)]
    public void SeriesPerPod_AsMeasured(string job, double expected) =>
        Near(((double)Of("many_pods")["series"]![job]! - (double)Of("few_pods")["series"]![job]!) / ((int)Of("many_pods")["pods"]! - (int)Of("few_pods")["pods"]!), expected);

    [Fact]
    public void Of_TwiceTheClusters_TwiceTheSeriesAndTheDisk()
    {
        var once = FleetEstimate.Of(Small);
        var twice = FleetEstimate.Of(Small with { Clusters = 6 });
        Assert.Equal(2 * once.Series, twice.Series);
        Assert.Equal(2 * once.Blocks, twice.Blocks);
        Assert.InRange(twice.Memory, once.Memory, 2 * once.Memory);
    }

    [Fact]
    public void Of_HalfTheInterval_TwiceTheSamplesAndTheSameMemory()
    {
        var slow = FleetEstimate.Of(Small);
        var fast = FleetEstimate.Of(Small with { Interval = Small.Interval / 2 });
        Assert.Equal(2 * slow.SamplesPerSecond, fast.SamplesPerSecond);
        Assert.Equal(2 * slow.Volume, fast.Volume, 1.0);
        Assert.Equal(slow.Memory, fast.Memory);
    }

    [Theory]
    [InlineData(2, 100)]
    [InlineData(100, 20)]
    [InlineData(400, 50)]
    public void Of_AnyFleet_NoShardTakesMoreThanItMay(int clusters, int nodes)
    {
        var size = new FleetSize { Clusters = clusters, NodesPerCluster = nodes };
        var estimate = FleetEstimate.Of(size);
        Assert.True(estimate.Fits);
        Assert.InRange(estimate.Memory, 1, size.MemoryAtMost);
        Assert.True(estimate.Shards == 1 || FleetEstimate.Of(size with { MemoryAtMost = size.MemoryAtMost * 2 }).Shards < estimate.Shards);
    }

    [Theory]
    [InlineData(5, 4_000)]
    [InlineData(5_000, 50)]
    public void Of_MoreThanAnyShardTakes_SaysSo(int clusters, int nodes) => Assert.False(FleetEstimate.Of(new FleetSize { Clusters = clusters, NodesPerCluster = nodes }).Fits);

    private static JsonNode Of(string side) => Measured[side]!;

    private static void Near(double measured, double estimated) => Assert.InRange(estimated / measured, 1 - Tolerance, 1 / (1 - Tolerance));
}
