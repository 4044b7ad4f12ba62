using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using FleetPrometheus.Yaml;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace FleetPrometheus.Evaluation;

/// <summary>One stack's configuration as the Pulumi CLI would hand it to the program: keys with namespace, structured values as JSON.</summary>
/// <param name="Name">The stack's name, from its file's name.</param>
/// <param name="Values">Values by full key (<c>fleet-prometheus:role</c>).</param>
/// <param name="SecretKeys">The keys whose values are secret.</param>
public sealed record StackFile(
    string Name,
    ImmutableSortedDictionary<string, string> Values,
    ImmutableSortedSet<string> SecretKeys)
{
    /// <summary>What stands in for a value that is encrypted in the file; an address, because most such values must be one.</summary>
    public const string EncryptedPlaceholder = "https://placeholder.invalid/encrypted-in-the-stack-file";

    private const string ProjectPrefix = "fleet-prometheus:";

    /// <summary>A key of this project, or null.</summary>
    public string? Get(string key) => Values.GetValueOrDefault(ProjectPrefix + key);

    /// <summary>Whether the stack is a cluster to be watched.</summary>
    public bool IsTarget => Get("role") == "target";

    /// <summary>Whether the stack is the watching centre.</summary>
    public bool IsCentral => Get("role") == "central";

    /// <summary>The same stack with one key of this project set.</summary>
    public StackFile With(string key, string value) => this with { Values = Values.SetItem(ProjectPrefix + key, value) };

    /// <summary>The same stack with fields of one structured key set, the others kept.</summary>
    public StackFile WithFields(string key, params (string Field, JsonNode Value)[] fields)
    {
        var structure = Get(key) is { } json ? JsonNode.Parse(json)!.AsObject() : [];
        foreach (var (field, value) in fields)
        {
            structure[field] = value;
        }

        return With(key, structure.ToJsonString());
    }

    /// <summary>Reads <c>Pulumi.NAME.yaml</c> files of a project directory, ordered by name.</summary>
    /// <exception cref="EvaluationException">No stack file is there, or one is malformed; every broken file is named.</exception>
    public static ImmutableArray<StackFile> ReadAll(string projectDirectory)
    {
        var paths = Directory.Exists(projectDirectory) ? Directory.GetFiles(projectDirectory, "Pulumi.*.yaml") : [];
        var stacks = ImmutableArray.CreateBuilder<StackFile>();
        var errors = new List<string>();
        foreach (var path in paths.Order(StringComparer.Ordinal))
        {
            try
            {
                stacks.Add(Read(path));
            }
            catch (FormatException fault)
            {
                errors.Add($"{path}: {fault.Message}; write it as `config:` with one indented line per key");
            }
        }

        if (errors.Count > 0)
        {
            throw new EvaluationException(string.Join('\n', errors));
        }

        return stacks.Count > 0
            ? stacks.ToImmutable()
            : throw new EvaluationException($"No Pulumi.NAME.yaml in {projectDirectory}: run this in the project's directory or name it with --project DIR.");
    }

    private static StackFile Read(string path)
    {
        var fileName = Path.GetFileName(path);
        var name = fileName["Pulumi.".Length..^".yaml".Length];
        var root = YamlReader.Read(File.ReadAllText(path), out var fault);
        if (fault is not null)
        {
            throw new FormatException(fault);
        }

        var values = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var secrets = ImmutableSortedSet.CreateBuilder<string>(StringComparer.Ordinal);
        var document = root is null or YamlScalarNode { Value: null or "" } ? null : root as YamlMappingNode
            ?? throw new FormatException("the document is not a mapping");
        if (document?.Children.TryGetValue("config", out var config) == true && config is not YamlScalarNode { Value: null or "" })
        {
            var mapping = config as YamlMappingNode ?? throw new FormatException("`config` is not a mapping");
            foreach (var (keyNode, valueNode) in mapping.Children)
            {
                var key = (keyNode as YamlScalarNode)?.Value ?? throw new FormatException("a key of `config` is not text");
                // The CLI lets a project's own keys go without their namespace.
                key = key.Contains(':') ? key : ProjectPrefix + key;
                var isSecret = false;
                var value = ToJson(valueNode, ref isSecret);
                values[key] = valueNode is YamlScalarNode scalar ? scalar.Value ?? "" : value is JsonValue text && isSecret ? text.ToString() : value!.ToJsonString();
                if (isSecret)
                {
                    secrets.Add(key);
                }
            }
        }

        return new StackFile(name, values.ToImmutable(), secrets.ToImmutable());
    }

    private static JsonNode? ToJson(YamlNode node, ref bool isSecret)
    {
        switch (node)
        {
            case YamlMappingNode { Children.Count: 1 } only when only.Children.ContainsKey("secure"):
                isSecret = true;
                return JsonValue.Create(EncryptedPlaceholder);
            case YamlMappingNode mapping:
                var structure = new JsonObject();
                foreach (var (key, value) in mapping.Children)
                {
                    structure[(key as YamlScalarNode)?.Value ?? throw new FormatException("a key is not text")] = ToJson(value, ref isSecret);
                }

                return structure;
            case YamlSequenceNode sequence:
                var list = new JsonArray();
                foreach (var item in sequence.Children)
                {
                    list.Add(ToJson(item, ref isSecret));
                }

                return list;
            case YamlScalarNode { Style: ScalarStyle.Plain } scalar:
                return scalar.Value is null or "" or "null" or "~" ? null
                    : scalar.Value is "true" or "false" ? JsonValue.Create(scalar.Value == "true")
                    : IsJsonNumber(scalar.Value) ? JsonNode.Parse(scalar.Value)
                    : JsonValue.Create(scalar.Value);
            default:
                return JsonValue.Create(((YamlScalarNode)node).Value);
        }
    }

    private static bool IsJsonNumber(string text)
    {
        if (!char.IsAsciiDigit(text[^1]) || (!char.IsAsciiDigit(text[0]) && text[0] != '-'))
        {
            return false;
        }

        try
        {
            return JsonDocument.Parse(text).RootElement.ValueKind == JsonValueKind.Number;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

/// <summary>Something that a user can mend; the message is all that needs saying.</summary>
public sealed class EvaluationException(string message) : Exception(message);
