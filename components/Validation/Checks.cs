using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace FleetPrometheus.Validation;

/// <summary>Checks of single values that several inputs share. Each returns what is wrong and how to mend it, or null when the value is good.</summary>
public static partial class Checks
{
    /// <summary>A cluster's, a namespace's or an object's name.</summary>
    public static string? DnsLabel(string value) => KubernetesNames.IsDnsLabel(value)
        ? null
        : "must be a DNS label: 1 to 63 lower-case letters, digits and '-', beginning and ending with a letter or digit";

    /// <summary>The name of a label that operators put on all series of a cluster.</summary>
    public static string? OwnLabelName(string value) =>
        !PrometheusLabels.IsName(value) ? "must be a Prometheus label name: letters, digits and '_', not beginning with a digit"
        : PrometheusLabels.IsReserved(value) ? "belongs to Prometheus or to fleet-prometheus; choose another name"
        : null;

    /// <summary>The value of such a label.</summary>
    public static string? OwnLabelValue(string value) => PrometheusLabels.IsValue(value)
        ? null
        : $"must be a label value: 1 to {PrometheusLabels.LongestValue} characters on one line";

    /// <summary>The value of such a label of a cluster that sends by itself.</summary>
    public static string? SentLabelValue(string value) => OwnLabelValue(value)
        ?? (value.Contains("{{", StringComparison.Ordinal) ? "must not hold '{{', which the way in for samples would take for a place to fill in" : null);

    /// <summary>An API server's address.</summary>
    public static string? ApiServer(string value) => HttpsAddress.TryParse(value, out _)
        ? null
        : "must be an absolute https address without user information, query and fragment, such as https://10.0.0.1:6443";

    /// <summary>One or more CA certificates in PEM, and nothing secret.</summary>
    public static string? CaCertificate(string value) => PemCertificates.TryNormalize(value, out _)
        ? null
        : "must be one or more PEM certificates (-----BEGIN CERTIFICATE-----…) and nothing else";

    /// <summary>An address of the form host:port.</summary>
    public static string? HostAndPort(string value) => HostPort.IsValid(value) ? null : "must be host:port, such as 10.0.0.1:6443";

    /// <summary>The name of a host, without a port.</summary>
    public static string? HostName(string value) => KubernetesNames.IsDnsSubdomain(value) && value.Split('.').All(KubernetesNames.IsDnsLabel)
        ? null
        : "must be the name of a host: lower-case letters, digits, '-' and '.', such as monitoring.example.com";

    /// <summary>A range of addresses in CIDR notation.</summary>
    public static string? Cidr(string value) =>
        // .NET reads shortened, octal and hexadecimal addresses too, which Kubernetes refuses or reads otherwise.
        IPNetwork.TryParse(value, out var network) && !value.Contains('%', StringComparison.Ordinal)
        && (network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6 ? value.Contains('/', StringComparison.Ordinal) : network.ToString() == value)
        ? null
        : "must be an address range, such as 10.0.0.0/28";

    /// <summary>A TCP port.</summary>
    public static string? Port(int value) => value is > 0 and <= 65535 ? null : "must be a port, 1 to 65535";

    /// <summary>A path at which metrics are served.</summary>
    public static string? Path(string value) => HttpPath.IsValid(value)
        ? null
        : "must be a path that begins with '/', without '..', '?', '#' and '%', such as /metrics";

    /// <summary>A port of a Kubernetes Service, by its name or number.</summary>
    public static string? ServicePort(string value) =>
        (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && Port(number) is null) || PortNamePattern().IsMatch(value)
            ? null
            : "must be the number of a port that the Service declares, or its name: at most 15 lower-case letters, digits and '-', one letter at least";

    /// <summary>The name of a storage class or priority class.</summary>
    public static string? ClassName(string value) => KubernetesNames.IsDnsSubdomain(value)
        ? null
        : "must be the name of a class: lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit";

    /// <summary>An RE2 expression.</summary>
    public static string? Expression(string value) => Re2.IsValid(value) ? null : "must be an RE2 expression";

    /// <summary>A Kubernetes quantity, such as <c>500m</c> or <c>2Gi</c>.</summary>
    public static string? Quantity(string value) =>
        Validation.Quantity.TryParse(value, out _) ? null : "must be a Kubernetes quantity, such as 500m or 2Gi";

    [GeneratedRegex(@"\A(?=.{1,15}\z)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*\z")]
    private static partial Regex PortNamePattern();
}
