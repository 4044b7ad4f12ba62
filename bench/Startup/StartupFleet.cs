using System.Collections.Immutable;
using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation;

namespace FleetPrometheus.Startup;

/// <summary>A central stack and what it reads of others, in one file.</summary>
public static class StartupFleet
{
    /// <summary>Writes them.</summary>
    public static void Write(string path, StackFile stack, IReadOnlyDictionary<string, StackOutputValues> outputs) => File.WriteAllText(path, new JsonObject
    {
        ["configuration"] = new JsonObject(stack.Values.Select(value => KeyValuePair.Create(value.Key, (JsonNode?)value.Value))),
        ["outputs"] = new JsonObject(outputs.Select(one => KeyValuePair.Create(one.Key, (JsonNode?)new JsonObject(one.Value.Values.Select(value => KeyValuePair.Create(value.Key, value.Value?.DeepClone())))))),
        ["secrets"] = new JsonArray([.. outputs.Values.SelectMany(one => one.Secrets).Distinct().Select(name => (JsonNode)name)]),
    }.ToJsonString());

    /// <summary>Reads them.</summary>
    public static (StackFile Stack, IReadOnlyDictionary<string, StackOutputValues> Outputs) Read(string path)
    {
        var file = JsonNode.Parse(File.ReadAllText(path))!;
        var secrets = file["secrets"]!.AsArray().Select(name => (string)name!).ToImmutableSortedSet(StringComparer.Ordinal);
        return (
            new StackFile("central", file["configuration"]!.AsObject().ToImmutableSortedDictionary(value => value.Key, value => (string)value.Value!, StringComparer.Ordinal), []),
            file["outputs"]!.AsObject().ToImmutableDictionary(
                one => one.Key,
                one => new StackOutputValues(one.Value!.AsObject().ToImmutableSortedDictionary(value => value.Key, value => value.Value?.DeepClone(), StringComparer.Ordinal), secrets)));
    }
}
