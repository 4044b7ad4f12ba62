using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using FleetPrometheus.Alerting;
using FleetPrometheus.Scraping;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Central;

/// <summary>The files by which Prometheus scrapes one cluster; in a pod and on a host the same.</summary>
public static class ClusterFiles
{
    // Asked for several times, to check sizes and to declare; and to write them is most of what a large fleet takes.
    private static readonly ConditionalWeakTable<WatchedCluster, ImmutableSortedDictionary<string, SecretText>> Written = [];

    /// <summary>The cluster as the scrape model sees it.</summary>
    public static Cluster Model(WatchedCluster watched) => new()
    {
        Name = watched.Connection.ClusterName,
        ApiServer = watched.Connection.ApiServer,
        TokenId = watched.Connection.TokenId,
        Trust = watched.InsecureSkipVerify ? Trust.Insecure
            : watched.Connection.CaCertificate is null ? Trust.SystemRoots
            : Trust.ClusterCa,
        Labels = watched.Connection.Labels,
        Jobs = watched.Connection.Jobs,
        Limits = watched.Limits,
        ScrapeInterval = watched.ScrapeInterval,
    };

    /// <summary>
    /// The cluster's files by their names within <see cref="ConfigurationPaths.Clusters"/>: its scrape file, its probe, the time of its token, its CA certificate, and
    /// its tokens, the one of the generation before too, because a scrape may still read it while a rotation arrives.
    /// </summary>
    public static ImmutableSortedDictionary<string, SecretText> For(WatchedCluster watched) => Written.GetValue(watched, Write);

    private static ImmutableSortedDictionary<string, SecretText> Write(WatchedCluster watched)
    {
        var cluster = Model(watched);
        var connection = watched.Connection;
        var files = ImmutableSortedDictionary.CreateBuilder<string, SecretText>(StringComparer.Ordinal);
        files[ConfigurationPaths.ScrapeFile(cluster.Name)] = new SecretText(ClusterScrapeFile.Render(cluster));
        files[ConfigurationPaths.ProbeFile(cluster.Name)] = new SecretText(ClusterProbe.TargetFile(cluster));
        files[ConfigurationPaths.DiscoveryTokenFile(cluster.Name)] = connection.Token;
        files[ConfigurationPaths.JobTokenFile(cluster.Name, connection.TokenId)] = connection.Token;
        if (connection.TokenIssued is { } issued)
        {
            files[ConfigurationPaths.RuleFile(cluster.Name)] = new SecretText(TokenRules.Render(cluster.Name, issued));
        }

        if (cluster.Trust == Trust.ClusterCa)
        {
            files[ConfigurationPaths.CaFile(cluster.Name)] = new SecretText(connection.CaCertificate!);
        }

        if (connection is { PreviousToken: { } previous, PreviousTokenId: { } previousId })
        {
            files[ConfigurationPaths.JobTokenFile(cluster.Name, previousId)] = previous;
        }

        return files.ToImmutable();
    }
}
