using System.Reflection;

namespace Pulumi;

/// <summary>The root of all resources of a run.</summary>
public class Stack : ComponentResource
{
    internal const string TypeToken = "pulumi:pulumi:Stack";

    public Stack(StackOptions? options = null)
        : base(
            TypeToken,
            $"{Deployment.Instance.ProjectName}-{Deployment.Instance.StackName}",
            new ComponentResourceOptions { ResourceTransformations = options?.ResourceTransformations ?? [] })
        => Deployment.InstanceOrFail.Stack = this;

    /// <summary>Registers the [Output] properties of a stack class, which must all be set by its constructor.</summary>
    internal void RegisterPropertyOutputs()
    {
        var outputs = GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.DeclaringType!.IsSubclassOf(typeof(Stack)))
            .Select(property => (Property: property, Output: property.GetCustomAttribute<OutputAttribute>()))
            .Where(candidate => candidate.Output is not null)
            .ToDictionary(candidate => candidate.Output!.Name ?? candidate.Property.Name, candidate => candidate.Property.GetValue(this));

        var missing = outputs.Where(output => output.Value is null).Select(output => output.Key).ToList();
        if (missing.Count > 0)
            throw new RunException($"Output(s) '{string.Join(", ", missing)}' have no value assigned. [Output] attributed properties must be assigned inside Stack constructor.");

        var wrong = outputs.Where(output => output.Value is not IOutput).Select(output => output.Key).ToList();
        if (wrong.Count > 0)
            throw RunException.OutputsHaveIncorrectType(wrong);

        RegisterOutputs(outputs);
    }
}

/// <summary>Options of the stack itself.</summary>
public class StackOptions
{
    /// <summary>Applied to every resource of the stack.</summary>
    public List<ResourceTransformation> ResourceTransformations
    {
        get => field ??= [];
        set;
    }
}
