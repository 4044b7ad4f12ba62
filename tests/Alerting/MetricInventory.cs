using System.Collections.Immutable;
using System.Text.RegularExpressions;
using FleetPrometheus.Lab.Fleet;
using YamlDotNet.RepresentationModel;

namespace FleetPrometheus.Tests.Alerting;

/// <summary>A metric's type and labels.</summary>
internal sealed record MetricFacts(string Type, ImmutableHashSet<string> Labels);

/// <summary>The metrics of one kind of target: written down from documentation (<c>inventories/*.yml</c>), or read from the real program.</summary>
/// <param name="Name">Names it in failures.</param>
/// <param name="Job">The value of <c>job</c>.</param>
/// <param name="MetricsPath">The value of <c>metrics_path</c> that tells it from others of the job; null: the job suffices.</param>
/// <param name="Metrics">By family, so without <c>_bucket</c>, <c>_sum</c> and <c>_count</c>.</param>
internal sealed partial record MetricInventory(string Name, string Job, string? MetricsPath, ImmutableSortedDictionary<string, MetricFacts> Metrics)
{
    private static readonly ImmutableArray<string> Suffixes = ["_bucket", "_sum", "_count"];

    /// <summary>Those written down, by file name without extension.</summary>
    public static ImmutableArray<MetricInventory> Written { get; } =
        [.. Directory.GetFiles(Repository.PathOf("tests", "Alerting", "inventories"), "*.yml").Order(StringComparer.Ordinal).Select(Read)];

    /// <summary>What a program exposes in Prometheus's text format.</summary>
    public static MetricInventory FromExposition(string name, string job, string? path, string text)
    {
        var types = TypePattern().Matches(text).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value, StringComparer.Ordinal);
        var metrics = new Dictionary<string, MetricFacts>(StringComparer.Ordinal);
        foreach (Match sample in SamplePattern().Matches(text))
        {
            var family = FamilyOf(sample.Groups[1].Value, types.ContainsKey) ?? sample.Groups[1].Value;
            var labels = LabelPattern().Matches(sample.Groups[2].Value).Select(label => label.Groups[1].Value).Where(label => label is not ("le" or "quantile"));
            var before = metrics.GetValueOrDefault(family)?.Labels ?? [];
            metrics[family] = new(types.GetValueOrDefault(family, "untyped"), before.Union(labels));
        }

        return new(name, job, path, metrics.ToImmutableSortedDictionary(StringComparer.Ordinal));
    }

    /// <summary>Both in one; what <paramref name="other"/> says of a metric wins.</summary>
    public MetricInventory With(MetricInventory other) => this with { Metrics = Metrics.SetItems(other.Metrics) };

    /// <summary>The family that a series belongs to: its own name, or that without a histogram's suffix; null: none here.</summary>
    public string? FamilyOf(string metric) => FamilyOf(metric, Metrics.ContainsKey);

    /// <summary>Whether a series of this metric may have the label.</summary>
    public bool HasLabel(string metric, string label)
    {
        var family = FamilyOf(metric)!;
        return label is "cluster" or "job" or "instance" or "node" or "metrics_path"
            || (label == "le" && metric == family + "_bucket")
            || Metrics[family].Labels.Any(known => known == label || (known.EndsWith('*') && label.StartsWith(known[..^1], StringComparison.Ordinal)));
    }

    /// <summary>Whether this series only ever rises.</summary>
    public bool IsCounter(string metric) => FamilyOf(metric) is var family && (family != metric || Metrics[family].Type == "counter");

    /// <summary>Whether a selector can choose series of these targets.</summary>
    public bool IsChosenBy(Selector selector) =>
        selector.Matchers.Any(matcher => matcher.Label == "job" && Accepts(matcher, Job)) && (MetricsPath is null || selector.Matchers.All(matcher => matcher.Label != "metrics_path" || Accepts(matcher, MetricsPath)));

    private static bool Accepts(LabelMatcher matcher, string value) => matcher.Operator switch
    {
        "=" => matcher.Value == value,
        "=~" => Regex.IsMatch(value, $"^(?:{matcher.Value})$"),
        _ => false,
    };

    private static string? FamilyOf(string metric, Func<string, bool> exists) => exists(metric)
        ? metric
        : Suffixes.Where(suffix => metric.EndsWith(suffix, StringComparison.Ordinal)).Select(suffix => metric[..^suffix.Length]).FirstOrDefault(exists);

    private static MetricInventory Read(string path)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(File.ReadAllText(path)));
        var root = (YamlMappingNode)stream.Documents.Single().RootNode;
        Assert.NotEmpty(root["source"].ToString());
        return new(
            Path.GetFileNameWithoutExtension(path),
            root["job"].ToString(),
            root.Children.TryGetValue("metrics_path", out var metricsPath) ? metricsPath.ToString() : null,
            ((YamlMappingNode)root["metrics"]).Children.ToImmutableSortedDictionary(
                metric => metric.Key.ToString(),
                metric => new MetricFacts(metric.Value["type"].ToString(), [.. ((YamlSequenceNode)metric.Value["labels"]).Children.Select(label => label.ToString())]),
                StringComparer.Ordinal));
    }

    [GeneratedRegex(@"^# TYPE (\S+) (\S+)$", RegexOptions.Multiline)]
    private static partial Regex TypePattern();

    [GeneratedRegex("""^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? \S+""", RegexOptions.Multiline)]
    private static partial Regex SamplePattern();

    [GeneratedRegex("""([a-zA-Z_][a-zA-Z0-9_]*)="(?:[^"\\]|\\.)*" """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex LabelPattern();
}
