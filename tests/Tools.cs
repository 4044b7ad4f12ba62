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

    public static async Task<string> PathOfAsync(Tool tool) => (await LocateAsync(tool)).Path;

    /// <summary>The program; those that the lab does not always need are looked for when they are asked for.</summary>
    public static async Task<LocatedTool> LocateAsync(Tool tool) => Tool.Core.Contains(tool)
        ? (await Located.Value)[tool]
        : (await new ToolLocator(ToolSources.Default).LocateAsync([tool]))[tool];

    /// <summary>How to start one.</summary>
    public static async Task<ProcessSpec> RunOfAsync(Tool tool, params string[] arguments) =>
        (await LocateAsync(tool)).Run(tool.Name, [.. arguments]);

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
