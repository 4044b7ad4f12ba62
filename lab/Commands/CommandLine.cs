using System.CommandLine;
using System.Runtime.InteropServices;
using FleetPrometheus.Evaluation;

namespace FleetPrometheus.Lab.Commands;

/// <summary>What every command has in common, whatever it does.</summary>
internal static class CommandLine
{
    private const int Failure = 1;
    private const int UsageError = 2;

    // 128 + SIGINT, what a shell expects of an interrupted command.
    private const int Interrupted = 130;

    /// <summary>Runs a command line.</summary>
    /// <returns>0 for success, 1 for a failure that was explained, 2 for wrong usage, 130 when interrupted.</returns>
    public static async Task<int> RunAsync(Command root, string[] arguments)
    {
        Terminal.Adapt();
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
