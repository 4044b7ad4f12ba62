using System.Collections.Immutable;
using System.Text;
using FleetPrometheus.Contract;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Rendering;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Lab.Verification;

/// <summary>Looks for the fleet's real credentials in everything that was written or said.</summary>
internal static class SecretScan
{
    /// <param name="fleet">The fleet.</param>
    /// <param name="said">What was printed.</param>
    /// <param name="more">Credentials that the fleet itself does not know of.</param>
    public static async Task<ImmutableArray<string>> RunAsync(LabFleet fleet, IEnumerable<string> said, params ImmutableArray<string> more)
    {
        var secrets = fleet.Members
            .SelectMany(member => new[] { member.Evaluated.Outputs.Text(StackOutputs.Token), member.Evaluated.Outputs.Text(StackOutputs.PreviousToken) })
            .Append(fleet.Centre.Password).Concat(more).OfType<string>().ToImmutableArray();
        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var path in Directory.EnumerateFiles(fleet.Processes.DirectoryPath, "*", SearchOption.AllDirectories).Where(path => !IsExempt(path)))
        {
            if (Holds(await ReadAsync(path)))
            {
                wrong.Add($"a credential stands in {Path.GetRelativePath(fleet.Processes.DirectoryPath, path)}");
            }
        }

        if (Holds(string.Join('\n', said)))
        {
            wrong.Add("a credential was printed");
        }

        foreach (var manifest in fleet.Evaluated.SelectMany(stack => stack.Manifests).Where(manifest => manifest.Kind != "Secret" && Holds(manifest.Content.ToJsonString())))
        {
            wrong.Add($"a credential stands in {manifest}");
        }

        await ScanRenderingAsync();
        return wrong.ToImmutable();

        bool Holds(string text) => secrets.Any(secret => text.Contains(secret, StringComparison.Ordinal)
            || text.Contains(Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)), StringComparison.Ordinal));

        async Task ScanRenderingAsync()
        {
            var directory = Path.Combine(fleet.Processes.DirectoryPath, "rendering");
            var stacks = StackFile.ReadAll(fleet.Project);
            var rendering = new Rendering
            {
                Stacks = stacks,
                Outputs = fleet.Members.Where(member => stacks.Any(stack => stack.Name == member.File.Name)).ToImmutableDictionary(member => member.File.Name, member => member.Evaluated.Outputs),
            };
            foreach (var stack in await rendering.EvaluateAsync([], _ => { }))
            {
                rendering.Write(stack, directory);
            }

            foreach (var path in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
            {
                if (Holds(await ReadAsync(path)))
                {
                    wrong.Add($"a credential stands in the default rendering, {Path.GetRelativePath(directory, path)}");
                }
            }

            Directory.Delete(directory, recursive: true);
        }
    }

    // The files that exist to hold them.
    private static bool IsExempt(string path) =>
        path.Contains(".token", StringComparison.Ordinal)
        || path.Contains("/control-plane/", StringComparison.Ordinal) // a real cluster keeps its own Secrets there
        || path.EndsWith("/lock", StringComparison.Ordinal) // empty, and held by Prometheus
        || path.Contains($"/{ConfigurationPaths.RemoteWrite}/", StringComparison.Ordinal)
        || path.EndsWith(ConfigurationPaths.WebPassword, StringComparison.Ordinal)
        || path.EndsWith(ConfigurationPaths.WebClient, StringComparison.Ordinal);

    private static async Task<string> ReadAsync(string path)
    {
        try
        {
            return Encoding.Latin1.GetString(await File.ReadAllBytesAsync(path));
        }
        catch (FileNotFoundException)
        {
            // Prometheus removes files of its own while we look.
            return "";
        }
    }
}
