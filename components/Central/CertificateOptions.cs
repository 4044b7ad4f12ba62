using FleetPrometheus.Validation;
using FleetPrometheus.Workloads;
using Pulumi;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;

namespace FleetPrometheus.Central;

/// <summary>What a server proves itself with: a certificate and its key, or the Secret in which somebody else keeps both.</summary>
public abstract record CertificateOptions
{
    /// <summary>The certificate's file in a mounted Secret of type <c>kubernetes.io/tls</c>.</summary>
    internal const string CertificateFile = "tls.crt";

    /// <summary>The key's file in it.</summary>
    internal const string KeyFile = "tls.key";

    /// <summary>How long before its end a certificate is warned of.</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromDays(21);

    /// <summary>The server's certificate with its chain, PEM; <see cref="PrivateKey"/> belongs to it. Default null.</summary>
    public string? Certificate { get; init; }

    /// <summary>The key of <see cref="Certificate"/>, PEM. Default null.</summary>
    public SecretText? PrivateKey { get; init; }

    /// <summary>An existing Secret of type <c>kubernetes.io/tls</c> in the centre's namespace, in the place of both. Default null.</summary>
    public string? TlsSecret { get; init; }

    /// <summary>Whether there is a certificate, and with it what it is for.</summary>
    public bool Enabled => TlsSecret is not null || Certificate is not null;

    /// <summary>Notes every problem of certificate, key and Secret.</summary>
    /// <param name="key">The key that they are written under.</param>
    /// <param name="problems">Where problems are noted; the private key is never in them.</param>
    internal void CheckCertificate(string key, Problems problems)
    {
        if (TlsSecret is { } secret)
        {
            problems.Check($"{key}.tlsSecret", secret, Checks.DnsLabel(secret));
            if (Certificate is not null || PrivateKey is not null)
            {
                problems.Add($"{key}.tlsSecret", secret, "takes the place of certificate and privateKey; write either the one or the two");
            }

            return;
        }

        if (PrivateKey is null != Certificate is null)
        {
            problems.Add(Certificate is null ? $"{key}.certificate" : $"{key}.privateKey", null, "is missing; certificate and privateKey belong together");
        }
        else if (this is { Certificate: { } certificate, PrivateKey: { } privateKey } && ServerCertificate.Check(certificate, privateKey) is { } wrong)
        {
            problems.Add(wrong.IsKey ? $"{key}.privateKey" : $"{key}.certificate", null, wrong.IsKey ? $"{wrong.Fix} of {key}.certificate" : wrong.Fix);
        }
    }

    /// <summary>
    /// Tells when nobody trusts the certificate because of the present time, or soon nobody will. No error: what is declared must not depend on a clock.
    /// </summary>
    internal void WarnOfTime(string key, DateTimeOffset now, Action<string> warn)
    {
        if (Certificate is { } certificate && ServerCertificate.WrongAt(certificate, now, Notice) is { } wrong)
        {
            warn($"{key}.certificate: {wrong}");
        }
    }

    /// <summary>The name of the Secret: of the one that is there already, or of one declared with what is given.</summary>
    internal Input<string> SecretName(string name, ObjectMetaArgs metadata, CustomResourceOptions child)
    {
        if (this is not { Certificate: { } certificate, PrivateKey: { } privateKey })
        {
            return TlsSecret!;
        }

        return new Secret(name, new SecretArgs
        {
            Metadata = metadata,
            Type = "kubernetes.io/tls",
            Data = SecretData.Of([KeyValuePair.Create(CertificateFile, new SecretText(certificate)), KeyValuePair.Create(KeyFile, privateKey)]),
        }, child).Metadata.Apply(made => made.Name);
    }
}
