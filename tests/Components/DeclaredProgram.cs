using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation;
using Moq;
using Pulumi;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Testing;

namespace FleetPrometheus.Tests.Components;

/// <summary>A resource that a program declared.</summary>
/// <param name="Type">Its type token.</param>
/// <param name="Name">Its name within the program.</param>
/// <param name="Inputs">Its inputs as Kubernetes' JSON.</param>
/// <param name="Parent">The name of the component it is a child of, or null.</param>
internal sealed record DeclaredResource(string Type, string Name, JsonNode Inputs, string? Parent)
{
    /// <summary>The value at a path of fields and list positions, such as <c>spec.containers.0.args</c>, or null.</summary>
    public JsonNode? At(string path) => path.Split('.').Aggregate((JsonNode?)Inputs, (node, step) =>
        node is JsonArray list ? list[int.Parse(step)] : node?[step]);

    /// <summary>The texts of the list at a path.</summary>
    public string[] Texts(string path) => [.. At(path)!.AsArray().Select(node => (string)node!)];

    /// <summary>The object's name in Kubernetes.</summary>
    public string ObjectName => (string)At("metadata.name")!;

    /// <summary>The contents of a Secret or ConfigMap.</summary>
    public ImmutableSortedDictionary<string, string> Files => (At("data")?.AsObject() ?? []).ToImmutableSortedDictionary(
        file => file.Key,
        file => Type.EndsWith(":Secret") ? Encoding.UTF8.GetString(Convert.FromBase64String((string)file.Value!)) : (string)file.Value!,
        StringComparer.Ordinal);
}

/// <summary>What a program declared, run against mocks that behave like a cluster.</summary>
internal sealed class DeclaredProgram
{
    private readonly ConcurrentDictionary<string, string?> _parents = new();
    private readonly ConcurrentBag<(string Name, Task<bool> IsSecret)> _secretData = [];
    private ImmutableArray<DeclaredResource> _resources = [];

    /// <summary>The program's outputs.</summary>
    public IDictionary<string, object?> Outputs { get; private set; } = ImmutableDictionary<string, object?>.Empty;

    public IEnumerable<DeclaredResource> All => _resources;

    /// <summary>The token that the mocked cluster puts into a token Secret.</summary>
    public static string TokenOf(string secretName) => $"token-of-{secretName}";

    /// <summary>The password that the mocked provider generates.</summary>
    public const string Password = "generated-password-0123456789abc";

    /// <summary>The hash of <see cref="Password"/> that the mocked provider gives.</summary>
    public const string PasswordHash = "$2b$04$abcdefghijklmnopqrstuuf1ua7Ang3GKhgqrEYZgIN3mBlvqoB9S";

    /// <summary>The only resource of a kind.</summary>
    public DeclaredResource Only(string kind) => Assert.Single(OfKind(kind));

    /// <summary>The resource of a kind whose object has the name.</summary>
    public DeclaredResource Named(string kind, string objectName) => Assert.Single(OfKind(kind), resource => resource.ObjectName == objectName);

    /// <summary>The resources of a kind, by name.</summary>
    public ImmutableArray<DeclaredResource> OfKind(string kind) => [.. _resources.Where(resource => resource.Type.EndsWith($":{kind}", StringComparison.Ordinal))];

    /// <summary>Runs a program.</summary>
    /// <param name="declare">Gets the options to give to its outermost component.</param>
    /// <param name="preview">Whether it is a preview of what doesn't exist yet, or an update.</param>
    /// <param name="tokensFilled">Whether the cluster fills token Secrets.</param>
    public static async Task<DeclaredProgram> RunAsync(
        Func<ComponentResourceOptions, IDictionary<string, object?>> declare, bool preview = false, bool tokensFilled = true)
    {
        var program = new DeclaredProgram();
        var resources = new ConcurrentBag<DeclaredResource>();
        var mocks = new Mock<IMocks>();
        mocks.Setup(mock => mock.NewResourceAsync(It.IsAny<MockResourceArgs>())).Returns<MockResourceArgs>(args =>
        {
            resources.Add(new DeclaredResource(args.Type!, args.Name!, Json(args), program._parents.GetValueOrDefault(args.Name!)));
            return Task.FromResult<(string?, object)>(($"{args.Name}-id", preview ? args.Inputs : Stored(args, tokensFilled)));
        });

        var exitCode = Environment.ExitCode;
        try
        {
            var result = await Deployment.TestAsync(mocks.Object, new TestOptions { IsPreview = preview }, () => declare(program.Watch()));
            program.Outputs = result.Outputs;
        }
        finally
        {
            Environment.ExitCode = exitCode; // a program that fails on purpose doesn't fail the test run
        }

        program._resources = [.. resources.OrderBy(resource => resource.Name, StringComparer.Ordinal)];
        return program;
    }

    /// <summary>Runs a program without outputs.</summary>
    public static Task<DeclaredProgram> RunAsync(Action<ComponentResourceOptions> declare, bool preview = false) => RunAsync(
        options =>
        {
            declare(options);
            return ImmutableDictionary<string, object?>.Empty;
        },
        preview);

    /// <summary>The names of the Secrets' resources whose data Pulumi doesn't know to be secret.</summary>
    public async Task<string[]> UnmarkedSecretsAsync()
    {
        var unmarked = new List<string>();
        foreach (var (name, isSecret) in _secretData)
        {
            if (!await isSecret)
            {
                unmarked.Add(name);
            }
        }

        return [.. unmarked];
    }

    // Mocks are given plain values and no parents; a transformation sees the arguments as they were declared.
    private ComponentResourceOptions Watch() => new()
    {
        ResourceTransformations =
        {
            args =>
            {
                _parents[args.Resource.GetResourceName()] = args.Options.Parent?.GetResourceName();
                if (args.Args is SecretArgs secret && secret.Type is null)
                {
                    Output<ImmutableDictionary<string, string>> data = (Input<ImmutableDictionary<string, string>>)secret.Data;
                    _secretData.Add((args.Resource.GetResourceName(), Output.IsSecretAsync(data)));
                }

                return null;
            },
        },
    };

    private static ImmutableDictionary<string, object> Stored(MockResourceArgs args, bool tokensFilled) => args.Type switch
    {
        "random:index/randomId:RandomId" => args.Inputs.SetItem("hex", args.Name!.Contains("-2-") ? "00000000000000b2" : "00000000000000a1"),
        "random:index/randomPassword:RandomPassword" => args.Inputs
            .SetItem("result", Output.CreateSecret(Password)).SetItem("bcryptHash", Output.CreateSecret(PasswordHash)),
        "kubernetes:core/v1:Secret" when tokensFilled && args.Inputs.ContainsKey("type") => args.Inputs.SetItem("data", Output.CreateSecret(
            ImmutableDictionary<string, object>.Empty
                .Add("token", Base64(TokenOf((string)((IDictionary<string, object>)args.Inputs["metadata"])["name"])))
                .Add("ca.crt", Base64(TestCertificate.Pem)))),
        _ => args.Inputs,
    };

    // Parsed anew, so that numbers convert to any type.
    private static JsonNode Json(MockResourceArgs args) => JsonNode.Parse(KubernetesManifest.ToJson(args.Inputs)!.ToJsonString())!;

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
