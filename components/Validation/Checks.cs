using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;

namespace FleetPrometheus.Validation;

/// <summary>Checks of single values that several inputs share. Each returns what is wrong and how to mend it, or null when the value is good.</summary>
public static partial class Checks
{
    /// <summary>Labels that we set ourselves on every series, or that Prometheus and Alertmanager give a meaning of their own.</summary>
    private static readonly string[] OurLabels = ["alertname", "cluster", "instance", "job", "metrics_path", "node", "replica"];

    /// <summary>A cluster's, a namespace's or an object's name: an RFC 1123 DNS label.</summary>
    public static string? DnsLabel(string value) =>
        value.Length <= 63 && DnsLabelPattern().IsMatch(value)
            ? null
            : "must be a DNS label: 1 to 63 lower-case letters, digits and '-', beginning and ending with a letter or digit";

    /// <summary>The name of a label that operators put on all series of a cluster.</summary>
    public static string? OwnLabelName(string value) =>
        !LabelNamePattern().IsMatch(value) || value.StartsWith("__", StringComparison.Ordinal)
            ? "must be a Prometheus label name: letters, digits and '_', not beginning with a digit or with '__'"
        : OurLabels.Contains(value)
            ? "is set by fleet-prometheus itself; choose another name"
            : null;

    /// <summary>An API server's address: absolute https, without user information, query and fragment; a path is kept.</summary>
    public static string? ApiServer(string value) =>
        !Uri.TryCreate(value, UriKind.Absolute, out var uri) ? "must be an absolute https address, such as https://10.0.0.1:6443"
        : uri.Scheme != Uri.UriSchemeHttps ? "must be an https address, because the token is sent to it"
        : uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0 ? "must hold no user information, query or fragment"
        : null;

    /// <summary>An address of the form host:port.</summary>
    public static string? HostAndPort(string value) =>
        Uri.TryCreate($"tcp://{value}", UriKind.Absolute, out var uri) && uri.Host.Length > 0 && uri.Port > 0 && uri.Authority == value
            ? null
            : "must be host:port, such as 10.0.0.1:6443";

    /// <summary>One or more CA certificates in PEM, and nothing secret.</summary>
    public static string? CaCertificate(string value)
    {
        if (value.Contains("PRIVATE KEY", StringComparison.Ordinal))
        {
            return "holds a private key; give the CA's certificate only";
        }

        try
        {
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPem(value);
            return certificates.Count > 0 ? null : "must be a PEM certificate (-----BEGIN CERTIFICATE-----…)";
        }
        catch (CryptographicException)
        {
            return "must be a PEM certificate (-----BEGIN CERTIFICATE-----…); this one can't be decoded";
        }
    }

    /// <summary>A TCP port.</summary>
    public static string? Port(int value) => value is > 0 and <= 65535 ? null : "must be a port, 1 to 65535";

    /// <summary>A Kubernetes quantity, such as <c>500m</c> or <c>2Gi</c>.</summary>
    public static string? Quantity(string value) =>
        QuantityPattern().IsMatch(value) ? null : "must be a Kubernetes quantity, such as 500m or 2Gi";

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex DnsLabelPattern();

    [GeneratedRegex(@"\A[a-zA-Z_][a-zA-Z0-9_]*\z")]
    private static partial Regex LabelNamePattern();

    [GeneratedRegex(@"\A[0-9]+(\.[0-9]+)?([numkMGTPE]|[KMGTPE]i)?\z")]
    private static partial Regex QuantityPattern();
}
