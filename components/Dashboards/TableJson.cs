using System.Text.Json.Nodes;

namespace FleetPrometheus.Dashboards;

/// <summary>What makes one table of several queries: each gives a frame, whose rows are joined by the labels they have in common.</summary>
internal static class TableJson
{
    /// <summary>Joins the frames, drops what nobody reads, and names the columns.</summary>
    public static JsonArray Transformations(Panel panel)
    {
        var hidden = new JsonObject { ["Time"] = true };
        var names = new JsonObject();
        foreach (var (index, query) in panel.Queries.Index())
        {
            var value = ValueField(panel, index);
            if (query.ShownLabel is { } label)
            {
                hidden[value] = true;
                names[label] = query.Name;
            }
            else
            {
                names[value] = query.Name;
            }
        }

        return new JsonArray(
            new JsonObject { ["id"] = "merge", ["options"] = new JsonObject() },
            new JsonObject
            {
                ["id"] = "organize",
                ["options"] = new JsonObject { ["excludeByName"] = hidden, ["indexByName"] = new JsonObject(), ["renameByName"] = names },
            });
    }

    /// <summary>Each column's unit and colours, and the way from a cluster to its own dashboard.</summary>
    public static JsonArray Overrides(Panel panel)
    {
        var overrides = new JsonArray(Override("cluster", Property("links", new JsonArray(new JsonObject
        {
            ["title"] = "Cluster ${__value.text}",
            ["url"] = $"/d/{ClusterDashboard.Uid}?var-datasource=${{datasource}}&var-cluster=${{__value.text}}&${{__url_time_range}}",
        }))));
        foreach (var query in panel.Queries.Where(query => query.ShownLabel is null))
        {
            var column = Override(query.Name, [.. GrafanaJson.Format(query.Unit ?? panel.Unit).Select(format => Property(format.Key, format.Value!.DeepClone()))]);
            var properties = column["properties"]!.AsArray();
            if (query.IsTruth)
            {
                properties.Add(Property("mappings", GrafanaJson.TruthMapping()));
            }

            if (query.Thresholds is { } thresholds)
            {
                properties.Add(Property("thresholds", GrafanaJson.Steps(thresholds)));
            }

            if (query.IsTruth || query.Thresholds is not null)
            {
                properties.Add(Property("custom.cellOptions", new JsonObject { ["type"] = "color-text" }));
            }

            overrides.Add(column);
        }

        return overrides;
    }

    // Grafana numbers the value columns only where there are several.
    private static string ValueField(Panel panel, int index) => panel.Queries.Length == 1 ? "Value" : $"Value #{GrafanaJson.RefId(index)}";

    private static JsonObject Override(string field, params JsonNode[] properties) => new()
    {
        ["matcher"] = new JsonObject { ["id"] = "byName", ["options"] = field },
        ["properties"] = new JsonArray(properties),
    };

    private static JsonObject Property(string id, JsonNode value) => new() { ["id"] = id, ["value"] = value };
}
