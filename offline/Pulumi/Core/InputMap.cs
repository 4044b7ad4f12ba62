using System.Collections;

namespace Pulumi;

/// <summary>A map of inputs by string; the map itself, and each value, may be an output.</summary>
public sealed class InputMap<TValue> : Input<ImmutableDictionary<string, TValue>>, IEnumerable,
    IAsyncEnumerable<Input<KeyValuePair<string, TValue>>>
{
    private Output<ImmutableDictionary<string, Input<TValue>>> _items;

    public InputMap() : this(Output.Create(ImmutableDictionary<string, Input<TValue>>.Empty))
    {
    }

    private InputMap(Output<ImmutableDictionary<string, Input<TValue>>> items) : base(Flatten(items)) => _items = items;

    private protected override IOutput SerializableOutput => _items;

    // A null map stays null, as the official package lets it.
    private static Output<ImmutableDictionary<string, TValue>> Flatten(Output<ImmutableDictionary<string, Input<TValue>>> items)
        => items.Apply(inputs => inputs is null
            ? null
            : Output.All(inputs.Select(item => (Input<KeyValuePair<string, TValue>>)item.Value.Apply(value => KeyValuePair.Create(item.Key, value))))
                .Apply(pairs => pairs.ToImmutableDictionary()));

    private void Set(Output<ImmutableDictionary<string, Input<TValue>>> items)
    {
        _items = items;
        _output = Flatten(items);
    }

    public Input<TValue> this[string key]
    {
        set => Add(key, value);
    }

    public void Add(string key, Input<TValue> value)
        => Set(_items.Apply(items => items.TryGetValue(key, out var present)
            ? items.SetItem(key, SameOrFail(key, present, value))
            : items.Add(key, value)));

    private static Input<TValue> SameOrFail(string key, Input<TValue> present, Input<TValue> value)
        => Output.Tuple(present, value).Apply(pair => EqualityComparer<TValue>.Default.Equals(pair.Item1, pair.Item2)
            ? pair.Item1
            : throw new ArgumentException($"The map already has a different value for the key '{key}'."));

    public void Add(InputMap<TValue> values) => AddRange(values);

    public void AddRange(InputMap<TValue> values)
        => Set(Output.Tuple(_items, values._items).Apply(pair => pair.Item1.AddRange(pair.Item2)));

    /// <summary>Both maps in one; where they share a key, the second wins.</summary>
    public static InputMap<TValue> Merge(InputMap<TValue> first, InputMap<TValue> second)
        => new(Output.Tuple(first._items, second._items).Apply(pair => pair.Item1.SetItems(pair.Item2)));

    public static implicit operator InputMap<TValue>(Dictionary<string, TValue> values) => Output.Create(values);

    public static implicit operator InputMap<TValue>(ImmutableDictionary<string, TValue> values) => Output.Create(values);

    public static implicit operator InputMap<TValue>(Output<Dictionary<string, TValue>> values)
        => values.Apply(ImmutableDictionary.CreateRange);

    public static implicit operator InputMap<TValue>(Output<IDictionary<string, TValue>> values)
        => values.Apply(ImmutableDictionary.CreateRange);

    public static implicit operator InputMap<TValue>(Output<ImmutableDictionary<string, TValue>> values)
        => new(values.Apply(map => map?.ToImmutableDictionary(pair => pair.Key, pair => (Input<TValue>)pair.Value)!));

    IEnumerator IEnumerable.GetEnumerator()
        => throw new NotSupportedException($"{GetType()} has no elements before it is resolved; enumerate it asynchronously.");

    public async IAsyncEnumerator<Input<KeyValuePair<string, TValue>>> GetAsyncEnumerator(CancellationToken cancellationToken)
    {
        var items = await _output.GetValueAsync(whenUnknown: ImmutableDictionary<string, TValue>.Empty).ConfigureAwait(false);
        foreach (var item in items)
            yield return item;
    }
}

public static class InputMapExtensions
{
    public static void Add<T0, T1>(this InputMap<Union<T0, T1>> map, string key, Input<T0> value)
        => map.Add(key, value.Apply(item => (Union<T0, T1>)item));

    public static void Add<T0, T1>(this InputMap<Union<T0, T1>> map, string key, Input<T1> value)
        => map.Add(key, value.Apply(item => (Union<T0, T1>)item));
}
