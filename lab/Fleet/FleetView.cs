using System.Collections.Immutable;
using System.Globalization;
using FleetPrometheus.Dashboards;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>What a person sees of a running fleet: clusters by jobs, targets up of those expected, and what is wrong in words.</summary>
internal static class FleetView
{
    private static readonly ImmutableArray<string> Columns = ["apiserver", "kubelet", "cadvisor", "node-exporter", "kube-state-metrics"];

    /// <summary>The table, from what Prometheus says now.</summary>
    public static async Task<IRenderable> TableAsync(LabFleet fleet, CancellationToken cancellation)
    {
        var targets = await Verification.TargetChecks.ClusterTargets(fleet, cancellation);
        var series = (await fleet.Centre.Prometheus.QueryAsync("sum by (cluster) (scrape_samples_post_metric_relabeling)", cancellation))
            .ToDictionary(one => one["cluster"], one => one.Value);
        var table = new Table().RoundedBorder().AddColumn("cluster");
        foreach (var column in Columns)
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        table.AddColumn(new TableColumn("series").RightAligned()).AddColumn("trouble");
        foreach (var member in fleet.Members)
        {
            var own = targets.Where(target => target["cluster"] == member.Name).ToLookup(target => Verification.TargetChecks.Identify(target).Column);
            var expected = member.Expected.ToLookup(target => target.Column);
            table.AddRow(
                [
                    new Text(member.Name),
                    .. Columns.Select(column => Cell(own[column].Count(target => target.Health == "up"), expected[column].Count())),
                    new Text(series.GetValueOrDefault(member.Name).ToString("N0", CultureInfo.InvariantCulture)),
                    new Markup(Markup.Escape(Trouble(own.SelectMany(job => job).ToList()))),
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

    private static Markup Cell(int up, int expected) =>
        new($"[{(up == expected ? expected == 0 ? "grey" : "green" : "red")}]{up}/{expected}[/]");

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
