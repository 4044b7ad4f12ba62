using FleetPrometheus.Dashboards;

namespace FleetPrometheus.Tests.Dashboards;

public sealed class DeepLinkTests
{
    [Fact]
    public void All_AreTenShortLabels()
    {
        Assert.Equal(10, DeepLink.All.Select(link => link.Label).Distinct().Count());
        Assert.Equal(10, DeepLink.All.Length);
        Assert.All(DeepLink.All, link => Assert.InRange(link.Label.Length, 1, 20));
    }

    [Theory]
    [InlineData("http://127.0.0.1:9090", "http://127.0.0.1:9090/query?g0.expr=up%20%3D%3D%200&g0.tab=table")]
    [InlineData("https://fleet.example.com/prometheus/", "https://fleet.example.com/prometheus/query?g0.expr=up%20%3D%3D%200&g0.tab=table")]
    public void At_AnAddress_IsItsQueryPage(string prometheus, string page) =>
        Assert.Equal(page, new DeepLink("down", "up == 0", IsGraph: false).At(new Uri(prometheus)).AbsoluteUri);

    [Fact]
    public void At_Graph_ShowsTheLastHour() =>
        Assert.EndsWith("&g0.tab=graph&g0.range_input=1h", new DeepLink("up", "up", IsGraph: true).At(new Uri("http://p")).AbsoluteUri);

    [Fact]
    public void AnswerAt_AnAddress_IsTheApis() =>
        Assert.Equal("http://p:9090/api/v1/query?query=up%20%3D%3D%200", new DeepLink("down", "up == 0", IsGraph: true).AnswerAt(new Uri("http://p:9090")).AbsoluteUri);

    /// <summary>Each keeps clusters apart, be it by grouping or by showing whole series.</summary>
    [Fact]
    public void Expressions_KeepClustersApart() =>
        Assert.All(DeepLink.All, link => Assert.True(link.Expression == "up == 0" || link.Expression.Contains("by (cluster", StringComparison.Ordinal), link.Expression));
}
