using System.Security.Cryptography.X509Certificates;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>HTTP that trusts one CA and no other, as the programs of the fleet do.</summary>
internal static class TrustingHandler
{
    /// <summary>A handler for HTTP clients.</summary>
    /// <param name="caCertificate">The CA's certificate, PEM; null: only plain HTTP is spoken.</param>
    public static SocketsHttpHandler Of(string? caCertificate)
    {
        var handler = new SocketsHttpHandler();
        if (caCertificate is not null)
        {
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { X509Certificate2.CreateFromPem(caCertificate) },
                RevocationMode = X509RevocationMode.NoCheck,
            };
        }

        return handler;
    }
}
