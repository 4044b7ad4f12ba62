using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>
/// Puts a stack's objects into a cluster as Pulumi's Kubernetes provider does: applies each, waits for a token Secret's token,
/// and afterwards deletes what the stack no longer declares.
/// </summary>
internal sealed class ClusterObjects(KubeClient client) : IObjectStore
{
    // The provider itself gives up after about 5 s; a controller-manager that just started may need longer.
    private static readonly TimeSpan TokenPatience = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<string, KubernetesManifest> _declared = [];
    private Dictionary<string, KubernetesManifest> _before = [];

    /// <summary>Changes an object on its way into the cluster, so that a test can break what the program rendered; null leaves it out.</summary>
    public Func<KubernetesManifest, KubernetesManifest?> Alter { get; init; } = manifest => manifest;

    /// <summary>Kinds that this API server does not know, which were left out.</summary>
    public ConcurrentDictionary<string, bool> UnknownKinds { get; } = [];

    public async Task<KubernetesManifest> ApplyAsync(KubernetesManifest manifest)
    {
        if (Alter(manifest) is not { } altered)
        {
            return manifest;
        }

        var kind = KubeKind.Of(altered.Content);
        if (!await client.ServesAsync(kind))
        {
            UnknownKinds[$"{altered.ApiVersion} {altered.Kind}"] = true;
            return manifest;
        }

        _declared[altered.ToString()] = altered;
        var stored = await client.ApplyAsync(altered.Content.DeepClone().AsObject());
        if ((string?)stored["type"] == "kubernetes.io/service-account-token")
        {
            stored = await TokenAsync(altered, kind, stored);
        }

        return new KubernetesManifest(stored);
    }

    /// <summary>Deletes what the last evaluation no longer declared.</summary>
    public async Task PruneAsync()
    {
        foreach (var (name, gone) in _before.Where(before => !_declared.ContainsKey(before.Key)))
        {
            await client.DeleteAsync(KubeKind.Of(gone.Content), gone.Namespace, gone.Name);
        }

        _before = _declared.ToDictionary();
        _declared.Clear();
    }

    private async Task<JsonObject> TokenAsync(KubernetesManifest manifest, KubeKind kind, JsonObject stored)
    {
        var deadline = DateTimeOffset.UtcNow + TokenPatience;
        while (stored["data"]?["token"] is null || stored["data"]?["ca.crt"] is null)
        {
            if (DateTimeOffset.UtcNow > deadline)
            {
                throw new ExpectedFailure($"{manifest} was not given a token within {TokenPatience.TotalSeconds:0} s: is its ServiceAccount there, and a controller-manager running?");
            }

            await Task.Delay(50);
            stored = await client.GetAsync(kind, manifest.Namespace, manifest.Name) ?? stored;
        }

        return stored;
    }
}
