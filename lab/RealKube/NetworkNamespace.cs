using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.InteropServices;
using FleetPrometheus.Lab.Processes;

namespace FleetPrometheus.Lab.RealKube;

/// <summary>
/// A network of the lab's own, in which all of 10.0.0.0/8 is this host. Real API servers need it: they refuse to proxy to
/// pods at loopback addresses. There is no way out of it, so whatever must be downloaded is downloaded before.
/// </summary>
public static class NetworkNamespace
{
    private const string Marker = "FLEET_NETWORK_NAMESPACE";

    // An address of the loopback device makes its whole prefix local; it needs no further device, which the kernel may lack.
    // Where it has them, there is one beside, because node_exporter's figures of networks leave loopback out.
    private const string SetUp =
        """ip link set lo up && ip address add 10.0.0.0/8 dev lo && { { ip link add lan0 type veth peer name lan1 && ip link set lan0 up && ip link set lan1 up; } 2>/dev/null || :; } && exec "$@" """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Whether this process is inside.</summary>
    public static bool IsInside => Environment.GetEnvironmentVariable(Marker) == "1";

    /// <summary>Tries whether one can be made here.</summary>
    /// <returns>null when it can; else why not.</returns>
    public static async Task<string?> WhyUnavailableAsync(CancellationToken cancel = default)
    {
        if (IsInside)
        {
            return null;
        }

        var attempt = CommandLine("true");
        var result = await OneShot.RunAsync(attempt[0], attempt[1..], Patience, cancel);
        return result.ExitCode == 0 ? null : $"no network namespace can be made here ({result.LastLine})";
    }

    /// <summary>
    /// Starts this program again inside, in this very process: it does not return unless it is inside already.
    /// To be called before anything is started.
    /// </summary>
    /// <param name="arguments">The arguments to start again with.</param>
    /// <exception cref="ExpectedFailure">The system has no <c>env</c>.</exception>
    public static void Enter(IEnumerable<string> arguments)
    {
        if (IsInside)
        {
            return;
        }

        // Under "dotnet program.dll" the process is dotnet, and the program its first argument.
        var program = Environment.ProcessPath!;
        var entry = Assembly.GetEntryAssembly()!.Location;
        var self = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [program, entry] : new[] { program };
        string?[] line = ["env", $"{Marker}=1", .. CommandLine([.. self, .. arguments]), null];
        _ = Execute("env", line);
        throw new ExpectedFailure($"cannot start again in a network namespace: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    private static ImmutableArray<string> CommandLine(params IEnumerable<string> command) =>
        ["unshare", "--net", .. Environment.IsPrivilegedProcess ? Array.Empty<string>() : ["--user", "--map-root-user"], "/bin/sh", "-c", SetUp, "sh", .. command];

    [DllImport("libc", EntryPoint = "execvp", SetLastError = true)]
    private static extern int Execute(string file, string?[] arguments);
}
