using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FleetPrometheus.Alerting;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Tests.Scraping;

/// <summary>A complete configuration on disk, with made-up credentials, as Prometheus finds it.</summary>
internal static class ConfigurationTree
{
    public static void Write(TemporaryDirectory directory, PrometheusConfiguration main, IEnumerable<Cluster> clusters, string? certificate = null, Func<Cluster, string>? render = null)
    {
        directory.Write(ConfigurationPaths.Main, PrometheusMainFile.Render(main));
        directory.Write(ConfigurationPaths.WebPassword, "password");
        foreach (var rules in AlertingRules.All)
        {
            directory.Write($"{ConfigurationPaths.Rules}/{rules.Name}", rules.Text);
        }

        directory.Write(ConfigurationPaths.Blackbox, ClusterProbe.Modules(clusters, directory.Path));
        foreach (var cluster in clusters)
        {
            Add(directory, cluster, certificate ?? Certificate(), (render ?? ClusterScrapeFile.Render)(cluster));
        }
    }

    private static void Add(TemporaryDirectory directory, Cluster cluster, string certificate, string file)
    {
        void Put(string name, string content) => directory.Write($"{ConfigurationPaths.Clusters}/{name}", content);
        Put(ConfigurationPaths.ScrapeFile(cluster.Name), file);
        Put(ConfigurationPaths.ProbeFile(cluster.Name), ClusterProbe.TargetFile(cluster));
        Put(ConfigurationPaths.DiscoveryTokenFile(cluster.Name), "token");
        Put(ConfigurationPaths.JobTokenFile(cluster.Name, cluster.TokenId), "token");
        Put(ConfigurationPaths.CaFile(cluster.Name), certificate);
    }

    public static string Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return certificate.ExportCertificatePem() + "\n";
    }
}
