namespace FleetPrometheus.Tests;

public sealed class ArchitectureTests
{
    /// <summary>What can be used, tested and understood without Pulumi stays so.</summary>
    [Theory]
    [InlineData("Validation")]
    [InlineData("Yaml")]
    [InlineData("Scraping")]
    [InlineData("Alerting")]
    [InlineData("Contract")]
    [InlineData("Dashboards")]
    [InlineData("Sizing")]
    public void Room_NeverMentionsPulumi(string room)
    {
        var files = Directory.GetFiles(Repository.PathOf("components", room), "*.cs", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        Assert.DoesNotContain(files, file => File.ReadLines(file).Any(line => line.Contains("using Pulumi", StringComparison.Ordinal) || line.Contains("Pulumi.", StringComparison.Ordinal)));
    }
}
