using System.Collections;
using System.Globalization;
using System.Text.Json.Nodes;

namespace FleetPrometheus.Evaluation;

/// <summary>A Kubernetes object as the program declared it, or as an API server answered.</summary>
/// <param name="Content">The object in Kubernetes' JSON.</param>
public sealed record KubernetesManifest(JsonObject Content)
{
    public string ApiVersion => Text("apiVersion");

    public string Kind => Text("kind");

    public string Name => (string?)Content["metadata"]?["name"] ?? "";

    /// <summary>The namespace, or null for a cluster-wide object.</summary>
    public string? Namespace => (string?)Content["metadata"]?["namespace"];

    /// <summary>How people name it: <c>Role fleet-exporters/fleet-prometheus-scrape</c>.</summary>
    public override string ToString() => Namespace is null ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";

    /// <summary>A file name that sorts in an order in which the objects can be applied.</summary>
    public string FileName =>
        $"{Order()}-{Kind.ToLowerInvariant()}-{(Namespace is null ? "" : Namespace + "-")}{Name}.yaml".Replace(':', '-');

    /// <summary>Turns a mock's plain inputs into JSON: Pulumi's numbers are all doubles, Kubernetes' are nearly all integers.</summary>
    public static JsonNode? ToJson(object? value) => value switch
    {
        null => null,
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        double number when number == Math.Floor(number) && Math.Abs(number) < 1L << 53 => JsonValue.Create((long)number),
        IDictionary map => new JsonObject(map.Keys.Cast<string>().Order(StringComparer.Ordinal)
            .Select(key => KeyValuePair.Create(key, ToJson(map[key])))),
        IEnumerable list => new JsonArray(list.Cast<object?>().Select(ToJson).ToArray()),
        IConvertible other => JsonNode.Parse(Convert.ToString(other, CultureInfo.InvariantCulture)!),
        _ => throw new ArgumentException($"A {value.GetType()} is no plain input.", nameof(value)),
    };

    /// <summary>Turns JSON into the plain values that a mock's state is made of.</summary>
    public static object? ToPlain(JsonNode? node) => node switch
    {
        null => null,
        JsonObject map => map.Where(field => field.Value is not null).ToDictionary(field => field.Key, field => ToPlain(field.Value)!),
        JsonArray list => list.Select(ToPlain).ToList(),
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag,
        _ => node.AsValue().Deserialize(),
    };

    private string Text(string key) => (string?)Content[key] ?? "";

    private string Order() => Kind switch
    {
        "Namespace" => "00",
        "ServiceAccount" or "Role" or "RoleBinding" or "ClusterRole" or "ClusterRoleBinding" => "10",
        "Secret" or "ConfigMap" => "20",
        "Service" => "30",
        _ => "40",
    };
}

file static class JsonValueExtensions
{
    public static double Deserialize(this JsonValue value) => double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture);
}
