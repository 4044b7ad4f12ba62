namespace Pulumi;

/// <summary>How a resource is managed, apart from what it is.</summary>
public abstract class ResourceOptions
{
    protected ResourceOptions()
    {
    }

    /// <summary>An existing resource's identifier: it is read, not created.</summary>
    public Input<string>? Id { get; set; }

    public Resource? Parent { get; set; }

    public InputList<Resource> DependsOn
    {
        get => field ??= new InputList<Resource>();
        set;
    }

    public bool? Protect { get; set; }

    public List<string> IgnoreChanges
    {
        get => field ??= [];
        set;
    }

    public string? Version { get; set; }

    public string? PluginDownloadURL { get; set; }

    public ProviderResource? Provider { get; set; }

    public CustomTimeouts? CustomTimeouts { get; set; }

    public List<ResourceTransformation> ResourceTransformations
    {
        get => field ??= [];
        set;
    }

    public List<Input<Alias>> Aliases { get; set; } = [];

    public List<string> ReplaceOnChanges
    {
        get => field ??= [];
        set;
    }

    public bool? RetainOnDelete { get; set; }

    public Resource? DeletedWith { get; set; }

    internal abstract ResourceOptions Clone();

    /// <summary>Takes over what the other options say; lists are joined.</summary>
    private protected void Take(ResourceOptions? other)
    {
        if (other is null)
            return;

        Id = other.Id ?? Id;
        Parent = other.Parent ?? Parent;
        Protect = other.Protect ?? Protect;
        Version = other.Version ?? Version;
        PluginDownloadURL = other.PluginDownloadURL ?? PluginDownloadURL;
        Provider = other.Provider ?? Provider;
        CustomTimeouts = other.CustomTimeouts ?? CustomTimeouts;
        RetainOnDelete = other.RetainOnDelete ?? RetainOnDelete;
        DeletedWith = other.DeletedWith ?? DeletedWith;
        DependsOn = DependsOn.Concat(other.DependsOn);
        IgnoreChanges.AddRange(other.IgnoreChanges);
        ResourceTransformations.AddRange(other.ResourceTransformations);
        Aliases.AddRange(other.Aliases);
        ReplaceOnChanges.AddRange(other.ReplaceOnChanges);
    }
}

/// <summary>Options of a resource that a provider manages.</summary>
public sealed class CustomResourceOptions : ResourceOptions
{
    public bool? DeleteBeforeReplace { get; set; }

    /// <summary>Outputs the engine shall treat as secret. Mocks, here as in the official package, don't look at it.</summary>
    public List<string> AdditionalSecretOutputs
    {
        get => field ??= [];
        set;
    }

    public string? ImportId { get; set; }

    /// <summary>New options: the first ones, overridden and extended by the second.</summary>
    public static CustomResourceOptions Merge(CustomResourceOptions? options1, CustomResourceOptions? options2)
    {
        var merged = new CustomResourceOptions();
        merged.TakeAll(options1);
        merged.TakeAll(options2);
        return merged;
    }

    internal override ResourceOptions Clone() => Merge(this, null);

    private void TakeAll(CustomResourceOptions? other)
    {
        Take(other);
        DeleteBeforeReplace = other?.DeleteBeforeReplace ?? DeleteBeforeReplace;
        ImportId = other?.ImportId ?? ImportId;
        AdditionalSecretOutputs.AddRange(other?.AdditionalSecretOutputs ?? []);
    }
}

/// <summary>Options of a resource that groups others.</summary>
public sealed class ComponentResourceOptions : ResourceOptions
{
    /// <summary>The providers its children use, one per package.</summary>
    public List<ProviderResource> Providers
    {
        get => field ??= [];
        set;
    }

    /// <summary>New options: the first ones, overridden and extended by the second.</summary>
    public static ComponentResourceOptions Merge(ComponentResourceOptions? options1, ComponentResourceOptions? options2)
    {
        var merged = new ComponentResourceOptions();
        merged.Take(options1);
        merged.Take(options2);
        // One provider per package, the last one given.
        merged.Providers = (options1?.Providers ?? []).Concat(options2?.Providers ?? [])
            .Reverse().DistinctBy(provider => provider.Package).Reverse().ToList();
        return merged;
    }

    internal override ResourceOptions Clone() => Merge(this, null);
}

/// <summary>How long the provider may take.</summary>
public sealed class CustomTimeouts
{
    public TimeSpan? Create { get; set; }

    public TimeSpan? Update { get; set; }

    public TimeSpan? Delete { get; set; }
}

/// <summary>A former name, type, parent, project or stack of a resource.</summary>
public sealed class Alias
{
    public string? Urn { get; set; }

    public Input<string>? Name { get; set; }

    public Input<string>? Type { get; set; }

    public Input<string>? Stack { get; set; }

    public Input<string>? Project { get; set; }

    public Resource? Parent { get; set; }

    public Input<string>? ParentUrn { get; set; }

    public bool NoParent { get; set; }
}

/// <summary>Changes a resource's arguments and options before it is registered; null leaves them.</summary>
public delegate ResourceTransformationResult? ResourceTransformation(ResourceTransformationArgs args);

public readonly struct ResourceTransformationArgs(Resource resource, ResourceArgs args, ResourceOptions options)
{
    public Resource Resource { get; } = resource;

    public ResourceArgs Args { get; } = args;

    public ResourceOptions Options { get; } = options;
}

public readonly struct ResourceTransformationResult(ResourceArgs args, ResourceOptions options)
{
    public ResourceArgs Args { get; } = args;

    public ResourceOptions Options { get; } = options;
}
