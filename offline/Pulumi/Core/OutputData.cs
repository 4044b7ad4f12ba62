namespace Pulumi;

/// <summary>What an output comes to: a value, whether it is known yet and secret, and the resources it came from.</summary>
internal readonly record struct OutputData<T>(T Value, bool IsKnown, bool IsSecret, ImmutableHashSet<Resource> Resources)
{
    public OutputData<TOther> With<TOther>(TOther value) => new(value, IsKnown, IsSecret, Resources);

    /// <summary>The value with the marks of both: unknown if either is, secret if either is.</summary>
    public OutputData<T> MarkedBy<TOther>(OutputData<TOther> other)
        => new(Value, IsKnown && other.IsKnown, IsSecret || other.IsSecret, Resources.Union(other.Resources));
}

internal static class OutputData
{
    public static OutputData<T> Known<T>(T value, bool isSecret = false)
        => new(value, true, isSecret, ImmutableHashSet<Resource>.Empty);

    public static OutputData<T> Unknown<T>(T value)
        => new(value, false, false, ImmutableHashSet<Resource>.Empty);
}
