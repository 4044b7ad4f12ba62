using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace FleetPrometheus.Lab.Processes;

/// <summary>
/// Starts programs that never outlive this process: each is killed by the kernel when this process dies
/// (<c>PR_SET_PDEATHSIG</c>, where setpriv is to be had), and by the run directory's guard in any case.
/// Disposing stops all of them and removes the run directory.
/// </summary>
public sealed class ProcessSupervisor : IAsyncDisposable
{
    // $1 log, $2 expected parent; the check closes the gap in which the parent dies before the kernel was asked to tell.
    private const string Launch = """
        [ "$PPID" -eq "$2" ] || exit 1
        log=$1; shift 2
        exec "$@" </dev/null >>"$log" 2>&1
        """;

    private static readonly Lazy<bool> HasSetpriv = new(() => File.Exists("/usr/bin/setpriv") || File.Exists("/bin/setpriv"));

    private readonly RunDirectory _directory = RunDirectory.Create();
    private readonly ConcurrentBag<SupervisedProcess> _processes = [];
    private readonly BlockingCollection<Action> _starts = [];

    /// <summary>Starts with a run directory and no program.</summary>
    public ProcessSupervisor()
    {
        Directory.CreateDirectory(LogDirectory);
        // "Death of the parent" means death of the thread that forked, and pool threads come and go: so one thread forks them all.
        new Thread(() =>
        {
            foreach (var start in _starts.GetConsumingEnumerable())
            {
                start();
            }
        }) { IsBackground = true, Name = "process starter" }.Start();
    }

    /// <summary>The run's own directory, removed with everything in it at the end.</summary>
    public string DirectoryPath => _directory.Path;

    /// <summary>Where each program's output goes, as <c>NAME.log</c>.</summary>
    public string LogDirectory => Path.Combine(_directory.Path, "logs");

    /// <summary>The programs that have not ended.</summary>
    public IEnumerable<SupervisedProcess> Running => _processes.Where(process => !process.Exited.IsCompleted);

    /// <summary>Starts a program; a program started again under the same name continues its log.</summary>
    /// <exception cref="ExpectedFailure">The executable does not exist.</exception>
    public SupervisedProcess Start(ProcessSpec spec)
    {
        if (!File.Exists(spec.Path))
        {
            throw new ExpectedFailure($"{spec.Name} cannot be started: there is no {spec.Path}");
        }

        var log = Path.Combine(LogDirectory, spec.Name + ".log");
        var start = new ProcessStartInfo("setsid") { WorkingDirectory = spec.WorkingDirectory ?? DirectoryPath };
        foreach (var argument in (string[])[
            .. HasSetpriv.Value ? ["setpriv", "--pdeathsig", "KILL", "--"] : Array.Empty<string>(),
            "/bin/sh", "-c", Launch, spec.Name, log, Environment.ProcessId.ToString(CultureInfo.InvariantCulture), spec.Path, .. spec.Arguments])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in spec.Environment)
        {
            start.Environment[name] = value;
        }

        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _starts.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Exception error)
            {
                started.SetException(error);
            }
        });
        var process = new SupervisedProcess(spec, started.Task.GetAwaiter().GetResult(), log, _directory);
        _processes.Add(process);
        return process;
    }

    /// <summary>Stops every program, asking first, and removes the run directory.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_processes.Select(process => process.StopAsync().AsTask()));
        await _directory.DisposeAsync();
        _starts.CompleteAdding();
    }
}
