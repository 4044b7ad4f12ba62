using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace FleetPrometheus.Tests.Docs;

/// <summary>A page of the documentation, taken apart into what a reader would type, look up or follow.</summary>
internal sealed partial class Page
{
    private Page(string path, string text)
    {
        Path = path;
        Text = text;
        Blocks = [.. Fence().Matches(text).Select(match => new CodeBlock(match.Groups["language"].Value, match.Groups["text"].Value))];
        Prose = Fence().Replace(text, "");
        InlineCode = [.. Inline().Matches(Prose).Select(match => match.Groups[1].Value)];
    }

    /// <summary>Where it lies, from the repository's root.</summary>
    public string Path { get; }

    public string Text { get; }

    /// <summary>Everything but the code blocks.</summary>
    public string Prose { get; }

    public ImmutableArray<CodeBlock> Blocks { get; }

    public ImmutableArray<string> InlineCode { get; }

    /// <summary>Every command a reader is told, of this program: shell blocks line by line, comments aside, and inline code.</summary>
    public IEnumerable<string[]> Commands(string program) => Blocks.Where(block => block.Language == "sh")
        .SelectMany(block => block.Text.Replace("\\\n", "", StringComparison.Ordinal).Split('\n'))
        .Concat(InlineCode)
        .Select(line => Comment().Replace(line, ""))
        .SelectMany(line => CommandOf(program).Matches(line).Select(match => match.Groups[1].Value))
        .Select(command => command.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The text below a heading, up to the next one of any level.</summary>
    public string Section(string heading)
    {
        var lines = Text.Split('\n').SkipWhile(line => !(line.StartsWith('#') && line.TrimStart('#').Trim() == heading)).Skip(1).ToList();
        Assert.True(lines.Count > 0, $"{Path} has no heading '{heading}'");
        return string.Join('\n', lines.TakeWhile(line => !line.StartsWith('#')));
    }

    /// <summary>What stands as code in the first cell of each row of a section's tables.</summary>
    public ImmutableSortedSet<string> FirstColumn(string heading) =>
        [.. Section(heading).Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(line => Inline().Matches(line.Split('|')[1]).Select(match => match.Groups[1].Value))];

    public static Page Read(string path) => new(path, File.ReadAllText(Repository.PathOf(path.Split('/'))));

    private static Regex CommandOf(string program) => new($@"(?<![\w./]){Regex.Escape(program)} ([^|&;()]*)");

    [GeneratedRegex(@"^```(?<language>\w*)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Inline();

    [GeneratedRegex(@"(^|\s)#.*$")]
    private static partial Regex Comment();
}

/// <summary>A fenced block and the language it is said to be in.</summary>
internal sealed record CodeBlock(string Language, string Text);
