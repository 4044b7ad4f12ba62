using System.Collections;
using System.Collections.Immutable;

namespace FleetPrometheus.Contract;

/// <summary>
/// Reads the plain values of stack outputs, whatever collection types deliver them: Pulumi gives immutable dictionaries and arrays
/// with every number a double; files and tests give others.
/// </summary>
internal static class PlainValue
{
    public static ImmutableSortedDictionary<string, string> NoTexts { get; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>A list, or null when the value is none.</summary>
    public static IReadOnlyList<object?>? List(object? value) => value switch
    {
        string or IDictionary => null,
        IEnumerable items when Map(value) is null => [.. items.Cast<object?>()],
        _ => null,
    };

    /// <summary>A map, or null when the value is none.</summary>
    public static IReadOnlyDictionary<string, object?>? Map(object? value) => value switch
    {
        IReadOnlyDictionary<string, object?> map => map,
        IDictionary map when map.Keys.Cast<object>().All(key => key is string) =>
            map.Keys.Cast<string>().ToImmutableDictionary(key => key, key => map[key], StringComparer.Ordinal),
        _ => null,
    };

    /// <summary>A map whose values are all texts, ordinally sorted, or null when the value is none.</summary>
    public static ImmutableSortedDictionary<string, string>? TextMap(object? value) =>
        Map(value) is { } map && map.Values.All(item => item is string)
            ? map.ToImmutableSortedDictionary(item => item.Key, item => (string)item.Value!, StringComparer.Ordinal)
            : null;

    /// <summary>A whole number, or null when the value is none.</summary>
    public static int? Integer(object? value) => value switch
    {
        int number => number,
        long number and >= int.MinValue and <= int.MaxValue => (int)number,
        double number when number == Math.Truncate(number) && Math.Abs(number) <= int.MaxValue => (int)number,
        _ => null,
    };
}
