using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace FleetPrometheus.Lab.Binaries;

/// <summary>One place that a Debian host gets packages from, as its own apt sources name it.</summary>
/// <param name="Uri">The mirror's address.</param>
/// <param name="Suites">The suites taken from it, such as <c>bookworm</c>.</param>
/// <param name="SignedBy">The keyring, as written (a file name, or a whole key in apt's multi-line form); null for apt's default.</param>
/// <param name="Trusted">True when the host trusts it without a signature.</param>
public sealed partial record AptSource(string Uri, ImmutableArray<string> Suites, string? SignedBy, bool Trusted)
{
    /// <summary>All enabled binary-package sources of the host, in the order apt reads them.</summary>
    /// <param name="aptDirectory">apt's configuration directory, normally <c>/etc/apt</c>.</param>
    public static ImmutableArray<AptSource> ReadHost(string aptDirectory)
    {
        var parts = Path.Combine(aptDirectory, "sources.list.d");
        var files = new List<string> { Path.Combine(aptDirectory, "sources.list") };
        if (Directory.Exists(parts))
        {
            files.AddRange(Directory.EnumerateFiles(parts).Order(StringComparer.Ordinal));
        }

        return [.. files.Where(File.Exists).SelectMany(file => Path.GetExtension(file) switch
        {
            ".list" => ParseOneLine(File.ReadAllText(file)),
            ".sources" => ParseDeb822(File.ReadAllText(file)),
            _ => [],
        })];
    }

    /// <summary>Parses the one-line style: <c>deb [options] uri suite components</c>.</summary>
    public static IEnumerable<AptSource> ParseOneLine(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            if (OneLine().Match(line.Split('#')[0].Trim()) is not { Success: true } match)
            {
                continue;
            }

            var options = match.Groups["options"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(option => option.Split('=', 2))
                .Where(pair => pair.Length == 2)
                .ToDictionary(pair => pair[0].ToLowerInvariant(), pair => pair[1], StringComparer.Ordinal);
            yield return new AptSource(match.Groups["uri"].Value, [match.Groups["suite"].Value], options.GetValueOrDefault("signed-by"), options.GetValueOrDefault("trusted") == "yes");
        }
    }

    /// <summary>Parses the deb822 style: stanzas of <c>Field: value</c>, continued by indented lines.</summary>
    public static IEnumerable<AptSource> ParseDeb822(string text)
    {
        foreach (var stanza in BlankLines().Split(text.ReplaceLineEndings("\n")))
        {
            var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            string? field = null;
            foreach (var line in stanza.Split('\n').Where(line => line.Length > 0 && line[0] != '#'))
            {
                if (char.IsWhiteSpace(line[0]) && field is not null)
                {
                    fields[field] += "\n" + line;
                }
                else if (line.Split(':', 2) is [var name, var value])
                {
                    field = name.Trim();
                    fields[field] = value.Trim();
                }
            }

            string[] Words(string name) => fields.GetValueOrDefault(name, "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (Words("Types").Contains("deb") && fields.GetValueOrDefault("Enabled", "yes") != "no")
            {
                foreach (var uri in Words("URIs"))
                {
                    yield return new AptSource(uri, [.. Words("Suites")], fields.GetValueOrDefault("Signed-By"), fields.GetValueOrDefault("Trusted") == "yes");
                }
            }
        }
    }

    /// <summary>The same mirror as a deb822 stanza for another suite.</summary>
    public string ForSuite(string suite) =>
        $"Types: deb\nURIs: {Uri}\nSuites: {suite}\nComponents: main\n"
        + (SignedBy is null ? "" : $"Signed-By: {SignedBy}\n")
        + (Trusted ? "Trusted: yes\n" : "");

    [GeneratedRegex(@"^deb\s+(\[(?<options>[^\]]*)\]\s*)?(?<uri>\S+)\s+(?<suite>\S+)(\s+\S+)*$")]
    private static partial Regex OneLine();

    [GeneratedRegex(@"\n[ \t]*\n")]
    private static partial Regex BlankLines();
}
