using FleetPrometheus.Alerting;
using FleetPrometheus.Lab.Binaries;
using YamlDotNet.RepresentationModel;

namespace FleetPrometheus.Tests.Alerting;

public sealed class RuleTests
{
    public static TheoryData<string> Files => [.. AlertingRules.All.Select(file => file.Name)];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Rules_UnderPromtool_FireAsTheirTestsSay(string file)
    {
        var test = Repository.PathOf("tests", "Alerting", Path.ChangeExtension(file, ".test.yml"));
        Assert.True(File.Exists(test), $"{file} has no test {test}");
        await Tools.SucceedAsync(Tool.Promtool, Repository.Root, "test", "rules", test);
    }

    [Fact]
    public void Rules_EveryAlert_IsTestedAndSaysWhatItMustSay()
    {
        foreach (var (file, rule) in Alerts())
        {
            var alert = Text(rule["alert"]);
            Assert.Contains($"alertname: {alert}\n", File.ReadAllText(Repository.PathOf("tests", "Alerting", Path.ChangeExtension(file, ".test.yml"))), StringComparison.Ordinal);
            Assert.Contains(Text(rule["labels"]["severity"]), (string[])["critical", "warning", "none"]);
            Assert.NotEmpty(Text(rule["annotations"]["summary"]));
            Assert.Contains("$labels.cluster", Text(rule["annotations"]["description"]), StringComparison.Ordinal);
            Assert.Matches(@"by \(cluster\b", Text(rule["expr"]));
        }
    }

    [Fact]
    public void Render_Defaults_ChangesNothing() => Assert.Equal(AlertingRules.All.AsEnumerable(), AlertingRules.Render(new()));

    [Fact]
    public async Task Render_ClusterUnreachableFor_ChangesThatLineAlone()
    {
        using var directory = new TemporaryDirectory();
        var rendered = AlertingRules.Render(new() { ClusterUnreachableFor = TimeSpan.FromSeconds(90) });
        var changed = Assert.Single(AlertingRules.All.Zip(rendered), pair => pair.First != pair.Second);
        var lines = Assert.Single(changed.First.Text.Split('\n').Zip(changed.Second.Text.Split('\n')), pair => pair.First != pair.Second);
        Assert.Equal(("        for: 2m", "        for: 1m30s"), lines);
        await Tools.SucceedAsync(Tool.Promtool, "/", "check", "rules", directory.Write(changed.Second.Name, changed.Second.Text));
    }

    private static IEnumerable<(string File, YamlMappingNode Rule)> Alerts()
    {
        foreach (var file in AlertingRules.All)
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(file.Text));
            foreach (var rule in stream.Documents.Single().AllNodes.OfType<YamlMappingNode>().Where(node => node.Children.ContainsKey("alert")))
            {
                yield return (file.Name, rule);
            }
        }
    }

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;
}
