using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Simulation;

namespace FleetPrometheus.Lab.Verification.Join;

/// <summary>A pod of the lab's application.</summary>
internal sealed record AppPod(string Namespace, string Name, int[] Ports)
{
    public (string Key, string Value)[] Labels { get; init; } = [];

    /// <summary>Without <c>prometheus.io/</c>.</summary>
    public (string Name, string Value)[] Annotations { get; init; } = [];

    public string[] Args { get; init; } = [];

    public JsonObject ToObject() => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject
        {
            ["name"] = Name,
            ["namespace"] = Namespace,
            ["labels"] = new JsonObject(Labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value))),
            ["annotations"] = new JsonObject(Annotations.Select(annotation => KeyValuePair.Create($"prometheus.io/{annotation.Name}", (JsonNode?)annotation.Value))),
        },
        ["spec"] = new JsonObject
        {
            ["containers"] = new JsonArray(new JsonObject
            {
                ["name"] = "app",
                ["image"] = $"{AppRuntime.Image}:v1",
                ["args"] = new JsonArray([.. Args.Select(argument => (JsonNode)argument)]),
                // Where a quota bounds requests, a pod must name its own.
                ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["cpu"] = "10m", ["memory"] = "16Mi" } },
                ["ports"] = new JsonArray([.. Ports.Select(port => new JsonObject { ["containerPort"] = port, ["protocol"] = "TCP" })]),
            }),
        },
    };

    /// <summary>A Service before the pods with the label <c>app</c>, at port 8080; annotations without <c>prometheus.io/</c>.</summary>
    public static JsonObject Service(string ns, string name, string app, params (string Name, string Value)[] annotations) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Service",
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = ns,
            ["annotations"] = new JsonObject(annotations.Select(annotation => KeyValuePair.Create($"prometheus.io/{annotation.Name}", (JsonNode?)annotation.Value))),
        },
        ["spec"] = new JsonObject
        {
            ["selector"] = new JsonObject { ["app"] = app },
            ["ports"] = new JsonArray(new JsonObject { ["name"] = "http", ["port"] = 8080, ["targetPort"] = 8080, ["protocol"] = "TCP" }),
        },
    };
}
