using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Fuzz;

/// <summary>What the API server refuses, as far as it shows in an object itself.</summary>
internal static partial class ObjectRules
{
    /// <summary>What is wrong with a stack's objects.</summary>
    public static IEnumerable<string> Broken(EvaluatedStack stack) =>
    [
        .. stack.Manifests.GroupBy(manifest => (manifest.Kind, manifest.Namespace, manifest.Name)).Where(same => same.Count() > 1).Select(same => $"{same.First()} is there {same.Count()} times"),
        .. stack.Manifests.SelectMany(manifest => Broken(manifest.Content).Select(what => $"{manifest}: {what}")),
    ];

    private static IEnumerable<string> Broken(JsonObject content)
    {
        if (!KubernetesNames.IsDnsSubdomain(content.Name()))
        {
            yield return "its name";
        }

        foreach (var (path, map) in Maps(content, ""))
        {
            var key = path[(path.LastIndexOf('.') + 1)..];
            if (key is "labels" or "matchLabels" or "nodeSelector" || (key == "selector" && !map.ContainsKey("matchLabels") && map.All(entry => entry.Value is JsonValue)))
            {
                foreach (var (label, value) in map.Where(entry => !KubernetesNames.IsLabelKey(entry.Key) || !KubernetesNames.IsLabelValue((string?)entry.Value)))
                {
                    yield return $"{path}: {label}={value}";
                }
            }
            else if (key is "requests" or "limits")
            {
                foreach (var (name, value) in map.Where(entry => !QuantityNotation().IsMatch((string?)entry.Value ?? "")))
                {
                    yield return $"{path}: {name}={value}";
                }
            }
            else if (path is ".data" or ".stringData")
            {
                foreach (var (name, _) in map.Where(entry => !FileName().IsMatch(entry.Key)))
                {
                    yield return $"{path}: {name}";
                }
            }
            else if (map["operator"] is { } toleration && map["matchLabels"] is null && path.Contains("tolerations", StringComparison.Ordinal))
            {
                if ((map.Text("key") is null && (string?)toleration != "Exists") || ((string?)toleration == "Exists" && map.Text("value") is { Length: > 0 }) || (map.Text("key") is { } taint && !KubernetesNames.IsLabelKey(taint)))
                {
                    yield return $"{path}: {map.ToJsonString()}";
                }
            }
        }

        if (content.At("spec", "template", "spec") is JsonObject pod)
        {
            if (content.At("spec", "selector", "matchLabels") is JsonObject selector && selector.Any(label => (string?)label.Value != content.Text("spec", "template", "metadata", "labels", label.Key)))
            {
                yield return "selects other pods than its own";
            }

            foreach (var what in BrokenPod(pod, [.. content.Objects("spec", "volumeClaimTemplates").Select(claim => claim.Name())]))
            {
                yield return what;
            }
        }
    }

    private static IEnumerable<string> BrokenPod(JsonObject pod, IReadOnlyList<string> claims)
    {
        string[] volumes = [.. pod.Objects("volumes").Select(volume => volume.Text("name")!), .. claims];
        return
        [
            .. volumes.Where(name => !KubernetesNames.IsDnsLabel(name)).Select(name => $"volume {name}"),
            .. volumes.GroupBy(name => name).Where(same => same.Count() > 1).Select(same => $"volume {same.Key} twice"),
            .. new[] { pod.Text("priorityClassName"), pod.Text("serviceAccountName") }.Where(name => name is not null && !KubernetesNames.IsDnsSubdomain(name)).Select(name => $"name {name}"),
            .. pod.Objects("initContainers").Concat(pod.Objects("containers")).SelectMany(container => (string[])
            [
                .. container.Objects("volumeMounts").Select(mount => mount.Text("name")!).Except(volumes).Select(name => $"no volume {name}"),
                .. container.Objects("volumeMounts").GroupBy(mount => mount.Text("mountPath")).Where(same => same.Count() > 1).Select(same => $"two mounts at {same.Key}"),
                .. container.Objects("ports").GroupBy(port => port.Text("name")).Where(same => same.Count() > 1 || Checks.ServicePort(same.Key ?? "x") is not null).Select(same => $"port {same.Key}"),
                .. container.Objects("ports").GroupBy(port => (port.Number("containerPort"), port.Text("protocol") ?? "TCP")).Where(same => same.Count() > 1).Select(same => $"port {same.Key} twice"),
                .. new[] { "cpu", "memory" }.Where(kind => Amount(container, "requests", kind) > Amount(container, "limits", kind)).Select(kind => $"more {kind} requested than allowed"),
            ]),
        ];
    }

    private static decimal? Amount(JsonObject container, string part, string kind) =>
        container.Text("resources", part, kind) is { } text && Quantity.TryParse(text, out var amount) ? amount : null;

    private static IEnumerable<(string Path, JsonObject Map)> Maps(JsonNode? node, string path) => node switch
    {
        JsonObject map => map.SelectMany(entry => Maps(entry.Value, $"{path}.{entry.Key}")).Prepend((path, map)),
        JsonArray list => list.SelectMany((item, index) => Maps(item, $"{path}[{index}]")),
        _ => [],
    };

    [GeneratedRegex(@"\A[0-9]+(\.[0-9]+)?([numkMGTPE]|[KMGTPE]i)?\z")]
    private static partial Regex QuantityNotation();

    [GeneratedRegex(@"\A[-._a-zA-Z0-9]{1,253}\z")]
    private static partial Regex FileName();
}
