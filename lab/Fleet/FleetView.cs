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
    // Headings as short as they can be, so that the table fits a terminal of 80 columns.
    private static readonly ImmutableArray<(string Heading, Func<ExpectedTarget, bool> Holds)> Columns =
    [
        ("api", target => target.Job == "apiserver"),
        ("kubelet", target => target.Job == "kubelet" && !IsCadvisor(target)),
        ("cadvisor", target => target.Job == "kubelet" && IsCadvisor(target)),
        ("node-exp.", target => target is { Job: "node-exporter", Node: not "" }),
        ("state", target => target.Job == "kube-state-metrics"),
    ];

    /// <summary>The table, from what Prometheus says now.</summary>
    public static async Task<IRenderable> TableAsync(LabFleet fleet, CancellationToken cancellation)
    {
        var targets = await Verification.TargetChecks.ClusterTargets(fleet, cancellation);
        var series = (await fleet.Centre.Prometheus.QueryAsync("sum by (cluster) (scrape_samples_post_metric_relabeling)", cancellation))
            .ToDictionary(one => one["cluster"], one => one.Value);
        var table = new Table().RoundedBorder().AddColumn("cluster").AddColumn("joins by");
        foreach (var (heading, _) in Columns)
        {
            table.AddColumn(new TableColumn(heading).RightAligned());
        }

        table.AddColumn("more").AddColumn(new TableColumn("series").RightAligned()).AddColumn("trouble");
        foreach (var member in fleet.Members)
        {
            var own = targets.Where(target => target["cluster"] == member.Name).ToList();
            var up = own.Where(target => target.Health == "up").Select(Verification.TargetChecks.Identify).ToList();
            var expected = member.Expected;
            table.AddRow(
                [
                    new Text(member.Name),
                    new Text(JoinWay.Of(member.File)),
                    .. Columns.Select(column => new Markup(Count(up.Count(column.Holds), expected.Count(column.Holds)))),
                    new Markup(string.Join('\n', More(up, expected))),
                    new Text(series.GetValueOrDefault(member.Name).ToString("N0", CultureInfo.InvariantCulture)),
                    new Markup(Markup.Escape(Trouble(own))),
                ]);
        }

        return table;
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

        return new Rows(
            new Text($"Prometheus    {prometheus.Address}"),
            new Text($"              {new Uri(prometheus.Address, hasPages ? "/targets" : "/api/v1/targets")}"),
            new Text($"Alertmanager  {fleet.Centre.AlertmanagerAddress}"),
            new Text($"user          {fleet.Centre.User}"),
            new Text($"password      cat {Path.Combine(fleet.Centre.PrometheusDirectory, Scraping.ConfigurationPaths.WebPassword)}"),
            new Text(hasPages
                ? "What people ask first:"
                : "What people ask first, answered as JSON: this build of Prometheus has no web pages (Debian's); FLEET_BIN_DIR takes another."),
            new Rows(DeepLink.All.Select(Link)));
    }

    /// <summary>The jobs that have no column of their own; every cluster's probe only shows when it fails.</summary>
    private static IEnumerable<string> More(IReadOnlyCollection<ExpectedTarget> up, IReadOnlyCollection<ExpectedTarget> expected)
    {
        foreach (var job in up.Concat(expected).Where(target => !Columns.Any(column => column.Holds(target))).Select(target => target.Job).Distinct().Order(StringComparer.Ordinal))
        {
            bool Holds(ExpectedTarget target) => target.Job == job && !Columns.Any(column => column.Holds(target));
            if (job != "cluster-probe" || up.Count(Holds) != expected.Count(Holds))
            {
                yield return $"{Markup.Escape(job)} {Count(up.Count(Holds), expected.Count(Holds))}";
            }
        }
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
