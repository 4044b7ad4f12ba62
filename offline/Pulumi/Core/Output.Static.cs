using System.Globalization;

namespace Pulumi;

/// <summary>Creates and combines outputs. A combination is unknown, or secret, as soon as one of its parts is.</summary>
public static partial class Output
{
    public static Output<T> Create<T>(T value) => Create(Task.FromResult(value));

    public static Output<T> Create<T>(Task<T> value) => Output<T>.Create(value);

    public static Output<T> CreateSecret<T>(T value) => CreateSecret(Task.FromResult(value));

    public static Output<T> CreateSecret<T>(Task<T> value) => Output<T>.Create(value, isSecret: true);

    public static Output<T> CreateSecret<T>(Output<T> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.Mark(data => Task.FromResult(data with { IsSecret = true }));
    }

    public static Output<T> Unsecret<T>(Output<T> output)
        => output.Mark(data => Task.FromResult(data with { IsSecret = false }));

    public static async Task<bool> IsSecretAsync<T>(Output<T> output)
        => (await output.Data.ConfigureAwait(false)).IsSecret;

    public static Output<ImmutableArray<T>> All<T>(params Input<T>[] inputs) => All(inputs.AsEnumerable());

    public static Output<ImmutableArray<T>> All<T>(params Output<T>[] outputs) => All(outputs.AsEnumerable());

    public static Output<ImmutableArray<T>> All<T>(IEnumerable<Output<T>> outputs)
        => All(outputs.Select(output => (Input<T>)output));

    public static Output<ImmutableArray<T>> All<T>(IEnumerable<Input<T>> inputs)
    {
        var all = inputs.Select(input => ((Output<T>)input).Data).ToImmutableArray();
        return new Output<ImmutableArray<T>>(Resolve());

        async Task<OutputData<ImmutableArray<T>>> Resolve()
        {
            var values = ImmutableArray.CreateBuilder<T>(all.Length);
            var marks = OutputData.Known(ImmutableArray<T>.Empty);
            foreach (var task in all)
            {
                var data = await task.ConfigureAwait(false);
                values.Add(data.Value);
                marks = marks.MarkedBy(data);
            }

            return marks.With(values.MoveToImmutable());
        }
    }

    public static Output<string> Format(FormattableString formattableString)
        => All(formattableString.GetArguments().Select(ToInput))
            .Apply(values => string.Format(CultureInfo.InvariantCulture, formattableString.Format, values.ToArray()));

    private static Input<object?> ToInput(object? argument)
    {
        var output = argument is IInput input ? input.ToOutput() : argument as IOutput;
        return output is null ? Create(argument) : new Output<object?>(output.GetDataAsync());
    }
}
