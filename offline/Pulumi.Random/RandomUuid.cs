namespace Pulumi.Random;

/// <summary>A random UUID, kept until the keepers change.</summary>
[RandomResourceType("random:index/randomUuid:RandomUuid")]
public class RandomUuid : CustomResource
{
    public RandomUuid(string name, RandomUuidArgs? args = null, CustomResourceOptions? options = null)
        : base("random:index/randomUuid:RandomUuid", name, args ?? new RandomUuidArgs(), RandomResourceTypeAttribute.Complete(options))
    {
    }

    [Output("keepers")]
    public Output<ImmutableDictionary<string, string>?> Keepers { get; private set; } = null!;

    [Output("result")]
    public Output<string> Result { get; private set; } = null!;
}

public sealed class RandomUuidArgs : ResourceArgs
{
    [Input("keepers")]
    private InputMap<string>? _keepers;

    public InputMap<string> Keepers
    {
        get => _keepers ??= new InputMap<string>();
        set => _keepers = value;
    }

    public static new RandomUuidArgs Empty => new();
}
