using System.Reflection;

namespace Pulumi.Serialization;

/// <summary>An [Output] property whose value comes with the resource's registration.</summary>
internal interface IPendingOutput
{
    Type ValueType { get; }
    object Output { get; }
    void Resolve(OutputData<object?> data);
    void ResolveDefault(bool isKnown);
    void Fail(Exception exception);
}

internal sealed class PendingOutput<T> : IPendingOutput
{
    private readonly TaskCompletionSource<OutputData<T>> _source = new();
    private readonly ImmutableHashSet<Resource> _resources;

    public PendingOutput(Resource resource)
    {
        _resources = [resource];
        Output = new Output<T>(_source.Task);
    }

    public Type ValueType => typeof(T);

    public object Output { get; }

    public void Resolve(OutputData<object?> data)
        => _source.SetResult(new((T)(data.Value ?? default(T))!, data.IsKnown, data.IsSecret, _resources));

    public void ResolveDefault(bool isKnown) => _source.TrySetResult(new(default!, isKnown, false, _resources));

    public void Fail(Exception exception) => _source.TrySetException(exception);
}

internal static class PendingOutputs
{
    public const string Urn = "urn";
    public const string Id = "id";

    /// <summary>Gives each [Output] property of the resource an output that is still to come, by name.</summary>
    public static ImmutableDictionary<string, IPendingOutput> Prepare(Resource resource, bool remote)
    {
        var pending = ImmutableDictionary.CreateBuilder<string, IPendingOutput>();
        foreach (var property in resource.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            // A local component fills its outputs itself.
            if (property.GetCustomAttribute<OutputAttribute>() is not { } attribute
                || (resource is ComponentResource && !remote && property.DeclaringType != typeof(Resource)))
            {
                continue;
            }

            var type = property.PropertyType;
            if (!type.IsConstructedGenericType || type.GetGenericTypeDefinition() != typeof(Output<>))
                throw RunException.OutputsHaveIncorrectType([attribute.Name ?? property.Name]);

            var output = (IPendingOutput)Activator.CreateInstance(typeof(PendingOutput<>).MakeGenericType(type.GenericTypeArguments), resource)!;
            // Through the declaring type, for only there a private setter shows.
            var declared = property.DeclaringType!.GetProperty(property.Name)!;
            if (declared.GetSetMethod(nonPublic: true) is not { } set)
                throw new InvalidOperationException($"[Output] {resource.GetType().FullName}.{property.Name} did not have a 'set' method");

            set.Invoke(resource, [output.Output]);
            pending.Add(attribute.Name ?? property.Name, output);
        }

        return pending.ToImmutable();
    }
}
