using System.Text;
using FleetPrometheus.Dashboards;
using FleetPrometheus.Tests.Docs;

namespace FleetPrometheus.Tests.Dashboards;

/// <summary>docs/dashboards.md and the README tell of the dashboards and questions there are. <c>UPDATE_GOLDEN=1</c> writes their tables anew.</summary>
public sealed class DashboardPageTests
{
    /// <summary>Prometheus behind <c>kubectl port-forward</c>, where the page's links go.</summary>
    private static readonly Uri LocalPrometheus = new("http://localhost:9090");

    private const string Page = "docs/dashboards.md";

    [Fact]
    public void Dashboards_AreThoseThereAre()
    {
        var text = new StringBuilder("| dashboard | what for | panels |\n|---|---|---|\n");
        foreach (var dashboard in FleetDashboards.All)
        {
            var sections = dashboard.Sections.Select(section => $"**{section.Title}:** {string.Join(", ", section.Panels.Select(panel => panel.Title))}");
            text.Append($"| {dashboard.Title} (`{dashboard.Uid}`) | {dashboard.Description} | {string.Join("<br>", sections)} |\n");
        }

        GeneratedPart.AssertIs(Page, "dashboards", text.ToString());
    }

    [Fact]
    public void Questions_AreThoseThereAre()
    {
        var text = new StringBuilder("| question | query |\n|---|---|\n");
        foreach (var link in DeepLink.All)
        {
            text.Append($"| {Markdown(link)} | `{link.Expression.Replace("|", "\\|")}` |\n");
        }

        GeneratedPart.AssertIs(Page, "questions", text.ToString());
    }

    [Fact]
    public void Questions_InTheReadme_AreThoseThereAre() =>
        GeneratedPart.AssertIs("README.md", "questions", string.Join(" ·\n", DeepLink.All.Select(Markdown)) + "\n");

    [Fact]
    public void EmptyPanels_AreToldWithTheirReason() => Assert.All(
        FleetDashboards.All.SelectMany(dashboard => dashboard.Panels).Where(panel => panel.MayBeEmpty is not null),
        panel => Assert.Contains($"{panel.Title}: {panel.MayBeEmpty}", File.ReadAllText(Repository.PathOf(Page))));

    // Parentheses would end a Markdown link.
    private static string Markdown(DeepLink link) => $"[{link.Label}]({link.At(LocalPrometheus).AbsoluteUri.Replace("(", "%28").Replace(")", "%29")})";
}
