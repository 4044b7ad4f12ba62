using System.Text.Json.Nodes;

namespace FleetPrometheus.Tests.Fuzz;

/// <summary>Changes plain data in ways that a slip of the pen, a broken tool or malice would. What a place holds stays there, however it is wrapped or cut.</summary>
internal static class Mutation
{
    /// <summary>The value changed at one random place.</summary>
    public static JsonNode? Of(JsonNode? value, Draw draw)
    {
        if (draw.Maybe(0.75))
        {
            switch (value)
            {
                case JsonObject { Count: > 0 } map:
                    var key = map.ElementAt(draw.Below(map.Count)).Key;
                    return draw.Below(8) switch
                    {
                        0 => Without(map, key),
                        1 => With(Without(map, key), $"{key}{draw.Anything()}", map[key]),
                        2 => With(map, draw.Anything(), Other(draw)),
                        _ => With(map, key, Of(map[key], draw)),
                    };
                case JsonArray { Count: > 0 } list:
                    var copy = list.DeepClone().AsArray();
                    var index = draw.Below(copy.Count);
                    switch (draw.Below(6))
                    {
                        case 0:
                            copy.RemoveAt(index);
                            return copy;
                        case 1:
                            copy.Add(copy[index]?.DeepClone());
                            return copy;
                        default:
                            copy[index] = Of(list[index], draw)?.DeepClone();
                            return copy;
                    }

                case JsonValue scalar when scalar.TryGetValue<string>(out var text):
                    return Text(text, draw);
            }
        }

        return draw.Below(4) switch
        {
            0 => new JsonArray(value?.DeepClone()),
            1 => new JsonObject { ["a"] = value?.DeepClone() },
            _ => Other(draw),
        };
    }

    /// <summary>The text changed at one place.</summary>
    public static string Text(string text, Draw draw)
    {
        var at = draw.Below(text.Length + 1);
        return draw.Below(4) switch
        {
            0 => text.Insert(at, draw.Anything()),
            1 => string.Concat(text.AsSpan(0, at), draw.Anything(), text.AsSpan(Math.Min(text.Length, at + draw.Below(8)))),
            2 => string.Concat(Enumerable.Repeat(text, 1 + draw.Below(40))),
            _ => draw.Anything(),
        };
    }

    private static JsonNode? Other(Draw draw) => draw.Below(12) switch
    {
        0 => null,
        1 => true,
        2 => -1,
        3 => 1e300,
        4 => long.MaxValue,
        5 => 0.5,
        6 => new JsonArray(),
        7 => new JsonObject(),
        8 => new JsonArray(new JsonObject(), null, 1),
        9 => "",
        10 => 65_536,
        _ => draw.Anything(),
    };

    private static JsonObject Without(JsonObject map, string key)
    {
        var copy = map.DeepClone().AsObject();
        copy.Remove(key);
        return copy;
    }

    private static JsonObject With(JsonObject map, string key, JsonNode? value)
    {
        var copy = map.DeepClone().AsObject();
        copy[key] = value?.DeepClone();
        return copy;
    }
}
