namespace Pulumi;

/// <summary>The side of an input that does not depend on its type.</summary>
internal interface IInput
{
    IOutput ToOutput();
}

/// <summary>Something a resource takes: a plain value or an output of one.</summary>
public class Input<T> : IInput
{
    private protected Output<T> _output;

    private protected Input(Output<T> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
    }

    IOutput IInput.ToOutput() => SerializableOutput;

    /// <summary>What is serialized: for lists and maps one whose elements keep their own marks.</summary>
    private protected virtual IOutput SerializableOutput => _output;

    public static implicit operator Input<T>(T value) => Output.Create(value);

    public static implicit operator Input<T>(Output<T> value) => new(value);

    public static implicit operator Output<T>(Input<T> input) => input._output;
}

/// <summary>Uses an input like an output; a missing one counts as the default of its type.</summary>
public static class InputExtensions
{
    public static Output<T> ToOutput<T>(this Input<T>? input) => input ?? Output.Create(default(T)!);

    public static Output<TResult> Apply<T, TResult>(this Input<T>? input, Func<T, TResult> func)
        => input.ToOutput().Apply(func);

    public static Output<TResult> Apply<T, TResult>(this Input<T>? input, Func<T, Task<TResult>> func)
        => input.ToOutput().Apply(func);

    public static Output<TResult> Apply<T, TResult>(this Input<T>? input, Func<T, Input<TResult>?> func)
        => input.ToOutput().Apply(func);

    public static Output<TResult> Apply<T, TResult>(this Input<T>? input, Func<T, Output<TResult>?> func)
        => input.ToOutput().Apply(func);
}
