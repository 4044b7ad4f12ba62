using System.Collections.Immutable;
using System.Diagnostics;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Processes;

namespace FleetPrometheus.Tests;

/// <summary>The real programs, found as the lab finds them.</summary>
internal static class Tools
{
    private static readonly Lazy<Task<ImmutableDictionary<Tool, LocatedTool>>> Located =
        new(() => new ToolLocator(ToolSources.Default).LocateAsync(Tool.Core));

    public static async Task<string> PathOfAsync(Tool tool) => (await Located.Value)[tool].Path;

    /// <summary>
    /// How to start Alertmanager. Debian's reads its templates from a fixed path below <c>/usr/share</c>, so one that was only unpacked
    /// gets to see them there, in a mount namespace of its own.
    /// </summary>
    public static async Task<ProcessSpec> AlertmanagerAsync(params string[] arguments)
    {
        const string Templates = "prometheus/alertmanager/default.tmpl";
        var program = await PathOfAsync(Tool.Alertmanager);
        var share = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(program)!, "..", "share"));
        return File.Exists(Path.Combine("/usr/share", Templates)) || !File.Exists(Path.Combine(share, Templates))
            ? new("alertmanager", program, [.. arguments])
            : new("alertmanager", "/usr/bin/unshare",
            [
                "--map-root-user", "--mount", "/bin/sh", "-c",
                "mount -t overlay overlay -o \"lowerdir=$1:/usr/share\" /usr/share && shift && exec \"$@\"", "sh", share, program, .. arguments,
            ]);
    }

    /// <summary>Runs a program to its end; both its streams, and how it ended.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(Tool tool, string workingDirectory, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(await PathOfAsync(tool), arguments)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        return (process.ExitCode, await output + await errors);
    }

    /// <summary>Runs a program that must succeed.</summary>
    public static async Task<string> SucceedAsync(Tool tool, string workingDirectory, params string[] arguments)
    {
        var (exitCode, output) = await RunAsync(tool, workingDirectory, arguments);
        Assert.True(exitCode == 0, $"{tool} {string.Join(' ', arguments)} ended with {exitCode}:\n{output}");
        return output;
    }
}
