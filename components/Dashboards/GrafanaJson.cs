using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FleetPrometheus.Dashboards;

/// <summary>A dashboard in Grafana's JSON; the same bytes for the same dashboard.</summary>
public static class GrafanaJson
{
    /// <summary>The tag that all dashboards have in common, by which they link to each other.</summary>
    public const string Tag = "fleet-prometheus";

    /// <summary>The version of the JSON's form: that of Grafana 11; newer versions migrate it on load.</summary>
    public const int SchemaVersion = 39;

    private const int Columns = 24;

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // PromQL stays readable; nothing embeds this in HTML
    };

    /// <summary>The JSON, ending in a line break.</summary>
    public static string Render(Dashboard dashboard) => ToJson(dashboard).ToJsonString(Indented) + "\n";

    private static JsonObject ToJson(Dashboard dashboard) => new()
    {
        ["uid"] = dashboard.Uid,
        ["title"] = dashboard.Title,
        ["description"] = dashboard.Description,
        ["tags"] = new JsonArray(Tag),
        ["schemaVersion"] = SchemaVersion,
        ["version"] = 1,
        ["id"] = null,
        ["editable"] = true,
        ["graphTooltip"] = 1, // one crosshair in all panels
        ["refresh"] = "1m",
        ["timezone"] = "browser",
        ["time"] = new JsonObject { ["from"] = "now-1h", ["to"] = "now" },
        ["timepicker"] = new JsonObject(),
        ["annotations"] = new JsonObject { ["list"] = new JsonArray() },
        ["links"] = new JsonArray(new JsonObject
        {
            ["type"] = "dashboards",
            ["title"] = "Fleet",
            ["tags"] = new JsonArray(Tag),
            ["asDropdown"] = false,
            ["includeVars"] = true, // the chosen cluster goes along
            ["keepTime"] = true,
            ["targetBlank"] = false,
            ["icon"] = "external link",
            ["tooltip"] = "",
            ["url"] = "",
        }),
        ["templating"] = new JsonObject { ["list"] = new JsonArray([DataSourceVariable(), .. dashboard.Variables.Select(ToJson)]) },
        ["panels"] = new JsonArray([.. Panels(dashboard)]),
    };

    // A new object each time: a JSON node has one place.
    private static JsonObject DataSource() => new() { ["type"] = "prometheus", ["uid"] = "${datasource}" };

    private static JsonObject DataSourceVariable() => new()
    {
        ["type"] = "datasource",
        ["name"] = "datasource",
        ["label"] = "Data source",
        ["query"] = "prometheus",
        ["current"] = new JsonObject(),
        ["options"] = new JsonArray(),
        ["regex"] = "",
        ["hide"] = 0,
        ["refresh"] = 1,
        ["multi"] = false,
        ["includeAll"] = false,
        ["skipUrlSync"] = false,
    };

    private static JsonObject ToJson(Variable variable)
    {
        var query = $"label_values({variable.Selector}, {variable.From})";
        var json = new JsonObject
        {
            ["type"] = "query",
            ["name"] = variable.Name,
            ["label"] = variable.Label,
            ["datasource"] = DataSource(),
            ["definition"] = query,
            ["query"] = new JsonObject { ["qryType"] = 1, ["query"] = query, ["refId"] = $"variable-{variable.Name}" },
            ["current"] = variable.IsMulti ? new JsonObject { ["text"] = new JsonArray("All"), ["value"] = new JsonArray("$__all") } : new JsonObject(),
            ["options"] = new JsonArray(),
            ["regex"] = "",
            ["sort"] = 1,
            ["hide"] = 0,
            ["refresh"] = 2, // with the time range: clusters come and go
            ["multi"] = variable.IsMulti,
            ["includeAll"] = variable.IsMulti,
            ["skipUrlSync"] = false,
        };
        if (variable.IsMulti)
        {
            json["allValue"] = ".+"; // rather than an alternation of a thousand names
        }

        return json;
    }

    private static IEnumerable<JsonNode> Panels(Dashboard dashboard)
    {
        var (id, y) = (1, 0);
        foreach (var section in dashboard.Sections)
        {
            yield return new JsonObject
            {
                ["id"] = id++,
                ["type"] = "row",
                ["title"] = section.Title,
                ["collapsed"] = false,
                ["gridPos"] = Place(0, y++, Columns, 1),
                ["panels"] = new JsonArray(),
            };
            var (x, height) = (0, 0);
            foreach (var panel in section.Panels)
            {
                if (x + panel.Width > Columns)
                {
                    (x, y, height) = (0, y + height, 0);
                }

                yield return ToJson(panel, id++, Place(x, y, panel.Width, panel.Height));
                (x, height) = (x + panel.Width, Math.Max(height, panel.Height));
            }

            y += height;
        }
    }

    private static JsonObject Place(int x, int y, int width, int height) => new() { ["x"] = x, ["y"] = y, ["w"] = width, ["h"] = height };

    private static JsonObject ToJson(Panel panel, int id, JsonObject place)
    {
        var json = new JsonObject
        {
            ["id"] = id,
            ["type"] = panel.Kind switch { PanelKind.TimeSeries => "timeseries", PanelKind.Stat => "stat", PanelKind.Gauge => "gauge", _ => "table" },
            ["title"] = panel.Title,
            ["description"] = panel.NeedsKubelet ? $"{panel.Description} Empty for clusters whose nodeAccess is off.".TrimStart() : panel.Description,
            ["datasource"] = DataSource(),
            ["gridPos"] = place,
            ["fieldConfig"] = new JsonObject
            {
                ["defaults"] = FieldDefaults(panel),
                ["overrides"] = panel.Kind == PanelKind.Table ? TableJson.Overrides(panel) : new JsonArray(),
            },
            ["options"] = Options(panel),
            ["targets"] = new JsonArray([.. panel.Queries.Select((query, index) => Target(panel, query, index))]),
        };
        if (panel.Kind == PanelKind.Table)
        {
            json["transformations"] = TableJson.Transformations(panel);
        }

        return json;
    }

    private static JsonObject Target(Panel panel, Query query, int index)
    {
        var isRange = panel.Kind == PanelKind.TimeSeries;
        return new()
        {
            ["refId"] = RefId(index),
            ["datasource"] = DataSource(),
            ["editorMode"] = "code",
            ["expr"] = query.Expression,
            ["legendFormat"] = panel.Kind == PanelKind.Table ? "" : query.Name,
            ["format"] = panel.Kind == PanelKind.Table ? "table" : "time_series",
            ["range"] = isRange,
            ["instant"] = !isRange,
        };
    }

    /// <summary>A, B, C…</summary>
    internal static string RefId(int index) => ((char)('A' + index)).ToString();

    private static JsonObject FieldDefaults(Panel panel)
    {
        var defaults = Format(panel.Unit);
        defaults["color"] = new JsonObject { ["mode"] = panel.Kind == PanelKind.TimeSeries ? "palette-classic" : "thresholds" };
        defaults["mappings"] = panel.Queries is [{ IsTruth: true }] ? TruthMapping() : new JsonArray();
        defaults["thresholds"] = Steps(panel.Queries is [{ IsTruth: true }] ? null : panel.Thresholds);
        if (panel.Kind == PanelKind.Gauge)
        {
            (defaults["min"], defaults["max"]) = (0, 1);
        }

        if (panel.Kind == PanelKind.TimeSeries)
        {
            defaults["min"] = 0;
            defaults["custom"] = new JsonObject
            {
                ["drawStyle"] = "line",
                ["lineWidth"] = 1,
                ["fillOpacity"] = panel.IsStacked ? 30 : 5,
                ["showPoints"] = "never",
                ["spanNulls"] = false, // a gap is an outage, not to be drawn over
                ["stacking"] = new JsonObject { ["mode"] = panel.IsStacked ? "normal" : "none", ["group"] = "A" },
            };
        }

        return defaults;
    }

    /// <summary>How numbers of a unit are written.</summary>
    internal static JsonObject Format(Unit unit)
    {
        var format = new JsonObject { ["unit"] = unit.Id };
        if (unit.Decimals is { } decimals)
        {
            format["decimals"] = decimals;
        }

        return format;
    }

    /// <summary>Green, yellow and red.</summary>
    internal static JsonObject Steps(Thresholds? thresholds)
    {
        var steps = new JsonArray(new JsonObject { ["color"] = "green", ["value"] = null });
        if (thresholds?.Warning is { } warning)
        {
            steps.Add(new JsonObject { ["color"] = "yellow", ["value"] = warning });
        }

        if (thresholds?.Critical is { } critical)
        {
            steps.Add(new JsonObject { ["color"] = "red", ["value"] = critical });
        }

        return new JsonObject { ["mode"] = "absolute", ["steps"] = steps };
    }

    /// <summary>1 and 0 in words.</summary>
    internal static JsonArray TruthMapping() => new(new JsonObject
    {
        ["type"] = "value",
        ["options"] = new JsonObject
        {
            ["0"] = new JsonObject { ["text"] = "down", ["color"] = "red", ["index"] = 0 },
            ["1"] = new JsonObject { ["text"] = "up", ["color"] = "green", ["index"] = 1 },
        },
    });

    private static JsonObject Options(Panel panel) => panel.Kind switch
    {
        PanelKind.TimeSeries => new()
        {
            ["legend"] = new JsonObject { ["displayMode"] = "list", ["placement"] = "bottom", ["showLegend"] = true, ["calcs"] = new JsonArray() },
            ["tooltip"] = new JsonObject { ["mode"] = "multi", ["sort"] = "desc" },
        },
        PanelKind.Stat => new()
        {
            ["colorMode"] = "value",
            ["graphMode"] = "none",
            ["justifyMode"] = "auto",
            ["orientation"] = "auto",
            ["textMode"] = panel.Queries is [{ ShownLabel: not null }] ? "name" : "auto",
            ["reduceOptions"] = LastValue(),
        },
        PanelKind.Gauge => new()
        {
            ["orientation"] = "auto",
            ["showThresholdLabels"] = false,
            ["showThresholdMarkers"] = true,
            ["reduceOptions"] = LastValue(),
        },
        _ => new() { ["showHeader"] = true, ["cellHeight"] = "sm", ["footer"] = new JsonObject { ["show"] = false } },
    };

    private static JsonObject LastValue() => new() { ["calcs"] = new JsonArray("lastNotNull"), ["fields"] = "", ["values"] = false };
}
