using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation.Rendering;
using YamlDotNet.RepresentationModel;

namespace FleetPrometheus.Tests.Evaluation;

public class ManifestYamlTests
{
    [Theory]
    [InlineData("true")]
    [InlineData("no")]
    [InlineData("1.20")]
    [InlineData("0x1f")]
    [InlineData("1e3")]
    [InlineData("")]
    [InlineData("~")]
    [InlineData("2026-01-01")]
    [InlineData("a: b")]
    [InlineData("# no comment")]
    [InlineData("- item")]
    [InlineData(" leading")]
    [InlineData("trailing ")]
    [InlineData("two\nlines\n")]
    [InlineData("  indented\nlines")]
    [InlineData("windows\r\nlines")]
    [InlineData("tab\there")]
    [InlineData("ünïcode €")]
    [InlineData("${not} $1 %x")]
    [InlineData("'quoted' \"twice\"")]
    public void Write_AnyText_ReadsBackAsThatText(string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(ManifestYaml.Write(new JsonObject { ["key"] = text, [text + "k"] = "value" })));

        var map = (YamlMappingNode)yaml.Documents[0].RootNode;
        var value = (YamlScalarNode)map.Children[new YamlScalarNode("key")];
        Assert.Equal(text, value.Value);
        Assert.Contains(map.Children, child => ((YamlScalarNode)child.Key).Value == text + "k");
        // A reader tells text from other types by the quotes.
        Assert.True(value.Style != YamlDotNet.Core.ScalarStyle.Plain || text.All(char.IsAsciiLetter));
    }

    [Fact]
    public void Write_Object_SortsKeysAndKeepsLists() =>
        Assert.Equal(
            "aa: 1\nbb:\n- zz\n- false\nempty: []\n",
            ManifestYaml.Write(new JsonObject { ["empty"] = new JsonArray(), ["bb"] = new JsonArray("zz", false), ["aa"] = 1 }));
}
