using System.CommandLine;
using System.CommandLine.Help;
using System.Runtime.InteropServices;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Lab.Commands;

namespace FleetPrometheus.Lab;

/// <summary>The command line: its verbs, and what every verb has in common.</summary>
public static class Program
{
    private const int Failure = 1;
    private const int UsageError = 2;

    // 128 + SIGINT, what a shell expects of an interrupted command.
    private const int Interrupted = 130;

    /// <summary>Every verb, in the order of the help.</summary>
    private static IEnumerable<Command> Verbs() =>
    [
        LabCommand.Create(),
        RenderCommand.Create(),
        HostCommand.Create(),
        ToolsCommand.Create(),
        SuperviseCommand.Create(),
    ];

    /// <summary>Runs one verb.</summary>
    /// <returns>0 for success, 1 for a failure that was explained, 2 for wrong usage, 130 when interrupted.</returns>
    public static async Task<int> Main(string[] arguments)
    {
        Terminal.Adapt();
        // Named as people call it, so that the help shows what to type.
        var root = new Command("./dev", "Many Kubernetes clusters, one Prometheus: rendering, and a whole fleet on one machine.") { new HelpOption() };
        foreach (var verb in Verbs())
        {
            root.Subcommands.Add(verb);
        }

        var parsed = root.Parse(arguments);
        using var cancel = new CancellationTokenSource();
        // A verb ends by cancellation, so that it can clean up; the second signal ends it at once, and the guards clean up.
        using var interrupt = OnSignal(PosixSignal.SIGINT, cancel);
        using var terminate = OnSignal(PosixSignal.SIGTERM, cancel);
        using var hangUp = OnSignal(PosixSignal.SIGHUP, cancel);
        try
        {
            var result = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, cancel.Token);
            return parsed.Errors.Count > 0 ? UsageError : result;
        }
        catch (Exception failure) when (failure is ExpectedFailure or EvaluationException)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return Failure;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return Interrupted;
        }
    }

    private static PosixSignalRegistration OnSignal(PosixSignal signal, CancellationTokenSource cancel) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = !cancel.IsCancellationRequested;
            cancel.Cancel();
        });
}
