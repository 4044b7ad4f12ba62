using System.Collections.Immutable;
using System.Text;
using FleetPrometheus.Scraping;
using FleetPrometheus.Workloads;
using Pulumi;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;
using Pulumi.Kubernetes.Types.Inputs.Rbac.V1;
using Pulumi.Random;

namespace FleetPrometheus.Targets;

/// <summary>What <see cref="ScrapeAccess"/> is given.</summary>
public sealed class ScrapeAccessArgs : ResourceArgs
{
    /// <summary>The namespace of the account and its tokens.</summary>
    [Input("namespace", required: true)]
    public Input<string> Namespace { get; set; } = null!;

    /// <summary>What the account is to be able to scrape; its rights are derived from this.</summary>
    public required ImmutableArray<ScrapeJob> Jobs { get; set; }

    /// <summary>
    /// The namespaces that this program declares, by name, so that the Roles within them wait for them.
    /// Namespaces of jobs that are not listed are taken to exist.
    /// </summary>
    public ImmutableDictionary<string, Input<string>> Namespaces { get; set; } = ImmutableDictionary<string, Input<string>>.Empty;

    /// <summary>
    /// The number of the token in use, from 1. This generation and the one before are valid; raise it by one to rotate,
    /// never by more, which would delete both valid tokens at once. Default 1.
    /// </summary>
    public int TokenGeneration { get; set; } = 1;

    /// <summary>The CA certificate of the API server, PEM, or the word <c>system</c>. Default: the certificate that comes with the token.</summary>
    [Input("caCertificate")]
    public Input<string>? CaCertificate { get; set; }
}

/// <summary>The account as which the central Prometheus comes into a cluster: exactly the rights its jobs need, and its tokens.</summary>
/// <remarks>
/// The tokens are Secrets of their own, never listed in the account, so they don't expire and outlive Kubernetes' cleanup of legacy
/// tokens. Deleting such a Secret revokes its token, and that is how rotation ends a token's life.
/// </remarks>
public sealed class ScrapeAccess : ComponentResource
{
    /// <summary>The token in use; a secret.</summary>
    public Output<string> Token { get; }

    /// <summary>Identifies <see cref="Token"/>.</summary>
    public Output<string> TokenId { get; }

    /// <summary>When <see cref="Token"/> was issued, as Kubernetes writes times; null where no cluster has said so.</summary>
    public Output<string?> TokenIssued { get; }

    /// <summary>The token of the generation before, a secret; null in the first generation.</summary>
    public Output<string>? PreviousToken { get; }

    /// <summary>Identifies <see cref="PreviousToken"/>.</summary>
    public Output<string>? PreviousTokenId { get; }

    /// <summary>The CA certificate of the API server, PEM, or the word <c>system</c>.</summary>
    public Output<string> CaCertificate { get; }

    /// <summary>Declares the account, its rights and its tokens.</summary>
    public ScrapeAccess(string name, ScrapeAccessArgs args, ComponentResourceOptions? options = null)
        : base("fleet-prometheus:targets:ScrapeAccess", name, options)
    {
        var account = new ServiceAccount($"{name}-account", new ServiceAccountArgs
        {
            Metadata = Metadata(ObjectLabels.Project, args.Namespace),
            AutomountServiceAccountToken = false,
        }, Child());
        var accountName = account.Metadata.Apply(metadata => metadata.Name);

        new ScrapeRights
        {
            RoleName = $"{ObjectLabels.Project}-scrape",
            Rules = ScrapeRules.For(args.Jobs),
            Account = new SubjectArgs { Kind = "ServiceAccount", Name = accountName, Namespace = args.Namespace },
            Namespaces = args.Namespaces,
        }.Declare(name, this);

        var current = DeclareToken(name, args.Namespace, accountName, args.TokenGeneration);
        TokenId = current.Id;
        Token = Field(current.Secret, "token");
        TokenIssued = Output.Unsecret(current.Secret.Metadata.Apply(metadata => (string?)metadata.CreationTimestamp));
        if (args.TokenGeneration > 1)
        {
            var previous = DeclareToken(name, args.Namespace, accountName, args.TokenGeneration - 1);
            PreviousTokenId = previous.Id;
            PreviousToken = Field(previous.Secret, "token");
        }

        // Public, but secret by being read from a Secret.
        CaCertificate = args.CaCertificate is { } certificate ? certificate : Output.Unsecret(Field(current.Secret, "ca.crt"));

        RegisterOutputs();
    }

    /// <summary>One generation's token. Its resources' names carry the generation, so that a rotation only creates one and deletes one.</summary>
    private (Output<string> Id, Secret Secret) DeclareToken(string name, Input<string> place, Output<string> account, int generation)
    {
        var id = new RandomId($"{name}-token-{generation}-id", new RandomIdArgs
        {
            ByteLength = 8,
            Keepers = { ["generation"] = $"{generation}" },
        }, Child());

        var metadata = Metadata(Output.Format($"{ObjectLabels.Project}-token-{id.Hex}"), place);
        // From the account's output: the account must exist before, or Kubernetes deletes the Secret again.
        metadata.Annotations.Add("kubernetes.io/service-account.name", account);
        var secret = new Secret($"{name}-token-{generation}", new SecretArgs
        {
            Metadata = metadata,
            Type = "kubernetes.io/service-account-token",
        }, Child());
        return (id.Hex, secret);
    }

    /// <summary>A field of a token Secret, which Kubernetes fills and the provider waits for; unknown in the preview that creates it.</summary>
    private static Output<string> Field(Secret secret, string key) => Output.CreateSecret(secret.Data.Apply(data =>
        data is not null && data.TryGetValue(key, out var value)
            ? Encoding.UTF8.GetString(Convert.FromBase64String(value))
            : throw new RunException($"The cluster has not filled '{key}' of the token Secret yet; run 'pulumi up' again.")));

    private static ObjectMetaArgs Metadata(Input<string> name, Input<string>? place = null)
    {
        var metadata = new ObjectMetaArgs { Name = name, Labels = ObjectLabels.Of(ObjectLabels.Project, "scrape-access") };
        if (place is not null)
        {
            metadata.Namespace = place;
        }

        return metadata;
    }

    private CustomResourceOptions Child() => new() { Parent = this };
}
