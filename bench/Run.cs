using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Binaries;

namespace FleetPrometheus.Bench;

/// <summary>What a section has at hand while it measures.</summary>
/// <param name="say">Is told, in one line each, what is going on.</param>
internal sealed class Run(Action<string> say)
{
    private readonly ToolLocator _locator = new(ToolSources.Default, say);

    /// <summary>Tells whoever watches what is going on.</summary>
    public void Say(string line) => say(line);

    /// <summary>Finds real programs; it is cheap to ask again.</summary>
    /// <exception cref="Lab.ExpectedFailure">Some are nowhere to be had.</exception>
    public Task<ImmutableDictionary<Tool, LocatedTool>> LocateAsync(CancellationToken cancellation, params IEnumerable<Tool> tools) => _locator.LocateAsync(tools, cancellation);

    /// <summary>What the figures depend on beside the program.</summary>
    public async Task<JsonObject> MachineAsync(CancellationToken cancellation) => new()
    {
        ["cores"] = Environment.ProcessorCount,
        ["memory_bytes"] = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        ["prometheus"] = (await _locator.LocateAsync(Tool.Prometheus, cancellation)).Version?.ToString(),
        ["dotnet"] = RuntimeInformation.FrameworkDescription,
    };
}
