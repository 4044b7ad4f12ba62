using System.Collections.Immutable;
using FleetPrometheus.Scraping;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Contract;

/// <summary>The names of the flat stack outputs through which a target stack hands its cluster to the central stack.</summary>
public static class StackOutputs
{
    /// <summary>The version of this contract that this code writes and reads.</summary>
    public const int Version = 1;

    /// <summary>The value of <see cref="CaCertificate"/> that stands for the system's roots.</summary>
    public const string SystemRoots = "system";

    /// <summary>Stands for the CA of the API server where kubelets have one of their own.</summary>
    public const string ClusterCa = "cluster";

    /// <summary>The value of <see cref="Collection"/> for a cluster that is scraped from the centre; without the output it is meant.</summary>
    public const string Pull = "pull";

    /// <summary>The value of <see cref="Collection"/> for a cluster that sends its samples by itself.</summary>
    public const string Push = "push";

    public const string ContractVersion = "contractVersion";
    public const string ClusterName = "clusterName";
    public const string ApiServer = "apiServer";
    public const string CaCertificate = "caCertificate";
    public const string Token = "token";
    public const string TokenId = "tokenId";
    public const string TokenIssued = "tokenIssued";
    public const string PreviousToken = "previousToken";
    public const string PreviousTokenId = "previousTokenId";
    public const string Collection = "collection";
    public const string PushPassword = "pushPassword";
    public const string NextPushPassword = "nextPushPassword";
    public const string ClusterLabels = "clusterLabels";
    public const string ScrapeJobs = "scrapeJobs";
}

/// <summary>A target stack's outputs, read and checked: what the central stack needs to scrape that cluster.</summary>
public sealed record ClusterConnection
{
    /// <inheritdoc cref="Cluster.Name"/>
    public required string ClusterName { get; init; }

    /// <inheritdoc cref="Cluster.ApiServer"/>
    public required Uri ApiServer { get; init; }

    /// <summary>The CA certificate, PEM; null when the system's roots are to be used (output <c>caCertificate</c> is then the word <c>system</c>).</summary>
    public string? CaCertificate { get; init; }

    /// <summary>The bearer token in use.</summary>
    public required SecretText Token { get; init; }

    /// <inheritdoc cref="Cluster.TokenId"/>
    public required string TokenId { get; init; }

    /// <summary>When <see cref="Token"/> was issued; null where the stack does not say, as older ones don't.</summary>
    public DateTimeOffset? TokenIssued { get; init; }

    /// <summary>The token of the generation before, still valid until the next rotation; null in the first generation.</summary>
    public SecretText? PreviousToken { get; init; }

    /// <summary>The identifier of <see cref="PreviousToken"/>.</summary>
    public string? PreviousTokenId { get; init; }

    /// <inheritdoc cref="Cluster.Labels"/>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <inheritdoc cref="Cluster.Jobs"/>
    public required ImmutableArray<ScrapeJob> Jobs { get; init; }
}

/// <summary>The outputs of a stack whose cluster sends its samples by itself, read and checked: what the centre needs to let them in.</summary>
public sealed record PushConnection
{
    /// <summary>The cluster's name, which is also the user as whom its agent sends.</summary>
    public required string ClusterName { get; init; }

    /// <inheritdoc cref="Cluster.Labels"/>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>The password in use.</summary>
    public required SecretText Password { get; init; }

    /// <summary>
    /// The password of the next generation, which nobody uses yet. It is let in already, because samples that are refused are lost: so the
    /// cluster can change over before the centre hears of it.
    /// </summary>
    public required SecretText NextPassword { get; init; }
}
