namespace Pulumi.Random;

[AttributeUsage(AttributeTargets.Class)]
internal sealed class RandomResourceTypeAttribute(string type) : ResourceTypeAttribute(type, Version)
{
    private new const string Version = "4.21.1";

    public static CustomResourceOptions Complete(CustomResourceOptions? options, params string[] secretOutputs)
        => CustomResourceOptions.Merge(
            new CustomResourceOptions { Version = Version, AdditionalSecretOutputs = [.. secretOutputs] }, options);
}
