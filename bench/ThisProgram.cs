using System.Collections.Immutable;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab;
using FleetPrometheus.Lab.Processes;

namespace FleetPrometheus.Bench;

/// <summary>This program once more, for what must be measured in a process of its own.</summary>
internal static class ThisProgram
{
    /// <summary>The <c>dotnet</c> that runs it.</summary>
    public static string Dotnet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? Environment.ProcessPath!;

    /// <summary>How to run one of its commands under supervision.</summary>
    public static ProcessSpec Spec(string name, params ImmutableArray<string> arguments) =>
        new(name, Dotnet, [typeof(ThisProgram).Assembly.Location, .. arguments]);

    /// <summary>Runs one of its commands to the end, which prints its figures and nothing else on standard output.</summary>
    /// <exception cref="ExpectedFailure">It failed or took too long.</exception>
    public static async Task<JsonObject> RunAsync(ImmutableArray<string> arguments, TimeSpan timeout, CancellationToken cancellation)
    {
        var spec = Spec("", arguments);
        var result = await OneShot.RunAsync(spec.Path, spec.Arguments, timeout, cancellation);
        return result.ExitCode == 0 ? JsonNode.Parse(result.Answer)!.AsObject() : throw new ExpectedFailure($"{string.Join(' ', arguments)}: {result.Output.Trim()}");
    }
}
