using System.CommandLine;
using System.Text.Json.Nodes;
using FleetPrometheus.Bench.Sections;

namespace FleetPrometheus.Bench;

/// <summary><c>evaluate</c> (hidden): evaluates one fleet, in a process whose memory is that fleet's alone.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var clusters = new Argument<int>("clusters");
        var command = new Command("evaluate", "Evaluate the central stack of that many clusters and print what it took.") { clusters };
        command.Hidden = true;
        command.SetAction(async (result, _) => Console.WriteLine((await Growth.EvaluateAsync(result.GetValue(clusters))).ToJsonString()));
        return command;
    }

    /// <summary>Runs it.</summary>
    /// <exception cref="Lab.ExpectedFailure">It failed.</exception>
    public static Task<JsonObject> RunAsync(int clusters, CancellationToken cancellation) =>
        ThisProgram.RunAsync(["evaluate", $"{clusters}"], TimeSpan.FromMinutes(5), cancellation);
}
