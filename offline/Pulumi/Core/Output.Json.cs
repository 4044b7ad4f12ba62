using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pulumi;

public static partial class Output
{
    /// <summary>JSON of a value that may itself hold outputs and inputs; their marks go over to the text.</summary>
    public static Output<string> JsonSerialize<T>(Output<T> value, JsonSerializerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(value);

        return new Output<string>(Resolve());

        async Task<OutputData<string>> Resolve()
        {
            var data = await value.Data.ConfigureAwait(false);
            if (!data.IsKnown)
                return data.With("");

            var nested = new OutputJsonConverters(data.With(""));
            // On a thread of its own, because a JSON converter can only wait for an output by blocking.
            var json = await Task.Run(() => JsonSerializer.Serialize(data.Value, nested.AddTo(options))).ConfigureAwait(false);
            return nested.Marks.With(nested.Marks.IsKnown ? json : "");
        }
    }

    /// <summary>The value that a JSON text stands for; outputs inside it take the text's marks.</summary>
    public static Output<T> JsonDeserialize<T>(Output<string> json, JsonSerializerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(json);

        return new Output<T>(Resolve());

        async Task<OutputData<T>> Resolve()
        {
            var data = await json.Data.ConfigureAwait(false);
            return data.With(data.IsKnown
                ? JsonSerializer.Deserialize<T>(data.Value, new OutputJsonConverters(data).AddTo(options))!
                : default!);
        }
    }
}

/// <summary>Lets System.Text.Json look through outputs and inputs, and collects the marks it sees.</summary>
internal sealed class OutputJsonConverters(OutputData<string> marks) : JsonConverterFactory
{
    private static readonly Dictionary<Type, Type> s_converters = new()
    {
        [typeof(Output<>)] = typeof(OfOutput<>),
        [typeof(Input<>)] = typeof(OfInput<>),
        [typeof(InputList<>)] = typeof(OfList<>),
        [typeof(InputMap<>)] = typeof(OfMap<>),
    };

    public OutputData<string> Marks { get; private set; } = marks;

    public JsonSerializerOptions AddTo(JsonSerializerOptions? options)
    {
        var copy = options is null ? new JsonSerializerOptions() : new JsonSerializerOptions(options);
        copy.Converters.Add(this);
        return copy;
    }

    public override bool CanConvert(Type typeToConvert)
        => typeToConvert.IsGenericType && s_converters.ContainsKey(typeToConvert.GetGenericTypeDefinition());

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options)
        => (JsonConverter)Activator.CreateInstance(
            s_converters[typeToConvert.GetGenericTypeDefinition()].MakeGenericType(typeToConvert.GetGenericArguments()), this)!;

    private Output<T> Read<T>(ref Utf8JsonReader reader, JsonSerializerOptions options)
        => new(Task.FromResult(Marks.With(JsonSerializer.Deserialize<T>(ref reader, options)!)));

    private void Write<T>(Utf8JsonWriter writer, Output<T> output, JsonSerializerOptions options)
    {
        var data = output.Data.GetAwaiter().GetResult();
        Marks = Marks.MarkedBy(data);
        if (data.IsKnown)
            JsonSerializer.Serialize(writer, data.Value, options);
        else
            writer.WriteNullValue();
    }

    private sealed class OfOutput<T>(OutputJsonConverters all) : JsonConverter<Output<T>>
    {
        public override Output<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
            => all.Read<T>(ref reader, options);

        public override void Write(Utf8JsonWriter writer, Output<T> value, JsonSerializerOptions options)
            => all.Write(writer, value, options);
    }

    private sealed class OfInput<T>(OutputJsonConverters all) : JsonConverter<Input<T>>
    {
        public override Input<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
            => all.Read<T>(ref reader, options);

        public override void Write(Utf8JsonWriter writer, Input<T> value, JsonSerializerOptions options)
            => all.Write(writer, (Output<T>)value, options);
    }

    private sealed class OfList<T>(OutputJsonConverters all) : JsonConverter<InputList<T>>
    {
        public override InputList<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
            => all.Read<ImmutableArray<T>>(ref reader, options);

        public override void Write(Utf8JsonWriter writer, InputList<T> value, JsonSerializerOptions options)
            => all.Write(writer, value.ToOutput(), options);
    }

    private sealed class OfMap<T>(OutputJsonConverters all) : JsonConverter<InputMap<T>>
    {
        public override InputMap<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
            => all.Read<ImmutableDictionary<string, T>>(ref reader, options);

        public override void Write(Utf8JsonWriter writer, InputMap<T> value, JsonSerializerOptions options)
            => all.Write(writer, value.ToOutput(), options);
    }
}
