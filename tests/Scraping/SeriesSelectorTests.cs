using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Tests.Scraping;

public sealed class SeriesSelectorTests
{
    public static TheoryData<string> Good =>
    [
        "up", "node:cpu:sum", "up{}", """{__name__=~".+:.+"}""", """ up { job = "shop" , instance!~"a|b", } """, """{a="b\"c\\d"}""", """{a="",b!=""}""", """{job=~"x.*"}""",
        """{__name__="up",job!="a}b"}""",
    ];

    [Theory]
    [MemberData(nameof(Good))]
    public async Task Check_Good_IsTakenAndByPrometheusToo(string selector)
    {
        Assert.Null(SeriesSelector.Check(selector));
        await Tools.SucceedAsync(Tool.Promtool, "/", "check", "rules", await RuleAsync(selector));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{job=~".*"}""")]
    [InlineData("""{job=""}""")]
    [InlineData("""{job!="a"}""")]
    [InlineData("""{job=~"("}""")]
    [InlineData("""{job="a"}[5m]""")]
    [InlineData("rate(up)")]
    [InlineData("""up{job="a" instance="b"}""")]
    [InlineData("""up{job=a}""")]
    [InlineData("""up{job="a"} or up""")]
    public void Check_Bad_SaysWhatToWrite(string selector) => Assert.NotNull(SeriesSelector.Check(selector));

    [Theory]
    [InlineData("""{__name__=~".+"}""", true)]
    [InlineData("""{job=~".+"}""", true)]
    [InlineData("""{job!=""}""", true)]
    [InlineData("""{__name__=~"..*",job!="x"}""", true)]
    [InlineData("""{__name__!~"go_.+",instance!=""}""", true)]
    [InlineData("""{__name__=~".+:.+"}""", false)]
    [InlineData("""{__name__=~"[a-zA-Z_]+:.+"}""", false)]
    [InlineData("""{job="shop"}""", false)]
    [InlineData("up", false)]
    public void TakesEverything_TellsTheGreedyFromOthers(string selector, bool expected) => Assert.Equal(expected, SeriesSelector.TakesEverything(selector));

    [Fact]
    public void MadeByTheCentre_ByDefault_IsEveryRecordOfRecords() => Assert.Equal(
        FederatedRecords.OfEveryCluster.Concat(FederatedRecords.OfRecords.Select(record => record.Record)),
        FederatedRecords.MadeByTheCentre(FederateJob.DefaultMatches).AsEnumerable());

    [Theory]
    [InlineData("""{__name__=~"cluster:.+"}""", "cluster:node_cpu:ratio_rate5m,cluster:node_memory_utilisation:ratio,namespace_cpu:kube_pod_container_resource_requests:sum")]
    [InlineData("""{__name__=~"instance:node_num_cpu:.+"}""", "cluster:node_num_cpu:sum")]
    [InlineData("up", "")]
    public void MadeByTheCentre_OfPartOfTheRecords_IsWhatRestsOnThese(string match, string expected)
    {
        var made = FederatedRecords.MadeByTheCentre([match]);

        Assert.Subset(made.ToHashSet(), expected.Split(',', StringSplitOptions.RemoveEmptyEntries).ToHashSet());
        Assert.DoesNotContain("cluster:container_memory_working_set_bytes:sum", made);
        Assert.DoesNotContain("cluster:node_cpu:sum_rate5m", made);
    }

    private static async Task<string> RuleAsync(string selector)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("selector").FullName, "rules.yml");
        await File.WriteAllTextAsync(path, $"groups:\n  - name: test\n    rules:\n      - record: a:b\n        expr: |\n          {selector}\n");
        return path;
    }
}
