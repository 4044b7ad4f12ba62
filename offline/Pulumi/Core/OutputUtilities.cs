namespace Pulumi.Utilities;

/// <summary>What tests may know of an output that programs may not.</summary>
public static class OutputUtilities
{
    public static Output<T> CreateUnknown<T>(T value) => new(Task.FromResult(OutputData.Unknown(value)));

    // The factory is for languages whose unknowns are computed; an unknown is never applied to.
    public static Output<T> CreateUnknown<T>(Func<Task<T>> valueFactory)
        => CreateUnknown(default(T)!).Apply(_ => valueFactory());

    public static async Task<bool> GetIsKnownAsync<T>(Output<T> output)
        => (await output.Data.ConfigureAwait(false)).IsKnown;

    /// <summary>The output's value, or the default of its type while unknown.</summary>
    public static Task<T> GetValueAsync<T>(Output<T> output) => output.GetValueAsync(whenUnknown: default!);

    public static async Task<ImmutableHashSet<Resource>> GetDependenciesAsync<T>(Output<T> output)
        => (await output.Data.ConfigureAwait(false)).Resources;

    public static Output<T> WithDependency<T>(Output<T> output, Resource resource)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(resource);
        return output.Mark(data => Task.FromResult(data with { Resources = data.Resources.Add(resource) }));
    }
}
