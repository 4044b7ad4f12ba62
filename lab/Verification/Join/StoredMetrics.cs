using System.Collections.Immutable;
using System.Globalization;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Scraping;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Lab.Verification.Join;

/// <summary><c>metrics: needed</c> and an interval for one job: the fleet's first cluster stores less than the others.</summary>
internal sealed class StoredMetrics(JoinSite site)
{
    private static readonly string Jobs = string.Join('|', NeededMetrics.Jobs.Where(job => job != ScrapeJob.Cadvisor));

    private readonly LabFleet _fleet = site.Fleet;
    private double _before;
    private double _after;

    private FleetMember Member => _fleet.Members[0];

    // What came from more than that many scrapes ago is not looked at.
    private string Recently => PrometheusDuration.Format(10 * site.Interval);

    public async Task RunAsync(CancellationToken cancellation)
    {
        ImmutableHashSet<string> seen = [];
        await site.TryAsync("a cluster that stores only what is needed stores just that, a job at its own interval", async () =>
        {
            seen = await SeenAsync(cancellation);
            _before = await SeriesAsync(cancellation);
            var slower = PrometheusDuration.Format(2 * site.Interval);
            site.Write(Member.File.Name, ("metrics", "needed"), ("jobs", $"{{cadvisor: {{scrapeInterval: {slower}}}}}"));
            await _fleet.ReconcileAsync(cancellation);
            return await Eventually.NothingWrongAsync(
                async () => [.. await StoredAsync(cancellation), .. await PaceAsync("half", pace => pace is > 0 and <= 0.7, cancellation)], site.Patience + (10 * site.Interval), cancellation);
        }, () => string.Create(CultureInfo.InvariantCulture, $"cluster {Member.Name}: {_after:0} series in place of {_before:0}, cadvisor half as often"));
        await site.TryAsync("and rules see as much of it as before, dashboards as much as of other clusters", async () =>
        [
            .. await Eventually.NothingWrongAsync(async () => [.. seen.Except(await SeenAsync(cancellation)).Select(selector => $"nothing matches {selector} any more")], site.Patience, cancellation),
            .. await Eventually.NothingWrongAsync(() => DashboardChecks.QueriesAnswerAsync(_fleet, cancellation), site.Patience, cancellation),
        ], () => $"{seen.Count} selectors of rules, and every panel");
        // And what comes after this finds the cluster as it was.
        await site.TryAsync("and stores all again when its file says so", async () =>
        {
            site.Write(Member.File.Name, ("metrics", "usual"), ("jobs", "{}"));
            await _fleet.ReconcileAsync(cancellation);
            return await Eventually.NothingWrongAsync(async () =>
            {
                _after = await SeriesAsync(cancellation);
                return
                [
                    .. _after >= 0.95 * _before ? Array.Empty<string>() : [string.Create(CultureInfo.InvariantCulture, $"{_after} series are stored, {_before} were")],
                    .. await PaceAsync("just", pace => pace > 0.85, cancellation),
                ];
            }, site.Patience + (10 * site.Interval), cancellation);
        }, () => string.Create(CultureInfo.InvariantCulture, $"{_after:0} series, cadvisor at the common interval"));
    }

    /// <summary>What is stored of the jobs that every cluster has, against what is needed.</summary>
    private async Task<ImmutableArray<string>> StoredAsync(CancellationToken cancellation)
    {
        var stored = await _fleet.Centre.Prometheus.QueryAsync(
            $$"""group by (__name__, job, metrics_path) (last_over_time({__name__!~"up|scrape_.+|ALERTS.*|.+:.+", cluster="{{Member.Name}}", job=~"{{Jobs}}"}[{{Recently}}]))""", cancellation);
        _after = await SeriesAsync(cancellation);
        return
        [
            .. stored.Where(series => !NeededMetrics.Of(JobOf(series)).Contains(series["__name__"])).Select(series => $"{JobOf(series)}: {series["__name__"]} is stored and not needed"),
            .. NeededMetrics.Jobs.Except(stored.Select(JobOf)).Select(job => $"{job}: nothing is stored"),
            .. _after < _before ? Array.Empty<string>() : [string.Create(CultureInfo.InvariantCulture, $"{_after} series are stored, {_before} were")],
        ];
    }

    private static string JobOf(Series series) => series["metrics_path"] == NodeProxyJob.CadvisorPath ? ScrapeJob.Cadvisor : series["job"];

    /// <summary>How often cadvisor is scraped, against the kubelets.</summary>
    private async Task<ImmutableArray<string>> PaceAsync(string expected, Func<double, bool> isExpected, CancellationToken cancellation)
    {
        var scrapes = (await _fleet.Centre.Prometheus.QueryAsync($$"""min by (metrics_path) (count_over_time(up{cluster="{{Member.Name}}", job="kubelet"}[{{Recently}}]))""", cancellation))
            .ToDictionary(series => series["metrics_path"], series => series.Value);
        return scrapes.TryGetValue(NodeProxyJob.CadvisorPath, out var cadvisor) && scrapes.TryGetValue("/metrics", out var usual) && isExpected(cadvisor / usual)
            ? []
            : [$"cadvisor is not scraped {expected} as often as the kubelets: {string.Join(", ", scrapes)}"];
    }

    private Task<double> SeriesAsync(CancellationToken cancellation) =>
        _fleet.Centre.Prometheus.ScalarAsync($$"""sum(scrape_samples_post_metric_relabeling{cluster="{{Member.Name}}", job=~"{{Jobs}}"})""", cancellation);

    /// <summary>The selectors of all rules that match something of the cluster that is new.</summary>
    private async Task<ImmutableHashSet<string>> SeenAsync(CancellationToken cancellation)
    {
        var seen = ImmutableHashSet.CreateBuilder<string>();
        var asked = new HashSet<string>();
        foreach (var rule in await _fleet.Centre.Prometheus.RulesAsync(cancellation))
        {
            foreach (var selector in (await _fleet.Centre.Prometheus.ParseAsync(rule.Query, cancellation)).All.Select(node => node.Selector).OfType<Selector>())
            {
                var ofMember = (selector with { Matchers = selector.Matchers.Add(new LabelMatcher("cluster", "=", Member.Name)) }).ToString();
                // Alerts come and go with the load of the machine.
                if (selector.Metric != "ALERTS" && asked.Add(ofMember) && (await _fleet.Centre.Prometheus.QueryAsync($"count(last_over_time({ofMember}[{Recently}]))", cancellation)).Length > 0)
                {
                    seen.Add(ofMember);
                }
            }
        }

        return seen.ToImmutable();
    }
}
