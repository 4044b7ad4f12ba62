using System.Collections.Immutable;
using FleetPrometheus.Evaluation.Rendering;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>
/// A directory that holds what a pod of the centre sees, kept up to date as a kubelet does: credentials are there before the
/// configuration that names them, every file changes in one step, and an unchanged one is not touched.
/// </summary>
internal sealed class Bundle(string directory)
{
    /// <summary>The directory.</summary>
    public string DirectoryPath => directory;

    /// <summary>Makes the directory hold these files and no others.</summary>
    public void Write(ImmutableArray<PodFile> files)
    {
        Directory.CreateDirectory(directory);
        // Configuration is what refers to the rest: written last, removed first.
        foreach (var file in files.OrderBy(file => IsConfiguration(file.Path)).ThenBy(file => file.Path, StringComparer.Ordinal))
        {
            var path = Path.Combine(directory, file.Path);
            if (File.Exists(path) && File.ReadAllText(path) == file.Content)
            {
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var temporary = Path.Combine(directory, ".incoming");
            File.WriteAllText(temporary, file.Content);
            File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.Move(temporary, path, overwrite: true);
        }

        var wanted = files.Select(file => Path.Combine(directory, file.Path)).ToHashSet(StringComparer.Ordinal);
        foreach (var stale in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
            .Where(path => !wanted.Contains(path)).OrderByDescending(IsConfiguration).ToList())
        {
            File.Delete(stale);
        }
    }

    private static bool IsConfiguration(string path) => path.EndsWith(".yml", StringComparison.Ordinal);
}
