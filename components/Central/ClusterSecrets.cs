using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Central;

/// <summary>
/// Spreads the clusters' files over a fixed set of Secrets. All of them exist and are mounted from the first day, so that a new cluster
/// changes one Secret and no pod; and a cluster's files share one Secret, so that they arrive together.
/// </summary>
public static class ClusterSecrets
{
    /// <summary>How many Secrets there are. Never change it: it moves clusters between Secrets and restarts the pods.</summary>
    public const int Count = 32;

    /// <summary>What Kubernetes allows the values of one Secret to hold together, in bytes.</summary>
    public const int MaximumBytes = 1 << 20;

    /// <summary>The name of a Secret: <c>prometheus-clusters-00</c> to <c>-31</c>.</summary>
    /// <param name="index">Its position.</param>
    /// <param name="program">The Prometheus that reads it, see <see cref="Prometheus.NameOf"/>.</param>
    public static string Name(int index, string program = Prometheus.ProgramName) => $"{program}-clusters-{index:00}";

    /// <summary>Which Secret a cluster's files are in; depends on its name only.</summary>
    public static int IndexOf(string clusterName) =>
        (int)(BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(clusterName))) % Count);

    /// <summary>The files in each of the Secrets, by their position; many may be empty.</summary>
    public static ImmutableArray<ImmutableSortedDictionary<string, SecretText>> Distribute(ImmutableArray<WatchedCluster> clusters)
    {
        var byIndex = clusters.ToLookup(cluster => IndexOf(cluster.Connection.ClusterName));
        return
        [
            .. Enumerable.Range(0, Count).Select(index =>
                byIndex[index].SelectMany(ClusterFiles.For).ToImmutableSortedDictionary(StringComparer.Ordinal)),
        ];
    }

    /// <summary>Notes every Secret that would be larger than Kubernetes allows, with its clusters.</summary>
    /// <param name="clusters">The clusters of one Prometheus.</param>
    /// <param name="program">As for <see cref="Name"/>.</param>
    /// <param name="problems">Where they are noted.</param>
    public static void CheckSizes(ImmutableArray<WatchedCluster> clusters, string program, Problems problems)
    {
        foreach (var group in clusters.GroupBy(cluster => IndexOf(cluster.Connection.ClusterName)).OrderBy(group => group.Key))
        {
            var bytes = group.Sum(cluster => ClusterFiles.For(cluster).Values.Sum(file => Encoding.UTF8.GetByteCount(file.Reveal())));
            if (bytes > MaximumBytes)
            {
                var names = group.Select(cluster => cluster.Connection.ClusterName).Order(StringComparer.Ordinal);
                problems.Add(
                    "clusters",
                    string.Join(", ", names),
                    $"share the Secret {Name(group.Key, program)} and fill {bytes} of its {MaximumBytes} bytes; shorten their CA bundles, rename one of them, or raise shards");
            }
        }
    }
}
