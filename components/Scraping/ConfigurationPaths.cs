namespace FleetPrometheus.Scraping;

/// <summary>
/// Where each file of the central configuration lies, relative to the directory of <c>prometheus.yml</c>. The same in a pod, in a host
/// bundle and in a rendering, which is why every path inside a file is relative too.
/// </summary>
public static class ConfigurationPaths
{
    /// <summary>The main file.</summary>
    public const string Main = "prometheus.yml";

    /// <summary>The directory of rule files.</summary>
    public const string Rules = "rules";

    /// <summary>The directory of the clusters' scrape files, CA certificates and tokens.</summary>
    public const string Clusters = "clusters";

    /// <summary>Web configuration (basic auth, TLS) of Prometheus or Alertmanager.</summary>
    public const string Web = "web/web.yml";

    /// <summary>Web configuration of what listens on loopback only; where there is no TLS, <see cref="Web"/> serves for both.</summary>
    public const string WebLoopback = "web/loopback.yml";

    /// <summary>What the centre's own components verify each other with, where they speak TLS.</summary>
    public const string WebCa = "web/ca.crt";

    /// <summary>The directory of the certificate that Prometheus or Alertmanager proves itself with, and its key.</summary>
    public const string Tls = "tls";

    /// <summary>The clear password that the centre's own components present to each other.</summary>
    public const string WebPassword = "web/password";

    /// <summary>HTTP client configuration that promtool and amtool use against the protected endpoints (probes).</summary>
    public const string WebClient = "web/client.yml";

    /// <summary>The directory of the credentials for stores that Prometheus sends to.</summary>
    public const string RemoteWrite = "remote-write";

    /// <summary>Configuration of the exporter that probes the clusters' API servers.</summary>
    public const string Blackbox = "blackbox.yml";

    /// <summary>The scrape file of the cluster that the centre itself runs in.</summary>
    public const string OwnCluster = "own-cluster.yml";

    /// <summary>What is probed of a cluster, within <see cref="Clusters"/>.</summary>
    public static string ProbeFile(string cluster) => $"{cluster}{ProbeSuffix}";

    /// <summary>What the names of all <see cref="ProbeFile"/> end with; not <c>.yml</c>, or Prometheus would take them for scrape files.</summary>
    public const string ProbeSuffix = ".probe.json";

    /// <summary>What is recorded of a cluster alone, within <see cref="Clusters"/>.</summary>
    public static string RuleFile(string cluster) => $"{cluster}{RuleSuffix}";

    /// <summary>What the names of all <see cref="RuleFile"/> end with; not <c>.yml</c>, for the same reason.</summary>
    public const string RuleSuffix = ".rules";

    /// <summary>The cluster's scrape file, within <see cref="Clusters"/>.</summary>
    public static string ScrapeFile(string cluster) => $"{cluster}.yml";

    /// <summary>The cluster's CA certificate, within <see cref="Clusters"/>.</summary>
    public static string CaFile(string cluster) => $"{cluster}.ca.crt";

    /// <summary>The token that discovery reads, within <see cref="Clusters"/>; its name never changes, so that a new token restarts no watch.</summary>
    public static string DiscoveryTokenFile(string cluster) => $"{cluster}.token";

    /// <summary>The token that jobs read, within <see cref="Clusters"/>; a new token is a new name, because Prometheus caches what it read.</summary>
    public static string JobTokenFile(string cluster, string tokenId) => $"{cluster}.token.{tokenId}";
}
