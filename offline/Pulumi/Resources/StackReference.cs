namespace Pulumi;

/// <summary>Another stack's outputs.</summary>
public class StackReference : CustomResource
{
    public StackReference(string name, StackReferenceArgs? args = null, CustomResourceOptions? options = null)
        : base(
            "pulumi:pulumi:StackReference",
            name,
            new StackReferenceArgs { Name = args?.Name ?? name },
            CustomResourceOptions.Merge(options, new CustomResourceOptions { Id = args?.Name ?? name }))
    {
    }

    [Output("name")]
    public Output<string> Name { get; private set; } = null!;

    [Output("outputs")]
    public Output<ImmutableDictionary<string, object>> Outputs { get; private set; } = null!;

    [Output("secretOutputNames")]
    public Output<ImmutableArray<string>> SecretOutputNames { get; private set; } = null!;

    /// <summary>An output of the stack, null if it has none of that name. Secret only if that very output is.</summary>
    public Output<object?> GetOutput(Input<string> name)
        => OwnSecrecy(name, Output.Tuple(name, (Input<ImmutableDictionary<string, object>>)Outputs)
            .Apply(pair => pair.Item2.GetValueOrDefault(pair.Item1)));

    /// <exception cref="KeyNotFoundException">When resolved: the stack has no output of that name.</exception>
    public Output<object> RequireOutput(Input<string> name)
        => OwnSecrecy(name, Output.Tuple(name, (Input<string>)Name, (Input<ImmutableDictionary<string, object>>)Outputs)
            .Apply(all => all.Item3.TryGetValue(all.Item1, out var value)
                ? value
                : throw new KeyNotFoundException($"Required output '{all.Item1}' does not exist on stack '{all.Item2}'.")));

    /// <summary>An output's plain or secret value; neither if the stack has none of that name.</summary>
    public async Task<StackReferenceOutputDetails> GetOutputDetailsAsync(string name)
    {
        var data = await GetOutput(name).Data.ConfigureAwait(false);
        return data.IsSecret
            ? new StackReferenceOutputDetails { SecretValue = data.Value }
            : new StackReferenceOutputDetails { Value = data.Value };
    }

    /// <exception cref="InvalidOperationException">The output is secret.</exception>
    public Task<object?> GetValueAsync(Input<string> name) => PlainValueAsync(GetOutput(name));

    /// <exception cref="InvalidOperationException">The output is secret.</exception>
    public Task<object> RequireValueAsync(Input<string> name) => PlainValueAsync(RequireOutput(name));

    private static async Task<T> PlainValueAsync<T>(Output<T> output)
    {
        var data = await output.Data.ConfigureAwait(false);
        return data.IsSecret
            ? throw new InvalidOperationException("A secret output can't be had as a plain value. Use 'GetOutput' or 'GetOutputDetailsAsync'.")
            : data.Value;
    }

    // One secret makes all outputs of a stack secret; the list of names says which really are.
    private Output<T> OwnSecrecy<T>(Input<string> name, Output<T> value)
        => value.Mark(async data =>
        {
            var key = await name.ToOutput().Data.ConfigureAwait(false);
            var secrets = await SecretOutputNames.Data.ConfigureAwait(false);
            return data with
            {
                IsSecret = key.IsKnown && secrets.IsKnown
                    ? secrets.Value.Contains(key.Value)
                    : (await Outputs.Data.ConfigureAwait(false)).IsSecret,
            };
        });
}

public class StackReferenceArgs : ResourceArgs
{
    /// <summary>The stack: <c>organization/project/stack</c>.</summary>
    [Input("name", required: true)]
    public Input<string>? Name { get; set; }
}

public sealed class StackReferenceOutputDetails
{
    public object? Value { get; set; }

    public object? SecretValue { get; set; }
}
