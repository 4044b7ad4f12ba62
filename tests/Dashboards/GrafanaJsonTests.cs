using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FleetPrometheus.Dashboards;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Verification;

namespace FleetPrometheus.Tests.Dashboards;

/// <summary>No Grafana runs here, so what it would stumble over is checked on the JSON itself.</summary>
public sealed class GrafanaJsonTests
{
    /// <summary>Grafana's own ids, as its list of units has them; an unknown one is shown as a suffix of bare numbers.</summary>
    private static readonly string[] KnownUnits = ["short", "percentunit", "bytes", "binBps", "ops", "reqps", "pps", "s"];

    public static TheoryData<string> Uids => [.. FleetDashboards.All.Select(dashboard => dashboard.Uid)];

    [Fact]
    public void All_IsTheFleetFromOutsideInward() => Assert.Equal(
        ["fleet-overview", "fleet-cluster", "fleet-node", "fleet-workload", "fleet-apiserver", "fleet-monitoring"],
        FleetDashboards.All.Select(dashboard => dashboard.Uid));

    [Fact]
    public void Render_AnyCultureAnyTime_SameBytes()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            var here = FleetDashboards.Render();
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = "," } };
            Assert.Equal(here.AsEnumerable(), FleetDashboards.Render());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }

        Assert.All(FleetDashboards.Render(), file => Assert.DoesNotContain('\r', file.Text));
    }

    /// <summary>Reviewed as part of every change to the form.</summary>
    [Fact]
    public void Render_OneOfEachKind_IsAsReviewed() => Golden.Check("every-kind.json", GrafanaJson.Render(new Dashboard("uid", "Title", "What for.",
        [Variable.Clusters, new("node", "Node", """up{cluster=~"$cluster"}""", "instance", IsMulti: false)],
        [
            new("Numbers",
                Panel.Stat("Stat", Unit.Cores, new("1")) with { Thresholds = Thresholds.None },
                Panel.Stat("Truth", Unit.Number, new("1") { IsTruth = true }),
                Panel.Gauge("Gauge", new("0.5")),
                Panel.TimeSeries("Lines", Unit.Bytes, new("1", "{{a}}"), new("2", "{{b}}")) with { IsStacked = true, NeedsKubelet = true, Width = 16 }),
            new("Tables",
                Panel.Table("Table",
                    new("1", "Name") { ShownLabel = "label" },
                    new("2", "Number") { Unit = Unit.Share, Thresholds = Thresholds.OfUse },
                    new("3", "Truth") { IsTruth = true }),
                Panel.Table("One column", new Query("1", "Only"))),
        ])));

    [Theory]
    [MemberData(nameof(Uids))]
    public void Dashboard_Header_IsWhatGrafanaAndLinksNeed(string uid)
    {
        var json = Json(uid);

        Assert.Equal(uid, (string)json["uid"]!);
        Assert.Matches("^[a-z0-9-]{1,40}$", uid);
        Assert.Equal(39, (int)json["schemaVersion"]!);
        Assert.Null(json["id"]);
        Assert.StartsWith("Fleet / ", (string)json["title"]!);
        Assert.Equal(["fleet-prometheus"], json["tags"]!.AsArray().Select(tag => (string)tag!));
        var link = Assert.Single(json["links"]!.AsArray())!;
        Assert.Equal("fleet-prometheus", (string)link["tags"]![0]!);
        Assert.True((bool)link["includeVars"]! && (bool)link["keepTime"]!);
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(json.ToJsonString()), 1, 512 * 1024); // a ConfigMap takes a MiB
    }

    [Theory]
    [MemberData(nameof(Uids))]
    public void Variables_StartWithSourceAndCluster_AndNeverLookAhead(string uid)
    {
        var variables = Json(uid)["templating"]!["list"]!.AsArray();

        Assert.Equal(["datasource", "cluster"], variables.Take(2).Select(variable => (string)variable!["name"]!));
        Assert.Equal("datasource", (string)variables[0]!["type"]!);
        var known = new HashSet<string> { "datasource" };
        foreach (var variable in variables.Skip(1))
        {
            Assert.Equal("${datasource}", (string)variable!["datasource"]!["uid"]!);
            Assert.Equal((string)variable["definition"]!, (string)variable["query"]!["query"]!);
            Assert.Matches(@"^label_values\(.+, \w+\)$", (string)variable["definition"]!);
            Assert.Subset(known, VariablesIn((string)variable["definition"]!).ToHashSet());
            Assert.Equal((bool)variable["multi"]!, variable["allValue"] is not null);
            Assert.True(known.Add((string)variable["name"]!));
        }
    }

    [Theory]
    [MemberData(nameof(Uids))]
    public void Panels_HaveOwnIdsAndPlaces(string uid)
    {
        var panels = Json(uid)["panels"]!.AsArray();

        Assert.Equal(panels.Count, panels.Select(panel => (int)panel!["id"]!).Distinct().Count());
        var taken = new HashSet<(int, int)>();
        foreach (var panel in panels)
        {
            var place = panel!["gridPos"]!;
            var (x, y, width, height) = ((int)place["x"]!, (int)place["y"]!, (int)place["w"]!, (int)place["h"]!);
            Assert.True(x >= 0 && width > 0 && x + width <= 24 && height > 0, $"{panel["title"]} leaves the page");
            Assert.All(from column in Enumerable.Range(x, width) from row in Enumerable.Range(y, height) select (column, row),
                cell => Assert.True(taken.Add(cell), $"{panel["title"]} lies on another panel"));
        }
    }

    [Theory]
    [MemberData(nameof(Uids))]
    public void Panels_AreOfStableKindsWithKnownUnitsAndCompleteTargets(string uid)
    {
        foreach (var panel in Json(uid)["panels"]!.AsArray().Where(panel => (string)panel!["type"]! != "row"))
        {
            var title = (string)panel!["title"]!;
            var type = (string)panel["type"]!;
            Assert.NotEmpty(title);
            Assert.Contains(type, (string[])["timeseries", "stat", "gauge", "table"]);
            Assert.Equal("${datasource}", (string)panel["datasource"]!["uid"]!);
            var units = panel["fieldConfig"]!["overrides"]!.AsArray().SelectMany(field => field!["properties"]!.AsArray())
                .Where(property => (string)property!["id"]! == "unit").Select(property => (string)property!["value"]!)
                .Append((string)panel["fieldConfig"]!["defaults"]!["unit"]!);
            Assert.All(units, unit => Assert.Contains(unit, KnownUnits));

            var targets = panel["targets"]!.AsArray();
            Assert.NotEmpty(targets);
            Assert.Equal(targets.Select((_, index) => ((char)('A' + index)).ToString()), targets.Select(target => (string)target!["refId"]!));
            Assert.All(targets, target =>
            {
                Assert.False(string.IsNullOrWhiteSpace((string)target!["expr"]!), $"{title} asks nothing");
                Assert.Equal("${datasource}", (string)target["datasource"]!["uid"]!);
                Assert.Equal(type == "timeseries", (bool)target["range"]!);
                Assert.NotEqual((bool)target["range"]!, (bool)target["instant"]!);
            });
        }
    }

    [Theory]
    [MemberData(nameof(Uids))]
    public void Queries_KeepClustersApart(string uid)
    {
        var dashboard = FleetDashboards.All.Single(dashboard => dashboard.Uid == uid);
        var known = dashboard.Variables.Select(variable => variable.Name).Append("__rate_interval").ToHashSet();
        foreach (var (panel, query) in dashboard.Panels.SelectMany(panel => panel.Queries.Select(query => (panel, query))))
        {
            Assert.Subset(known, VariablesIn(query.Expression).ToHashSet());
            if (query.IsOfCentre)
            {
                Assert.Matches("job=\"(prometheus|alertmanager)\"", query.Expression);
                continue;
            }

            // Every selector is narrowed to the chosen clusters; what is joined or grouped keeps them apart. A lone number sums over them on purpose.
            var selectors = Regex.Matches(query.Expression, @"\{[^{}]*\}").Select(match => match.Value).ToList();
            Assert.NotEmpty(selectors);
            Assert.All(selectors, selector => Assert.True(
                selector.Contains("""cluster=~"$cluster""", StringComparison.Ordinal) || selector.Contains("scrape_job=~\"($cluster)/", StringComparison.Ordinal),
                $"{panel.Title}: {selector} does not select the cluster"));
            Assert.All(Regex.Matches(query.Expression, @"\b(?:by|on) \(([^)]*)\)").Select(match => match.Groups[1].Value), labels =>
                Assert.Contains("cluster", labels.Split(", ")));
            Assert.True(panel.Kind == PanelKind.Stat || Regex.IsMatch(query.Expression, @"\bby \(cluster"), $"{panel.Title} does not group by cluster");
        }
    }

    /// <summary>All in one go, as recording rules, by the parser that will see them.</summary>
    [Fact]
    public async Task Queries_AllOfThem_AreWhatPrometheusParses()
    {
        var values = new Dictionary<string, string> { ["cluster"] = "a", ["node"] = "a", ["namespace"] = "(a|b)" };
        var expressions = FleetDashboards.All.SelectMany(dashboard => dashboard.Panels).SelectMany(panel => panel.Queries).Select(query => query.Expression)
            .Concat(FleetDashboards.All.SelectMany(dashboard => dashboard.Variables).Select(variable => variable.Selector))
            .Select(expression => DashboardChecks.Substitute(expression, values))
            .Concat(DeepLink.All.Select(link => link.Expression))
            .Distinct().ToList();
        Assert.All(expressions, expression => Assert.DoesNotMatch(@"\$[a-z_]", expression));
        using var directory = new TemporaryDirectory();
        var rules = new JsonArray([.. expressions.Select((expression, index) => new JsonObject { ["record"] = $"query:{index}", ["expr"] = expression })]);
        var file = new JsonObject { ["groups"] = new JsonArray(new JsonObject { ["name"] = "queries", ["rules"] = rules }) };
        await File.WriteAllTextAsync(Path.Combine(directory.Path, "rules.yml"), file.ToJsonString());

        var said = await Tools.SucceedAsync(Tool.Promtool, directory.Path, "check", "rules", "rules.yml");

        Assert.Contains($"{expressions.Count} rules found", said);
    }

    private static JsonNode Json(string uid) => JsonNode.Parse(FleetDashboards.Render().Single(file => file.Name == $"{uid}.json").Text)!;

    private static IEnumerable<string> VariablesIn(string expression) => Regex.Matches(expression, @"\$\{?([a-zA-Z_]\w*)").Select(match => match.Groups[1].Value);
}
