using System.Collections.Immutable;
using System.Globalization;
using FleetPrometheus.Dashboards;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>
/// What a person sees of a running fleet: each cluster with the way it joins, its jobs with targets up of those expected, and what is wrong in words.
/// </summary>
internal static class FleetView
{
    // From this width on there is room for the names of further jobs; without them the table fits into 80 columns.
    private const int Wide = 110;

    private static readonly ImmutableArray<(string Heading, Func<ExpectedTarget, bool> Holds)> Columns =
    [
        ("api", target => target.Job == "apiserver"),
        ("kubelet", target => target.Job == "kubelet" && !IsCadvisor(target)),
        ("cadvisor", target => target.Job == "kubelet" && IsCadvisor(target)),
        ("node", target => target is { Job: "node-exporter", Node: not "" }),
        ("state", target => target.Job == "kube-state-metrics"),
    ];

    /// <summary>The table, from what Prometheus says now.</summary>
    public static async Task<IRenderable> TableAsync(LabFleet fleet, CancellationToken cancellation)
    {
        var targets = await Verification.TargetChecks.WatchedTargets(fleet, cancellation);
        var series = (await fleet.Centre.Prometheus.QueryAsync("sum by (cluster) (scrape_samples_post_metric_relabeling)", cancellation))
            .ToDictionary(one => one["cluster"], one => one.Value);
        var table = new Table().Border(TableBorder.Horizontal);
        foreach (var heading in new[] { "cluster", "joins by" }.Concat(Columns.Select(column => column.Heading)).Concat(["more", "series"]))
        {
            table.AddColumn(new TableColumn(heading) { NoWrap = true, Padding = new Padding(0, 0, 1, 0) });
        }

        var troubles = new List<IRenderable>();
        foreach (var watched in fleet.Watched)
        {
            var own = targets.Where(target => target["cluster"] == watched.Name).ToList();
            var up = own.Where(target => target.Health == "up").Select(Verification.TargetChecks.Identify).ToList();
            var expected = watched.Expected;
            table.AddRow(
                [
                    new Text(watched.Name),
                    new Text(watched.Way),
                    .. Columns.Select(column => new Markup(Count(up.Count(column.Holds), expected.Count(column.Holds)))),
                    More(up, expected),
                    new Text(series.GetValueOrDefault(watched.Name).ToString("N0", CultureInfo.InvariantCulture)),
                ]);
            if (Trouble(own) is { Length: > 0 } trouble)
            {
                troubles.Add(new Text($"{watched.Name}: {trouble}"));
            }
        }

        return new Rows([table, .. troubles]);
    }

    /// <summary>Where to look further.</summary>
    public static async Task<IRenderable> AddressesAsync(LabFleet fleet, CancellationToken cancellation)
    {
        var prometheus = fleet.Centre.Prometheus;
        var hasPages = await prometheus.HasPagesAsync(cancellation);
        IRenderable Link(DeepLink link)
        {
            var address = (hasPages ? link.At(prometheus.Address) : link.AnswerAt(prometheus.Address)).AbsoluteUri;
            // A terminal shows the question and opens the page; where nobody can click, the address itself must stand there.
            return AnsiConsole.Profile.Capabilities is { Ansi: true, Links: true }
                ? new Markup($"  [link={address.EscapeMarkup()}]{link.Label}[/]")
                : new Text($"  {link.Label,-18}{address}");
        }

        return new Rows([
            new Text($"Prometheus    {prometheus.Address}"),
            new Text($"              {new Uri(prometheus.Address, hasPages ? "/targets" : "/api/v1/targets")}"),
            new Text($"Alertmanager  {fleet.Centre.AlertmanagerAddress}"),
            .. fleet.Web is null ? Array.Empty<Text>() : [new Text($"CA of both    {Path.Combine(fleet.Centre.PrometheusDirectory, Scraping.ConfigurationPaths.WebCa)}")],
            new Text($"user          {fleet.Centre.User}"),
            new Text($"password      cat {Path.Combine(fleet.Centre.PrometheusDirectory, Scraping.ConfigurationPaths.WebPassword)}"),
            new Text(hasPages
                ? "What people ask first:"
                : "What people ask first, answered as JSON: this build of Prometheus has no web pages (Debian's); FLEET_BIN_DIR takes another."),
            new Rows(DeepLink.All.Select(Link)),
        ]);
    }

    /// <summary>The jobs that have no column of their own. The probe, which every cluster has, shows only when it fails.</summary>
    private static Markup More(IEnumerable<ExpectedTarget> up, IEnumerable<ExpectedTarget> expected)
    {
        var jobs = up.Where(IsFurther).Select(target => (target.Job, Up: 1, Expected: 0)).Concat(expected.Where(IsFurther).Select(target => (target.Job, Up: 0, Expected: 1)))
            .GroupBy(target => target.Job)
            .Select(job => (Name: job.Key, Up: job.Sum(target => target.Up), Expected: job.Sum(target => target.Expected)))
            .Where(job => job.Name != "cluster-probe" || job.Up != job.Expected)
            .OrderBy(job => job.Name, StringComparer.Ordinal).ToList();
        return new Markup(AnsiConsole.Profile.Width >= Wide ? string.Join('\n', jobs.Select(job => $"{Markup.Escape(job.Name)} {Count(job.Up, job.Expected)}"))
            : jobs.Count == 0 ? ""
            : Count(jobs.Sum(job => job.Up), jobs.Sum(job => job.Expected)));

        static bool IsFurther(ExpectedTarget target) => !Columns.Any(column => column.Holds(target));
    }

    private static bool IsCadvisor(ExpectedTarget target) => target.MetricsPath.EndsWith("/cadvisor", StringComparison.Ordinal);

    private static string Count(int up, int expected) => $"[{(up == expected ? expected == 0 ? "grey" : "green" : "red")}]{up}/{expected}[/]";

    /// <summary>The most frequent scrape error, said so that one knows what to do.</summary>
    private static string Trouble(IReadOnlyCollection<ActiveTarget> targets)
    {
        if (targets.Count == 0)
        {
            return "not discovered yet";
        }

        var error = targets.Where(target => target.Error is not "").GroupBy(target => InWords(target.Error)).MaxBy(group => group.Count());
        return error is null ? "" : $"{error.Key} ({error.Count()} targets)";
    }

    private static string InWords(string error) => error switch
    {
        _ when error.Contains("401", StringComparison.Ordinal) => "the token is refused (401): revoked, or rotated without `up` of central?",
        _ when error.Contains("403", StringComparison.Ordinal) => "the token lacks a right (403): RBAC of the target stack?",
        _ when error.Contains("x509", StringComparison.Ordinal) => "the certificate does not match the CA (x509)",
        _ when error.Contains("connection refused", StringComparison.Ordinal) => "the API server cannot be reached (connection refused)",
        _ when error.Contains("deadline exceeded", StringComparison.Ordinal) => "the answer takes too long (timeout)",
        _ when error.Contains("limit", StringComparison.Ordinal) => "a limit was exceeded: " + error,
        _ => error,
    };
}
