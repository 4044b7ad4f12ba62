using System.Net;
using System.Security.Cryptography.X509Certificates;
using FleetPrometheus.Central;
using FleetPrometheus.Lab.Simulation;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Components;

/// <summary>A server's certificate with its key, and the certificate of the CA that signed it; all PEM.</summary>
internal sealed record IssuedCertificate(string Certificate, string Key, string Ca)
{
    /// <summary>The names by which the centre's programs know each other by default.</summary>
    public static readonly string[] CentralNames = ["prometheus.monitoring.svc", "alertmanager.monitoring.svc", "push-forwarder.monitoring.svc"];

    /// <summary>The certificate as the centre's options take it.</summary>
    public WebTlsOptions WebTls => new() { Certificate = Certificate, PrivateKey = new SecretText(Key), CaCertificate = Ca };

    /// <summary>A certificate for 127.0.0.1 and for names, by a CA of its own.</summary>
    /// <param name="names">The names.</param>
    /// <param name="life">How long it is valid, counted from a day ago.</param>
    public static IssuedCertificate For(string[] names, TimeSpan? life = null)
    {
        using var authority = new CertificateAuthority("test-ca") { Life = life ?? TimeSpan.FromDays(365) };
        using var certificate = authority.IssueServer("web", [IPAddress.Loopback], names);
        using var key = certificate.GetECDsaPrivateKey()!;
        return new(certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n", authority.CertificatePem);
    }
}
