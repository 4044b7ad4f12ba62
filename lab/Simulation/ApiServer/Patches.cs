using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Serialization;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>How a body of a PATCH changes an object. Everything returned is new; nothing given is modified.</summary>
internal static class Patches
{
    /// <summary>JSON merge patch (RFC 7386): null removes, objects merge, all else replaces.</summary>
    public static JsonNode? Merge(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes) return patch?.DeepClone();
        var merged = target is JsonObject old ? (JsonObject)old.DeepClone() : [];
        foreach (var (key, change) in changes)
        {
            if (change is null) merged.Remove(key);
            else merged[key] = Merge(merged[key], change);
        }
        return merged;
    }

    /// <summary>
    /// Server-side apply, simplified: what the manager applied before and no longer does goes, what it applies now is set, all else stays.
    /// Lists are replaced as a whole, and nobody else's ownership is looked at (as with force).
    /// </summary>
    public static JsonObject Apply(JsonObject? target, JsonObject? before, JsonObject desired)
    {
        var result = target is null ? [] : (JsonObject)target.DeepClone();
        foreach (var (key, _) in before ?? [])
            if (!desired.ContainsKey(key)) result.Remove(key);
        foreach (var (key, value) in desired)
            result[key] = value is JsonObject inner ? Apply(result[key] as JsonObject, before?[key] as JsonObject, inner) : value?.DeepClone();
        return result;
    }

    /// <summary>Reads a body that is JSON, or YAML as <c>application/apply-patch+yaml</c> allows.</summary>
    /// <exception cref="StatusException">400: it is neither, or no object.</exception>
    public static JsonObject Parse(string body)
    {
        try
        {
            if (!body.AsSpan().TrimStart().StartsWith("{"))
            {
                var document = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize(body);
                body = new SerializerBuilder().JsonCompatible().Build().Serialize(document);
            }
            return JsonNode.Parse(body) as JsonObject ?? throw StatusException.BadRequest("the body is no object");
        }
        catch (Exception error) when (error is JsonException or YamlDotNet.Core.YamlException)
        {
            throw StatusException.BadRequest($"the body could not be read: {error.Message}");
        }
    }
}
