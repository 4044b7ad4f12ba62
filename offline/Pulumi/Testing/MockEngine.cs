using Pulumi.Serialization;

namespace Pulumi.Testing;

/// <summary>Takes the place of the engine: passes registrations on to the mocks and keeps what came of them.</summary>
internal sealed class MockEngine(IMocks mocks, string stack, string project)
{
    private readonly List<Resource> _resources = [];

    public ImmutableArray<Resource> Resources
    {
        get
        {
            lock (_resources)
                return [.. _resources];
        }
    }

    public async Task<Registered> RegisterAsync(Resource resource, Request request)
    {
        Note(resource);
        var urn = UrnOf(resource, request.ParentUrn);
        if (resource.GetResourceType() == Stack.TypeToken)
            return new Registered(urn, "", ImmutableDictionary<string, object?>.Empty);

        var (id, state) = await AskAsync(resource, request).ConfigureAwait(false);
        return new Registered(urn, id ?? request.Id, state);
    }

    /// <summary>A resource that exists: it keeps the identifier it was asked for by.</summary>
    public async Task<Registered> ReadAsync(Resource resource, Request request)
    {
        var (_, state) = await AskAsync(resource, request).ConfigureAwait(false);
        Note(resource);
        return new Registered(UrnOf(resource, request.ParentUrn), request.Id, state);
    }

    public Task RegisterOutputsAsync(string urn, ImmutableDictionary<string, object?> outputs)
        => mocks.RegisterResourceOutputs(new MockRegisterResourceOutputsRequest(
            urn,
            outputs.ToImmutableDictionary(output => output.Key, output => new Output<object?>(Task.FromResult(Wire.Lift(output.Value))))));

    private void Note(Resource resource)
    {
        lock (_resources)
            _resources.Add(resource);
    }

    private async Task<(string? Id, ImmutableDictionary<string, object?> State)> AskAsync(Resource resource, Request request)
    {
        var inputs = request.Inputs.Select(input => (input.Key, Data: Wire.Lift(input.Value)))
            .Where(input => input.Data is { IsKnown: true, Value: not null })
            .ToImmutableDictionary(input => input.Key, input => input.Data.Value!);
        var (id, state) = await mocks.NewResourceAsync(new MockResourceArgs
        {
            Type = resource.GetResourceType(),
            Name = resource.GetResourceName(),
            Inputs = inputs,
            Provider = request.Provider,
            Id = request.Id,
        }).ConfigureAwait(false);

        // A bag of any kind of map will do as state.
        var bag = state is IDictionary<string, object> map ? map.ToImmutableDictionary() : state;
        return (id, await new Serializer().SerializeAsync("", bag).ConfigureAwait(false) as ImmutableDictionary<string, object?>
            ?? throw new InvalidOperationException($"{state.GetType().FullName} is not a supported argument type"));
    }

    // Like the official mocks, which name the outermost type only (a real engine names all parents' types).
    private string UrnOf(Resource resource, string parentUrn)
    {
        var outermost = parentUrn.Length == 0 ? "" : parentUrn.Split("::")[2].Split('$')[0] + "$";
        return $"urn:pulumi:{stack}::{project}::{outermost}{resource.GetResourceType()}::{resource.GetResourceName()}";
    }

    /// <param name="Inputs">In wire form.</param>
    /// <param name="ParentUrn">Empty for the stack itself.</param>
    /// <param name="Provider">The provider's reference, empty for the default one.</param>
    /// <param name="Id">The identifier to read or import, else empty.</param>
    internal sealed record Request(ImmutableDictionary<string, object?> Inputs, string ParentUrn, string Provider, string Id);

    /// <param name="State">In wire form.</param>
    internal sealed record Registered(string Urn, string Id, ImmutableDictionary<string, object?> State);
}
