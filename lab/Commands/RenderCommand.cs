using System.Collections.Immutable;
using System.CommandLine;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Rendering;
using Spectre.Console;

namespace FleetPrometheus.Lab.Commands;

/// <summary><c>./dev render</c>: what <c>pulumi up</c> would declare, as files, without Pulumi's engine and without credentials.</summary>
internal static class RenderCommand
{
    public static Command Create()
    {
        var stack = new Option<string[]>("--stack") { Description = "Render this stack only; may be repeated. Default: all." };
        var directory = new Option<DirectoryInfo>("--out") { Description = "The directory to write to.", Required = true };
        var outputs = new Option<string[]>("--outputs")
        {
            Description = "STACK=FILE: real outputs of a target stack, as `pulumi stack output --json --show-secrets` prints them; may be repeated. Without them credentials are placeholders.",
        };
        var showSecrets = new Option<bool>("--show-secrets") { Description = "Write credentials as they are (mode 0600) instead of REDACTED." };
        var project = ProjectOption.Create();
        var command = new Command("render", "Write every object and configuration file that the stacks declare, without Pulumi's engine.")
        {
            stack, directory, outputs, showSecrets, project,
        };
        command.SetAction((result, _) => RunAsync(
            result.GetValue(project)!.FullName,
            result.GetValue(stack) ?? [],
            result.GetValue(directory)!.FullName,
            ReadOutputs(result.GetValue(outputs) ?? []),
            result.GetValue(showSecrets)));
        return command;
    }

    /// <summary>Reads <c>STACK=FILE</c> arguments.</summary>
    /// <exception cref="EvaluationException">An argument is none, or a stack is given twice, or its file is not what it must be.</exception>
    internal static ImmutableDictionary<string, StackOutputValues> ReadOutputs(IEnumerable<string> arguments)
    {
        var outputs = ImmutableDictionary.CreateBuilder<string, StackOutputValues>();
        foreach (var argument in arguments)
        {
            if (argument.Split('=', 2) is not [{ Length: > 0 } name, { Length: > 0 } file])
            {
                throw new EvaluationException($"--outputs {argument}: write it as STACK=FILE.");
            }

            if (!outputs.TryAdd(name, StackOutputValues.ReadFile(file)))
            {
                throw new EvaluationException($"--outputs {argument}: stack {name} has a file already; give it once.");
            }
        }

        return outputs.ToImmutable();
    }

    private static async Task<int> RunAsync(
        string project, string[] stacks, string directory, ImmutableDictionary<string, StackOutputValues> outputs, bool showSecrets)
    {
        var rendering = new Rendering { Stacks = StackFile.ReadAll(project), Outputs = outputs, ShowSecrets = showSecrets };
        var evaluated = await rendering.EvaluateAsync(stacks, name => AnsiConsole.MarkupLineInterpolated($"evaluating [bold]{name}[/]"));
        var table = new Table().RoundedBorder().AddColumns("stack", "objects", "files", "seconds", "written to");
        foreach (var stack in evaluated)
        {
            foreach (var warning in stack.Warnings)
            {
                AnsiConsole.MarkupLineInterpolated($"[yellow]warning[/] {stack.Stack}: {warning}");
            }

            var rendered = rendering.Write(stack, directory);
            table.AddRow(
                new Text(stack.Stack),
                new Text($"{stack.Manifests.Length}"),
                new Text($"{rendered.Files}"),
                new Text(FormattableString.Invariant($"{stack.Duration.TotalSeconds:0.00}")),
                new Text(Path.Combine(directory, stack.Stack)));
        }

        AnsiConsole.Write(table);
        var placeholders = evaluated.Any(stack => stack.Stack == "central") && outputs.Count == 0;
        AnsiConsole.MarkupLineInterpolated($"{(showSecrets ? "Credentials are written as they are." : "Credentials are redacted.")}{(placeholders ? " They are placeholders: give real ones with --outputs STACK=FILE." : "")}");
        return 0;
    }
}
