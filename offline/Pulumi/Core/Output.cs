namespace Pulumi;

/// <summary>The side of an output that does not depend on its type, for formatting and serialization.</summary>
internal interface IOutput
{
    Task<OutputData<object?>> GetDataAsync();
}

/// <summary>A value that may arrive later, may stay unknown in a preview, and may be secret.</summary>
public sealed class Output<T> : IOutput
{
    internal Output(Task<OutputData<T>> data)
    {
        Data = data;
        // A run ends when everything it started has ended, and fails with whatever failed on the way.
        Deployment.Current?.Track(data);
    }

    internal Task<OutputData<T>> Data { get; }

    async Task<OutputData<object?>> IOutput.GetDataAsync()
    {
        var data = await Data.ConfigureAwait(false);
        return data.With<object?>(data.Value);
    }

    internal async Task<T> GetValueAsync(T whenUnknown)
    {
        var data = await Data.ConfigureAwait(false);
        return data.IsKnown ? data.Value : whenUnknown;
    }

    public static Output<T> Create(Task<T> value) => Create(value, isSecret: false);

    internal static Output<T> Create(Task<T> value, bool isSecret)
    {
        ArgumentNullException.ThrowIfNull(value);

        return new Output<T>(Resolve());

        async Task<OutputData<T>> Resolve() => OutputData.Known(await value.ConfigureAwait(false), isSecret);
    }

    /// <summary>The same output with changed marks.</summary>
    internal Output<T> Mark(Func<OutputData<T>, Task<OutputData<T>>> mark)
    {
        return new Output<T>(Resolve());

        async Task<OutputData<T>> Resolve() => await mark(await Data.ConfigureAwait(false)).ConfigureAwait(false);
    }

    public Output<TResult> Apply<TResult>(Func<T, Output<TResult>?> func)
    {
        return new Output<TResult>(Resolve());

        async Task<OutputData<TResult>> Resolve()
        {
            var data = await Data.ConfigureAwait(false);
            if (!data.IsKnown)
                return data.With(default(TResult)!);

            var inner = func(data.Value);
            return inner is null
                ? data.With(default(TResult)!)
                : (await inner.Data.ConfigureAwait(false)).MarkedBy(data);
        }
    }

    public Output<TResult> Apply<TResult>(Func<T, TResult> func) => Apply(value => Output.Create(func(value)));

    public Output<TResult> Apply<TResult>(Func<T, Task<TResult>> func) => Apply(value => Output.Create(func(value)));

    public Output<TResult> Apply<TResult>(Func<T, Input<TResult>?> func) => Apply(value => func(value).ToOutput());

    public Output<ValueTuple> Apply(Func<T, Task> func)
    {
        return Apply(value => Output.Create(Run(value)));

        async Task<ValueTuple> Run(T value)
        {
            await func(value).ConfigureAwait(false);
            return default;
        }
    }

    public override string ToString()
    {
        const string Message = "An Output<T> has no text of its own: its value may not be there yet. Use Apply or Output.Format.";
        Log.Warn(Message);
        return Message;
    }
}
