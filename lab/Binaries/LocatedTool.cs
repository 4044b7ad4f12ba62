using System.Collections.Immutable;
using FleetPrometheus.Lab.Processes;

namespace FleetPrometheus.Lab.Binaries;

/// <summary>A tool that was found and that ran.</summary>
/// <param name="Tool">Which tool.</param>
/// <param name="Path">The executable's absolute path.</param>
/// <param name="Version">The version it reported; for one that reports none, its package's.</param>
public sealed record LocatedTool(Tool Tool, string Path, Version Version)
{
    // The first argument is laid over /usr/share, in a mount namespace that nothing else sees; the rest is started there.
    private const string Overlay = """mount -t overlay overlay -o "lowerdir=$1:/usr/share" /usr/share && shift && exec "$@" """;

    // Debian's Alertmanager reads its templates from a fixed path, which a package that was only unpacked does not reach.
    private const string Templates = "prometheus/alertmanager/default.tmpl";

    /// <summary>How to run it under supervision.</summary>
    /// <param name="name">The process's name.</param>
    /// <param name="arguments">Its arguments.</param>
    public ProcessSpec Run(string name, params ImmutableArray<string> arguments)
    {
        var share = System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, "..", "share"));
        return Tool == Tool.Alertmanager && File.Exists(System.IO.Path.Combine(share, Templates)) && !File.Exists(System.IO.Path.Combine("/usr/share", Templates))
            ? new ProcessSpec(name, "/usr/bin/unshare", ["--map-root-user", "--mount", "/bin/sh", "-c", Overlay, "sh", share, Path, .. arguments])
            : new ProcessSpec(name, Path, arguments);
    }
}
