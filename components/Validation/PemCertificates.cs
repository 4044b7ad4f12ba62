using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace FleetPrometheus.Validation;

/// <summary>CA certificates as PEM text.</summary>
public static class PemCertificates
{
    private const string Label = "CERTIFICATE";
    private const string Begin = "-----BEGIN ";

    /// <summary>
    /// Reads one or more certificates and writes them back in one canonical form, without anything around them.
    /// False when there is none, when one cannot be read, or when there is something else too (a private key, say).
    /// </summary>
    public static bool TryNormalize(string? text, [NotNullWhen(true)] out string? pem)
    {
        pem = null;
        if (text is null)
        {
            return false;
        }

        var normalized = new StringBuilder();
        var rest = text.AsSpan();
        var blocks = rest.Count(Begin);
        while (PemEncoding.TryFind(rest, out var fields))
        {
            if (!rest[fields.Label].SequenceEqual(Label) || !TryRead(rest[fields.Base64Data], out var certificate))
            {
                return false;
            }

            normalized.Append(PemEncoding.WriteString(Label, certificate)).Append('\n');
            rest = rest[fields.Location.End..];
            blocks--;
        }

        // A damaged block is not found; it must not pass for absent.
        if (normalized.Length == 0 || blocks != 0)
        {
            return false;
        }

        pem = normalized.ToString();
        return true;
    }

    /// <summary>The last of one or more certificates in canonical form; null where <see cref="TryNormalize"/> says false.</summary>
    public static string? Last(string? text) => TryNormalize(text, out var pem) ? pem[pem.LastIndexOf(Begin, StringComparison.Ordinal)..] : null;

    private static bool TryRead(ReadOnlySpan<char> base64, out byte[] certificate)
    {
        certificate = [];
        try
        {
            using var read = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(base64.ToString()));
            certificate = read.RawData;
            return true;
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException)
        {
            return false;
        }
    }
}
