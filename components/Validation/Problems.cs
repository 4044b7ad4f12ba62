using System.Collections;
using System.Collections.Immutable;

namespace FleetPrometheus.Validation;

/// <summary>One thing wrong with the input: where, what was found, and what to write instead.</summary>
/// <param name="Key">The configuration key or output name, in the user's own spelling, such as <c>clusters[2].stack</c>.</param>
/// <param name="Value">The offending value as found, or null when it is missing or must not be shown because it is secret.</param>
/// <param name="Fix">What is wrong and how to mend it, as one sentence.</param>
public sealed record Problem(string Key, string? Value, string Fix)
{
    /// <summary>The problem as one line, the value shortened to what a terminal can show.</summary>
    public override string ToString() => Value is null ? $"{Key}: {Fix}" : $"{Key}: '{Shorten(Value)}': {Fix}";

    private static string Shorten(string value)
    {
        var line = value.ReplaceLineEndings(" ");
        return line.Length <= 80 ? line : line[..77] + "...";
    }
}

/// <summary>Collects every problem of one input, so that a user sees all of them at once.</summary>
public sealed class Problems : IReadOnlyCollection<Problem>
{
    private readonly List<Problem> _problems = [];

    /// <summary>How many problems were found so far.</summary>
    public int Count => _problems.Count;

    /// <summary>Notes a problem.</summary>
    public void Add(string key, string? value, string fix) => _problems.Add(new Problem(key, value, fix));

    /// <summary>Notes a problem when a check found one: <paramref name="fix"/> is null for a good value (see <see cref="Checks"/>).</summary>
    public void Check(string key, string? value, string? fix)
    {
        if (fix is not null)
        {
            Add(key, value, fix);
        }
    }

    /// <summary>All problems under one headline, one line each.</summary>
    public string Describe(string headline) =>
        $"{headline}\n{string.Join('\n', _problems.Select(problem => $"  - {problem}"))}";

    /// <inheritdoc/>
    public IEnumerator<Problem> GetEnumerator() => _problems.ToImmutableArray().AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
