using Pulumi.Serialization;

namespace Pulumi;

/// <summary>Anything the program declares; registered by its constructor.</summary>
public class Resource
{
    private readonly string _type;
    private readonly string _name;
    private readonly bool? _protect;
    private readonly ImmutableArray<ResourceTransformation> _transformations;

    /// <summary>What children inherit, by package.</summary>
    private readonly ImmutableDictionary<string, ProviderResource> _providers = ImmutableDictionary<string, ProviderResource>.Empty;

    private protected Resource(string type, string name, ResourceArgs args, ResourceOptions options, bool remote)
    {
        ArgumentException.ThrowIfNullOrEmpty(type);
        ArgumentException.ThrowIfNullOrEmpty(name);

        Pending = PendingOutputs.Prepare(this, remote);
        _type = type;
        _name = name;

        var deployment = Deployment.InstanceOrFail;
        var parent = type == Stack.TypeToken ? null : options.Parent ?? deployment.Stack;
        _transformations = [.. options.ResourceTransformations, .. parent?._transformations ?? []];
        foreach (var transformation in _transformations)
        {
            if (transformation(new ResourceTransformationArgs(this, args, options)) is { } changed)
            {
                if (changed.Options.Parent != options.Parent)
                    throw new ArgumentException("Transformations cannot currently be used to change the 'parent' of a resource.");

                (args, options) = (changed.Args, changed.Options);
            }
        }

        options = options.Clone();
        var component = options as ComponentResourceOptions;
        if (options.Provider is not null && component?.Providers.Count > 0)
            throw new ResourceException("Do not supply both 'provider' and 'providers' options to a ComponentResource.", options.Parent);

        if (options.Parent is not null)
        {
            lock (options.Parent.Children)
                options.Parent.Children.Add(this);
            options.Protect ??= options.Parent._protect;
            _providers = options.Parent._providers;
        }

        _protect = options.Protect;
        if (this is ComponentResource)
        {
            foreach (var provider in options.Provider is null ? component?.Providers ?? [] : [options.Provider])
                _providers = _providers.SetItem(provider.Package, provider);
        }
        else if (options.Provider is null)
        {
            options.Provider = options.Parent?.FindProvider(type);
        }
        else if (PackageOf(type) is { } package)
        {
            _providers = _providers.SetItem(package, options.Provider);
        }

        deployment.Register(this, args, options);
    }

    [Output(PendingOutputs.Urn)]
    public Output<string> Urn { get; private protected set; } = null!;

    internal HashSet<Resource> Children { get; } = [];

    internal ImmutableDictionary<string, IPendingOutput> Pending { get; }

    public string GetResourceType() => _type;

    public string GetResourceName() => _name;

    private ProviderResource? FindProvider(string type)
        => PackageOf(type) is { } package ? _providers.GetValueOrDefault(package) : null;

    private static string? PackageOf(string type)
        => type.Split(':') is [var package, _, _] ? package : null;
}
