using System.Collections.Concurrent;
using FleetPrometheus.Lab;
using FleetPrometheus.Lab.Binaries;

namespace FleetPrometheus.Tests.Binaries;

public sealed class ToolLocatorTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("fleet-test-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task LocateAsync_NewEnoughInPath_IsTaken()
    {
        var old = Fake("old", "prometheus", "prometheus, version 2.53.3");
        var current = Fake("current", "prometheus", "prometheus, version 3.5.0");

        var located = await Locator(path: [old, current]).LocateAsync(Tool.Prometheus);

        Assert.Equal((Path.Combine(current, "prometheus"), new Version(3, 5, 0)), (located.Path, located.Version));
    }

    [Fact]
    public async Task LocateAsync_TheGenerationBefore_IsNotTheCurrentOne()
    {
        Fake("cache/prometheus/2.53.3+ds1-2/usr/bin", "prometheus", "prometheus, version 2.53.3");
        Fake("cache/prometheus/3.5.3+ds1-6/usr/bin", "prometheus", "prometheus, version 3.5.3");

        Assert.Equal(new Version(2, 53, 3), (await Locator().LocateAsync(Tool.Prometheus2)).Version);
        Assert.Equal(new Version(3, 5, 3), (await Locator().LocateAsync(Tool.Prometheus)).Version);
    }

    [Fact]
    public async Task LocateAsync_OnlyNewerThanTheGenerationBefore_SaysSo()
    {
        var current = Fake("current", "prometheus", "prometheus, version 3.5.0");

        var failure = await Assert.ThrowsAsync<ExpectedFailure>(() => Locator(path: [current]).LocateAsync(Tool.Prometheus2));

        Assert.Contains("prometheus-2 ≥ 2.45, < 3.0", failure.Message);
        Assert.Contains("3.5.0, not older than 3.0", failure.Message);
    }

    [Fact]
    public async Task LocateAsync_DebianName_IsKnown()
    {
        var bin = Fake("bin", "prometheus-node-exporter", "node_exporter, version 1.11.1");

        Assert.Equal(Path.Combine(bin, "prometheus-node-exporter"), (await Locator(path: [bin]).LocateAsync(Tool.NodeExporter)).Path);
    }

    [Fact]
    public async Task LocateAsync_NotDebian_NamesAllThatIsMissingAndWhy()
    {
        var old = Fake("old", "prometheus", "prometheus, version 2.53.3");
        Fake("old", "amtool", "segmentation fault", exitCode: 139);

        var failure = await Assert.ThrowsAsync<ExpectedFailure>(() => Locator(path: [old]).LocateAsync([Tool.Prometheus, Tool.Amtool]));

        Assert.Contains("prometheus ≥ 3.5, amtool ≥ 0.27", failure.Message);
        Assert.Contains("2.53.3, older than 3.5", failure.Message);
        Assert.Contains("does not run here: segmentation fault", failure.Message);
        Assert.Contains("this host is not Debian", failure.Message);
        Assert.Contains("FLEET_BIN_DIR", failure.Message);
    }

    [Fact]
    public async Task LocateAsync_BinaryDirectory_IsTheOnlyPlace()
    {
        var path = Fake("path", "prometheus", "prometheus, version 3.9.0");
        var sources = Sources([path]) with { BinaryDirectory = Path.Combine(_directory, "nowhere"), HostSuite = "bookworm" };

        var failure = await Assert.ThrowsAsync<ExpectedFailure>(() => new ToolLocator(sources).LocateAsync(Tool.Prometheus));

        Assert.Contains($"FLEET_BIN_DIR ({sources.BinaryDirectory})", failure.Message);
    }

    [Fact]
    public async Task LocateAsync_SeveralInCache_TakesTheNewestThatRuns()
    {
        Fake("cache/prometheus/3.5.3+ds1-6/usr/bin", "prometheus", "prometheus, version 3.5.3");
        Fake("cache/prometheus/3.10.0-1/usr/bin", "prometheus", "prometheus, version 3.10.0");
        Fake("cache/prometheus/3.14.0-1/usr/bin", "prometheus", "GLIBC_2.99 not found", exitCode: 1);

        Assert.Equal(new Version(3, 10, 0), (await Locator().LocateAsync(Tool.Prometheus)).Version);
    }

    [Fact]
    public async Task LocateAsync_SilentToolFromPackage_HasThePackagesVersion()
    {
        Fake("cache/victoria-metrics/1.145.0+ds1-2/usr/bin", "victoria-metrics", "");

        Assert.Equal(new Version(1, 145, 0), (await Locator().LocateAsync(Tool.VictoriaMetrics)).Version);
    }

    [DebianFact]
    public async Task LocateAsync_UnreachableMirror_SaysSo()
    {
        var apt = Directory.CreateDirectory(Path.Combine(_directory, "apt")).FullName;
        File.WriteAllText(Path.Combine(apt, "sources.list"), "deb [trusted=yes] http://127.0.0.1:1/debian bookworm main\n");
        var sources = Sources([]) with { AptDirectory = apt, HostSuite = "bookworm" };

        var failure = await Assert.ThrowsAsync<ExpectedFailure>(() => new ToolLocator(sources).LocateAsync(Tool.Caddy));

        Assert.Contains("Debian sid at http://127.0.0.1:1/debian", failure.Message);
        Assert.Contains("Debian bookworm at http://127.0.0.1:1/debian", failure.Message);
        Assert.False(Directory.Exists(Path.Combine(sources.CacheDirectory, "caddy")));
    }

    [DebianFact(NeedsMirror = true)]
    public async Task LocateAsync_TwoAtOnce_FetchOnce()
    {
        var reports = new ConcurrentBag<string>();
        var sources = ToolSources.Default with { SearchPath = [], BinaryDirectory = null, CacheDirectory = Path.Combine(_directory, "cache") };

        var located = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => new ToolLocator(sources, reports.Add).LocateAsync(Tool.Pushgateway)));

        Assert.Single(reports);
        Assert.Equal(located[0], located[1]);
        Assert.StartsWith(sources.CacheDirectory, located[0].Path);
    }

    private ToolLocator Locator(params string[] path) => new(Sources(path));

    private ToolSources Sources(string[] path) => new() { SearchPath = [.. path], CacheDirectory = Path.Combine(_directory, "cache") };

    /// <summary>An executable that prints a text and ends; returns its directory.</summary>
    private string Fake(string directory, string name, string prints, int exitCode = 0)
    {
        var full = Directory.CreateDirectory(Path.Combine(_directory, directory)).FullName;
        var file = Path.Combine(full, name);
        File.WriteAllText(file, $"#!/bin/sh\necho '{prints}'\nexit {exitCode}\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return full;
    }
}
