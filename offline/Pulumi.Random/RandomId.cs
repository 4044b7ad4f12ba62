namespace Pulumi.Random;

/// <summary>Random bytes in several notations, kept until the keepers change.</summary>
[RandomResourceType("random:index/randomId:RandomId")]
public class RandomId : CustomResource
{
    public RandomId(string name, RandomIdArgs args, CustomResourceOptions? options = null)
        : base("random:index/randomId:RandomId", name, args ?? new RandomIdArgs(), RandomResourceTypeAttribute.Complete(options))
    {
    }

    [Output("b64Std")]
    public Output<string> B64Std { get; private set; } = null!;

    [Output("b64Url")]
    public Output<string> B64Url { get; private set; } = null!;

    [Output("byteLength")]
    public Output<int> ByteLength { get; private set; } = null!;

    [Output("dec")]
    public Output<string> Dec { get; private set; } = null!;

    [Output("hex")]
    public Output<string> Hex { get; private set; } = null!;

    [Output("keepers")]
    public Output<ImmutableDictionary<string, string>?> Keepers { get; private set; } = null!;

    [Output("prefix")]
    public Output<string?> Prefix { get; private set; } = null!;
}

public sealed class RandomIdArgs : ResourceArgs
{
    [Input("byteLength", required: true)]
    public Input<int> ByteLength { get; set; } = null!;

    [Input("keepers")]
    private InputMap<string>? _keepers;

    /// <summary>Whatever they are, a change of them makes a new value.</summary>
    public InputMap<string> Keepers
    {
        get => _keepers ??= new InputMap<string>();
        set => _keepers = value;
    }

    [Input("prefix")]
    public Input<string>? Prefix { get; set; }

    public static new RandomIdArgs Empty => new();
}
