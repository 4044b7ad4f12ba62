using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace FleetPrometheus.Yaml;

/// <summary>Reads YAML that people wrote. Whatever the text, it ends in a node or in a fault, never in an exception.</summary>
public static class YamlReader
{
    // Loading recurses: a text nested deeply enough, or an alias that refers to itself, would end the whole process.
    private const int DeepestNesting = 100;

    /// <summary>The root of the first document, or null when there is none.</summary>
    /// <param name="text">The text.</param>
    /// <param name="fault">What is wrong with it and where, without quoting it, for it may hold credentials; null when nothing is.</param>
    public static YamlNode? Read(string text, out string? fault)
    {
        fault = null;
        var yaml = new YamlStream();
        try
        {
            if (IsEndless(text))
            {
                fault = "is nested too deeply or holds YAML aliases (*name); write it out in full";
                return null;
            }

            yaml.Load(new StringReader(text));
        }
        catch (Exception exception) when (exception is YamlException or InvalidOperationException or ArgumentException)
        {
            // At some broken texts YamlDotNet throws others than its own.
            fault = exception is YamlException { Start: var at } ? $"is not valid YAML (line {at.Line}, column {at.Column})" : "is not valid YAML";
            return null;
        }

        return yaml.Documents.Count == 0 ? null : yaml.Documents[0].RootNode;
    }

    private static bool IsEndless(string text)
    {
        var parser = new Parser(new StringReader(text));
        for (var depth = 0; parser.MoveNext();)
        {
            depth += parser.Current!.NestingIncrease;
            if (depth > DeepestNesting || parser.Current is AnchorAlias)
            {
                return true;
            }
        }

        return false;
    }
}
