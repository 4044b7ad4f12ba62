using System.Globalization;
using System.Text.RegularExpressions;
using FleetPrometheus.Dashboards;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Scraping;
using FleetPrometheus.Tests.Alerting;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Scraping;

/// <summary>What is stored by each profile, against what rules, dashboards and links look at, as the real Prometheus parses them.</summary>
public sealed partial class MetricProfilesTests(RealPrograms programs) : IClassFixture<RealPrograms>
{
    private static readonly string Needed = Repository.PathOf("components", "Scraping", "needed");

    /// <summary>The files of <see cref="NeededMetrics"/>; <c>UPDATE_GOLDEN=1</c> writes them anew.</summary>
    [Fact]
    public async Task NeededMetrics_EveryJob_AreWhatExpressionsSelect()
    {
        var selected = await SelectedAsync();
        foreach (var (job, selectors) in selected)
        {
            var text = string.Concat(selectors.Select(selector => selector.Metric).Distinct().Order(StringComparer.Ordinal).Select(name => $"{name}\n"));
            var path = Path.Combine(Needed, $"{job}.txt");
            if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
            {
                Directory.CreateDirectory(Needed);
                File.WriteAllText(path, text);
            }

            Assert.True(File.Exists(path) && File.ReadAllText(path) == text, $"{path} is not what rules and dashboards select; run this test once with UPDATE_GOLDEN=1");
        }

        Assert.Equal([.. selected.Keys.Order(StringComparer.Ordinal)], Directory.GetFiles(Needed).Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));
        Assert.Equal(5, selected.Count);
    }

    [Theory]
    [InlineData(MetricProfile.Usual)]
    [InlineData(MetricProfile.Needed)]
    [InlineData(MetricProfile.All)]
    public async Task Select_EveryProfile_StoresWhatRulesAndDashboardsNeed(MetricProfile profile)
    {
        string[] bounds = ["1", "1.0", "5", "5.0", "30", "30.0", "+Inf"];
        var lost = new List<string>();
        foreach (var (job, selectors) in await SelectedAsync())
        {
            var selection = MetricProfiles.Select(profile, job, [], []);
            foreach (var selector in selectors)
            {
                // Without a bound of its own an expression looks at the distribution; then the total must be there.
                var asked = selector.Matchers.FirstOrDefault(matcher => matcher.Label == "le") is { Label: not null } le
                    ? bounds.Where(bound => Regex.IsMatch(bound, $"^(?:{le.Value})$")).ToArray()
                    : ["+Inf"];
                Assert.NotEmpty(asked);
                lost.AddRange(asked.Where(bound => !selection.Stores(selector.Metric, bound)).Select(bound => $"{job}: {selector} {bound}"));
            }
        }

        Assert.True(lost.Count == 0, string.Join('\n', lost));
    }

    /// <summary>Quantiles stay meaningful: neighbouring bounds are at most a factor of three apart.</summary>
    [Fact]
    public void Select_BucketsOfTheApiServer_ThinOutEvenly()
    {
        double[] exposed = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
        var selection = MetricProfiles.Select(MetricProfile.Usual, ApiServerJob.JobName, [], []);
        var stored = exposed.Where(bound => selection.Stores("apiserver_request_duration_seconds_bucket", bound.ToString(CultureInfo.InvariantCulture))).ToArray();

        Assert.InRange(stored.Length, exposed.Length / 3, exposed.Length / 2);
        Assert.All(stored.Zip(stored.Skip(1)), pair => Assert.InRange(pair.Second / pair.First, 1, 3.01));
        Assert.True(selection.Stores("apiserver_request_duration_seconds_bucket", "+Inf"));
    }

    /// <summary>An entry of the drop-lists that matches nothing is a slip.</summary>
    [Fact]
    public void UnusedMetrics_OfCadvisor_MatchWhatItExposes()
    {
        var documented = MetricInventory.Written.Single(inventory => inventory.Name == ScrapeJob.Cadvisor).Metrics.Keys;
        Assert.All(UnusedMetrics.Of(ScrapeJob.Cadvisor), expression => Assert.Contains(documented, name => Regex.IsMatch(name, $"^(?:{expression})$")));
    }

    /// <summary>The longest interval leaves two scrapes in every window that anything looks back over, whenever it begins.</summary>
    [Fact]
    public async Task ScrapeTiming_Longest_LeavesTwoSamplesInEveryWindow()
    {
        var windows = (await ExpressionsAsync()).SelectMany(expression => Window().Matches(expression)).Select(match => match.Groups["time"].Value).Distinct().ToList();
        Assert.Contains("5m", windows);
        Assert.All(windows, window =>
        {
            Assert.True(PrometheusDuration.TryParse(window, out var time));
            Assert.True(time > 2 * ScrapeTiming.Longest, $"[{window}]");
        });
    }

    /// <summary>What is selected of each job; where a selector names no job, of those that have the metric.</summary>
    private async Task<SortedDictionary<string, List<Selector>>> SelectedAsync()
    {
        var inventories = MetricInventory.Written.Where(inventory => inventory.Job is "apiserver" or "kubelet" or "kube-state-metrics")
            .Concat(programs.Inventories.Where(inventory => inventory.Job == ScrapeJob.NodeExporter))
            .ToDictionary(inventory => inventory.Job == "kubelet" ? inventory.Name : inventory.Job);
        var selected = new SortedDictionary<string, List<Selector>>(StringComparer.Ordinal);
        foreach (var expression in await ExpressionsAsync())
        {
            var tree = await programs.Api.ParseAsync(expression, CancellationToken.None);
            foreach (var selector in tree.All.Select(node => node.Selector).OfType<Selector>().SelectMany(Named).Where(selector => !MadeByTheCentre().IsMatch(selector.Metric)))
            {
                var named = selector.Matchers.Any(matcher => matcher.Label == "job");
                var chosen = inventories.Where(one => !named || one.Value.IsChosenBy(selector)).ToList();
                foreach (var (job, inventory) in chosen)
                {
                    // Of the only job that is meant it may also be what other versions expose.
                    if (chosen.Count == 1 || inventory.FamilyOf(selector.Metric) is not null)
                    {
                        (selected.TryGetValue(job, out var selectors) ? selectors : selected[job] = []).Add(selector);
                    }
                }
            }
        }

        return selected;
    }

    /// <summary>Of a selector by several names, one by each.</summary>
    private static IEnumerable<Selector> Named(Selector selector) =>
        selector.Metric.Length > 0 ? [selector]
        : selector.Matchers.Single(matcher => matcher.Label == "__name__") is { Operator: "=~" } names ? names.Value.Split('|').Select(name => selector with { Metric = name })
        : throw new NotSupportedException($"{selector} selects by no name");

    private async Task<List<string>> ExpressionsAsync() =>
    [
        .. (await programs.Api.RulesAsync(CancellationToken.None)).Select(rule => rule.Query),
        .. FleetDashboards.All.SelectMany(dashboard => dashboard.Panels).SelectMany(panel => panel.Queries).Select(query => query.Expression.Replace("$__rate_interval", "5m", StringComparison.Ordinal)),
        .. FleetDashboards.All.SelectMany(dashboard => dashboard.Variables).Select(variable => variable.Selector),
        .. DeepLink.All.Select(link => link.Expression),
    ];

    // Of every target, or by rules.
    [GeneratedRegex("^(?:up|scrape_.+|ALERTS|.+:.+)$")]
    private static partial Regex MadeByTheCentre();

    [GeneratedRegex(@"\[(?<time>[0-9]+[smhdwy][0-9a-z]*)")]
    private static partial Regex Window();
}
