namespace FleetPrometheus.Infra.Settings;

/// <summary>Guesses what a mistyped key was meant to be.</summary>
internal static class Spelling
{
    /// <summary>The known name nearest to what was written, or null when none is near (a third of its letters, at least one, may differ).</summary>
    public static string? Nearest(string written, IEnumerable<string> known) => known
        .Select(name => (name, distance: Distance(written.ToLowerInvariant(), name.ToLowerInvariant())))
        .Where(candidate => candidate.distance <= Math.Max(1, candidate.name.Length / 3))
        .OrderBy(candidate => candidate.distance).ThenBy(candidate => candidate.name, StringComparer.Ordinal)
        .Select(candidate => candidate.name)
        .FirstOrDefault();

    /// <summary>The number of insertions, deletions and replacements that turn one word into the other.</summary>
    private static int Distance(string from, string to)
    {
        if (Math.Abs(from.Length - to.Length) > to.Length)
            return int.MaxValue;
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
