using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation.Rendering;

namespace FleetPrometheus.Evaluation.Host;

/// <summary>The central stack as one host runs it: with real outputs of the stacks it watches, or not at all.</summary>
public sealed record HostCentre
{
    // Every generated credential follows from it.
    private const string SeedFile = "seed";

    /// <summary>The project's stack files.</summary>
    public required ImmutableArray<StackFile> Stacks { get; init; }

    /// <summary>Real outputs, by the watched stacks' names.</summary>
    public required ImmutableDictionary<string, StackOutputValues> Outputs { get; init; }

    /// <summary>The central stack's decrypted configuration, see <see cref="StackConfiguration"/>; null when its file holds nothing encrypted.</summary>
    public string? ConfigurationFile { get; init; }

    /// <summary>Evaluates and writes the bundle.</summary>
    /// <param name="directory">The bundle's directory: empty, missing, or a bundle, whose generated credentials are kept.</param>
    /// <param name="options">What is set about the host.</param>
    /// <returns>The evaluated stack, the central stack's warnings among it, and the paths that were written or removed.</returns>
    /// <exception cref="EvaluationException">Something is missing, encrypted or refused; nothing was written.</exception>
    public async Task<(EvaluatedStack Central, ImmutableArray<string> Changed)> WriteAsync(string directory, HostOptions options)
    {
        var central = Central();
        RequireBundle(directory);
        var seedPath = Path.Combine(directory, SeedFile);
        var seed = File.Exists(seedPath) ? ReadSeed(seedPath) : RandomNumberGenerator.GetBytes(32);
        var evaluated = await new StackEvaluator(Randomness.Lasting(seed))
            .EvaluateAsync(PlaceholderCluster.Connect(central), new PlaceholderCluster(central.Name), Outputs);
        ImmutableArray<BundleFile> files = [new BundleFile(SeedFile, Convert.ToHexStringLower(seed) + "\n"), .. HostBundle.Files(evaluated, options)];
        return (evaluated, new BundleDirectory(directory).Write(files));
    }

    /// <summary>The stacks that a central stack watches, by name, with whether it goes on without their outputs.</summary>
    public static ImmutableArray<(string Stack, bool Optional)> Watched(StackFile central)
    {
        try
        {
            return [.. (JsonNode.Parse(central.Get("clusters") ?? "[]") as JsonArray ?? []).Select(entry => entry is JsonObject named
                ? (named["stack"]?.ToString() ?? "", named["optional"]?.GetValueKind() == JsonValueKind.True)
                : (entry?.ToString() ?? "", false))];
        }
        catch (JsonException)
        {
            return []; // the program itself says what is wrong with it
        }
    }

    private StackFile Central()
    {
        var centrals = Stacks.Where(stack => stack.IsCentral).ToList();
        if (centrals is not [var written])
        {
            throw new EvaluationException($"A host runs one central stack; there are {centrals.Count} with role central ({string.Join(", ", centrals.Select(stack => stack.Name))}).");
        }

        var central = ConfigurationFile is null ? written : StackConfiguration.Read(written, ConfigurationFile);
        var problems = new StringBuilder();
        var missing = Watched(central).Where(watched => !watched.Optional && !Outputs.ContainsKey(watched.Stack)).Select(watched => watched.Stack).ToList();
        if (missing.Count > 0)
        {
            problems.Append($"\nA host needs real credentials, and the outputs of these stacks are missing: {string.Join(", ", missing)}.");
            foreach (var stack in missing)
            {
                problems.Append($"\n  pulumi stack output --json --show-secrets --stack {stack} > {FileOf(stack)}     then add --outputs {stack}={FileOf(stack)}");
            }
        }

        var unknown = Outputs.Keys.Except(Watched(central).Select(watched => watched.Stack)).Order(StringComparer.Ordinal).ToList();
        if (unknown.Count > 0)
        {
            problems.Append($"\nStack {central.Name} does not watch: {string.Join(", ", unknown)}. Name a stack in --outputs as `clusters` does, or add it there.");
        }

        if (Field(central, "webTls", "tlsSecret") is not null)
        {
            problems.Append("\nwebTls.tlsSecret: a host has no Secrets; write certificate and privateKey in its place.");
        }

        if (Field(central, "ownCluster", "enabled") == "true")
        {
            problems.Append("\nownCluster: a host is in no cluster, so there is none of its own to watch; remove the key, and have a target stack for the cluster in question.");
        }

        if (central.Get("shards") is { } shards && shards != "1")
        {
            problems.Append($"\nshards: a host is one machine, so it cannot share the clusters among {shards} Prometheus; remove the key, or run the centre in a cluster.");
        }

        // The kubeconfig alone is not needed: a host has no Kubernetes objects.
        var encrypted = central.Values.Where(value => value.Value.Contains(StackFile.EncryptedPlaceholder, StringComparison.Ordinal)
            && !value.Key.EndsWith(":kubeconfig", StringComparison.Ordinal)).Select(value => value.Key).ToList();
        if (encrypted.Count > 0)
        {
            problems.Append($"\nEncrypted in the file of stack {central.Name}: {string.Join(", ", encrypted)}.");
            problems.Append($"\n  {StackConfiguration.Command(central.Name)} > {central.Name}-config.json     then add --config {central.Name}-config.json");
        }

        if (problems.Length > 0)
        {
            throw new EvaluationException(problems.ToString().TrimStart('\n'));
        }

        // A host is one replica; its like on another host is installed from the same bundle.
        return central.WithFields("prometheus", ("replicas", JsonValue.Create(1))).WithFields("alertmanager", ("replicas", JsonValue.Create(1)));
    }

    private static string? Field(StackFile central, string key, string field)
    {
        try
        {
            return central.Get(key) is { } json && JsonNode.Parse(json) is JsonObject fields ? fields[field]?.ToString() : null;
        }
        catch (JsonException)
        {
            return null; // as for Watched
        }
    }

    private static string FileOf(string stack) => $"{stack.Split('/')[^1]}.json";

    private static void RequireBundle(string directory)
    {
        if (File.Exists(directory) || (Directory.Exists(directory) && !File.Exists(Path.Combine(directory, SeedFile)) && Directory.EnumerateFileSystemEntries(directory).Any()))
        {
            throw new EvaluationException($"--out {directory}: is neither empty nor a bundle that was written before; name a directory of the bundle's own.");
        }
    }

    private static byte[] ReadSeed(string path)
    {
        var text = File.ReadAllText(path).Trim();
        return text.Length == 64 && text.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(text)
            : throw new EvaluationException($"{path}: is damaged; delete it to have new passwords generated.");
    }
}
