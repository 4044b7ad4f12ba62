using System.Diagnostics;
using System.Globalization;

namespace FleetPrometheus.Lab.Processes;

/// <summary>
/// The directory of one run of the lab, and the guard that cleans up when the run ends in whatever way.
/// The guard is a shell that waits for the end of its standard input, which only this process holds open;
/// it then kills the process groups that are still on its list and removes the directory.
/// </summary>
public sealed class RunDirectory : IAsyncDisposable
{
    // Groups, not single processes, so that children of children go as well. A dying process may still write: hence the repeated rm.
    private const string Guard = """
        groups=
        while read -r sign group; do
          case $sign in
            +) groups="$groups $group" ;;
            -) kept=; for g in $groups; do [ "$g" = "$group" ] || kept="$kept $g"; done; groups=$kept ;;
          esac
        done
        for g in $groups; do kill -s KILL -- "-$g" 2>/dev/null; done
        for _ in 1 2 3 4 5; do rm -rf -- "$1" && break; sleep 0.2; done
        """;

    private readonly Process _guard;

    private RunDirectory(string path, Process guard)
    {
        Path = path;
        _guard = guard;
    }

    /// <summary>The directory's absolute path; readable by this user only.</summary>
    public string Path { get; }

    /// <summary>Makes a new directory under the system's temporary one.</summary>
    public static RunDirectory Create()
    {
        var path = Directory.CreateTempSubdirectory("fleet-lab-").FullName;
        // A session of its own keeps the terminal's Ctrl-C from the guard.
        var guard = Process.Start(new ProcessStartInfo("setsid", ["/bin/sh", "-c", Guard, "fleet-lab-guard", path])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        guard.StandardInput.AutoFlush = true;
        return new RunDirectory(path, guard);
    }

    /// <summary>Puts a process group on the guard's list.</summary>
    internal void Watch(int group) => Tell('+', group);

    /// <summary>Takes a process group off the list, once it is gone and its number may be another's.</summary>
    internal void Forget(int group) => Tell('-', group);

    private void Tell(char sign, int group)
    {
        lock (_guard)
        {
            try
            {
                _guard.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{sign} {group}"));
            }
            catch (IOException)
            {
                // Somebody killed the guard; the kernel's own signal at our death remains.
            }
        }
    }

    /// <summary>Lets the guard clean up, and waits until it has.</summary>
    public async ValueTask DisposeAsync()
    {
        _guard.StandardInput.Close();
        await _guard.WaitForExitAsync();
        _guard.Dispose();
    }
}
