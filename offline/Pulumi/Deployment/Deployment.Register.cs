using Pulumi.Serialization;
using Pulumi.Testing;

namespace Pulumi;

public sealed partial class Deployment
{
    internal void Register(Resource resource, ResourceArgs args, ResourceOptions options)
        => Track(CompleteAsync(resource, args, options));

    internal void RegisterOutputs(Resource resource, Output<IDictionary<string, object?>> outputs)
        => Track(RegisterOutputsAsync(resource, outputs));

    private async Task RegisterOutputsAsync(Resource resource, Output<IDictionary<string, object?>> outputs)
    {
        var urn = await resource.Urn.GetValueAsync(whenUnknown: "").ConfigureAwait(false);
        var values = await outputs.GetValueAsync(whenUnknown: ImmutableDictionary<string, object?>.Empty).ConfigureAwait(false);
        var serialized = await SerializeAsync($"{resource.GetResourceType()} {resource.GetResourceName()}", values, new Serializer()).ConfigureAwait(false);
        await _engine.RegisterOutputsAsync(urn, serialized).ConfigureAwait(false);
    }

    /// <summary>Registers the resource and fills its outputs, each of which ends in any case.</summary>
    private async Task CompleteAsync(Resource resource, ResourceArgs args, ResourceOptions options)
    {
        try
        {
            var registered = await RegisterAsync(resource, args, options).ConfigureAwait(false);
            foreach (var (name, output) in resource.Pending)
            {
                if (name == PendingOutputs.Urn)
                    output.Resolve(OutputData.Known<object?>(registered.Urn));
                else if (name == PendingOutputs.Id && resource is CustomResource)
                    output.Resolve(OutputData.Known<object?>(registered.Id) with { IsKnown = registered.Id.Length > 0 });
                else if (registered.State.TryGetValue(name, out var value))
                    output.Resolve(Read(resource, name, value, output.ValueType));
                else
                    output.ResolveDefault(isKnown: !IsDryRun);
            }
        }
        catch (Exception exception)
        {
            foreach (var output in resource.Pending.Values)
                output.Fail(exception);
            throw;
        }
    }

    private static OutputData<object?> Read(Resource resource, string name, object? value, Type type)
    {
        var data = Wire.Lift(value);
        return data with { Value = Converter.Convert($"{resource.GetType().FullName}.{name}", data.Value, type) };
    }

    private async Task<MockEngine.Registered> RegisterAsync(Resource resource, ResourceArgs args, ResourceOptions options)
    {
        var existing = options.Id is null ? "" : await options.Id.ToOutput().GetValueAsync(whenUnknown: "").ConfigureAwait(false);
        if (!string.IsNullOrEmpty(existing) && resource is not CustomResource)
            throw new ArgumentException("ResourceOptions.Id is only valid for a CustomResource");

        var dependencies = new HashSet<Resource>();
        foreach (var dependency in await options.DependsOn.ToOutput().GetValueAsync(whenUnknown: []).ConfigureAwait(false))
            dependencies.Add(dependency);

        var serializer = new Serializer();
        var inputs = await SerializeAsync($"{resource.GetResourceType()} {resource.GetResourceName()}", args.ToDictionary(), serializer).ConfigureAwait(false);
        dependencies.UnionWith(serializer.Dependencies);

        var parentUrn = resource is Stack ? "" : await (options.Parent ?? Stack).Urn.GetValueAsync(whenUnknown: "").ConfigureAwait(false);
        var provider = resource is CustomResource && options.Provider is not null
            ? await options.Provider.GetReferenceAsync().ConfigureAwait(false)
            : "";
        foreach (var dependency in dependencies)
            await RegisteredAsync(dependency).ConfigureAwait(false);

        return string.IsNullOrEmpty(existing)
            ? await _engine.RegisterAsync(resource, new(inputs, parentUrn, provider, (options as CustomResourceOptions)?.ImportId ?? "")).ConfigureAwait(false)
            : await _engine.ReadAsync(resource, new(inputs, parentUrn, provider, existing)).ConfigureAwait(false);
    }

    // A component is there when the resources below it are.
    private static async Task RegisteredAsync(Resource dependency)
    {
        if (dependency is CustomResource)
        {
            await dependency.Urn.Data.ConfigureAwait(false);
            return;
        }

        List<Resource> children;
        lock (dependency.Children)
            children = [.. dependency.Children];
        foreach (var child in children)
            await RegisteredAsync(child).ConfigureAwait(false);
    }

    private static async Task<ImmutableDictionary<string, object?>> SerializeAsync(
        string context, IDictionary<string, object?> values, Serializer serializer)
    {
        var result = ImmutableDictionary.CreateBuilder<string, object?>();
        // An address and an identifier are the engine's to give.
        foreach (var (name, value) in values.Where(value => value.Key is not (PendingOutputs.Urn or PendingOutputs.Id)))
        {
            try
            {
                if (await serializer.SerializeAsync($"{context}.{name}", value).ConfigureAwait(false) is { } serialized)
                    result[name] = serialized;
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"error serializing property \"{name}\": {exception.Message}", exception);
            }
        }

        return result.ToImmutable();
    }
}
