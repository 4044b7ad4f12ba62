using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FleetPrometheus.Validation;

/// <summary>A server's certificate and its key, as PEM text.</summary>
public static class ServerCertificate
{
    /// <summary>What is wrong with the two, and with which of them; null when the key is the certificate's.</summary>
    /// <param name="certificate">The server's certificate first, then those between it and its CA.</param>
    /// <param name="privateKey">The key; never quoted.</param>
    public static (bool IsKey, string Fix)? Check(string certificate, SecretText privateKey)
    {
        if (!PemCertificates.TryNormalize(certificate, out var chain))
        {
            return (false, "must be one or more PEM certificates (-----BEGIN CERTIFICATE-----…), the server's own first, and nothing else");
        }

        var key = privateKey.Reveal();
        if (key.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            return (true, "is encrypted with a passphrase, which nobody can enter; give the key without one, stored with --secret");
        }

        try
        {
            using var both = X509Certificate2.CreateFromPem(chain, key);
            return null;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            return (true, "must be the PEM private key (-----BEGIN … PRIVATE KEY-----)");
        }
    }

    /// <summary>Those of the names that the certificate is not for. Its subject does not count: nothing that we run looks at it.</summary>
    /// <param name="certificate">The certificate, with its chain or without.</param>
    /// <param name="names">DNS names.</param>
    public static ImmutableArray<string> Lacks(string certificate, IEnumerable<string> names)
    {
        using var own = X509Certificate2.CreateFromPem(certificate);
        return [.. names.Where(name => !IsFor(own, name)).Distinct()];
    }

    /// <summary>Whether one of the CAs, or one that it signed, signed the certificate, or it is one of them; at whatever time.</summary>
    /// <param name="certificate">The certificate, then those between it and its CA.</param>
    /// <param name="ca">One or more certificates, PEM.</param>
    public static bool IsTrusted(string certificate, string ca)
    {
        var given = new X509Certificate2Collection();
        var trusted = new X509Certificate2Collection();
        given.ImportFromPem(certificate);
        trusted.ImportFromPem(ca);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(trusted);
        chain.ChainPolicy.ExtraStore.AddRange(given);
        chain.ChainPolicy.ExtraStore.AddRange(trusted);
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        // A CA need not be a root: the programs stop at the first certificate that they trust.
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority | X509VerificationFlags.IgnoreNotTimeValid;
        return chain.Build(given[0]) && chain.ChainElements.Any(element => trusted.Any(one => one.RawDataMemory.Span.SequenceEqual(element.Certificate.RawDataMemory.Span)));
    }

    /// <summary>What is wrong with the certificate's time; null when it is valid, and for some time yet.</summary>
    /// <param name="certificate">The certificate, with its chain or without.</param>
    /// <param name="now">The present.</param>
    /// <param name="notice">How long before its end it is told of.</param>
    public static string? WrongAt(string certificate, DateTimeOffset now, TimeSpan notice)
    {
        using var own = X509Certificate2.CreateFromPem(certificate);
        var (begin, end) = (own.NotBefore.ToUniversalTime(), own.NotAfter.ToUniversalTime());
        return now > end ? string.Create(CultureInfo.InvariantCulture, $"ended on {end:yyyy-MM-dd}; whoever verifies it refuses the connection")
            : now < begin ? string.Create(CultureInfo.InvariantCulture, $"begins on {begin:yyyy-MM-dd} only; until then whoever verifies it refuses the connection")
            : now + notice > end ? string.Create(CultureInfo.InvariantCulture, $"ends on {end:yyyy-MM-dd}; give a new one before, or whoever verifies it refuses the connection")
            : null;
    }

    private static bool IsFor(X509Certificate2 certificate, string name)
    {
        try
        {
            return certificate.MatchesHostname(name, allowWildcards: true, allowCommonName: false);
        }
        catch (CryptographicException)
        {
            return false; // what should be its names is something else
        }
    }
}
