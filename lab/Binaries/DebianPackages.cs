using System.Collections.Immutable;
using FleetPrometheus.Lab.Processes;

namespace FleetPrometheus.Lab.Binaries;

/// <summary>
/// Fetches packages of any Debian suite through a private apt (own lists, cache and status), so that neither root rights
/// nor changes to the host are needed. The mirror is the one the host itself uses.
/// </summary>
internal sealed class DebianPackages(AptSource mirror, string stateDirectory)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>The mirror's address, for messages.</summary>
    public string Mirror => mirror.Uri;

    /// <summary>Reads the suite's package lists afresh.</summary>
    /// <returns>null, or what went wrong.</returns>
    public async Task<string?> UpdateAsync(string suite, CancellationToken cancel)
    {
        var directory = Path.Combine(stateDirectory, suite);
        foreach (var part in new[] { "sources", "lists/partial", "cache/archives/partial" })
        {
            Directory.CreateDirectory(Path.Combine(directory, part));
        }

        await File.WriteAllTextAsync(Path.Combine(directory, "status"), "", cancel);
        await File.WriteAllTextAsync(Path.Combine(directory, "sources/mirror.sources"), mirror.ForSuite(suite), cancel);
        // Hooks are dropped since they belong to the host's own packages; its proxy and transport settings stay.
        await File.WriteAllTextAsync(ConfigurationOf(suite), $"""
            #clear APT::Update::Pre-Invoke;
            #clear APT::Update::Post-Invoke;
            #clear APT::Update::Post-Invoke-Success;
            Dir::Etc::sourcelist "/dev/null";
            Dir::Etc::sourceparts "{directory}/sources";
            Dir::State::lists "{directory}/lists";
            Dir::State::status "{directory}/status";
            Dir::Cache "{directory}/cache";
            APT::Sandbox::User "root";
            APT::Update::Error-Mode "any";
            Acquire::Languages "none";
            Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
            Acquire::Retries "1";
            Acquire::http::Timeout "20";
            Acquire::https::Timeout "20";

            """, cancel);
        var update = await AptAsync(suite, directory, ["update"], cancel);
        return update.ExitCode == 0 ? null : update.LastLine;
    }

    /// <summary>Downloads one package of an updated suite and unpacks it.</summary>
    /// <param name="suite">The suite, after <see cref="UpdateAsync"/>.</param>
    /// <param name="package">The package's name.</param>
    /// <param name="workDirectory">An empty directory; the package is unpacked into its <c>root</c>.</param>
    /// <param name="cancel">Stops apt.</param>
    /// <returns>The package's version, or what went wrong.</returns>
    public async Task<(string? Version, string? Error)> UnpackAsync(string suite, string package, string workDirectory, CancellationToken cancel)
    {
        var download = await AptAsync(suite, workDirectory, ["download", package], cancel);
        var file = Directory.EnumerateFiles(workDirectory, "*.deb").SingleOrDefault();
        if (download.ExitCode != 0 || file is null)
        {
            return (null, download.LastLine);
        }

        var unpack = await OneShot.RunAsync("dpkg-deb", ["-x", file, Path.Combine(workDirectory, "root")], Patience, cancel);
        File.Delete(file);
        // apt names the file package_version_architecture.deb, with the colon of an epoch as %3a.
        return unpack.ExitCode == 0 ? (Path.GetFileName(file).Split('_')[1], null) : (null, unpack.LastLine);
    }

    private Task<OneShotResult> AptAsync(string suite, string workDirectory, ImmutableArray<string> arguments, CancellationToken cancel) =>
        OneShot.RunAsync("apt-get", ["-q", "-y", "-c", ConfigurationOf(suite), .. arguments], Patience, cancel, workDirectory);

    private string ConfigurationOf(string suite) => Path.Combine(stateDirectory, suite, "apt.conf");
}
