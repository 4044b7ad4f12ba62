namespace FleetPrometheus.Tests.Docs;

/// <summary>A part of a page that is made by a program: it stands between two marks, and <c>UPDATE_GOLDEN=1</c> writes it anew.</summary>
internal static class GeneratedPart
{
    /// <summary>Holds the part to what it must be.</summary>
    /// <param name="page">The page, from the repository's root.</param>
    /// <param name="name">The part's name in its marks.</param>
    /// <param name="expected">What must stand there, ending with a line break.</param>
    public static void AssertIs(string page, string name, string expected)
    {
        var path = Repository.PathOf(page.Split('/'));
        var text = File.ReadAllText(path);
        var (begin, end) = ($"<!-- begin generated: {name} -->\n", $"<!-- end generated: {name} -->\n");
        var start = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        var stop = text.IndexOf(end, StringComparison.Ordinal);
        Assert.True(start >= begin.Length && stop >= start, $"{page} has lost the marks {begin.Trim()} and {end.Trim()}");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            text = string.Concat(text.AsSpan(0, start), expected, text.AsSpan(stop));
            File.WriteAllText(path, text);
            stop = start + expected.Length;
        }

        Assert.Equal(expected, text[start..stop]);
    }
}
