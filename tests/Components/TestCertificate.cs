using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FleetPrometheus.Tests.Components;

/// <summary>A CA certificate made for this run.</summary>
internal static class TestCertificate
{
    public static string Pem { get; } = Create();

    private static string Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test-ca", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return certificate.ExportCertificatePem() + "\n";
    }
}
