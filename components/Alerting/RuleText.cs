using System.Globalization;
using System.Text.RegularExpressions;
using FleetPrometheus.Validation;
using YamlDotNet.RepresentationModel;

namespace FleetPrometheus.Alerting;

/// <summary>
/// The text of a rule file, in which single numbers can be changed and single alerts be left out while everything else, comments too,
/// stays as it is written. It is parsed to find the places only; written anew it would lose its comments.
/// </summary>
/// <remarks>
/// An alert's threshold is the number before <c># threshold: MEANING</c>, a comment to PromQL.
/// </remarks>
internal sealed partial class RuleText
{
    private readonly List<string> _lines;
    private readonly List<Block> _blocks;

    public RuleText(RuleFile file)
    {
        _lines = [.. file.Text.Split('\n')];
        var stream = new YamlStream();
        stream.Load(new StringReader(file.Text));
        _blocks =
        [
            .. from document in stream.Documents
               from rule in document.AllNodes.OfType<YamlMappingNode>()
               where rule.Children.ContainsKey("alert")
               select new Block(rule, (int)rule.Start.Line - 1, EndOf((int)rule.Start.Line - 1)),
        ];
        Alerts = [.. _blocks.Select(block => Read(block, file.Name))];
    }

    /// <summary>The alerts in the order of the file.</summary>
    public IReadOnlyList<AlertRule> Alerts { get; }

    /// <summary>The text with changes applied.</summary>
    /// <param name="settingOf">What is changed of an alert; null: nothing.</param>
    public string With(Func<AlertRule, AlertSetting?> settingOf)
    {
        var lines = new List<string>(_lines);
        // From the end, so that places before a removed alert stay where they are.
        foreach (var (block, alert) in _blocks.Zip(Alerts).Reverse())
        {
            if (settingOf(alert) is not { } setting)
            {
                continue;
            }

            if (!setting.Enabled)
            {
                Remove(lines, block);
                continue;
            }

            if (setting.For is { } duration)
            {
                foreach (var place in new[] { "for", "keep_firing_for" }.Where(key => block.Rule.Children.ContainsKey(key)).Select(key => block.Rule[key]))
                {
                    SetDuration(lines, place, duration);
                }
            }

            if (setting.Threshold is { } threshold)
            {
                var line = lines.FindIndex(block.First, text => ThresholdPattern().IsMatch(text));
                lines[line] = ThresholdPattern().Replace(lines[line], match => $"{threshold.ToString("R", CultureInfo.InvariantCulture)}{match.Groups["mark"].Value}");
            }
        }

        return string.Join('\n', lines);
    }

    private static void SetDuration(List<string> lines, YamlNode place, TimeSpan duration)
    {
        var line = lines[(int)place.Start.Line - 1];
        lines[(int)place.Start.Line - 1] = string.Concat(line.AsSpan(0, (int)place.Start.Column - 1), PrometheusDuration.Format(duration));
    }

    private AlertRule Read(Block block, string file)
    {
        var marks = Enumerable.Range(block.First, block.End - block.First).Select(line => ThresholdPattern().Match(_lines[line])).Where(match => match.Success).ToList();
        var threshold = marks.SingleOrDefault();
        var name = Text(block.Rule["alert"]);
        return new()
        {
            Id = name,
            Name = name,
            File = file,
            Severity = Text(block.Rule["labels"]["severity"]),
            Expression = Text(block.Rule["expr"]),
            For = PrometheusDuration.TryParse(Text(block.Rule["for"]), out var duration) ? duration : throw new FormatException($"{name}: 'for' is not a duration"),
            Summary = Text(block.Rule["annotations"]["summary"]),
            Description = Text(block.Rule["annotations"]["description"]),
            Runbook = Text(block.Rule["annotations"]["runbook_url"]),
            Threshold = threshold is null ? null : double.Parse(threshold.Groups["number"].ValueSpan, CultureInfo.InvariantCulture),
            ThresholdMeaning = threshold?.Groups["meaning"].Value,
        };
    }

    /// <summary>A rule goes with the comment above it and one blank line.</summary>
    private static void Remove(List<string> lines, Block block)
    {
        var first = block.First;
        while (lines[first - 1].TrimStart().StartsWith('#'))
        {
            first--;
        }

        var end = block.End;
        if (end < lines.Count && lines[end].Length == 0 && lines[first - 1].Length == 0)
        {
            end++;
        }

        lines.RemoveRange(first, end - first);
    }

    /// <summary>The line after the last one of the rule that begins at a line: nothing of it is indented less than its keys.</summary>
    private int EndOf(int first)
    {
        var indent = _lines[first].IndexOf('-', StringComparison.Ordinal);
        var end = first + 1;
        while (end < _lines.Count && _lines[end].Length > 0 && _lines[end].AsSpan(0, Math.Min(indent + 1, _lines[end].Length)).IsWhiteSpace())
        {
            end++;
        }

        return end;
    }

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;

    [GeneratedRegex(@"(?<number>-?[0-9]+([.][0-9]+)?)(?<mark> # threshold: (?<meaning>.+))$", RegexOptions.CultureInvariant)]
    private static partial Regex ThresholdPattern();

    /// <summary>An alert and the lines it takes.</summary>
    private sealed record Block(YamlMappingNode Rule, int First, int End);
}
