using System.Collections.Immutable;
using Pulumi;
using Pulumi.Testing;

namespace FleetPrometheus.Tests.Offline;

/// <summary>Mocks that note what they are asked, and answer the inputs as state unless told otherwise.</summary>
internal sealed class RecordingMocks : IMocks
{
    private readonly List<MockResourceArgs> _resources = [];
    private readonly List<MockRegisterResourceOutputsRequest> _outputs = [];

    /// <summary>What a resource is answered; by default <c>name-id</c> and its inputs.</summary>
    public Func<MockResourceArgs, Task<(string? id, object state)>> Answer { get; init; }
        = args => Task.FromResult<(string?, object)>(($"{args.Name}-id", args.Inputs));

    public IReadOnlyList<MockResourceArgs> Resources => _resources;

    public IReadOnlyList<MockRegisterResourceOutputsRequest> Outputs => _outputs;

    public MockResourceArgs this[string name] => Assert.Single(_resources, resource => resource.Name == name);

    public Task<(string? id, object state)> NewResourceAsync(MockResourceArgs args)
    {
        lock (_resources)
            _resources.Add(args);
        return Answer(args);
    }

    public Task<object> CallAsync(MockCallArgs args) => Task.FromResult<object>(args.Args);

    public Task RegisterResourceOutputs(MockRegisterResourceOutputsRequest args)
    {
        lock (_outputs)
            _outputs.Add(args);
        return Task.CompletedTask;
    }

    public static RecordingMocks Answering(string? id, params (string Name, object Value)[] state)
        => new() { Answer = _ => Task.FromResult<(string?, object)>((id, state.ToImmutableDictionary(field => field.Name, field => field.Value))) };
}

/// <summary>Runs small programs against mocks, and leaves the process as it was.</summary>
internal static class TestProgram
{
    public static readonly TestOptions Preview = new() { IsPreview = true };
    public static readonly TestOptions Update = new() { IsPreview = false };

    public static async Task<ImmutableArray<Resource>> RunAsync(IMocks mocks, TestOptions options, Action program)
        => (await Deployment.TestAsync(mocks, options, () =>
        {
            program();
            return Task.FromResult<IDictionary<string, object?>>(new Dictionary<string, object?>());
        })).Resources;

    /// <summary>What a program fails with; its exit code does not become the tests'.</summary>
    public static async Task<RunException> FailAsync(IMocks mocks, Action program)
    {
        var exitCode = Environment.ExitCode;
        try
        {
            return await Assert.ThrowsAsync<RunException>(() => RunAsync(mocks, Update, program));
        }
        finally
        {
            Environment.ExitCode = exitCode;
        }
    }
}

/// <summary>A resource with one property of each kind.</summary>
internal sealed class Thing : CustomResource
{
    public const string Token = "test:index:Thing";

    public Thing(string name, ThingArgs? args = null, CustomResourceOptions? options = null)
        : base(Token, name, args ?? new ThingArgs { Title = "untitled" }, options)
    {
    }

    [Output("title")] public Output<string> Title { get; private set; } = null!;

    [Output("size")] public Output<int> Size { get; private set; } = null!;

    [Output("weight")] public Output<double?> Weight { get; private set; } = null!;

    [Output("tags")] public Output<ImmutableArray<string>> Tags { get; private set; } = null!;

    [Output("labels")] public Output<ImmutableDictionary<string, int>> Labels { get; private set; } = null!;

    [Output("part")] public Output<ThingPart?> Part { get; private set; } = null!;

    [Output("port")] public Output<Union<int, string>> Port { get; private set; } = null!;
}

[OutputType]
internal sealed class ThingPart
{
    public readonly string Name;
    public readonly int? Count;

    [OutputConstructor]
    private ThingPart(string name, int? count) => (Name, Count) = (name, count);
}

internal sealed class ThingArgs : ResourceArgs
{
    [Input("title", required: true)] public Input<string> Title { get; set; } = null!;

    [Input("size")] public Input<int>? Size { get; set; }

    [Input("part")] public Input<ThingPartArgs>? Part { get; set; }

    [Input("settings", json: true)] public Input<ThingPartArgs>? Settings { get; set; }

    [Input("tags")] private InputList<string>? _tags;

    public InputList<string> Tags
    {
        get => _tags ??= new InputList<string>();
        set => _tags = value;
    }

    [Input("labels")] private InputMap<string>? _labels;

    public InputMap<string> Labels
    {
        get => _labels ??= new InputMap<string>();
        set => _labels = value;
    }

    [Input("any")] public Input<object>? Any { get; set; }
}

internal sealed class ThingPartArgs : ResourceArgs
{
    [Input("name", required: true)] public Input<string> Name { get; set; } = null!;

    [Input("count")] public Input<int>? Count { get; set; }
}

/// <summary>A component whose children are given by the test.</summary>
internal sealed class Group : ComponentResource
{
    public const string Token = "test:index:Group";

    public Group(string name, Action<Group> children, ComponentResourceOptions? options = null)
        : base(Token, name, options)
    {
        children(this);
        Summary = Output.Create("done");
        RegisterOutputs();
    }

    [Output("summary")] public Output<string> Summary { get; private set; }
}

internal sealed class TestProvider(string name, string package = "test")
    : ProviderResource(package, name, ResourceArgs.Empty, (CustomResourceOptions?)null);
