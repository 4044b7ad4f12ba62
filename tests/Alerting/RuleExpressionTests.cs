using System.Text.RegularExpressions;
using FleetPrometheus.Alerting;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Tests.Alerting;

/// <summary>What every expression of every rule is made of, as the real Prometheus parses it.</summary>
public sealed partial class RuleExpressionTests(RealPrograms programs) : IClassFixture<RealPrograms>
{
    /// <summary>Labels that Prometheus itself gives to what it knows of every target.</summary>
    private static readonly MetricInventory Synthetic = MetricInventory.FromExposition("every target", "", null, """
        # TYPE up gauge
        up{metrics_path="",shard=""} 1
        # TYPE scrape_samples_scraped gauge
        scrape_samples_scraped{metrics_path=""} 1
        # TYPE scrape_samples_post_metric_relabeling gauge
        scrape_samples_post_metric_relabeling{metrics_path=""} 1
        # TYPE ALERTS gauge
        ALERTS{alertname="",alertstate="",severity="",namespace=""} 1
        # TYPE cluster:push:expected gauge
        cluster:push:expected 1
        # TYPE cluster:push:elsewhere gauge
        cluster:push:elsewhere 1

        """);

    /// <summary>It proves that alerts travel, also where nothing is scraped at all.</summary>
    private const string WithoutCluster = "Watchdog";

    [Fact]
    public async Task Expressions_Everywhere_KeepClustersApart()
    {
        var wrong = new List<string>();
        foreach (var (rule, tree) in await ParseAllAsync())
        {
            if (rule != WithoutCluster)
            {
                wrong.AddRange(ClusterFaults(tree).Select(fault => $"{rule}: {fault}"));
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory]
    [InlineData("sum by (namespace) (a)", "sum by (namespace)")]
    [InlineData("sum(a)", "sum by ()")]
    [InlineData("sum without (cluster) (a)", "sum without (cluster)")]
    [InlineData("a / on (node) b", "/ on (node)")]
    [InlineData("a unless ignoring (cluster, x) b", "unless ignoring (cluster, x)")]
    [InlineData("sum by (cluster) (rate(a[5m])) and on (cluster) (b * on (pod) group_left () c)", "* on (pod)")]
    [InlineData("absent(a)", "absent() drops cluster")]
    [InlineData("label_replace(a, \"cluster\", \"x\", \"\", \"\")", "label_replace() overwrites cluster")]
    public async Task ClusterFaults_WithoutCluster_AreSeen(string expression, string fault) =>
        Assert.Equal([fault], ClusterFaults(await programs.Api.ParseAsync(expression, CancellationToken.None)));

    [Fact]
    public async Task Selectors_Everywhere_NameWhatExistsWithItsLabels()
    {
        var inventories = MetricInventory.Written.Concat(programs.Inventories).ToList();
        var records = AlertingRules.All.SelectMany(file => RecordPattern().Matches(file.Text)).Select(match => match.Groups[1].Value).Append(TokenRules.Metric).ToHashSet();
        var wrong = new List<string>();
        foreach (var (rule, tree) in await ParseAllAsync())
        {
            wrong.AddRange(tree.All.Select(node => node.Selector).OfType<Selector>().Where(selector => !records.Contains(selector.Metric))
                .SelectMany(selector => Faults(selector, inventories)).Select(fault => $"{rule}: {fault}"));
            wrong.AddRange(tree.All.SelectMany(node => MisusesOf(node, inventories)).Select(fault => $"{rule}: {fault}"));
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Distinct()));
    }

    [Theory]
    [InlineData("kube_pod_infos{job=\"kube-state-metrics\"}", "kube_pod_infos is no metric of job")]
    [InlineData("kube_pod_info{job=\"kube-state-metrics\", container=\"x\"}", "kube_pod_info has no label container")]
    [InlineData("kube_pod_info", "kube_pod_info is selected without its job")]
    [InlineData("rate(kube_pod_info{job=\"kube-state-metrics\"}[5m])", "rate() of kube_pod_info, which is no counter")]
    [InlineData("deriv(node_vmstat_oom_kill{job=\"node-exporter\"}[5m])", null)]
    [InlineData("predict_linear(container_cpu_usage_seconds_total{job=\"kubelet\"}[5m], 60)", "predict_linear() of container_cpu_usage_seconds_total, which is a counter")]
    [InlineData("sum by (cluster, pods) (kube_pod_info{job=\"kube-state-metrics\"})", "sum by pods, which kube_pod_info does not have")]
    public async Task Faults_OfWhatDoesNotExist_AreSeen(string expression, string? fault)
    {
        var inventories = MetricInventory.Written.Concat(programs.Inventories).ToList();
        var tree = await programs.Api.ParseAsync(expression, CancellationToken.None);
        var found = tree.All.SelectMany(node => (node.Selector is { } selector ? Faults(selector, inventories) : []).Concat(MisusesOf(node, inventories))).ToList();
        Assert.True(fault is null ? found.Count == 0 : found is [var only] && only.StartsWith(fault, StringComparison.Ordinal), string.Join('\n', found));
    }

    [Fact]
    public void Records_EveryName_FollowsTheConvention() =>
        Assert.All(
            AlertingRules.All.SelectMany(file => RecordPattern().Matches(file.Text)).Select(match => match.Groups[1].Value),
            name => Assert.Matches("^[a-z_0-9]+(:[A-Za-z_0-9]+)+:[a-z_0-9]*$", name));

    /// <summary>A record that the centre can make itself, of what it has of every cluster or of other records, is not taken over from a cluster too.</summary>
    [Fact]
    public async Task Records_MadeByTheCentreToo_AreThoseThatFederationLeavesOut()
    {
        var records = (await ParseAllAsync()).Where(rule => rule.Rule.Contains(':', StringComparison.Ordinal))
            .ToLookup(rule => rule.Rule, rule => rule.Tree.All.Select(node => node.Selector).OfType<Selector>());
        foreach (var record in records)
        {
            var selectors = record.SelectMany(selector => selector).ToList();
            var parts = selectors.Where(selector => !IsOfEveryCluster(selector)).Select(selector => selector.Metric).Distinct().Order(StringComparer.Ordinal).ToList();
            var known = FederatedRecords.OfRecords.Where(known => known.Record == record.Key).ToList();
            Assert.True(parts.Count > 0 != IsNamedOfEveryCluster(record.Key), $"{record.Key} and {nameof(FederatedRecords.OfEveryCluster)} disagree");
            if (parts.Count > 0 && parts.All(records.Contains))
            {
                Assert.Equal(parts, Assert.Single(known).Of.Order(StringComparer.Ordinal));
            }
            else
            {
                Assert.True(known.Count == 0, $"{record.Key} is not made of records alone");
            }
        }

        Assert.All(FederatedRecords.OfRecords, known => Assert.Contains(known.Record, records.Select(record => record.Key)));

        static bool IsOfEveryCluster(Selector selector) => selector.Metric is "up" or "ALERTS" || selector.Metric.StartsWith("scrape_", StringComparison.Ordinal)
            || IsNamedOfEveryCluster(selector.Metric) || selector.Matchers.Any(matcher => matcher is { Label: "job", Operator: "=", Value: "apiserver" });

        static bool IsNamedOfEveryCluster(string name) => FederatedRecords.OfEveryCluster.Any(pattern => Regex.IsMatch(name, $"^(?:{pattern})$"));
    }

    /// <summary>The rules' names and expressions, as the real Prometheus loaded them.</summary>
    private async Task<List<(string Rule, PromqlTree Tree)>> ParseAllAsync()
    {
        var parsed = new List<(string, PromqlTree)>();
        foreach (var rule in await programs.Api.RulesAsync(CancellationToken.None))
        {
            parsed.Add((rule.Name, await programs.Api.ParseAsync(rule.Query, CancellationToken.None)));
        }

        Assert.True(parsed.Count > AlertingRules.Alerts.Length);
        return parsed;
    }

    private static IEnumerable<string> ClusterFaults(PromqlTree tree)
    {
        foreach (var node in tree.All)
        {
            if (node.Type == "aggregation" && node.Grouping.Contains("cluster") == node.IsWithout)
            {
                yield return $"{node.Operator} {(node.IsWithout ? "without" : "by")} ({string.Join(", ", node.Grouping)})";
            }

            if (node.Matching is var (isOn, labels) && labels.Contains("cluster") != isOn)
            {
                yield return $"{node.Operator} {(isOn ? "on" : "ignoring")} ({string.Join(", ", labels)})";
            }

            if (node.Function is "absent" or "absent_over_time" or "vector" or "scalar")
            {
                yield return $"{node.Function}() drops cluster";
            }

            // But the centre's own series of a cluster are named after it by their job.
            if (node.Function is "label_replace" or "label_join" && node.Texts.Contains("cluster") && !node.Texts.Contains("scrape_job"))
            {
                yield return $"{node.Function}() overwrites cluster";
            }
        }
    }

    private static IEnumerable<string> Faults(Selector selector, IReadOnlyCollection<MetricInventory> inventories)
    {
        if (Synthetic.FamilyOf(selector.Metric) is not null)
        {
            return selector.Matchers.Where(matcher => !Synthetic.HasLabel(selector.Metric, matcher.Label)).Select(matcher => $"{selector.Metric} has no label {matcher.Label}");
        }

        var chosen = inventories.Where(inventory => inventory.IsChosenBy(selector)).ToList();
        if (chosen.Count == 0)
        {
            return [$"{selector.Metric} is selected without its job"];
        }

        var holders = chosen.Where(inventory => inventory.FamilyOf(selector.Metric) is not null).ToList();
        return holders.Count == 0
            ? [$"{selector.Metric} is no metric of job {string.Join(" or ", chosen.Select(inventory => inventory.Name))}"]
            : selector.Matchers.Where(matcher => !holders.Any(holder => holder.HasLabel(selector.Metric, matcher.Label))).Select(matcher => $"{selector.Metric} has no label {matcher.Label}");
    }

    /// <summary>Functions for counters on what is none, or the other way round; and groupings by labels that the grouped series lack.</summary>
    private static IEnumerable<string> MisusesOf(PromqlTree node, IReadOnlyCollection<MetricInventory> inventories)
    {
        MetricInventory? Holder(Selector selector) => inventories.FirstOrDefault(inventory => inventory.IsChosenBy(selector) && inventory.FamilyOf(selector.Metric) is not null);

        if (node.Function is "rate" or "increase" or "irate" or "predict_linear" or "delta" && node.Children.First().Selector is { } ranged && Holder(ranged) is { } holder)
        {
            var needsCounter = node.Function is "rate" or "increase" or "irate";
            // node_exporter does not know the kernel's counters apart in /proc/vmstat.
            var type = holder.FamilyOf(ranged.Metric) is { } family ? holder.Metrics[family].Type : "";
            if (type != "untyped" && holder.IsCounter(ranged.Metric) != needsCounter)
            {
                yield return $"{node.Function}() of {ranged.Metric}, which is {(needsCounter ? "no" : "a")} counter";
            }
        }

        // Only where nothing between the grouping and its series makes labels.
        if (node.Type == "aggregation" && !node.IsWithout && node.Children.First().Unlabelled is { } selected && Holder(selected) is { } known)
        {
            foreach (var label in node.Grouping.Where(label => !known.HasLabel(selected.Metric, label)))
            {
                yield return $"{node.Operator} by {label}, which {selected.Metric} does not have";
            }
        }
    }

    [GeneratedRegex("record: '?([^\\s']+)")]
    private static partial Regex RecordPattern();
}

/// <summary>What only these tests ask of a tree.</summary>
file static class PromqlTreeExtensions
{
    extension(PromqlTree tree)
    {
        /// <summary>The texts among its arguments.</summary>
        public IEnumerable<string> Texts => tree.Children.Select(child => child.Text).OfType<string>();

        /// <summary>The selector whose labels it has, where functions leave them alone.</summary>
        public Selector? Unlabelled => tree.Selector ?? (tree.Type is "parenExpr" or "subquery" || (tree.Type == "call" && tree.Function is not ("label_replace" or "label_join"))
            ? tree.Children.FirstOrDefault(child => child.Text is null)?.Unlabelled
            : null);
    }
}
