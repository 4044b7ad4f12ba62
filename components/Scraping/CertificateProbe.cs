using FleetPrometheus.Yaml;

namespace FleetPrometheus.Scraping;

/// <summary>
/// A connection to each of the centre's own HTTPS endpoints, made by the exporter beside Prometheus: until when is the certificate that they present
/// valid, whoever put it there? It is trusted for nothing, so one that has ended is still told of.
/// </summary>
public static class CertificateProbe
{
    /// <summary>The job's name.</summary>
    public const string Job = "certificate-probe";

    /// <summary>The exporter's module; no cluster's, which has no underscore.</summary>
    public const string Module = "tls_certificate";

    internal static YamlMap ToYaml() => new()
    {
        { "prober", "tcp" },
        { "tcp", new YamlMap { { "preferred_ip_protocol", "ip4" }, { "tls", true }, { "tls_config", new TlsConfig { InsecureSkipVerify = true }.ToYaml() } } },
    };
}
