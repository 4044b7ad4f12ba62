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
            return (true, "must be the PEM private key (-----BEGIN … PRIVATE KEY-----) of pushFront.certificate");
        }
    }
}
