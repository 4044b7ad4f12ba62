using System.Collections;
using System.Reflection;
using System.Text.Json;

namespace Pulumi.Serialization;

/// <summary>Brings inputs and mocked state into <see cref="Wire"/> form, and notes the resources they come from.</summary>
internal sealed class Serializer
{
    public HashSet<Resource> Dependencies { get; } = [];

    /// <param name="context">Where the value stands, for messages.</param>
    /// <param name="value">Anything a resource may take.</param>
    public async Task<object?> SerializeAsync(string context, object? value)
    {
        switch (value)
        {
            case null or bool or double or string:
                return value;
            case int number:
                return (double)number;
            case ValueTuple:
                return null;
            case InputArgs args:
                return await SerializeMapAsync(context, args.ToDictionary()).ConfigureAwait(false);
            case Task:
                throw new InvalidOperationException($"Tasks are not allowed inside ResourceArgs. Please wrap your Task in an Output:\n\t{context}");
            case IInput input:
                return await SerializeOutputAsync(context, input.ToOutput()).ConfigureAwait(false);
            case IOutput output:
                return await SerializeOutputAsync(context, output).ConfigureAwait(false);
            case IUnion union:
                return await SerializeAsync(context, union.Value).ConfigureAwait(false);
            case JsonElement json:
                return FromJson(json);
            case Resource resource:
                return await SerializeResourceAsync(resource).ConfigureAwait(false);
            case IDictionary map:
                return await SerializeMapAsync(context, map).ConfigureAwait(false);
            case IList list:
                return await SerializeListAsync(context, list).ConfigureAwait(false);
            case Enum when Enum.GetUnderlyingType(value.GetType()) == typeof(int):
                return (double)(int)value;
        }

        var type = value.GetType();
        if (type.IsDefined(typeof(EnumTypeAttribute)))
            return type.GetMethod("op_Explicit", [type])!.Invoke(null, [value]);
        if (type.IsDefined(typeof(OutputTypeAttribute)))
            return await SerializeMapAsync(context, FieldsOf(type, value)).ConfigureAwait(false);

        throw new InvalidOperationException($"{type.FullName} is not a supported argument type.\n\t{context}");
    }

    private async Task<object?> SerializeOutputAsync(string context, IOutput output)
    {
        var data = await output.GetDataAsync().ConfigureAwait(false);
        Dependencies.UnionWith(data.Resources);
        if (!data.IsKnown)
            return Wire.Unknown;

        var value = await SerializeAsync(context, data.Value).ConfigureAwait(false);
        return data.IsSecret ? new Wire.SecretValue(value) : value;
    }

    // A resource inside a value stays one; it is waited for, so that it exists by then.
    private async Task<object?> SerializeResourceAsync(Resource resource)
    {
        if (resource is CustomResource custom)
        {
            Dependencies.Add(resource);
            await custom.Id.Data.ConfigureAwait(false);
        }

        await resource.Urn.Data.ConfigureAwait(false);
        return resource;
    }

    private async Task<ImmutableDictionary<string, object?>> SerializeMapAsync(string context, IDictionary map)
    {
        var result = ImmutableDictionary.CreateBuilder<string, object?>();
        foreach (var key in map.Keys)
        {
            if (key is not string name)
                throw new InvalidOperationException($"Dictionaries are only supported with string keys:\n\t{context}");

            if (await SerializeAsync($"{context}.{name}", map[name]).ConfigureAwait(false) is { } value)
                result[name] = value;
        }

        return result.ToImmutable();
    }

    private async Task<ImmutableArray<object?>> SerializeListAsync(string context, IList list)
    {
        // A default ImmutableArray can't be enumerated; it counts as empty.
        if (list.GetType().GetProperty("IsDefault")?.GetValue(list) is true)
            return [];

        var result = ImmutableArray.CreateBuilder<object?>(list.Count);
        for (var index = 0; index < list.Count; index++)
            result.Add(await SerializeAsync($"{context}[{index}]", list[index]).ConfigureAwait(false));
        return result.MoveToImmutable();
    }

    private static Dictionary<string, object?> FieldsOf(Type type, object value)
        => type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
            .Where(field => field.IsInitOnly)
            .ToDictionary(field => char.ToLowerInvariant(field.Name[0]) + field.Name[1..], field => field.GetValue(value));

    private static object? FromJson(JsonElement json)
        => json.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => null,
            JsonValueKind.String => json.GetString(),
            JsonValueKind.Number => json.GetDouble(),
            JsonValueKind.True or JsonValueKind.False => json.GetBoolean(),
            JsonValueKind.Array => json.EnumerateArray().Select(FromJson).ToImmutableArray(),
            _ => json.EnumerateObject().ToImmutableDictionary(field => field.Name, field => FromJson(field.Value)),
        };
}
