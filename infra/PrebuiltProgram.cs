using System.Security.Cryptography;

namespace FleetPrometheus.Infra;

/// <summary>
/// A program that was published beforehand, for <c>runtime.options.binary</c>, and the sources it was made of. Pulumi runs whatever lies there: after
/// a change, or a checkout of something else, a preview of the old program would look like one of the new.
/// </summary>
public static class PrebuiltProgram
{
    /// <summary>Lies beside a published program: what <c>sha256sum</c> prints of its sources, relative to this project's directory.</summary>
    public const string ManifestName = "sources.sha256";

    // As the project file has it.
    private static readonly string[] Rooms = ["../components", "."];
    private static readonly string[] Left = ["bin", "obj"];

    /// <summary>Which sources are not what the program was made of; none for a program that was built on the way, or whose sources are not here.</summary>
    /// <param name="program">The program's directory.</param>
    /// <param name="project">The project's directory, in which Pulumi starts the program.</param>
    public static IReadOnlyList<string> Outdated(string program, string project)
    {
        var manifest = Path.Combine(program, ManifestName);
        if (!File.Exists(manifest))
        {
            return [];
        }

        var made = File.ReadLines(manifest).Select(line => line.Split("  ", 2)).ToDictionary(line => line[1].Replace('\\', '/'), line => line[0], StringComparer.Ordinal);
        var present = Rooms.Select(room => Path.Combine(project, room)).Where(Directory.Exists)
            .SelectMany(room => Directory.EnumerateFiles(room, "*", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(project, file).Replace('\\', '/'))
            .Where(file => !file.Split('/').Any(Left.Contains)).ToHashSet(StringComparer.Ordinal);
        return !present.Overlaps(made.Keys)
            ? []
            : [.. made.Where(source => !Is(Path.Combine(project, source.Key), source.Value)).Select(source => source.Key).Concat(present.Except(made.Keys)).Order(StringComparer.Ordinal)];
    }

    /// <summary>What to tell of outdated sources; null if there are none.</summary>
    public static string? Describe(IReadOnlyList<string> outdated) => outdated.Count == 0
        ? null
        : $"The program was built beforehand, and its sources have changed since: {string.Join(", ", outdated.Take(3))}{(outdated.Count > 3 ? $" and {outdated.Count - 3} more" : "")}. Run ./dev publish, or take runtime.options.binary out of Pulumi.yaml.";

    private static bool Is(string file, string hash) =>
        File.Exists(file) && Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))).Equals(hash, StringComparison.OrdinalIgnoreCase);
}
