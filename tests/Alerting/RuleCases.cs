using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using FleetPrometheus.Alerting;
using FleetPrometheus.Validation;
using YamlDotNet.RepresentationModel;

namespace FleetPrometheus.Tests.Alerting;

/// <summary>
/// What makes one alert fire, from <c>cases/*.yml</c>: each of its series with the values of a cluster in which it must fire and those of a
/// cluster in which it must not.
/// </summary>
/// <param name="File">The case file's name, which is the rule file's.</param>
/// <param name="Alert">See <see cref="AlertRule.Id"/>.</param>
/// <param name="Series">The series as promtool writes them, without <c>cluster</c>; <c>$cluster</c> stands for its value.</param>
/// <param name="Labels">The labels that the alert must have besides <c>cluster</c> and <c>severity</c>.</param>
/// <param name="At">When it must fire.</param>
/// <param name="Every">The time between values.</param>
/// <param name="Always">Whether it fires in every cluster, as the watchdog does.</param>
internal sealed partial record RuleCase(
    string File, string Alert, ImmutableArray<CaseSeries> Series, ImmutableSortedDictionary<string, string> Labels, TimeSpan At, TimeSpan Every, bool Always)
{
    /// <summary>The cluster in which the alert must fire stands between two in which it must not, all with the same nodes, pods and addresses.</summary>
    private static readonly ImmutableArray<string> Clusters = ["a", "b", "c"];

    private const string Affected = "b";

    private AlertRule Rule => AlertingRules.Alerts.Single(alert => alert.Id == Alert);

    public static IEnumerable<RuleCase> ReadAll() =>
        Directory.GetFiles(Repository.PathOf("tests", "Alerting", "cases"), "*.yml").Order(StringComparer.Ordinal).SelectMany(Read);

    /// <summary>
    /// The case as promtool's unit test: the alert does not fire before its time, then fires in one cluster, and in that cluster only.
    /// In JSON, which is YAML too.
    /// </summary>
    public string ToPromtool(Func<string, string> pathOf)
    {
        var selector = $"ALERTS{{alertstate=\"firing\", alertname=\"{Rule.Name}\", severity=\"{Rule.Severity}\"}}";
        var early = (Rule.For < At ? Rule.For : At) - Every;
        return JsonSerializer.Serialize(new
        {
            rule_files = RuleFiles().Select(pathOf),
            evaluation_interval = PrometheusDuration.Format(Every),
            tests = new[]
            {
                new
                {
                    name = Alert,
                    interval = PrometheusDuration.Format(Every),
                    input_series = Clusters.SelectMany(cluster => Series.Select(series => series.In(cluster, cluster == Affected || Always, (int)(At / Every) + 5)))
                        .OfType<(string Series, string Values)>().Distinct().Select(input => new { series = input.Series, values = input.Values }),
                    promql_expr_test = new[]
                    {
                        Expect(selector, early > TimeSpan.Zero && !Always ? early : null, []),
                        Expect(selector, At, Clusters.Where(cluster => cluster == Affected || Always)),
                    }.OfType<object>(),
                },
            },
        });
    }

    private object? Expect(string selector, TimeSpan? at, IEnumerable<string> clusters) => at is null ? null : new
    {
        expr = selector,
        eval_time = PrometheusDuration.Format(at.Value),
        exp_samples = clusters.Select(cluster => new { labels = $"ALERTS{{{Expected(cluster)}}}", value = 1 }),
    };

    private string Expected(string cluster) => string.Join(", ", Labels
        .SetItems([new("alertname", Rule.Name), new("alertstate", "firing"), new("severity", Rule.Severity), new("cluster", cluster)])
        .Select(label => $"{label.Key}=\"{label.Value.Replace("$cluster", cluster, StringComparison.Ordinal)}\""));

    /// <summary>The alert's file, and those that record what it, or one of them, uses.</summary>
    private IEnumerable<string> RuleFiles()
    {
        var needed = new List<string> { Rule.File };
        for (var i = 0; i < needed.Count; i++)
        {
            var text = AlertingRules.All.Single(file => file.Name == needed[i]).Text;
            needed.AddRange(AlertingRules.All
                .Where(file => !needed.Contains(file.Name) && RecordPattern().Matches(file.Text).Any(record => text.Contains(record.Groups[1].Value, StringComparison.Ordinal)))
                .Select(file => file.Name));
        }

        return needed;
    }

    private static IEnumerable<RuleCase> Read(string path)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(System.IO.File.ReadAllText(path)));
        var root = (YamlMappingNode)stream.Documents.Single().RootNode;
        var common = Text(root, "labels") ?? "";
        foreach (var node in ((YamlSequenceNode)root["cases"]).Children.Cast<YamlMappingNode>())
        {
            var alert = Text(node, "alert")!;
            var rule = AlertingRules.Alerts.SingleOrDefault(rule => rule.Id == alert) ?? throw new InvalidOperationException($"{path}: there is no alert {alert}");
            yield return new(
                Path.GetFileName(path),
                alert,
                [.. ((YamlMappingNode)node["series"]).Children.Select(series => CaseSeries.Read(((YamlScalarNode)series.Key).Value!, common, series.Value))],
                node.Children.TryGetValue("labels", out var labels)
                    ? ((YamlMappingNode)labels).Children.ToImmutableSortedDictionary(label => label.Key.ToString(), label => label.Value.ToString(), StringComparer.Ordinal)
                    : ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal),
                Duration(node, "at") ?? rule.For + TimeSpan.FromMinutes(10),
                Duration(node, "every") ?? TimeSpan.FromMinutes(1),
                Text(node, "always") == "true");
        }
    }

    private static string? Text(YamlMappingNode node, string key) => node.Children.TryGetValue(key, out var value) ? ((YamlScalarNode)value).Value : null;

    private static TimeSpan? Duration(YamlMappingNode node, string key) =>
        Text(node, key) is not { } text ? null : PrometheusDuration.TryParse(text, out var duration) ? duration : throw new FormatException($"{key}: {text}");

    [GeneratedRegex("record: '?([^\\s']+)")]
    private static partial Regex RecordPattern();
}

/// <summary>One series of a case.</summary>
/// <param name="Name">Metric and labels.</param>
/// <param name="Firing">Its values where the alert must fire; null: there is none.</param>
/// <param name="Quiet">Its values elsewhere.</param>
internal sealed partial record CaseSeries(string Name, string? Firing, string? Quiet)
{
    /// <summary>The series in a cluster; null where it has none.</summary>
    public (string Series, string Values)? In(string cluster, bool firing, int steps) =>
        (firing ? Firing : Quiet) is not { } values ? null : (
            (Name.Contains("cluster=\"", StringComparison.Ordinal) ? Name : Name.Replace("{", $"{{cluster=\"{cluster}\", ", StringComparison.Ordinal).Replace(", }", "}", StringComparison.Ordinal))
                .Replace("$cluster", cluster, StringComparison.Ordinal),
            // A bare number stays the same, a number and its change goes on.
            PlainPattern().IsMatch(values) ? string.Create(CultureInfo.InvariantCulture, $"{values}x{steps}") : values);

    /// <param name="name">The series as written.</param>
    /// <param name="common">Labels of every series of the file that does not have them; a series with a job of its own has none of them but the namespace.</param>
    /// <param name="values">One value for all clusters, or two.</param>
    public static CaseSeries Read(string name, string common, YamlNode values)
    {
        var added = LabelPattern().Matches(common).Select(label => label.Value)
            .Where(label => !Has(label.Split('=')[0]))
            .Where(label => !Has("job") || label.StartsWith("namespace", StringComparison.Ordinal));
        var brace = name.IndexOf('{', StringComparison.Ordinal) + 1;
        var labels = string.Join(", ", added.Append(name[brace..^1]).Where(text => text.Length > 0));
        var both = values is YamlSequenceNode list ? list.Children.Select(Value).ToArray() : [Value(values), Value(values)];
        return new($"{name[..brace]}{labels}}}", both[0], both[1]);

        bool Has(string label) => LabelPattern().Matches(name).Any(written => written.Value.StartsWith($"{label}=", StringComparison.Ordinal));
    }

    private static string? Value(YamlNode node) => node.ToString() is "_" ? null : node.ToString();

    [GeneratedRegex(@"\A-?[0-9.]+([+-][0-9.]+)?\z")]
    private static partial Regex PlainPattern();

    [GeneratedRegex("[a-z_]+=\"[^\"]*\"")]
    private static partial Regex LabelPattern();
}
