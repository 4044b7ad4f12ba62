using System.Collections.Immutable;
using FleetPrometheus.Central;
using FleetPrometheus.Scraping;
using FleetPrometheus.Targets;
using FleetPrometheus.Tests.Components;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Central;

[Collection(PulumiCollection.Name)]
public sealed class OwnClusterTests
{
    private const string RoleName = "fleet-prometheus-own-cluster";

    [Fact]
    public async Task Declare_NotEnabled_HasNeitherRightsNorToken()
    {
        var program = await DeclareAsync(new());

        Assert.Empty(program.OfKind("ClusterRole"));
        Assert.Empty(program.OfKind("Role"));
        Assert.Empty(program.OfKind("DaemonSet"));
        Assert.DoesNotContain("serviceAccountToken", program.Named("StatefulSet", "prometheus").Inputs.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain(ConfigurationPaths.OwnCluster, program.Named("ConfigMap", "prometheus-config").Files.Keys);
    }

    [Fact]
    public async Task Declare_Everything_GivesPrometheusExactlyTheRightsOfItsJobs()
    {
        var program = await DeclareAsync(Everything);

        var cluster = program.Named("ClusterRole", RoleName).At("rules")!;
        Assert.Equal(
            """[{"nonResourceURLs":["/metrics"],"verbs":["get"]},{"apiGroups":[""],"resources":["nodes"],"verbs":["list","watch"]},{"apiGroups":[""],"resources":["nodes/metrics"],"verbs":["get"]}]""",
            cluster.ToJsonString());
        var places = program.OfKind("Role").ToDictionary(role => (string)role.At("metadata.namespace")!, Rights);
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["default"] = "endpoints[kubernetes] pods[kubernetes] services[kubernetes]",
                ["fleet-exporters"] = "pods",
                ["fleet-node-exporter"] = "pods",
                ["market"] = "endpoints pods services",
                ["monitoring"] = "pods",
                ["probed"] = "services",
                ["shop"] = "pods",
            },
            places);
        Assert.All(program.OfKind("RoleBinding").Concat(program.OfKind("ClusterRoleBinding")).Where(binding => binding.ObjectName == RoleName), binding =>
            Assert.Equal("""[{"kind":"ServiceAccount","name":"prometheus","namespace":"monitoring"}]""", binding.At("subjects")!.ToJsonString()));

        static string Rights(DeclaredResource role) => string.Join(' ', role.At("rules")!.AsArray().Select(rule =>
        {
            Assert.Equal("""["list","watch"]""", rule!["verbs"]!.ToJsonString());
            var names = rule["resourceNames"] is { } only ? $"[{string.Join(',', only.AsArray())}]" : "";
            return $"{rule["resources"]![0]}{names}";
        }).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Declare_Everything_GivesTheTokenToPrometheusAloneForAsLongAsItsPodLives()
    {
        var pod = (await DeclareAsync(Everything)).Named("StatefulSet", "prometheus").At("spec.template.spec")!;

        var token = pod["volumes"]!.AsArray().SelectMany(volume => volume!["projected"]?["sources"]?.AsArray() ?? []).Select(source => source!["serviceAccountToken"]).Single(source => source is not null)!;
        Assert.Equal(365 * 24 * 3600, (int)token["expirationSeconds"]!);
        var mounting = pod["containers"]!.AsArray().Where(container => container!["volumeMounts"]!.AsArray().Any(mount => (string)mount!["mountPath"]! == ServiceAccountFiles.Directory));
        Assert.Equal("prometheus", (string)Assert.Single(mounting)!["name"]!);
        Assert.False((bool)pod["automountServiceAccountToken"]!);
    }

    [Fact]
    public async Task Declare_Everything_LoadsWithTheProbersModule()
    {
        var files = (await DeclareAsync(Everything)).Named("ConfigMap", "prometheus-config").Files;

        Assert.Contains("scrape_config_files: [clusters/*.yml, own-cluster.yml]", files[ConfigurationPaths.Main], StringComparison.Ordinal);
        Assert.Contains("password_file: web/password", files[ConfigurationPaths.OwnCluster], StringComparison.Ordinal);
        Assert.Contains("\n  http_2xx:\n", files[ConfigurationPaths.Blackbox], StringComparison.Ordinal);
        foreach (var job in new[] { "apiserver", "kubelet", "kubelet/cadvisor", "node-exporter", "kube-state-metrics", "annotated-pods", "annotated-services", "probed-services", "pushgateway" })
        {
            Assert.Contains($"job_name: central/{job}\n", files[ConfigurationPaths.OwnCluster], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Declare_KubeletsUnchecked_Warns()
    {
        var warnings = new List<string>();
        await DeclareAsync(new OwnClusterOptions { Enabled = true, KubeletCa = TargetClusterArgs.UncheckedKubelets }, warnings.Add);

        Assert.StartsWith("ownCluster.kubeletCa: 'insecure'", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Check_WrongOptions_NamesAllOfThem()
    {
        var arguments = new CentralMonitoringArgs
        {
            CentralName = "stage",
            Clusters = [WatchedClusters.Create("stage")],
            OwnCluster = new()
            {
                Enabled = true,
                KubeletCa = "no certificate",
                AnnotatedPods = ["Nope"],
                AnnotatedServices = ["good", "Bad"],
                ProbedServices = ["also bad"],
                ExtraJobs = [new PodProxyJob("pushgateway") { Namespace = "shop", Selector = ImmutableSortedDictionary<string, string>.Empty, Port = 8080 }],
                NodeExporter = new() { Namespace = "monitoring" },
            },
        };
        var problems = new Problems();

        CentralValidation.Check(arguments, problems);

        Assert.Equal(
            [
                "clusters", "ownCluster.annotatedPods[0]", "ownCluster.annotatedServices[1]", "ownCluster.kubeletCa", "ownCluster.nodeExporter.namespace",
                "ownCluster.probedServices[0]", "ownCluster.scrapeJobs[0].labels", "ownCluster.scrapeJobs[0].name",
            ],
            problems.Select(problem => problem.Key).Order(StringComparer.Ordinal));
    }

    private static OwnClusterOptions Everything { get; } = new()
    {
        Enabled = true,
        AnnotatedPods = ["shop"],
        AnnotatedServices = ["market"],
        ProbedServices = ["probed"],
        Pushgateway = new() { Enabled = true },
    };

    private static Task<DeclaredProgram> DeclareAsync(OwnClusterOptions options, Action<string>? warn = null) => DeclaredProgram.RunAsync(component => new CentralMonitoring(
        "central",
        new CentralMonitoringArgs
        {
            Clusters = [WatchedClusters.Create("stage")], OwnCluster = options, Warn = warn ?? (_ => { }), Clock = new FixedClock(WatchedClusters.Issued),
        },
        component).StackOutputs());
}
