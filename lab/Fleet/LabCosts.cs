using System.Diagnostics;
using System.Globalization;
using FleetPrometheus.Lab.Processes;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>What a running fleet takes of this machine, so that the lab's own work is not taken for the centre's.</summary>
internal sealed class LabCosts(LabFleet fleet)
{
    private Dictionary<string, TimeSpan> _before = [];
    private long _looked = Stopwatch.GetTimestamp();

    /// <summary>Processors kept busy since the last call, and memory, of the centre, of the real programs in the clusters, and of the simulation.</summary>
    public string Describe()
    {
        using var own = Process.GetCurrentProcess();
        var centre = fleet.Centre.Processes.ToHashSet();
        var parts = fleet.Processes.Running.GroupBy(process => centre.Contains(process) ? "the centre" : "what the clusters run")
            .Select(part => (Name: part.Key, Time: Sum(part.Select(process => process.Use.Processor)), Memory: part.Sum(process => process.Use.Memory)))
            .Append((Name: "the simulation", Time: own.TotalProcessorTime, Memory: own.WorkingSet64)).ToList();
        var seconds = Stopwatch.GetElapsedTime(_looked).TotalSeconds;
        var text = string.Join("; ", parts.Select(part => string.Create(
            CultureInfo.InvariantCulture, $"{part.Name} {Math.Max(0, (part.Time - _before.GetValueOrDefault(part.Name)).TotalSeconds / seconds):0.00} processors, {part.Memory / 1e9:0.0} GB")));
        _before = parts.ToDictionary(part => part.Name, part => part.Time);
        _looked = Stopwatch.GetTimestamp();
        return text;
    }

    private static TimeSpan Sum(IEnumerable<TimeSpan> times) => times.Aggregate(TimeSpan.Zero, (sum, time) => sum + time);
}
