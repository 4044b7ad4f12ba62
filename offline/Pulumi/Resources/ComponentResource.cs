using System.Reflection;

namespace Pulumi;

/// <summary>A resource made of others, which are its children.</summary>
public class ComponentResource : Resource
{
    public ComponentResource(string type, string name, ComponentResourceOptions? options = null)
        : this(type, name, ResourceArgs.Empty, options, remote: false)
    {
    }

    public ComponentResource(
        string type, string name, ResourceArgs? args, ComponentResourceOptions? options = null, bool remote = false)
        : base(type, name, args ?? ResourceArgs.Empty, options ?? new ComponentResourceOptions(), remote)
    {
    }

    /// <summary>Says that the component is complete; its outputs are its [Output] properties.</summary>
    protected void RegisterOutputs()
        => RegisterOutputs(GetType().GetProperties()
            .Select(property => (Property: property, Output: property.GetCustomAttribute<OutputAttribute>()))
            .Where(candidate => candidate.Output is not null && candidate.Property.Name != nameof(Urn))
            .ToDictionary(
                candidate => string.IsNullOrWhiteSpace(candidate.Output!.Name) ? candidate.Property.Name : candidate.Output.Name,
                candidate => candidate.Property.GetValue(this)));

    protected void RegisterOutputs(IDictionary<string, object?> outputs)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        RegisterOutputs(Task.FromResult(outputs));
    }

    protected void RegisterOutputs(Task<IDictionary<string, object?>> outputs)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        RegisterOutputs(Output.Create(outputs));
    }

    protected void RegisterOutputs(Output<IDictionary<string, object?>> outputs)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        Deployment.InstanceOrFail.RegisterOutputs(this, outputs);
    }
}
