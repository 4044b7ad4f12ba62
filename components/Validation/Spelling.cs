namespace FleetPrometheus.Validation;

/// <summary>Guesses what a mistyped name was meant to be.</summary>
public static class Spelling
{
    // Longer than any key; what is longer still is no misspelling.
    private const int Longest = 64;

    /// <summary>The known name nearest to what was written, or null when none is near (a third of its letters, at least one, may differ).</summary>
    public static string? Nearest(string written, IEnumerable<string> known) => written.Length > Longest ? null : known
        .Select(name => (name, distance: Distance(written.ToLowerInvariant(), name.ToLowerInvariant())))
        .Where(candidate => candidate.distance <= Math.Max(1, candidate.name.Length / 3))
        .OrderBy(candidate => candidate.distance).ThenBy(candidate => candidate.name, StringComparer.Ordinal)
        .Select(candidate => candidate.name)
        .FirstOrDefault();

    /// <summary>The number of insertions, deletions, replacements and swaps of neighbours that turn one word into the other.</summary>
    private static int Distance(string from, string to)
    {
        var steps = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
        {
            for (var j = 0; j <= to.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    steps[i, j] = i + j;
                    continue;
                }

                var replaced = steps[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                steps[i, j] = Math.Min(replaced, Math.Min(steps[i - 1, j], steps[i, j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    steps[i, j] = Math.Min(steps[i, j], steps[i - 2, j - 2] + 1);
                }
            }
        }

        return steps[from.Length, to.Length];
    }
}
