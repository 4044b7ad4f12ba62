using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FleetPrometheus.Validation;
using FleetPrometheus.Yaml;

namespace FleetPrometheus.Scraping;

/// <summary>
/// The probe of every cluster's API server by blackbox_exporter. <c>up</c> says that something is wrong; the probe says what: no answer,
/// a status that refuses the token, a certificate about to expire. It asks for one small page, which no scrape limit can fail.
/// </summary>
public static class ClusterProbe
{
    /// <summary>The value of the label <c>job</c>.</summary>
    public const string Job = "cluster-probe";

    /// <summary>
    /// The page asked for: some 200 bytes, which Kubernetes by default gives to every authenticated caller and to nobody else. (The even
    /// smaller <c>/version</c> and <c>/livez</c> are public and would tell nothing of the token.)
    /// </summary>
    public const string Page = "/api";

    // For people who read it, and the same for the same cluster.
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The content of <see cref="ConfigurationPaths.ProbeFile"/>, a target file for Prometheus's file discovery.</summary>
    public static string TargetFile(Cluster cluster)
    {
        var labels = new SortedDictionary<string, string>(cluster.Labels, StringComparer.Ordinal)
        {
            ["cluster"] = cluster.Name,
            ["instance"] = HostPort.Of(cluster.ApiServer),
            ["__param_module"] = cluster.Name,
        };
        var target = $"https://{HostPort.Of(cluster.ApiServer)}{cluster.ApiServer.AbsolutePath.TrimEnd('/')}{Page}";
        return new JsonArray(new JsonObject
        {
            ["targets"] = new JsonArray(target),
            ["labels"] = new JsonObject(labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value))),
        }).ToJsonString(Readable) + "\n";
    }

    /// <summary>The content of <see cref="ConfigurationPaths.Blackbox"/>: a module per cluster, sorted by name. It holds no credentials.</summary>
    /// <param name="clusters">The clusters, in any order.</param>
    /// <param name="directory">The absolute path of the configuration's directory, because the exporter takes relative ones from wherever it was started.</param>
    /// <param name="ofServices">The name of the module for <see cref="ProbedServicesJob"/>; no cluster's, which has no underscore. Default null: none is needed.</param>
    /// <param name="ofCertificates">Whether <see cref="CertificateProbe"/> needs its module. Default false.</param>
    public static string Modules(IEnumerable<Cluster> clusters, string directory, string? ofServices = null, bool ofCertificates = false)
    {
        var modules = new YamlMap();
        if (ofCertificates)
        {
            modules.Add(CertificateProbe.Module, CertificateProbe.ToYaml());
        }

        if (ofServices is not null)
        {
            modules.Add(ofServices, new YamlMap { { "prober", "http" }, { "http", new YamlMap { { "preferred_ip_protocol", "ip4" } } } });
        }

        foreach (var cluster in clusters.OrderBy(cluster => cluster.Name, StringComparer.Ordinal))
        {
            // Of a name that has addresses of both families it tries one only, by default the one that fewer networks route.
            var http = new YamlMap { { "preferred_ip_protocol", "ip4" }, { "fail_if_not_ssl", true } };
            // The file that is never renamed: the exporter reads it anew for every probe, so a new token needs no new configuration.
            new HttpClientConfig
            {
                CredentialsFile = $"{directory}/{ConfigurationPaths.Clusters}/{ConfigurationPaths.DiscoveryTokenFile(cluster.Name)}",
                Tls = cluster.Trust switch
                {
                    Trust.ClusterCa => new() { CaFile = $"{directory}/{ConfigurationPaths.Clusters}/{ConfigurationPaths.CaFile(cluster.Name)}" },
                    Trust.Insecure => new() { InsecureSkipVerify = true },
                    _ => null,
                },
                FollowRedirects = false,
            }.AddTo(http);
            modules.Add(cluster.Name, new YamlMap { { "prober", "http" }, { "http", http } });
        }

        return new YamlMap { { "modules", modules } }.ToString();
    }
}
