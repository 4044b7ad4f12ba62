using System.Net;
using FleetPrometheus.Lab.Simulation;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>Where clusters send to that send by themselves: an address on this machine and a certificate for it, by a CA of its own.</summary>
internal sealed class PushEntrance : IDisposable
{
    private readonly CertificateAuthority _authority = new("push");

    public PushEntrance()
    {
        using var certificate = _authority.IssueServer("push-front", [IPAddress.Loopback]);
        using var key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(certificate)!;
        Certificate = certificate.ExportCertificatePem();
        PrivateKey = new SecretText(key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>host:port.</summary>
    public string Address { get; } = Centre.FreeAddress();

    /// <summary>The CA's certificate, PEM.</summary>
    public string CaCertificate => _authority.CertificatePem;

    /// <summary>The server's certificate, PEM.</summary>
    public string Certificate { get; }

    /// <summary>Its key, PEM.</summary>
    public SecretText PrivateKey { get; }

    public void Dispose() => _authority.Dispose();
}
