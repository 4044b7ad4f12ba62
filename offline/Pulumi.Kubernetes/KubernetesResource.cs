using System.Collections.Immutable;

namespace Pulumi.Kubernetes;

/// <summary>An object of a Kubernetes API; the generated classes derive from it.</summary>
public abstract class KubernetesResource : CustomResource
{
    internal const string Version = "4.32.0";

    internal KubernetesResource(
        string type, string name, ResourceArgs args, CustomResourceOptions? options, string[] aliases, string[] secretOutputs)
        : base(type, name, args, Complete(options, aliases, secretOutputs))
    {
    }

    /// <summary>The same map, secret as a whole.</summary>
    internal static InputMap<string> Secret(InputMap<string> value)
        => Output.CreateSecret(value.ToOutput());

    private static CustomResourceOptions Complete(CustomResourceOptions? options, string[] aliases, string[] secretOutputs)
        => CustomResourceOptions.Merge(
            CustomResourceOptions.Merge(new CustomResourceOptions { Version = Version }, options),
            new CustomResourceOptions
            {
                AdditionalSecretOutputs = [.. secretOutputs],
                Aliases = aliases.Select(alias => (Input<Alias>)new Alias { Type = alias }).ToList(),
            });
}

[AttributeUsage(AttributeTargets.Class)]
internal sealed class KubernetesResourceTypeAttribute(string type) : ResourceTypeAttribute(type, KubernetesResource.Version);
