using System.Diagnostics;
using System.Text;

namespace FleetPrometheus.Lab.Processes;

/// <summary>A running program, in a process group of its own.</summary>
public sealed class SupervisedProcess : IAsyncDisposable
{
    private const int TailBytes = 8 * 1024;
    private const int TailLines = 20;
    private static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(5);

    private readonly Process _process;

    internal SupervisedProcess(ProcessSpec spec, Process process, string logPath, RunDirectory directory)
    {
        Spec = spec;
        _process = process;
        LogPath = logPath;
        directory.Watch(process.Id);
        Exited = WatchAsync(directory);
    }

    /// <summary>What was started.</summary>
    public ProcessSpec Spec { get; }

    /// <summary>The process's number, which is its group's too.</summary>
    public int Id => _process.Id;

    /// <summary>The file with its output, both streams.</summary>
    public string LogPath { get; }

    /// <summary>Ends with the exit code when the program ends (128 plus the signal's number when a signal ended it).</summary>
    public Task<int> Exited { get; }

    /// <summary>Processor time so far and memory now, in bytes; nothing once it has ended.</summary>
    public (TimeSpan Processor, long Memory) Use
    {
        get
        {
            try
            {
                _process.Refresh();
                return (_process.TotalProcessorTime, _process.WorkingSet64);
            }
            catch (InvalidOperationException)
            {
                return default;
            }
        }
    }

    /// <summary>The end of its output: at most 20 lines and 8 KiB.</summary>
    public string LogTail()
    {
        if (!File.Exists(LogPath))
        {
            return "";
        }

        using var file = new FileStream(LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Seek(-Math.Min(TailBytes, file.Length), SeekOrigin.End);
        using var reader = new StreamReader(file, Encoding.UTF8);
        return string.Join('\n', reader.ReadToEnd().TrimEnd().Split('\n').TakeLast(TailLines));
    }

    /// <summary>Asks it to end (SIGTERM) and kills its group when it does not.</summary>
    /// <param name="grace">How long to wait before killing; 5 seconds by default.</param>
    public async ValueTask StopAsync(TimeSpan? grace = null)
    {
        if (!Exited.IsCompleted)
        {
            Signals.Send(Id, Signals.Terminate);
            await Task.WhenAny(Exited, Task.Delay(grace ?? DefaultGrace));
        }

        await KillAsync();
    }

    /// <summary>Kills it and its children at once, and waits until it is gone.</summary>
    public async ValueTask KillAsync()
    {
        if (!Exited.IsCompleted)
        {
            Signals.SendToGroup(Id, Signals.Kill);
        }

        await Exited;
    }

    /// <inheritdoc cref="StopAsync"/>
    public ValueTask DisposeAsync() => StopAsync();

    private async Task<int> WatchAsync(RunDirectory directory)
    {
        await _process.WaitForExitAsync();
        // What it started goes with it.
        Signals.SendToGroup(Id, Signals.Kill);
        directory.Forget(Id);
        return _process.ExitCode;
    }
}
