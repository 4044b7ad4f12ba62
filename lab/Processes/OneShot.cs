using System.ComponentModel;
using System.Diagnostics;

namespace FleetPrometheus.Lab.Processes;

/// <summary>What a short-lived command printed (both streams) and how it ended.</summary>
/// <param name="ExitCode">0 for success; 127 when it could not be started, -1 when it took too long.</param>
/// <param name="Output">Standard output followed by standard error.</param>
internal sealed record OneShotResult(int ExitCode, string Output)
{
    /// <summary>Standard output alone.</summary>
    public string Answer { get; init; } = "";

    /// <summary>The last line that says something, for an error message.</summary>
    public string LastLine => Output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? $"exit code {ExitCode}";
}

/// <summary>Runs short-lived commands to their end.</summary>
internal static class OneShot
{
    /// <summary>Runs a command without standard input; a command that cannot start or takes too long yields a result, not an exception.</summary>
    public static async Task<OneShotResult> RunAsync(string file, IEnumerable<string> arguments, TimeSpan timeout, CancellationToken cancel, string? workingDirectory = null)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? "",
            Environment = { ["LC_ALL"] = "C", ["DEBIAN_FRONTEND"] = "noninteractive" },
        };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            return new OneShotResult(127, error.Message);
        }

        using (process)
        using (var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel))
        {
            limit.CancelAfter(timeout);
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
            try
            {
                await process.WaitForExitAsync(limit.Token);
                return new OneShotResult(process.ExitCode, await output + await errors) { Answer = await output };
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                cancel.ThrowIfCancellationRequested();
                return new OneShotResult(-1, $"no answer within {timeout.TotalSeconds:0} s");
            }
        }
    }
}
