using System.Runtime.InteropServices;

namespace FleetPrometheus.Lab.Processes;

/// <summary>POSIX signals to other processes, which .NET has no call for.</summary>
internal static class Signals
{
    public const int Hangup = 1;
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    /// <summary>Sends a signal; one to a process that is gone already does nothing.</summary>
    public static void Send(int process, int signal) => _ = NativeKill(process, signal);

    /// <summary>Sends a signal to every process of a group.</summary>
    public static void SendToGroup(int group, int signal) => _ = NativeKill(-group, signal);

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int NativeKill(int process, int signal);
}
