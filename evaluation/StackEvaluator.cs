using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using FleetPrometheus.Contract;
using FleetPrometheus.Infra;
using Pulumi;
using Pulumi.Testing;
using Pulumi.Utilities;

namespace FleetPrometheus.Evaluation;

/// <summary>What the program declared for one stack.</summary>
/// <param name="Stack">The stack's name.</param>
/// <param name="Manifests">Its Kubernetes objects, in the order of <see cref="KubernetesManifest.FileName"/>.</param>
/// <param name="Outputs">Its stack outputs.</param>
/// <param name="Warnings">What the program warned about, in its order.</param>
/// <param name="Duration">How long the evaluation took.</param>
public sealed record EvaluatedStack(
    string Stack,
    ImmutableArray<KubernetesManifest> Manifests,
    StackOutputValues Outputs,
    ImmutableArray<string> Warnings,
    TimeSpan Duration);

/// <summary>Outputs of a stack, with the names of the secret ones.</summary>
public sealed record StackOutputValues(ImmutableSortedDictionary<string, JsonNode?> Values, ImmutableSortedSet<string> Secrets)
{
    /// <summary>The text of an output, or null.</summary>
    public string? Text(string name) => Values.GetValueOrDefault(name) is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>Reads what <c>pulumi stack output --json --show-secrets</c> prints.</summary>
    /// <exception cref="EvaluationException">The file is missing, or no JSON object, or was written without --show-secrets.</exception>
    public static StackOutputValues ReadFile(string path)
    {
        const string Fix = "write it with `pulumi stack output --json --show-secrets --stack NAME > FILE`";
        try
        {
            var json = JsonNode.Parse(File.ReadAllText(path)) as JsonObject
                ?? throw new EvaluationException($"{path}: is not a JSON object; {Fix}");
            return json.Any(field => field.Value?.ToString() == "[secret]")
                ? throw new EvaluationException($"{path}: its secrets are hidden; {Fix}")
                : new StackOutputValues(
                    json.ToImmutableSortedDictionary(field => field.Key, field => field.Value?.DeepClone(), StringComparer.Ordinal),
                    ImmutableSortedSet.Create(
                        StringComparer.Ordinal, StackOutputs.Token, StackOutputs.PreviousToken, StackOutputs.PushPassword, StackOutputs.NextPushPassword));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new EvaluationException($"{path}: cannot be read ({exception.Message.ReplaceLineEndings(" ")}); {Fix}");
        }
    }
}

/// <summary>What happens to the Kubernetes objects that a stack declares.</summary>
public interface IObjectStore
{
    /// <summary>Creates or updates an object and returns it as stored, a token Secret with its token.</summary>
    Task<KubernetesManifest> ApplyAsync(KubernetesManifest manifest);
}

/// <summary>
/// Runs the real program in this process, through the SDK's own testing entry, with a mock in the place of Pulumi's engine.
/// </summary>
/// <remarks>The SDK reads a program's configuration from the process's environment, so evaluations take turns.</remarks>
public sealed class StackEvaluator(Randomness randomness)
{
    private const string Project = "fleet-prometheus";
    private const string Organization = "organization";
    private static readonly SemaphoreSlim Turn = new(1, 1);

    /// <summary>Evaluates a stack.</summary>
    /// <param name="stack">Its configuration.</param>
    /// <param name="objects">Where its Kubernetes objects go.</param>
    /// <param name="references">Outputs of the stacks it may refer to, by stack name or full name; one that is absent has no outputs.</param>
    /// <exception cref="EvaluationException">The program refused; the message is what it said.</exception>
    public async Task<EvaluatedStack> EvaluateAsync(
        StackFile stack, IObjectStore objects, IReadOnlyDictionary<string, StackOutputValues> references)
    {
        await Turn.WaitAsync();
        var before = (Environment.GetEnvironmentVariable("PULUMI_CONFIG"), Environment.GetEnvironmentVariable("PULUMI_CONFIG_SECRET_KEYS"), Environment.ExitCode);
        try
        {
            Environment.SetEnvironmentVariable("PULUMI_CONFIG", JsonSerializer.Serialize(stack.Values));
            Environment.SetEnvironmentVariable("PULUMI_CONFIG_SECRET_KEYS", JsonSerializer.Serialize(stack.SecretKeys));
            var clock = Stopwatch.StartNew();
            var engine = new Engine(stack, objects, references, randomness);
            var warnings = ImmutableArray.CreateBuilder<string>();
            var options = new TestOptions { ProjectName = Project, StackName = stack.Name, OrganizationName = Organization, IsPreview = false };
            var (_, outputs) = await Deployment.TestAsync(engine, options, () => FleetProgram.RunAsync(warnings.Add));
            return new EvaluatedStack(
                stack.Name,
                engine.Manifests.OrderBy(manifest => manifest.FileName, StringComparer.Ordinal).ToImmutableArray(),
                await Resolve(outputs),
                warnings.ToImmutable(),
                clock.Elapsed);
        }
        catch (Exception exception) when (exception is RunException or AggregateException)
        {
            // Several failures come as one exception each; a user wants the messages.
            var failures = exception is AggregateException several ? several.Flatten().InnerExceptions.AsEnumerable() : [exception];
            throw new EvaluationException(string.Join('\n', failures.Select(failure => failure.Message).Distinct()));
        }
        finally
        {
            Environment.SetEnvironmentVariable("PULUMI_CONFIG", before.Item1);
            Environment.SetEnvironmentVariable("PULUMI_CONFIG_SECRET_KEYS", before.Item2);
            // A refused program sets the process's exit code; whether ours fails is its caller's to say.
            Environment.ExitCode = before.ExitCode;
            Turn.Release();
        }
    }

    private static async Task<StackOutputValues> Resolve(IDictionary<string, object?> outputs)
    {
        var values = ImmutableSortedDictionary.CreateBuilder<string, JsonNode?>(StringComparer.Ordinal);
        var secrets = ImmutableSortedSet.CreateBuilder<string>(StringComparer.Ordinal);
        foreach (var (name, output) in outputs)
        {
            var type = output?.GetType();
            if (type is { IsGenericType: true } && type.GetGenericTypeDefinition() == typeof(Output<>))
            {
                // The type of an output is known only at run time here.
                var (value, isSecret) = await (Task<(object?, bool)>)typeof(StackEvaluator)
                    .GetMethod(nameof(ResolveOne), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
                    .MakeGenericMethod(type.GetGenericArguments()).Invoke(null, [output])!;
                values[name] = KubernetesManifest.ToJson(value);
                if (isSecret)
                {
                    secrets.Add(name);
                }
            }
            else
            {
                values[name] = KubernetesManifest.ToJson(output);
            }
        }

        return new StackOutputValues(values.ToImmutable(), secrets.ToImmutable());
    }

    private static async Task<(object?, bool)> ResolveOne<T>(Output<T> output) =>
        (await OutputUtilities.GetValueAsync(output), await Output.IsSecretAsync(output));

    /// <summary>The mock in the place of the engine: hands Kubernetes objects on, answers references and random values.</summary>
    private sealed class Engine(
        StackFile stack, IObjectStore objects, IReadOnlyDictionary<string, StackOutputValues> references, Randomness randomness) : IMocks
    {
        private static readonly StackOutputValues NoOutputs = new(
            ImmutableSortedDictionary<string, JsonNode?>.Empty, ImmutableSortedSet<string>.Empty);

        public ConcurrentBag<KubernetesManifest> Manifests { get; } = [];

        public Task<object> CallAsync(MockCallArgs args) => Task.FromResult<object>(args.Args);

        public async Task<(string? id, object state)> NewResourceAsync(MockResourceArgs args) => args.Type switch
        {
            "pulumi:pulumi:StackReference" => (args.Id, Reference(args)),
            "random:index/randomId:RandomId" => RandomId(args),
            "random:index/randomPassword:RandomPassword" => RandomPassword(args),
            { } type when type.StartsWith("kubernetes:", StringComparison.Ordinal) => await Apply(args),
            _ => (args.Name, args.Inputs),
        };

        private async Task<(string? id, object state)> Apply(MockResourceArgs args)
        {
            var manifest = new KubernetesManifest(KubernetesManifest.ToJson(args.Inputs)!.AsObject());
            Manifests.Add(manifest);
            var stored = await objects.ApplyAsync(manifest);
            var state = ((Dictionary<string, object>)KubernetesManifest.ToPlain(stored.Content)!).ToImmutableDictionary();
            if (stored.Kind == "Secret" && state.TryGetValue("data", out var data))
            {
                state = state.SetItem("data", Output.CreateSecret(((Dictionary<string, object>)data).ToImmutableDictionary()));
            }

            return ($"{stored.Namespace}/{stored.Name}".TrimStart('/'), state);
        }

        private object Reference(MockResourceArgs args)
        {
            var fullName = args.Id is { Length: > 0 } id ? id : args.Name!;
            var name = fullName.StartsWith($"{Organization}/{Project}/", StringComparison.Ordinal) ? fullName.Split('/')[^1] : fullName;
            var outputs = references.GetValueOrDefault(name, NoOutputs);
            return ImmutableDictionary<string, object>.Empty
                .Add("name", fullName)
                .Add("outputs", outputs.Values.Where(value => value.Value is not null)
                    .ToImmutableDictionary(value => value.Key, value => KubernetesManifest.ToPlain(value.Value)!))
                .Add("secretOutputNames", outputs.Secrets.Select(secret => (object)secret).ToImmutableArray());
        }

        private (string? id, object state) RandomId(MockResourceArgs args)
        {
            var bytes = randomness.Bytes(Purpose(args), (int)(double)args.Inputs["byteLength"]);
            var hex = Convert.ToHexStringLower(bytes);
            var base64 = Convert.ToBase64String(bytes);
            return (hex, args.Inputs.SetItem("hex", hex).SetItem("b64Std", base64).SetItem("b64Url", base64.TrimEnd('=').Replace('+', '-').Replace('/', '_')));
        }

        private (string? id, object state) RandomPassword(MockResourceArgs args)
        {
            var (password, hash) = randomness.Password(Purpose(args), (int)(double)args.Inputs["length"]);
            return ("none", args.Inputs.SetItem("result", Output.CreateSecret(password)).SetItem("bcryptHash", Output.CreateSecret(hash)));
        }

        // A random resource keeps its value until its keepers change.
        private string Purpose(MockResourceArgs args) =>
            $"{stack.Name}|{args.Type}|{args.Name}|{KubernetesManifest.ToJson(args.Inputs.GetValueOrDefault("keepers"))?.ToJsonString()}";
    }
}
