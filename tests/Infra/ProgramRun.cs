using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using FleetPrometheus.Infra;
using FleetPrometheus.Infra.Settings;
using Moq;
using Pulumi;
using Pulumi.Testing;

namespace FleetPrometheus.Tests.Infra;

/// <summary>The whole program, run once with mocks in the place of Pulumi's engine. Its tests take turns, as configuration comes from the environment.</summary>
internal sealed class ProgramRun
{
    private static readonly ImmutableDictionary<string, object> Token = ImmutableDictionary<string, object>.Empty
        .Add("token", Convert.ToBase64String("token-of-the-cluster"u8))
        .Add("ca.crt", Convert.ToBase64String(File.ReadAllBytes(Repository.PathOf("evaluation", "Rendering", "placeholder-ca.crt"))));

    /// <summary>Everything that was declared, stack references too.</summary>
    public ConcurrentBag<MockResourceArgs> Declared { get; } = [];

    /// <summary>What the program warned about.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>The stack's outputs; empty when the program refused.</summary>
    public IDictionary<string, object?> Outputs { get; private set; } = new Dictionary<string, object?>();

    /// <summary>What the program said when it refused, or null.</summary>
    public string? Refusal { get; private set; }

    /// <summary>What was declared besides references to other stacks, and besides the stack itself.</summary>
    public IEnumerable<MockResourceArgs> Resources => Declared.Where(resource => resource.Type is not ("pulumi:pulumi:StackReference" or "pulumi:pulumi:Stack"));

    /// <summary>Runs the program.</summary>
    /// <param name="raw">The stack's configuration.</param>
    /// <param name="stack">The stack's name.</param>
    /// <param name="references">Outputs of other stacks by full name; the token is secret.</param>
    public static async Task<ProgramRun> OfAsync(RawConfiguration raw, string stack, params (string Stack, ImmutableDictionary<string, object> Outputs)[] references)
    {
        var config = JsonSerializer.Serialize(raw.Values.ToDictionary(entry => "fleet-prometheus:" + entry.Key, entry => entry.Value));
        var secretKeys = JsonSerializer.Serialize(raw.SecretKeys.Select(key => "fleet-prometheus:" + key));
        return await OfAsync(config, secretKeys, stack, references);
    }

    /// <inheritdoc cref="OfAsync(RawConfiguration, string, ValueTuple{string, ImmutableDictionary{string, object}}[])"/>
    public static async Task<ProgramRun> OfAsync(string config, string secretKeys, string stack, params (string Stack, ImmutableDictionary<string, object> Outputs)[] references)
    {
        var run = new ProgramRun();
        var exitCode = Environment.ExitCode;
        Environment.SetEnvironmentVariable("PULUMI_CONFIG", config);
        Environment.SetEnvironmentVariable("PULUMI_CONFIG_SECRET_KEYS", secretKeys);
        try
        {
            var options = new TestOptions { OrganizationName = "acme", ProjectName = "fleet-prometheus", StackName = stack, IsPreview = false };
            var (_, outputs) = await Deployment.TestAsync(run.Engine(references.ToDictionary(reference => reference.Stack, reference => reference.Outputs)), options, () => FleetProgram.RunAsync(run.Warnings.Add));
            run.Outputs = outputs;
        }
        catch (RunException exception)
        {
            run.Refusal = exception.Message;
        }
        finally
        {
            Environment.SetEnvironmentVariable("PULUMI_CONFIG", null);
            Environment.SetEnvironmentVariable("PULUMI_CONFIG_SECRET_KEYS", null);
            // A run that fails as it should must not fail the test process.
            Environment.ExitCode = exitCode;
        }
        return run;
    }

    /// <summary>A target stack's outputs.</summary>
    public static ImmutableDictionary<string, object> ClusterOutputs(string clusterName) => ImmutableDictionary<string, object>.Empty
        .Add("contractVersion", 1d)
        .Add("clusterName", clusterName)
        .Add("apiServer", $"https://{clusterName}.example.com:6443")
        .Add("caCertificate", "system")
        .Add("token", "hunter2")
        .Add("tokenId", "0123456789abcdef")
        .Add("clusterLabels", ImmutableDictionary<string, object>.Empty)
        .Add("scrapeJobs", ImmutableArray.Create<object>(ImmutableDictionary<string, object>.Empty.Add("kind", "apiserver").Add("members", ImmutableArray<object>.Empty)));

    private IMocks Engine(Dictionary<string, ImmutableDictionary<string, object>> references)
    {
        var mocks = new Mock<IMocks>();
        mocks.Setup(engine => engine.CallAsync(It.IsAny<MockCallArgs>())).ReturnsAsync((MockCallArgs call) => call.Args);
        mocks.Setup(engine => engine.NewResourceAsync(It.IsAny<MockResourceArgs>())).ReturnsAsync((MockResourceArgs resource) =>
        {
            Declared.Add(resource);
            object state = resource.Type switch
            {
                "pulumi:pulumi:StackReference" => ImmutableDictionary<string, object>.Empty
                    .Add("name", resource.Id!)
                    .Add("outputs", references.GetValueOrDefault(resource.Id!, ImmutableDictionary<string, object>.Empty))
                    .Add("secretOutputNames", ImmutableArray.Create<object>("token")),
                "kubernetes:core/v1:Secret" when !resource.Inputs.ContainsKey("stringData") && !resource.Inputs.ContainsKey("data") => resource.Inputs.Add("data", Output.CreateSecret(Token)),
                "random:index/randomId:RandomId" => resource.Inputs.Add("hex", "0123456789abcdef"),
                "random:index/randomPassword:RandomPassword" => resource.Inputs.Add("result", "password").Add("bcryptHash", "$2b$hash"),
                _ => resource.Inputs,
            };
            return (resource.Id is { Length: > 0 } id ? id : resource.Name + "-id", state);
        });
        return mocks.Object;
    }
}
