using System.Globalization;
using System.Text.Json;

namespace Pulumi.Serialization;

/// <summary>Inputs that travel as JSON text, as a provider's configuration does.</summary>
internal static class JsonText
{
    public static Output<string>? Of(string context, object? value)
        => value is null ? null
            : value is IInput input ? new Output<string>(OfOutputAsync(context, input.ToOutput()))
            : Output.Create(OfValueAsync(context, value));

    private static async Task<OutputData<string>> OfOutputAsync(string context, IOutput output)
    {
        var data = await output.GetDataAsync().ConfigureAwait(false);
        return data.With(data.IsKnown ? await OfValueAsync(context, data.Value).ConfigureAwait(false) : "");
    }

    private static async Task<string> OfValueAsync(string context, object? value)
        => Text(Wire.Lift(await new Serializer().SerializeAsync(context, value).ConfigureAwait(false)).Value);

    // Spaced as protobuf prints JSON, so that texts compare equal with the official package's.
    private static string Text(object? value)
        => value switch
        {
            null => "null",
            double number => number.ToString("R", CultureInfo.InvariantCulture),
            ImmutableArray<object?> list => list.IsEmpty ? "[ ]" : $"[ {string.Join(", ", list.Select(Text))} ]",
            ImmutableDictionary<string, object?> map => map.IsEmpty ? "{ }" : $"{{ {string.Join(", ", map.OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => $"{JsonSerializer.Serialize(field.Key)}: {Text(field.Value)}"))} }}",
            _ => JsonSerializer.Serialize(value),
        };
}
