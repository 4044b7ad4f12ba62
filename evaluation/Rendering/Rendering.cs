using System.Collections.Immutable;
using System.Text;
using FleetPrometheus.Evaluation.Host;

namespace FleetPrometheus.Evaluation.Rendering;

/// <summary>One stack's line in the closing summary.</summary>
/// <param name="Stack">The evaluated stack.</param>
/// <param name="Files">How many files were written for it.</param>
public sealed record RenderedStack(EvaluatedStack Stack, int Files);

/// <summary>Evaluates a project's stacks without Pulumi's engine and writes what they declare, for people and for CI to compare.</summary>
public sealed class Rendering
{
    private readonly StackEvaluator _evaluator = new(Randomness.Placeholder);

    /// <summary>The project's stack files.</summary>
    public required ImmutableArray<StackFile> Stacks { get; init; }

    /// <summary>Real outputs of target stacks; the others get placeholders.</summary>
    public ImmutableDictionary<string, StackOutputValues> Outputs { get; init; } = ImmutableDictionary<string, StackOutputValues>.Empty;

    /// <summary>Whether credentials are written as they are. Default false.</summary>
    public bool ShowSecrets { get; init; }

    /// <summary>Evaluates the stacks asked for (all, if none is named), targets before the centre.</summary>
    /// <param name="names">Stacks to evaluate; the targets that a central stack needs are evaluated with it.</param>
    /// <param name="progress">Told each stack's name before its evaluation.</param>
    /// <exception cref="EvaluationException">A name is unknown or a stack is refused; every refused stack is named.</exception>
    public async Task<ImmutableArray<EvaluatedStack>> EvaluateAsync(IReadOnlyCollection<string> names, Action<string> progress)
    {
        var unknown = names.Concat(Outputs.Keys.Where(name => !name.Contains('/')))
            .Except(Stacks.Select(stack => stack.Name)).Distinct().ToList();
        if (unknown.Count > 0)
        {
            throw new EvaluationException(
                $"No such stack: {string.Join(", ", unknown)}. There are: {string.Join(", ", Stacks.Select(stack => stack.Name))}.");
        }

        var needed = Stacks.Where(stack => names.Count == 0 || names.Contains(stack.Name)).ToList();
        if (needed.Any(stack => stack.IsCentral))
        {
            needed = needed.Union(Stacks.Where(stack => stack.IsTarget)).ToList();
        }

        var evaluated = new List<EvaluatedStack>();
        var errors = new List<string>();
        var outputs = Outputs.ToDictionary();
        foreach (var stack in needed.OrderBy(stack => stack.IsCentral).ThenBy(stack => stack.Name, StringComparer.Ordinal))
        {
            if (stack.IsCentral && errors.Count > 0)
            {
                break;
            }

            progress(stack.Name);
            try
            {
                var result = await _evaluator.EvaluateAsync(PlaceholderCluster.Connect(stack), new PlaceholderCluster(stack.Name), outputs);
                evaluated.Add(result);
                outputs.TryAdd(stack.Name, result.Outputs);
            }
            catch (EvaluationException exception)
            {
                errors.Add($"Stack {stack.Name}: {exception.Message}");
            }
        }

        return errors.Count == 0
            ? [.. evaluated.Where(stack => names.Count == 0 || names.Contains(stack.Stack))]
            : throw new EvaluationException(string.Join("\n\n", errors));
    }

    /// <summary>Writes one stack below <paramref name="directory"/>, in place of what an earlier rendering left there.</summary>
    public RenderedStack Write(EvaluatedStack stack, string directory)
    {
        var secrets = Outputs.Values.SelectMany(outputs => outputs.Secrets.Select(outputs.Text)).OfType<string>();
        var redaction = ShowSecrets ? Redaction.Off : new Redaction(secrets);
        var root = Path.Combine(directory, stack.Stack);
        foreach (var part in Directory.Exists(root) ? Directory.GetDirectories(root) : [])
        {
            if (Path.GetFileName(part) is var name && (name is "manifests" or "alertmanager" || name.StartsWith("prometheus", StringComparison.Ordinal)))
            {
                Directory.Delete(part, recursive: true);
            }
        }

        var files = 0;
        foreach (var manifest in stack.Manifests)
        {
            Write(Path.Combine("manifests", manifest.FileName), redaction.Apply(ManifestYaml.Write(redaction.Apply(manifest))));
        }

        var programs = stack.Manifests.Any(manifest => manifest is { Kind: "StatefulSet", Name: "alertmanager" }) ? CentralWorkload.Prometheuses(stack).Add("alertmanager") : [];
        foreach (var program in programs.Select(name => CentralWorkload.Of(stack, name)))
        {
            foreach (var file in PodFiles.Under(program.ConfigurationDirectory, program.Name, stack.Manifests))
            {
                Write(Path.Combine(program.Name, file.Path), redaction.Apply(file));
            }
        }

        return new RenderedStack(stack, files);

        void Write(string path, string content)
        {
            var full = Path.Combine(root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            using (var stream = new FileStream(full, NewFile()))
            {
                stream.Write(Encoding.UTF8.GetBytes(content));
            }

            files++;
        }
    }

    // Credentials are private from the first moment, not made so afterwards.
    private FileStreamOptions NewFile() => new()
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.Write,
        UnixCreateMode = ShowSecrets ? UnixFileMode.UserRead | UnixFileMode.UserWrite : null,
    };
}
