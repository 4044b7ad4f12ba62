using FleetPrometheus.Infra.Settings;
using YamlDotNet.RepresentationModel;

namespace FleetPrometheus.Tests.Infra;

public sealed class ConfigurationReferenceTests
{
    /// <summary><c>UPDATE_GOLDEN=1</c> writes the page anew.</summary>
    [Fact]
    public void Markdown_IsThePageInDocs()
    {
        var path = Repository.PathOf("docs", "configuration.md");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, ConfigurationReference.Markdown());
        }
        Assert.Equal(ConfigurationReference.Markdown(), File.ReadAllText(path));
    }

    [Fact]
    public void Rows_OfBothRoles_NeverNameAKeyTwice()
    {
        Assert.Equal(ConfigurationReference.Target().DistinctBy(row => row.Key), ConfigurationReference.Target());
        Assert.Empty(ConfigurationReference.Target().Select(row => row.Key).Intersect(ConfigurationReference.Central().Select(row => row.Key)));
    }

    [Fact]
    public void PulumiYaml_DeclaresOnlyScalarsWithTheCodesDefaults()
    {
        var rows = ConfigurationReference.Common().Concat(ConfigurationReference.Target()).Concat(ConfigurationReference.Central()).ToDictionary(row => row.Key);
        var yaml = new YamlStream();
        yaml.Load(new StringReader(File.ReadAllText(Repository.PathOf("Pulumi.yaml"))));
        var schema = (YamlMappingNode)yaml.Documents[0].RootNode["config"];

        Assert.NotEmpty(schema.Children);
        foreach (var (key, declared) in schema.Children)
        {
            var row = Assert.Contains(key.ToString(), (IDictionary<string, ReferenceRow>)rows);
            var keys = ((YamlMappingNode)declared).Children.ToDictionary(child => child.Key.ToString(), child => child.Value.ToString());
            Assert.Contains(keys["type"], (string[])["string", "integer", "boolean"]);
            Assert.NotEmpty(keys["description"]);
            // A key without a default is demanded of every stack, which is right for the role alone.
            Assert.Equal(key.ToString() == "role" ? null : row.Default, keys.GetValueOrDefault("default"));
        }
    }
}
