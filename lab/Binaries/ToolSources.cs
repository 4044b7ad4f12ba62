using System.Collections.Immutable;

namespace FleetPrometheus.Lab.Binaries;

/// <summary>Where a <see cref="ToolLocator"/> looks.</summary>
public sealed record ToolSources
{
    /// <summary>The one directory to take every tool from, whatever else there is (<c>FLEET_BIN_DIR</c>); null to search.</summary>
    public string? BinaryDirectory { get; init; }

    /// <summary>Directories searched first, in order (<c>PATH</c>).</summary>
    public ImmutableArray<string> SearchPath { get; init; } = [];

    /// <summary>Where unpacked packages are kept between runs.</summary>
    public required string CacheDirectory { get; init; }

    /// <summary>apt's configuration directory, which names the mirror.</summary>
    public string AptDirectory { get; init; } = "/etc/apt";

    /// <summary>The host's own suite, such as <c>bookworm</c>; null when the host is not Debian.</summary>
    public string? HostSuite { get; init; }

    /// <summary>What this process's environment says. nginx and others live in <c>sbin</c>, which a user's PATH may lack.</summary>
    public static ToolSources Default => new()
    {
        BinaryDirectory = NonEmpty("FLEET_BIN_DIR"),
        SearchPath = [.. (NonEmpty("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Append("/usr/sbin").Distinct()],
        CacheDirectory = Path.Combine(UserCache, "tools"),
        HostSuite = ReadHostSuite("/etc/os-release"),
    };

    /// <summary>This product's directory in the user's cache: <c>${XDG_CACHE_HOME:-~/.cache}/fleet-prometheus</c>.</summary>
    public static string UserCache => Path.Combine(
        NonEmpty("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "fleet-prometheus");

    private static string? NonEmpty(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;

    private static string? ReadHostSuite(string file)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        var fields = File.ReadLines(file)
            .Select(line => line.Split('=', 2))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1].Trim('"'), StringComparer.Ordinal);
        return fields.GetValueOrDefault("ID") == "debian" ? fields.GetValueOrDefault("VERSION_CODENAME", "sid") : null;
    }
}
