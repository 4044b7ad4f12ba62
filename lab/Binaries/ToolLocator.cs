using System.Collections.Immutable;
using FleetPrometheus.Lab.Processes;

namespace FleetPrometheus.Lab.Binaries;

/// <summary>
/// Finds the real programs: in <c>FLEET_BIN_DIR</c> if that is set, else in PATH if new enough, else in the cache,
/// else in Debian packages unpacked into the cache.
/// </summary>
/// <param name="sources">Where to look.</param>
/// <param name="report">Is told, in one line each, what takes time.</param>
public sealed class ToolLocator(ToolSources sources, Action<string>? report = null)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private string WorkDirectory => Path.Combine(sources.CacheDirectory, ".work");

    /// <summary>Finds one tool.</summary>
    /// <exception cref="ExpectedFailure">It is nowhere to be had; says where it was looked for and what helps.</exception>
    public async Task<LocatedTool> LocateAsync(Tool tool, CancellationToken cancel = default) => (await LocateAsync([tool], cancel))[tool];

    /// <summary>Finds several tools, with one visit to the mirror for all that are missing.</summary>
    /// <exception cref="ExpectedFailure">Some are nowhere to be had; names all of them, where they were looked for and what helps.</exception>
    public async Task<ImmutableDictionary<Tool, LocatedTool>> LocateAsync(IEnumerable<Tool> tools, CancellationToken cancel = default)
    {
        var wanted = tools.Distinct().ToImmutableArray();
        var found = ImmutableDictionary.CreateBuilder<Tool, LocatedTool>();
        var tried = new List<string>();
        foreach (var tool in wanted)
        {
            if (await FindOnHostAsync(tool, tried, cancel) is { } located)
            {
                found[tool] = located;
            }
        }

        if (found.Count < wanted.Length && sources.BinaryDirectory is null)
        {
            await FindInPackagesAsync(wanted, found, tried, cancel);
        }

        var missing = wanted.Where(tool => !found.ContainsKey(tool)).ToImmutableArray();
        return missing.IsEmpty ? found.ToImmutable() : throw Unavailable(missing, tried);
    }

    private async Task<LocatedTool?> FindOnHostAsync(Tool tool, List<string> tried, CancellationToken cancel)
    {
        ImmutableArray<string> directories = sources.BinaryDirectory is { } only ? [only] : sources.SearchPath;
        foreach (var path in directories.SelectMany(directory => tool.FileNames.Select(name => Path.GetFullPath(Path.Combine(directory, name)))).Where(File.Exists))
        {
            var (located, problem) = await TryAsync(tool, path, packageVersion: null, cancel);
            if (located is not null)
            {
                return located;
            }

            tried.Add(problem!);
        }

        return null;
    }

    private async Task FindInPackagesAsync(ImmutableArray<Tool> wanted, IDictionary<Tool, LocatedTool> found, List<string> tried, CancellationToken cancel)
    {
        ImmutableArray<Tool> Missing() => [.. wanted.Where(tool => !found.ContainsKey(tool))];

        await FindInCacheAsync(Missing(), found, cancel);
        if (Missing().IsEmpty)
        {
            return;
        }

        if (FindMirror(tried) is not { } packages)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(WorkDirectory);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            tried.Add($"Debian packages: no place to unpack them: {error.Message}");
            return;
        }

        using var ours = await FileLock.TakeAsync(Path.Combine(sources.CacheDirectory, ".lock"), cancel);
        // Another process may have fetched them while this one waited.
        await FindInCacheAsync(Missing(), found, cancel);

        // Newest first. The host's own suite is last: old, but built for this very host.
        foreach (var suite in new[] { "sid", "testing", "trixie", sources.HostSuite! }.Distinct())
        {
            if (Missing().IsEmpty)
            {
                return;
            }

            if (Missing().Where(tool => tool.Suite is null || tool.Suite == suite).ToImmutableArray() is not { IsEmpty: false } missing)
            {
                continue;
            }

            report?.Invoke($"fetching {string.Join(", ", missing.Select(tool => tool.Name))} from Debian {suite}");
            if (await packages.UpdateAsync(suite, cancel) is { } error)
            {
                tried.Add($"Debian {suite} at {packages.Mirror}: {error}");
                continue;
            }

            foreach (var package in missing.Select(tool => tool.Package).Distinct())
            {
                await FetchAsync(packages, suite, package, [.. missing.Where(tool => tool.Package == package)], found, tried, cancel);
            }
        }
    }

    private async Task FetchAsync(DebianPackages packages, string suite, string package, ImmutableArray<Tool> tools, IDictionary<Tool, LocatedTool> found, List<string> tried, CancellationToken cancel)
    {
        // Emptied at the start, as whoever held the lock before may have been killed.
        Directory.Delete(WorkDirectory, recursive: true);
        Directory.CreateDirectory(WorkDirectory);
        var (version, error) = await packages.UnpackAsync(suite, package, WorkDirectory, cancel);
        if (version is null)
        {
            tried.Add($"Debian {suite}, package {package}: {error}");
            return;
        }

        // Only what was seen to run here reaches the cache, complete and in one step.
        var root = Path.Combine(WorkDirectory, "root");
        foreach (var tool in tools)
        {
            if (await TryPackageAsync(tool, root, version, cancel) is (_, { } problem))
            {
                tried.Add($"Debian {suite}, package {package} {version}: {problem}");
                return;
            }
        }

        var home = Path.Combine(sources.CacheDirectory, package, version);
        if (Directory.Exists(home))
        {
            Directory.Delete(home, recursive: true);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(home)!);
        Directory.Move(root, home);
        await FindInCacheAsync(tools, found, cancel);
    }

    private async Task FindInCacheAsync(IEnumerable<Tool> tools, IDictionary<Tool, LocatedTool> found, CancellationToken cancel)
    {
        foreach (var tool in tools)
        {
            var home = new DirectoryInfo(Path.Combine(sources.CacheDirectory, tool.Package));
            var roots = home.Exists ? home.GetDirectories().Select(directory => directory.FullName) : [];
            foreach (var root in roots.OrderByDescending(root => Tool.ParseVersion(Path.GetFileName(root))))
            {
                if (await TryPackageAsync(tool, root, Path.GetFileName(root), cancel) is ({ } located, _))
                {
                    found[tool] = located;
                    break;
                }
            }
        }
    }

    private static async Task<(LocatedTool? Tool, string? Problem)> TryPackageAsync(Tool tool, string root, string version, CancellationToken cancel)
    {
        var path = tool.FileNames
            .SelectMany(name => new[] { Path.Combine(root, "usr/bin", name), Path.Combine(root, "usr/sbin", name) })
            .FirstOrDefault(File.Exists);
        return path is null ? (null, $"holds no {tool.FileNames[^1]}") : await TryAsync(tool, path, Tool.ParseVersion(version), cancel);
    }

    private static async Task<(LocatedTool? Tool, string? Problem)> TryAsync(Tool tool, string path, Version? packageVersion, CancellationToken cancel)
    {
        var result = await OneShot.RunAsync(path, tool.VersionArguments, Patience, cancel);
        if (result.ExitCode != 0)
        {
            return (null, $"{path} does not run here: {result.LastLine}");
        }

        return (Tool.ParseVersion(result.Output) ?? packageVersion) switch
        {
            null => (null, $"{path} does not tell its version"),
            var version when version < tool.Minimum => (null, $"{path} is {version}, older than {tool.Minimum}"),
            var version when tool.Below is { } below && version >= below => (null, $"{path} is {version}, not older than {below}"),
            var version => (new LocatedTool(tool, path, version), null),
        };
    }

    private DebianPackages? FindMirror(List<string> tried)
    {
        if (sources.HostSuite is not { } suite)
        {
            tried.Add("Debian packages: this host is not Debian");
            return null;
        }

        // The mirror that serves the host's own suite under its plain name has the other suites as well; a security mirror has not.
        var mirror = AptSource.ReadHost(sources.AptDirectory).FirstOrDefault(source => source.Suites.Contains(suite) || source.Suites.Contains("sid") || source.Suites.Contains("stable"));
        if (mirror is null)
        {
            tried.Add($"Debian packages: {sources.AptDirectory} names no mirror for {suite}");
            return null;
        }

        return new DebianPackages(mirror, Path.Combine(sources.CacheDirectory, ".apt"));
    }

    private ExpectedFailure Unavailable(ImmutableArray<Tool> missing, List<string> tried)
    {
        var names = missing.Select(tool => tool.Below is null ? $"{tool.Name} ≥ {tool.Minimum}" : $"{tool.Name} ≥ {tool.Minimum}, < {tool.Below}");
        var places = sources.BinaryDirectory is { } only
            ? $"FLEET_BIN_DIR ({only})"
            : $"PATH, the cache {sources.CacheDirectory}, and Debian packages";
        var details = tried.Count == 0 ? "" : "\n" + string.Join('\n', tried.Distinct().Select(line => $"  - {line}"));
        return new ExpectedFailure($"""
            These programs are needed and were not found: {string.Join(", ", names)}
            Looked in {places}.{details}
            Fix: put them on PATH, or set FLEET_BIN_DIR to a directory that holds them; on Debian, a reachable mirror is enough.
            """);
    }
}
