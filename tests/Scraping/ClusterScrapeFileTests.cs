using System.Globalization;
using System.Text.RegularExpressions;
using FleetPrometheus.Scraping;
using YamlDotNet.RepresentationModel;

namespace FleetPrometheus.Tests.Scraping;

public sealed class ClusterScrapeFileTests
{
    public static TheoryData<string> Clusters => [.. Samples.All.Select(cluster => cluster.Name)];

    [Fact]
    public void Render_SameCluster_SameBytes() =>
        Assert.All(Samples.All, cluster => Assert.Equal(ClusterScrapeFile.Render(cluster), ClusterScrapeFile.Render(cluster with { Jobs = [.. cluster.Jobs] })));

    [Theory]
    [InlineData("tr-TR")]
    [InlineData("de-DE")]
    [InlineData("fa-IR")]
    [InlineData("ar-SA")]
    [InlineData("sv-SE")]
    public void Render_AnyCulture_SameBytes(string name)
    {
        var culture = (CultureInfo)CultureInfo.GetCultureInfo(name).Clone();
        // Where ICU is absent every culture is the invariant one; these two make a difference anyway.
        culture.NumberFormat.NegativeSign = "minus";
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.DateTimeFormat.TimeSeparator = ".";
        string[] Everything() => [.. Samples.All.Select(ClusterScrapeFile.Render), PrometheusMainFile.Render(Samples.Central)];
        var expected = Everything();
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = culture;
            Assert.Equal(expected, Everything());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Render_KubeletAndCadvisor_ShareOneDiscovery() =>
        Assert.Single(Discoveries(Samples.NodesProxy, "product/kubelet", "product/kubelet/cadvisor").Distinct());

    [Fact]
    public void Render_OurExporters_ShareOneDiscoveryOfBothNamespaces()
    {
        var discovery = Assert.Single(Discoveries(Samples.Default, "stage/node-exporter", "stage/kube-state-metrics").Distinct());
        Assert.Contains("names: [fleet-exporters, fleet-node-exporter]", discovery, StringComparison.Ordinal);
        Assert.Contains("label: 'app.kubernetes.io/part-of=fleet-prometheus'", discovery, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_JobsReordered_SameDiscovery()
    {
        var reordered = Samples.Default with { Jobs = [.. Samples.Default.Jobs.Reverse()] };
        Assert.Single(Discoveries(Samples.Default, "stage/node-exporter").Concat(Discoveries(reordered, "stage/node-exporter")).Distinct());
    }

    [Fact]
    public void Render_NewToken_NewFileForJobsSameDiscovery()
    {
        var rotated = Samples.Default with { TokenId = "fedcba9876543210" };
        Assert.Single(Discoveries(Samples.Default, "stage/node-exporter").Concat(Discoveries(rotated, "stage/node-exporter")).Distinct());
        Assert.Contains("credentials_file: stage.token.fedcba9876543210", ClusterScrapeFile.Render(rotated), StringComparison.Ordinal);
        Assert.DoesNotContain(Samples.Default.TokenId, ClusterScrapeFile.Render(rotated), StringComparison.Ordinal);
    }

    [Fact]
    public void Render_ApiServerWithTrailingSlash_SameBytes() =>
        Assert.Equal(
            ClusterScrapeFile.Render(Samples.Gateway),
            ClusterScrapeFile.Render(Samples.Gateway with { ApiServer = new("HTTPS://Gateway.example.org:443/k8s/clusters/c-1") }));

    [Theory]
    [MemberData(nameof(Clusters))]
    public void Render_AnyCluster_UsesTheServiceProxyForFederationOnly(string name)
    {
        var cluster = Sample(name);
        foreach (var job in cluster.Jobs)
        {
            Assert.Equal(job is FederateJob, ClusterScrapeFile.Render(cluster with { Jobs = [job] }).Contains("/services/", StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Clusters))]
    public void Render_AnyCluster_EveryJobSetsClusterJobAndInstance(string name)
    {
        var cluster = Sample(name);
        var configs = ClusterScrapeFile.ScrapeConfigs(cluster);
        foreach (var (config, job) in configs.Zip(cluster.Jobs))
        {
            if (job is ApiServerJob or StaticJob or FederateJob)
            {
                var labels = config.StaticConfigs.Single().Labels;
                Assert.Contains(KeyValuePair.Create("cluster", cluster.Name), labels);
                Assert.Contains(KeyValuePair.Create("job", job.Name), labels);
                continue;
            }

            Assert.Contains(RelabelConfig.Set("cluster", cluster.Name), config.RelabelConfigs, RelabelComparer.Instance);
            Assert.Contains(RelabelConfig.Set("job", job.Name), config.RelabelConfigs, RelabelComparer.Instance);
            Assert.Contains(config.RelabelConfigs, step => step.TargetLabel == "instance");
        }
    }

    [Fact]
    public void Render_StaticTargets_CarryNoCredentialAndCannotChangeTheClustersLabels()
    {
        var configs = ClusterScrapeFile.ScrapeConfigs(Samples.Gateway).Where(config => config.JobName is "gateway/node-exporter/2" or "gateway/router/snmp").ToArray();
        Assert.Equal(2, configs.Length);
        Assert.All(configs, config =>
        {
            Assert.Null(config.Client.CredentialsFile);
            Assert.False(config.Client.FollowRedirects);
        });
        Assert.Equal(
            ["cluster=gateway", "environment=stage", "region=eu-1", "rack=r1", "job=node-exporter"],
            configs[0].StaticConfigs.Single().Labels.Select(label => $"{label.Key}={label.Value}"));
    }

    [Fact]
    public void Render_HonouredLabels_ClusterAndItsLabelsAreForced()
    {
        var configs = ClusterScrapeFile.ScrapeConfigs(Samples.Default);
        var honoured = configs.Single(config => config.HonorLabels);
        Assert.Equal("stage/kube-state-metrics", honoured.JobName);
        foreach (var (label, value) in (KeyValuePair<string, string>[])[new("cluster", "stage"), new("environment", "stage"), new("region", "eu-1")])
        {
            Assert.Equal(value, honoured.MetricRelabelConfigs.Last(step => step.TargetLabel == label).Replacement);
        }
    }

    [Fact]
    public void Render_JobsOfOneName_GetDifferentJobNames()
    {
        var names = ClusterScrapeFile.ScrapeConfigs(Samples.Gateway).Select(config => config.JobName).ToArray();
        Assert.Equal(names.Distinct(), names);
        Assert.Contains("gateway/shop/actuator/prometheus/2", names);
    }

    [Theory]
    [InlineData("https://a.example.org", "a.example.org:443")]
    [InlineData("https://a.example.org:443/", "a.example.org:443")]
    [InlineData("https://[fd00::1]", "[fd00::1]:443")]
    [InlineData("https://10.1.2.3:6443", "10.1.2.3:6443")]
    public void Render_ApiServer_PortIsAlwaysWritten(string address, string target)
    {
        var configs = ClusterScrapeFile.ScrapeConfigs(Samples.Default with { ApiServer = new(address) });
        Assert.Equal(target, configs[0].StaticConfigs.Single().Targets.Single());
        Assert.Equal(target, configs[1].RelabelConfigs.Single(step => step.TargetLabel == "__address__").Replacement);
        Assert.Equal($"https://{target}", configs[1].KubernetesSdConfigs.Single().ApiServer);
    }

    [Fact]
    public void Render_GatewayPath_PrefixesDiscoveredTargetsButNotMembers()
    {
        var configs = ClusterScrapeFile.ScrapeConfigs(Samples.Gateway);
        Assert.Null(configs[0].MetricsPath);
        Assert.Contains(configs, config => config.JobName == "gateway/annotated-pods");
        Assert.All(configs.Where(config => !config.KubernetesSdConfigs.IsEmpty), config => Assert.StartsWith(
            "/k8s/clusters/c-1/api/v1/namespaces/", config.RelabelConfigs.Single(step => step.TargetLabel == "__metrics_path__").Replacement, StringComparison.Ordinal));
        var balanced = ClusterScrapeFile.ScrapeConfigs(Samples.Gateway with { Jobs = [new ApiServerJob()] })[0];
        Assert.Equal("/k8s/clusters/c-1/metrics", balanced.MetricsPath);
    }

    [Theory]
    [InlineData(Trust.ClusterCa, "ca_file: stage.ca.crt", "insecure_skip_verify")]
    [InlineData(Trust.SystemRoots, "", "tls_config")]
    [InlineData(Trust.Insecure, "insecure_skip_verify: true", "ca_file")]
    public void Render_Trust_IsTheSameForJobsAndDiscovery(Trust trust, string present, string absent)
    {
        var text = ClusterScrapeFile.Render(Samples.Default with { Trust = trust });
        Assert.DoesNotContain(absent, text, StringComparison.Ordinal);
        if (present.Length > 0)
        {
            // three jobs, two of them with discovery
            Assert.Equal(5, Regex.Count(text, Regex.Escape(present)));
        }
    }

    [Fact]
    public void Render_HostileLabels_AreReadBackAsTheyWere()
    {
        var root = Parse(ClusterScrapeFile.Render(Samples.Hostile));
        var labels = (YamlMappingNode)root["scrape_configs"][0]["static_configs"][0]["labels"];
        Assert.All(Samples.Hostile.Labels, label => Assert.Equal(label.Value, ((YamlScalarNode)labels[label.Key]).Value));
    }

    private static Cluster Sample(string name) => Samples.All.Single(cluster => cluster.Name == name);

    private static YamlNode Parse(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return stream.Documents.Single().RootNode;
    }

    /// <summary>The discovery of each job as it is written.</summary>
    private static string[] Discoveries(Cluster cluster, params string[] jobs)
    {
        var text = ClusterScrapeFile.Render(cluster);
        return [.. jobs.Select(job => Regex.Match(text, $"- job_name: {Regex.Escape(job)}\n.*?(kubernetes_sd_configs:\n.*?)\n    relabel_configs:", RegexOptions.Singleline).Groups[1].Value)];
    }

    /// <summary>Compares by meaning: the arrays of records compare by reference.</summary>
    private sealed class RelabelComparer : IEqualityComparer<RelabelConfig>
    {
        public static RelabelComparer Instance { get; } = new();

        public bool Equals(RelabelConfig? x, RelabelConfig? y) => x?.TargetLabel == y?.TargetLabel && x?.Replacement == y?.Replacement && x?.Action == y?.Action;

        public int GetHashCode(RelabelConfig step) => HashCode.Combine(step.TargetLabel, step.Replacement);
    }
}
