using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>What the server tells about itself: enough for kubectl.</summary>
internal static class Discovery
{
    /// <summary>The version the simulated server claims to be; it has everything the program uses.</summary>
    public const string GitVersion = "v1.33.4";

    private static readonly JsonArray Verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    /// <summary>The answer for a path that is no resource; null when there is none.</summary>
    public static JsonObject? Answer(string path) => path.Trim('/').Split('/') switch
    {
        ["version"] => new JsonObject
        {
            ["major"] = "1", ["minor"] = "33", ["gitVersion"] = GitVersion, ["gitCommit"] = "", ["gitTreeState"] = "clean",
            ["buildDate"] = "2025-08-13T00:00:00Z", ["goVersion"] = "go1.24.5", ["compiler"] = "gc", ["platform"] = "linux/amd64",
        },
        ["api"] => new JsonObject { ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1"), ["serverAddressByClientCIDRs"] = new JsonArray() },
        ["apis"] => new JsonObject { ["kind"] = "APIGroupList", ["apiVersion"] = "v1", ["groups"] = new JsonArray([.. Groups.Select(Group)]) },
        ["api", var version] => Resources("", version),
        ["apis", var group] => Groups.Contains(group) ? Group(group) : null,
        ["apis", var group, var version] => Resources(group, version),
        ["openapi", "v3"] => new JsonObject
        {
            ["paths"] = new JsonObject(KubeKind.All.Select(kind => kind.Root).Distinct().Select(root =>
                KeyValuePair.Create(root, (JsonNode?)new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{root}" }))),
        },
        ["openapi", "v3", .. var root] => Schema(string.Join('/', root)),
        _ => null,
    };

    private static IEnumerable<string> Groups => KubeKind.All.Select(kind => kind.Group).Where(group => group.Length > 0).Distinct().Order(StringComparer.Ordinal);

    private static JsonObject Group(string group)
    {
        var version = KubeKind.All.First(kind => kind.Group == group).Version;
        JsonObject Version() => new() { ["groupVersion"] = $"{group}/{version}", ["version"] = version };
        return new JsonObject { ["kind"] = "APIGroup", ["apiVersion"] = "v1", ["name"] = group, ["versions"] = new JsonArray(Version()), ["preferredVersion"] = Version() };
    }

    private static JsonObject? Resources(string group, string version)
    {
        var kinds = KubeKind.All.Where(kind => kind.Group == group && kind.Version == version).OrderBy(kind => kind.Plural, StringComparer.Ordinal).ToList();
        if (kinds.Count == 0) return null;
        return new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = kinds[0].ApiVersion,
            ["resources"] = new JsonArray([.. kinds.Select(kind => new JsonObject
            {
                ["name"] = kind.Plural,
                ["singularName"] = kind.Name.ToLowerInvariant(),
                ["namespaced"] = kind.Namespaced,
                ["kind"] = kind.Name,
                ["verbs"] = Verbs.DeepClone(),
                ["shortNames"] = new JsonArray([.. kind.ShortNames.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(name => (JsonNode)name)]),
            })]),
        };
    }

    /// <summary>No schemas, only that writes may ask for field validation: without it kubectl insists on validating by itself.</summary>
    private static JsonObject? Schema(string root)
    {
        var kinds = KubeKind.All.Where(kind => kind.Root == root).ToList();
        if (kinds.Count == 0) return null;
        return new JsonObject
        {
            ["openapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = GitVersion },
            ["paths"] = new JsonObject(kinds.Select(kind => KeyValuePair.Create($"/{kind.Path(kind.Namespaced ? "{namespace}" : null, "{name}")}", (JsonNode?)new JsonObject
            {
                ["patch"] = new JsonObject
                {
                    ["parameters"] = new JsonArray(new JsonObject { ["name"] = "fieldValidation", ["in"] = "query", ["schema"] = new JsonObject { ["type"] = "string" } }),
                    ["responses"] = new JsonObject(),
                    ["x-kubernetes-group-version-kind"] = new JsonObject { ["group"] = kind.Group, ["version"] = kind.Version, ["kind"] = kind.Name },
                },
            }))),
        };
    }
}
