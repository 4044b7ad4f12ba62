using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace FleetPrometheus.Scraping;

/// <summary>Which of several Prometheus, the shards, watches a cluster.</summary>
/// <remarks>
/// Rendezvous hashing: every shard draws a number for the cluster, and the highest has it. So a further shard takes over those clusters for
/// which it draws the highest, about one in as many as there are shards then, and no other cluster moves; taking the last shard away gives
/// its own clusters to the others and moves nobody else.
/// </remarks>
public static class ClusterShards
{
    /// <summary>How many shards there may be.</summary>
    public const int Most = 64;

    /// <summary>The number of a cluster's shard; depends on nothing but its name and how many shards there are.</summary>
    /// <param name="cluster">The cluster's name.</param>
    /// <param name="count">How many shards there are, 1 or more.</param>
    public static int Of(string cluster, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return Enumerable.Range(0, count).MaxBy(shard => Draw(cluster, shard));
    }

    // Neither a cluster's name nor a number holds a slash. Never change it: clusters would change places.
    private static ulong Draw(string cluster, int shard) =>
        BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{cluster}/{shard}"))));
}
