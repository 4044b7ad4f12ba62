using System.Collections.Immutable;

namespace FleetPrometheus.Lab.Processes;

/// <summary>
/// Starts a program with a view of the file system of its own, as a container has one: this host's, with directories laid over it that
/// nothing else sees. So a pod's configuration and arguments serve as they are, with the absolute paths of its mounts.
/// </summary>
public static class OwnFileSystem
{
    // $1 holds the mount points that the host lacks below its own directories; then pairs of source and mount point, "--", the program.
    // An overlay lends a host's directory further mount points without touching it.
    private const string Script = """
        set -e
        points=$1; shift
        root=$points/.root
        mount -t tmpfs tmpfs "$root"
        for entry in /*; do
          if [ -L "$entry" ]; then cp -P "$entry" "$root$entry"
          elif [ -d "$points$entry" ]; then mkdir "$root$entry"; mount -t overlay overlay -o "lowerdir=$points$entry:$entry" "$root$entry"
          elif [ -d "$entry" ]; then mkdir "$root$entry"; mount --rbind "$entry" "$root$entry"
          fi
        done
        while [ "$1" != -- ]; do [ -f "$1" ] || mkdir -p "$root$2"; mount --bind "$1" "$root$2"; shift 2; done
        shift
        cd "$root"
        exec chroot "$root" "$@"
        """;

    /// <summary>The same program, started with these directories, or files in the place of files, laid over the host's.</summary>
    /// <param name="spec">The program.</param>
    /// <param name="mounts">Directories and files of the host by the absolute path at which the program is to find them.</param>
    /// <param name="directory">A directory of its own to prepare the view in.</param>
    public static ProcessSpec Within(ProcessSpec spec, IReadOnlyDictionary<string, string> mounts, string directory)
    {
        Directory.CreateDirectory(Path.Combine(directory, ".root"));
        var points = mounts.ToImmutableSortedDictionary(mount => Resolve(mount.Key), mount => mount.Value, StringComparer.Ordinal);
        foreach (var point in points.Keys.Where(point => !Path.Exists(point) && Directory.Exists(Top(point))))
        {
            Directory.CreateDirectory(directory + point);
        }

        return spec with
        {
            Path = "/usr/bin/unshare",
            Arguments =
            [
                "--mount", .. Environment.IsPrivilegedProcess ? Array.Empty<string>() : ["--map-root-user"],
                "/bin/sh", "-c", Script, "sh", directory,
                .. points.SelectMany(point => new[] { point.Value, point.Key }), "--", spec.Path, .. spec.Arguments,
            ],
        };
    }

    private static string Top(string path) => path[..(path.IndexOf('/', 1) is var end && end < 0 ? path.Length : end)];

    // /var/run is a link on every host of today; what hangs below a link must be laid where the link leads.
    private static string Resolve(string path)
    {
        var resolved = "";
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            resolved += $"/{part}";
            resolved = Directory.Exists(resolved) ? Directory.ResolveLinkTarget(resolved, returnFinalTarget: true)?.FullName ?? resolved : resolved;
        }

        return resolved;
    }
}
