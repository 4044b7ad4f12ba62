using System.Collections.Immutable;
using System.Globalization;

namespace FleetPrometheus.Bench;

/// <summary>A process, as the kernel knows it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Program">The file name of what it runs.</param>
/// <param name="Arguments">Its command line.</param>
internal sealed record RunningProcess(int Id, string Program, ImmutableArray<string> Arguments);

/// <summary>The processes below this one.</summary>
internal static class ProcessTree
{
    /// <summary>Every process that this one started, or that those started. What ends while it is looked at is left out.</summary>
    public static IReadOnlyList<RunningProcess> Below()
    {
        var parents = Directory.GetDirectories("/proc").Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0).Select(id => (Id: id, Parent: ParentOf(id))).Where(process => process.Parent is not null).ToDictionary(process => process.Id, process => process.Parent!.Value);
        return [.. parents.Keys.Where(IsBelow).Select(Read).OfType<RunningProcess>()];

        bool IsBelow(int id) => parents.TryGetValue(id, out var parent) && (parent == Environment.ProcessId || IsBelow(parent));
    }

    private static RunningProcess? Read(int id)
    {
        try
        {
            var arguments = File.ReadAllText($"/proc/{id}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
            var program = File.ResolveLinkTarget($"/proc/{id}/exe", returnFinalTarget: false);
            return arguments.Length == 0 || program is null ? null : new RunningProcess(id, program.Name, [.. arguments]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static int? ParentOf(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            // The name before it may hold anything but ends with the last parenthesis; then state and parent.
            return int.Parse(text[(text.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
