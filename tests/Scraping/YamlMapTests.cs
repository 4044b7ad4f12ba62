using FleetPrometheus.Yaml;
using YamlDotNet.RepresentationModel;

namespace FleetPrometheus.Tests.Scraping;

public sealed class YamlMapTests
{
    [Theory]
    [InlineData("true", "'true'")]
    [InlineData("Yes", "'Yes'")]
    [InlineData("n", "'n'")]
    [InlineData("null", "'null'")]
    [InlineData("~", "'~'")]
    [InlineData("", "''")]
    [InlineData("12", "'12'")]
    [InlineData("1e3", "'1e3'")]
    [InlineData("0x1f", "'0x1f'")]
    [InlineData("1:30", "'1:30'")]
    [InlineData("2026-01-01", "'2026-01-01'")]
    [InlineData(".inf", "'.inf'")]
    [InlineData("- a", "'- a'")]
    [InlineData("a: b", "'a: b'")]
    [InlineData("a:", "'a:'")]
    [InlineData("a #b", "'a #b'")]
    [InlineData("$1", "'$1'")]
    [InlineData("it's", "'it''s'")]
    [InlineData("*", "'*'")]
    [InlineData(" a", "' a'")]
    [InlineData("a\nb", "\"a\\nb\"")]
    [InlineData("plain-text_1.0/x", "plain-text_1.0/x")]
    [InlineData("https://a.example.org:6443/x", "https://a.example.org:6443/x")]
    [InlineData("rules/*.yml", "rules/*.yml")]
    public void Text_IsQuotedOnlyWhereItMust(string text, string written) =>
        Assert.Equal($"key: {written}\n", new YamlMap { { "key", text } }.ToString());

    [Fact]
    public void Text_OfAnyCharacters_IsReadBackAsItWas()
    {
        var random = new Random(1);
        string[] pieces = ["a", " ", "\n", "\r", "\t", "\"", "'", "\\", ":", "#", "-", "{", "]", "%", "&", "*", "!", "|", ">", "$", "é", "東", "🏔", "\u0000", "\u0085", "\u2028", "\ufeff", "\u007f", "0"];
        for (var run = 0; run < 5_000; run++)
        {
            var text = string.Concat(random.GetItems(pieces, random.Next(8)));
            var written = new YamlMap { { "list", [text, text] }, { text + "k", text } }.ToString();
            var stream = new YamlStream();
            stream.Load(new StringReader(written));
            var root = (YamlMappingNode)stream.Documents.Single().RootNode;
            Assert.Equal(text, ((YamlScalarNode)root["list"][1]).Value);
            Assert.Equal(text, ((YamlScalarNode)root[text + "k"]).Value);
        }
    }

    [Fact]
    public void Text_Long_StaysOnOneLine() =>
        Assert.Equal(1, new YamlMap { { "key", [string.Join(' ', Enumerable.Repeat("word", 500)), "b"] } }.ToString().Count(character => character == '\n'));

    [Fact]
    public void Entries_KeepTheirOrderAndAbsentOnesAreLeftOut() =>
        Assert.Equal(
            "z: 1\na: true\nd: 1m30s\nm: {}\nlist:\n  - x: v\n",
            new YamlMap
            {
                { "z", 1 }, { "a", true }, { "none", (string?)null }, { "d", TimeSpan.FromSeconds(90) }, { "m", new YamlMap() },
                { "empty", Array.Empty<string>() }, { "list", [new YamlMap { { "x", "v" } }] },
            }.ToString());
}
