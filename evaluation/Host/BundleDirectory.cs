using System.Collections.Immutable;
using System.Text;

namespace FleetPrometheus.Evaluation.Host;

/// <summary>A file of a bundle.</summary>
/// <param name="Path">Its path within the bundle, with forward slashes.</param>
/// <param name="Content">Its text.</param>
/// <param name="Mode">Its permissions. Default: its owner may read and write it, nobody else anything.</param>
public sealed record BundleFile(string Path, string Content, UnixFileMode Mode = BundleFile.Private)
{
    /// <summary>0600.</summary>
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>0644.</summary>
    public const UnixFileMode Public = Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>0755.</summary>
    public const UnixFileMode Executable = Public | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
}

/// <summary>
/// A directory kept up to date under running programs, as a kubelet does it: credentials are there before the configuration that names
/// them, every file changes in one step, and an unchanged one is not touched.
/// </summary>
/// <param name="directory">The directory; made when it is missing.</param>
public sealed class BundleDirectory(string directory)
{
    // Readable by nobody else even where a file within were.
    private const UnixFileMode DirectoryMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // Prometheus's globs match hidden files too, but only *.yml.
    private const string Incoming = ".incoming";

    /// <summary>Makes it hold these files and, in the directories that they are in, no others.</summary>
    /// <returns>The paths that were written or removed.</returns>
    public ImmutableArray<string> Write(IReadOnlyCollection<BundleFile> files)
    {
        var changed = ImmutableArray.CreateBuilder<string>();
        Directory.CreateDirectory(directory, DirectoryMode);
        // Configuration is what refers to the rest: written last, removed first.
        foreach (var file in files.OrderBy(file => IsConfiguration(file.Path)).ThenBy(file => file.Path, StringComparer.Ordinal))
        {
            if (Write(file))
            {
                changed.Add(file.Path);
            }
        }

        var wanted = files.Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        var owned = wanted.Where(path => path.Contains('/')).Select(path => path[..path.IndexOf('/')]).Distinct();
        foreach (var stale in owned.SelectMany(part => Directory.EnumerateFiles(Path.Combine(directory, part), "*", SearchOption.AllDirectories))
            .Select(path => Path.GetRelativePath(directory, path)).Where(path => !wanted.Contains(path))
            .OrderByDescending(IsConfiguration).ThenBy(path => path, StringComparer.Ordinal).ToList())
        {
            File.Delete(Path.Combine(directory, stale));
            changed.Add(stale);
        }

        return changed.ToImmutable();
    }

    private bool Write(BundleFile file)
    {
        var path = Path.Combine(directory, file.Path);
        if (File.Exists(path) && File.ReadAllText(path) == file.Content)
        {
            var isMode = File.GetUnixFileMode(path) == file.Mode;
            File.SetUnixFileMode(path, file.Mode);
            return !isMode;
        }

        MakeDirectory(Path.GetDirectoryName(file.Path)!);
        var temporary = Path.Combine(directory, Incoming);
        File.Delete(temporary);
        // Made private, not made so afterwards: there must be no moment in which others can open it.
        using (var stream = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = BundleFile.Private }))
        {
            stream.Write(Encoding.UTF8.GetBytes(file.Content));
        }

        File.SetUnixFileMode(temporary, file.Mode);
        File.Move(temporary, path, overwrite: true);
        return true;
    }

    // One level after the other: the mode is given to the last one only.
    private void MakeDirectory(string path)
    {
        if (path.Length > 0 && !Directory.Exists(Path.Combine(directory, path)))
        {
            MakeDirectory(Path.GetDirectoryName(path)!);
            Directory.CreateDirectory(Path.Combine(directory, path), DirectoryMode);
        }
    }

    private static bool IsConfiguration(string path) => path.EndsWith(".yml", StringComparison.Ordinal);
}
