using System.Collections.Immutable;

namespace FleetPrometheus.Lab.Processes;

/// <summary>A program to run under supervision.</summary>
/// <param name="Name">Names it in messages and names its log file, so it is unique among those running; such as <c>prometheus</c> or <c>stage-node-1</c>.</param>
/// <param name="Path">The executable.</param>
/// <param name="Arguments">Its arguments. They are visible to every user of the host, so no secrets.</param>
public sealed record ProcessSpec(string Name, string Path, ImmutableArray<string> Arguments)
{
    /// <summary>Variables added to the environment, which is otherwise this process's own.</summary>
    public ImmutableSortedDictionary<string, string> Environment { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Where it runs; null for the run directory.</summary>
    public string? WorkingDirectory { get; init; }
}
