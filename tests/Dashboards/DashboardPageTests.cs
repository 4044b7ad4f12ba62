using System.Text;
using FleetPrometheus.Dashboards;

namespace FleetPrometheus.Tests.Dashboards;

/// <summary>docs/dashboards.md and the README tell of the dashboards and questions there are. <c>UPDATE_GOLDEN=1</c> writes their tables anew.</summary>
public sealed class DashboardPageTests
{
    /// <summary>Prometheus behind <c>kubectl port-forward</c>, where the page's links go.</summary>
    private static readonly Uri LocalPrometheus = new("http://localhost:9090");

    private static readonly string Path = Repository.PathOf("docs", "dashboards.md");

    [Fact]
    public void Dashboards_AreThoseThereAre()
    {
        var text = new StringBuilder("| dashboard | what for | panels |\n|---|---|---|\n");
        foreach (var dashboard in FleetDashboards.All)
        {
            var sections = dashboard.Sections.Select(section => $"**{section.Title}:** {string.Join(", ", section.Panels.Select(panel => panel.Title))}");
            text.Append($"| {dashboard.Title} (`{dashboard.Uid}`) | {dashboard.Description} | {string.Join("<br>", sections)} |\n");
        }

        Check("dashboards", text.ToString());
    }

    [Fact]
    public void Questions_AreThoseThereAre()
    {
        var text = new StringBuilder("| question | query |\n|---|---|\n");
        foreach (var link in DeepLink.All)
        {
            text.Append($"| {Markdown(link)} | `{link.Expression.Replace("|", "\\|")}` |\n");
        }

        Check("questions", text.ToString());
    }

    [Fact]
    public void Questions_InTheReadme_AreThoseThereAre() =>
        Check("questions", string.Join(" ·\n", DeepLink.All.Select(Markdown)) + "\n", Repository.PathOf("README.md"));

    [Fact]
    public void EmptyPanels_AreToldWithTheirReason() => Assert.All(
        FleetDashboards.All.SelectMany(dashboard => dashboard.Panels).Where(panel => panel.MayBeEmpty is not null),
        panel => Assert.Contains($"{panel.Title}: {panel.MayBeEmpty}", File.ReadAllText(Path)));

    // Parentheses would end a Markdown link.
    private static string Markdown(DeepLink link) => $"[{link.Label}]({link.At(LocalPrometheus).AbsoluteUri.Replace("(", "%28").Replace(")", "%29")})";

    private static void Check(string table, string expected, string? page = null)
    {
        page ??= Path;
        var (begin, end) = ($"<!-- begin generated: {table} -->\n", $"<!-- end generated: {table} -->\n");
        var text = File.ReadAllText(page);
        var (start, stop) = (text.IndexOf(begin, StringComparison.Ordinal) + begin.Length, text.IndexOf(end, StringComparison.Ordinal));
        Assert.True(start >= begin.Length && stop >= start, $"{page} has lost the marks of its table {table}");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            text = string.Concat(text.AsSpan(0, start), expected, text.AsSpan(stop));
            File.WriteAllText(page, text);
            stop = start + expected.Length;
        }

        Assert.Equal(expected, text[start..stop]);
    }
}
