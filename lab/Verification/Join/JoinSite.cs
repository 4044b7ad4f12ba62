using System.Collections.Immutable;
using FleetPrometheus.Lab.Fleet;

namespace FleetPrometheus.Lab.Verification.Join;

/// <summary>Tries a claim; what was wrong, and what was seen when nothing was.</summary>
internal delegate Task TryClaim(string name, Func<Task<ImmutableArray<string>>> verify, Func<string> evidence);

/// <summary>The fleet on which a way of joining is verified, and what its verification needs beside it.</summary>
/// <param name="Fleet">The fleet.</param>
/// <param name="Interval">How often it scrapes.</param>
/// <param name="Patience">How long what takes time may take.</param>
/// <param name="TryAsync">Tries a claim.</param>
internal sealed record JoinSite(LabFleet Fleet, TimeSpan Interval, TimeSpan Patience, TryClaim TryAsync)
{
    /// <summary>Writes keys into a stack's file, as a user would; they take the place of those that stand there already.</summary>
    /// <param name="stack">The stack's name.</param>
    /// <param name="keys">Each key, without the project's name, and what to write after its colon.</param>
    public void Write(string stack, params ReadOnlySpan<(string Key, string Yaml)> keys)
    {
        var path = Path.Combine(Fleet.Project, $"Pulumi.{stack}.yaml");
        var lines = File.ReadAllLines(path).ToList();
        foreach (var (key, yaml) in keys)
        {
            var entry = $"  fleet-prometheus:{key}:";
            var start = lines.FindIndex(line => line.StartsWith(entry, StringComparison.Ordinal));
            if (start >= 0)
            {
                // What belongs to a key is indented further than the key.
                var length = lines.Skip(start + 1).TakeWhile(line => line.StartsWith("   ", StringComparison.Ordinal)).Count();
                lines.RemoveRange(start, length + 1);
            }

            lines.AddRange($"{entry} {yaml}".Split('\n'));
        }

        File.WriteAllLines(path, lines);
    }
}
