using System.Collections.Immutable;
using System.Text;
using FleetPrometheus.Bench;
using FleetPrometheus.Central;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Rendering;

namespace FleetPrometheus.Tests.Bench;

/// <summary>What holds for the fleets that the bench measures; how long they take is not tested.</summary>
[Collection(PulumiCollection.Name)]
public sealed class LargeFleetTests
{
    private const int Clusters = 1_000;

    [Fact]
    public async Task ThousandClusters_OneMore_ChangesItsOwnFilesInOneSecretOnly()
    {
        var fleet = new MadeUpFleet(new StackEvaluator(Randomness.Placeholder));
        var (fewer, more) = (await fleet.OutputsAsync(Clusters), await fleet.OutputsAsync(Clusters + 1));
        var newcomer = Assert.Single(more.Keys.Except(fewer.Keys));

        var (before, after) = (await fleet.EvaluateAsync(fewer), await fleet.EvaluateAsync(more));

        Assert.All(after.Manifests, manifest => Assert.InRange(Encoding.UTF8.GetByteCount(manifest.Content.ToJsonString()), 1, ClusterSecrets.MaximumBytes));
        var (old, now) = (Files(before), Files(after));
        Assert.All(more.Keys, cluster => Assert.Contains($"clusters/{cluster}.yml", now.Keys));
        // One file holds what all clusters' probes need, because the exporter reads no more.
        var changed = now.Keys.Union(old.Keys).Where(path => old.GetValueOrDefault(path) != now.GetValueOrDefault(path)).ToList();
        Assert.Contains($"clusters/{newcomer}.yml", changed);
        Assert.All(changed, path => Assert.True(path == "blackbox.yml" || path.StartsWith($"clusters/{newcomer}.", StringComparison.Ordinal), path));
        Assert.Equal(
            [("ConfigMap", "prometheus-config"), ("Secret", ClusterSecrets.Name(ClusterSecrets.IndexOf(newcomer)))],
            after.Manifests.Where(manifest => Text(manifest) != Text(before.Manifests.Single(other => other.ToString() == manifest.ToString()))).Select(manifest => (manifest.Kind, manifest.Name)));
    }

    private static string Text(KubernetesManifest manifest) => manifest.Content.ToJsonString();

    private static ImmutableSortedDictionary<string, string> Files(EvaluatedStack central) =>
        PodFiles.Under("/etc/prometheus", "prometheus", central.Manifests).ToImmutableSortedDictionary(file => file.Path, file => file.Content, StringComparer.Ordinal);
}
