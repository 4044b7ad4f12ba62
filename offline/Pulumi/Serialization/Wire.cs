namespace Pulumi.Serialization;

/// <summary>
/// The plain form in which values travel between program and mocks: null, bool, double, string,
/// <see cref="ImmutableArray{T}"/> and <see cref="ImmutableDictionary{TKey, TValue}"/> of object, resources,
/// and <see cref="SecretValue"/>s. An unknown value travels as a text nobody would write.
/// </summary>
internal static class Wire
{
    public const string Unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

    internal sealed record SecretValue(object? Value);

    /// <summary>Lifts the marks out: the value is unknown, or secret, as soon as something inside it is.</summary>
    public static OutputData<object?> Lift(object? wire)
    {
        switch (wire)
        {
            case Unknown:
                return OutputData.Unknown<object?>(null);
            case SecretValue secret:
                return Lift(secret.Value) with { IsSecret = true };
            case ImmutableArray<object?> list:
                var items = list.Select(Lift).ToList();
                return Marks(items).With<object?>(items.Select(item => item.Value).ToImmutableArray());
            case ImmutableDictionary<string, object?> map:
                // Fields that start so are the engine's own.
                var fields = map.Where(field => !field.Key.StartsWith("__", StringComparison.Ordinal))
                    .ToDictionary(field => field.Key, field => Lift(field.Value));
                return Marks(fields.Values).With<object?>(fields.ToImmutableDictionary(field => field.Key, field => field.Value.Value));
            default:
                return OutputData.Known(wire);
        }
    }

    private static OutputData<object?> Marks(IEnumerable<OutputData<object?>> parts)
        => parts.Aggregate(OutputData.Known<object?>(null), (all, part) => all.MarkedBy(part));
}
