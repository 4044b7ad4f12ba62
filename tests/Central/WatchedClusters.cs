using System.Collections.Immutable;
using FleetPrometheus.Central;
using FleetPrometheus.Contract;
using FleetPrometheus.Scraping;
using FleetPrometheus.Tests.Components;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Central;

/// <summary>Clusters to watch.</summary>
internal static class WatchedClusters
{
    /// <summary>When their tokens were issued.</summary>
    public static readonly DateTimeOffset Issued = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    public static WatchedCluster Create(string name) => new()
    {
        Connection = new ClusterConnection
        {
            ClusterName = name,
            ApiServer = new Uri($"https://{name}.example:6443"),
            CaCertificate = TestCertificate.Pem,
            Token = new SecretText($"token-value-of-{name}"),
            TokenId = "a1",
            TokenIssued = Issued,
            Jobs = [new ApiServerJob()],
        },
    };

    public static WatchedCluster Rotated(string name)
    {
        var cluster = Create(name);
        return cluster with
        {
            Connection = cluster.Connection with
            {
                Token = new SecretText($"new-token-value-of-{name}"),
                TokenId = "b2",
                PreviousToken = cluster.Connection.Token,
                PreviousTokenId = "a1",
            },
        };
    }

    public static ImmutableArray<WatchedCluster> Many(int count) => [.. Enumerable.Range(0, count).Select(number => Create($"cluster-{number}"))];
}
