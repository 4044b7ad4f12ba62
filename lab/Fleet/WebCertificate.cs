using System.Net;
using System.Security.Cryptography.X509Certificates;
using FleetPrometheus.Lab.Simulation;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>The certificate of the centre's web endpoints, by a CA of its own.</summary>
internal sealed class WebCertificate : IDisposable
{
    private readonly CertificateAuthority _authority = new("web-ca");
    private readonly string _place;

    /// <param name="place">The centre's namespace.</param>
    public WebCertificate(string place)
    {
        _place = place;
        Renew();
    }

    /// <summary>The CA's certificate, PEM.</summary>
    public string CaCertificate => _authority.CertificatePem;

    /// <summary>The certificate, PEM.</summary>
    public string Certificate { get; private set; } = "";

    /// <summary>Its key, PEM.</summary>
    public SecretText PrivateKey { get; private set; } = new("");

    /// <summary>Puts a new certificate with a new key in the place of the present one.</summary>
    public void Renew()
    {
        // For the names that the programs ask for, and the address at which the lab and its user reach them.
        using var certificate = _authority.IssueServer("web", [IPAddress.Loopback], new[] { "prometheus", "alertmanager", "push-forwarder" }.Select(program => $"{program}.{_place}.svc"));
        using var key = certificate.GetECDsaPrivateKey()!;
        Certificate = certificate.ExportCertificatePem();
        PrivateKey = new SecretText(key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose() => _authority.Dispose();
}
