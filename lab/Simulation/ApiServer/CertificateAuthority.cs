using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>A cluster's own certificate authority, held in memory only.</summary>
public sealed class CertificateAuthority : IDisposable
{
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    // A day before now, so that a clock somewhat behind ours accepts them.
    private readonly DateTimeOffset _from = DateTimeOffset.UtcNow.AddDays(-1);
    private readonly X509Certificate2 _certificate;

    /// <summary>How long what it issues is valid, counted from a day ago. Default a year.</summary>
    public TimeSpan Life { get; init; } = TimeSpan.FromDays(365);

    /// <param name="commonName">The CA's name, such as <c>kubernetes</c>.</param>
    public CertificateAuthority(string commonName)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={commonName}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _certificate = request.CreateSelfSigned(_from, _from.AddYears(10));
        CertificatePem = PemOf(_certificate);
    }

    private CertificateAuthority(X509Certificate2 certificate) => (_certificate, CertificatePem) = (certificate, PemOf(certificate));

    /// <summary>Somebody else's CA, of which only the certificate is known: it can tell what it signed, and sign nothing.</summary>
    public static CertificateAuthority Known(string certificatePem) => new(X509Certificate2.CreateFromPem(certificatePem));

    /// <summary>The CA's certificate, PEM. Good also after the end of this, for who still asks while it is replaced.</summary>
    public string CertificatePem { get; }

    /// <summary>A certificate for a server at these addresses and names.</summary>
    public X509Certificate2 IssueServer(string commonName, IEnumerable<IPAddress> addresses, params IEnumerable<string> names)
    {
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var address in addresses) alternatives.AddIpAddress(address);
        foreach (var name in names) alternatives.AddDnsName(name);
        return Issue($"CN={commonName}", ServerAuthentication, alternatives.Build());
    }

    /// <summary>A client certificate; Kubernetes reads user and group from it.</summary>
    public X509Certificate2 IssueClient(string user, string group) => Issue($"O={group}, CN={user}", ClientAuthentication, null);

    /// <summary>Whether this CA signed the certificate.</summary>
    public bool Signed(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_certificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    /// <inheritdoc/>
    public void Dispose() => _certificate.Dispose();

    private static string PemOf(X509Certificate2 certificate) => certificate.ExportCertificatePem() + "\n";

    private X509Certificate2 Issue(string subject, Oid purpose, X509Extension? alternatives)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([purpose], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false));
        if (alternatives is not null) request.CertificateExtensions.Add(alternatives);
        using var signed = request.Create(_certificate, _from, _from + Life, RandomNumberGenerator.GetBytes(16));
        return signed.CopyWithPrivateKey(key);
    }
}
