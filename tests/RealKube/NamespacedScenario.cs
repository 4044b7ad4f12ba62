using System.Diagnostics;
using System.Reflection;
using FleetPrometheus.Lab.RealKube;

namespace FleetPrometheus.Tests.RealKube;

/// <summary>
/// Runs a scenario in a network namespace. A test runner's process cannot enter one, so the test starts this assembly as a
/// program, which does.
/// </summary>
internal static class NamespacedScenario
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>From a test: runs the scenario in a process of its own and fails with what that printed.</summary>
    /// <param name="scenario">A static asynchronous method of <see cref="RealClusterScenarios"/>.</param>
    /// <returns>What it printed.</returns>
    public static async Task<string> RunAsync(string scenario)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Assembly.GetExecutingAssembly().Location, scenario])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }

        Assert.True(process.ExitCode == 0, $"{scenario} failed:\n{await output}{await errors}");
        return await output;
    }

    /// <summary>From <see cref="ScenarioProgram"/>: enters the namespace and runs the scenario there.</summary>
    public static Task RunInsideAsync(string scenario)
    {
        NetworkNamespace.Enter([scenario]);
        return (Task)typeof(RealClusterScenarios).GetMethod(scenario)!.Invoke(null, null)!;
    }
}
