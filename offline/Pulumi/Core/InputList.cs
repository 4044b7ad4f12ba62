using System.Collections;

namespace Pulumi;

/// <summary>A list of inputs; the list itself, and each element, may be an output.</summary>
public sealed class InputList<T> : Input<ImmutableArray<T>>, IEnumerable, IAsyncEnumerable<Input<T>>
{
    private Output<ImmutableArray<Input<T>>> _items;

    public InputList() : this(Output.Create(ImmutableArray<Input<T>>.Empty))
    {
    }

    private InputList(Output<ImmutableArray<Input<T>>> items) : base(Flatten(items)) => _items = items;

    private protected override IOutput SerializableOutput => _items;

    private static Output<ImmutableArray<T>> Flatten(Output<ImmutableArray<Input<T>>> items)
        => items.Apply(inputs => inputs.IsDefault ? Output.Create(default(ImmutableArray<T>)) : Output.All(inputs.AsEnumerable()));

    public void Add(params Input<T>[] inputs) => AddRange(inputs);

    public void Add(InputList<T> inputs) => AddRange(inputs);

    public void AddRange(InputList<T> inputs)
    {
        _items = Join(_items, inputs._items);
        _output = Flatten(_items);
    }

    public InputList<T> Concat(InputList<T> other) => new(Join(_items, other._items));

    internal InputList<T> Clone() => new(_items);

    private static Output<ImmutableArray<Input<T>>> Join(
        Output<ImmutableArray<Input<T>>> first, Output<ImmutableArray<Input<T>>> second)
        => Output.Tuple(first, second).Apply(pair => pair.Item1.AddRange(pair.Item2));

    public static implicit operator InputList<T>(T value) => (Input<T>)value;

    public static implicit operator InputList<T>(Output<T> value) => (Input<T>)value;

    public static implicit operator InputList<T>(Input<T> value) => ImmutableArray.Create(value);

    public static implicit operator InputList<T>(T[] values) => values.Select(value => (Input<T>)value).ToImmutableArray();

    public static implicit operator InputList<T>(Output<T>[] values) => values.Select(value => (Input<T>)value).ToImmutableArray();

    public static implicit operator InputList<T>(Input<T>[] values) => values.ToImmutableArray();

    public static implicit operator InputList<T>(List<T> values) => values.ToArray();

    public static implicit operator InputList<T>(List<Output<T>> values) => values.ToArray();

    public static implicit operator InputList<T>(List<Input<T>> values) => values.ToArray();

    public static implicit operator InputList<T>(ImmutableArray<T> values)
        => values.IsDefault ? default(ImmutableArray<Input<T>>) : values.Select(value => (Input<T>)value).ToImmutableArray();

    public static implicit operator InputList<T>(ImmutableArray<Output<T>> values)
        => values.IsDefault ? default(ImmutableArray<Input<T>>) : values.Select(value => (Input<T>)value).ToImmutableArray();

    public static implicit operator InputList<T>(ImmutableArray<Input<T>> values) => new(Output.Create(values));

    public static implicit operator InputList<T>(Output<T[]> values) => values.Apply(ImmutableArray.CreateRange);

    public static implicit operator InputList<T>(Output<List<T>> values) => values.Apply(ImmutableArray.CreateRange);

    public static implicit operator InputList<T>(Output<IEnumerable<T>> values) => values.Apply(ImmutableArray.CreateRange);

    public static implicit operator InputList<T>(Output<ImmutableArray<T>> values)
        => new(values.Apply(items => items.IsDefault ? default : items.Select(item => (Input<T>)item).ToImmutableArray()));

    IEnumerator IEnumerable.GetEnumerator()
        => throw new NotSupportedException($"{GetType()} has no elements before it is resolved; enumerate it asynchronously.");

    public async IAsyncEnumerator<Input<T>> GetAsyncEnumerator(CancellationToken cancellationToken)
    {
        foreach (var item in await _output.GetValueAsync(whenUnknown: []).ConfigureAwait(false))
            yield return item;
    }
}

public static class InputListExtensions
{
    public static void Add<T0, T1>(this InputList<Union<T0, T1>> list, Input<T0> value)
        => list.Add(value.Apply(item => (Union<T0, T1>)item));

    public static void Add<T0, T1>(this InputList<Union<T0, T1>> list, Input<T1> value)
        => list.Add(value.Apply(item => (Union<T0, T1>)item));
}
