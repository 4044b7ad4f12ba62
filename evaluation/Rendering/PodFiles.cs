using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;

namespace FleetPrometheus.Evaluation.Rendering;

/// <summary>A file that a pod sees.</summary>
/// <param name="Path">Its path, relative to the directory asked for, with forward slashes.</param>
/// <param name="Content">Its text.</param>
/// <param name="IsSecret">Whether it is a credential: it comes from a Secret and is neither configuration nor a certificate.</param>
public sealed record PodFile(string Path, string Content, bool IsSecret);

/// <summary>
/// The files a StatefulSet's pod sees, found as a kubelet does: from its volume mounts, through its volumes, to ConfigMaps and Secrets.
/// </summary>
public static class PodFiles
{
    /// <summary>The files under <paramref name="directory"/>, ordered by path, but for those of Secrets that somebody else keeps.</summary>
    /// <exception cref="EvaluationException">A volume refers to a ConfigMap that the stack does not declare.</exception>
    public static ImmutableArray<PodFile> Under(string directory, string statefulSet, ImmutableArray<KubernetesManifest> manifests)
    {
        var workload = manifests.Single(manifest => manifest.Kind == "StatefulSet" && manifest.Name == statefulSet);
        var pod = workload.Content["spec"]!["template"]!["spec"]!;
        var volumes = pod["volumes"]!.AsArray().ToDictionary(volume => (string)volume!["name"]!, volume => volume!, StringComparer.Ordinal);
        var files = new SortedDictionary<string, PodFile>(StringComparer.Ordinal);
        foreach (var mount in pod["containers"]!.AsArray().SelectMany(container => container!["volumeMounts"]?.AsArray() ?? []))
        {
            var mountPath = ((string)mount!["mountPath"]!).TrimEnd('/') + "/";
            if (!mountPath.StartsWith(directory.TrimEnd('/') + "/", StringComparison.Ordinal) || !volumes.TryGetValue((string)mount["name"]!, out var volume))
            {
                continue;
            }

            foreach (var file in Files(volume))
            {
                var path = mountPath[(directory.TrimEnd('/').Length + 1)..] + file.Path;
                files[path] = file with { Path = path };
            }
        }

        return [.. files.Values];

        IEnumerable<PodFile> Files(JsonNode volume)
        {
            var sources = volume["projected"]?["sources"]?.AsArray() ?? [volume.DeepClone()];
            foreach (var source in sources)
            {
                if (source!["secret"] is { } secret)
                {
                    foreach (var file in Keys("Secret", (string?)(secret["secretName"] ?? secret["name"]), secret["items"]))
                    {
                        yield return file;
                    }
                }
                else if (source["configMap"] is { } configMap)
                {
                    foreach (var file in Keys("ConfigMap", (string?)configMap["name"], configMap["items"]))
                    {
                        yield return file;
                    }
                }
            }
        }

        IEnumerable<PodFile> Keys(string kind, string? name, JsonNode? items)
        {
            if (manifests.FirstOrDefault(manifest => manifest.Kind == kind && manifest.Name == name && manifest.Namespace == workload.Namespace) is not { } source)
            {
                return kind == "Secret" ? [] : throw new EvaluationException($"{workload} mounts {kind} {name}, which the stack does not declare.");
            }

            var texts = (source.Content["data"]?.AsObject() ?? [])
                .Select(field => (field.Key, Text: kind == "Secret" ? Encoding.UTF8.GetString(Convert.FromBase64String((string)field.Value!)) : (string)field.Value!))
                .Concat((source.Content["stringData"]?.AsObject() ?? []).Select(field => (field.Key, Text: (string)field.Value!)))
                .ToDictionary(field => field.Key, field => field.Text, StringComparer.Ordinal);
            return items is null
                ? texts.Select(field => new PodFile(field.Key, field.Value, Redaction.IsCredential(kind, field.Key)))
                : items.AsArray().Select(item => new PodFile(
                    (string)item!["path"]!, texts[(string)item["key"]!], Redaction.IsCredential(kind, (string)item["key"]!)));
        }
    }
}
