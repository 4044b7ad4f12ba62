using System.Collections.Immutable;
using FleetPrometheus.Contract;
using FleetPrometheus.Scraping;
using FleetPrometheus.Targets;
using FleetPrometheus.Tests.Components;
using FleetPrometheus.Validation;
using Pulumi;
using Pulumi.Utilities;

namespace FleetPrometheus.Tests.Targets;

[Collection(PulumiCollection.Name)]
public class TargetClusterTests
{
    [Fact]
    public async Task Declare_Defaults_SeparatesPrivilegedFromRestricted()
    {
        var program = await DeclareAsync(Arguments());

        Assert.Equal(
            [("fleet-exporters", "restricted"), ("fleet-node-exporter", "privileged")],
            program.OfKind("Namespace").Select(place => (place.ObjectName, (string)place.At("metadata.labels")!["pod-security.kubernetes.io/enforce"]!)));
        Assert.All(program.OfKind("Namespace"), place =>
        {
            var labels = place.At("metadata.labels")!;
            foreach (var mode in new[] { "enforce", "audit", "warn" })
            {
                Assert.Equal((string)labels["pod-security.kubernetes.io/enforce"]!, (string)labels[$"pod-security.kubernetes.io/{mode}"]!);
                Assert.Equal("latest", (string)labels[$"pod-security.kubernetes.io/{mode}-version"]!);
            }
        });
        Assert.Equal("fleet-node-exporter", (string)program.Named("DaemonSet", "node-exporter").At("metadata.namespace")!);
        Assert.Equal("fleet-exporters", (string)program.Named("DaemonSet", "node-relay").At("metadata.namespace")!);
        Assert.Equal("fleet-exporters", (string)program.Only("Deployment").At("metadata.namespace")!);
    }

    [Fact]
    public async Task Declare_Defaults_EveryObjectHasAFixedNameAndOurLabels()
    {
        var program = await DeclareAsync(Arguments());

        Assert.All(program.All.Where(resource => resource.Type.StartsWith("kubernetes:")), resource =>
        {
            Assert.NotEmpty(resource.ObjectName);
            Assert.Equal("fleet-prometheus", (string)resource.At("metadata.labels")!["app.kubernetes.io/part-of"]!);
            Assert.Equal("pulumi", (string)resource.At("metadata.labels")!["app.kubernetes.io/managed-by"]!);
        });
    }

    [Fact]
    public async Task Declare_Components_FormATree()
    {
        var program = await DeclareAsync(Arguments());

        var parents = program.All.ToDictionary(resource => resource.Name, resource => resource.Parent);
        Assert.Equal("stage", parents["stage-node-exporter"]);
        Assert.Equal("stage-node-exporter", parents["stage-node-exporter-daemonset"]);
        Assert.Equal("stage", parents["stage-scrape"]);
        Assert.Equal("stage-scrape", parents["stage-scrape-token-1"]);
        Assert.Equal("stage", parents["stage-fleet-exporters"]);
        Assert.Null(parents["stage"]);
        Assert.Equal("fleet-prometheus:targets:TargetCluster", program.All.Single(resource => resource.Name == "stage").Type);
    }

    [Theory]
    [InlineData(NodeAccess.Relay, ExporterMode.Install, ExporterMode.Install, "/metrics", "fleet-exporters")]
    [InlineData(NodeAccess.Relay, ExporterMode.Off, ExporterMode.Off, "/metrics", "fleet-exporters")]
    [InlineData(NodeAccess.Off, ExporterMode.Install, ExporterMode.Install, "/metrics", "fleet-exporters,fleet-node-exporter")]
    [InlineData(NodeAccess.NodesProxy, ExporterMode.Install, ExporterMode.Install, "/metrics,nodes,nodes/proxy", "fleet-exporters,fleet-node-exporter")]
    [InlineData(NodeAccess.Off, ExporterMode.Off, ExporterMode.Install, "/metrics", "fleet-exporters")]
    [InlineData(NodeAccess.Off, ExporterMode.Install, ExporterMode.Off, "/metrics", "fleet-node-exporter")]
    [InlineData(NodeAccess.Off, ExporterMode.Off, ExporterMode.Off, "/metrics", "")]
    public async Task Declare_Choices_GrantExactlyTheirRights(
        NodeAccess nodeAccess, ExporterMode nodeExporter, ExporterMode kubeStateMetrics, string clusterWide, string namespaces)
    {
        var arguments = Arguments();
        arguments.NodeAccess = nodeAccess;
        arguments.NodeExporter = new NodeExporterOptions { Mode = nodeExporter };
        arguments.KubeStateMetrics = new KubeStateMetricsOptions { Mode = kubeStateMetrics };

        var program = await DeclareAsync(arguments);

        var granted = program.Named("ClusterRole", "fleet-prometheus-scrape").At("rules")!.AsArray()
            .SelectMany(rule => (rule!["resources"] ?? rule["nonResourceURLs"])!.AsArray()).Select(name => (string)name!);
        Assert.Equal(clusterWide, string.Join(',', granted));
        Assert.Equal(namespaces, string.Join(',', program.OfKind("Role").Select(role => (string)role.At("metadata.namespace")!).Order()));
        Assert.All(program.OfKind("Role"), role => Assert.Equal(
            """[{"apiGroups":[""],"resources":["pods"],"verbs":["list","watch"]},{"apiGroups":[""],"resources":["pods/proxy"],"verbs":["get"]}]""",
            role.At("rules")!.ToJsonString()));
        Assert.All(program.OfKind("RoleBinding").Append(program.Named("ClusterRoleBinding", "fleet-prometheus-scrape")), binding =>
        {
            Assert.Equal("fleet-prometheus-scrape", (string)binding.At("roleRef.name")!);
            Assert.Equal("""[{"kind":"ServiceAccount","name":"fleet-prometheus","namespace":"fleet-exporters"}]""", binding.At("subjects")!.ToJsonString());
        });
        Assert.Equal(nodeExporter == ExporterMode.Install ? 1 : 0, program.OfKind("DaemonSet").Count(set => set.ObjectName == "node-exporter"));
        Assert.Equal(nodeAccess == NodeAccess.Relay ? 1 : 0, program.OfKind("DaemonSet").Count(set => set.ObjectName == "node-relay"));
        Assert.Equal(kubeStateMetrics == ExporterMode.Install ? 1 : 0, program.OfKind("Deployment").Length);
    }

    [Fact]
    public async Task Declare_AdoptedExporters_AreScrapedAndNotInstalled()
    {
        var arguments = Arguments();
        arguments.NodeAccess = NodeAccess.Off;
        arguments.NodeExporter = new NodeExporterOptions { Mode = ExporterMode.Adopt, Namespace = "kube-system", Labels = Labels("app", "ne"), Port = 9101 };
        arguments.KubeStateMetrics = new KubeStateMetricsOptions { Mode = ExporterMode.Adopt, Namespace = "kube-system", Labels = Labels("app", "ksm") };

        var program = await DeclareAsync(arguments);

        Assert.Empty(program.OfKind("DaemonSet").Concat(program.OfKind("Deployment")));
        Assert.Equal("fleet-exporters", program.Only("Namespace").ObjectName);
        Assert.Equal("kube-system", (string)program.Only("Role").At("metadata.namespace")!);
        var connection = await ReadAsync(program);
        Assert.Equal(
            [("node-exporter", "kube-system", "app=ne", 9101), ("kube-state-metrics", "kube-system", "app=ksm", 8080)],
            connection.Jobs.OfType<PodProxyJob>().Select(job => (job.Name, job.Namespace, $"{job.Selector.Single().Key}={job.Selector.Single().Value}", job.Port)));
    }

    [Fact]
    public async Task Declare_Relay_HasEveryJobOfANodeInOneDiscovery()
    {
        var arguments = Arguments();
        arguments.NodeExporter = new NodeExporterOptions { Mode = ExporterMode.Adopt, Port = 9101 };

        var program = await DeclareAsync(arguments);

        // An adopted exporter is asked at its node's address, wherever its pods are.
        Assert.Contains("[{$NODE_IP}]:9101", program.Only("ConfigMap").Files["Caddyfile"], StringComparison.Ordinal);
        var jobs = (await ReadAsync(program)).Jobs;
        Assert.Equal(
            [("kubelet", "/kubelet/metrics", "/metrics"), ("kubelet", "/kubelet/metrics/cadvisor", "/metrics/cadvisor"), ("node-exporter", "/node-exporter/metrics", null), ("kube-state-metrics", "/metrics", null)],
            jobs.OfType<PodProxyJob>().Select(job => (job.Name, job.MetricsPath, job.KubeletPath)));
        var cluster = new Cluster { Name = "stage", ApiServer = new("https://stage.example:6443"), TokenId = "0", Jobs = jobs };
        Assert.All(ClusterScrapeFile.ScrapeConfigs(cluster).SelectMany(config => config.KubernetesSdConfigs), discovery =>
        {
            Assert.Equal(("pod", "fleet-exporters"), (discovery.Role, Assert.Single(discovery.Namespaces)));
            Assert.Equal("app.kubernetes.io/part-of", Assert.Single(discovery.Selector).Key);
        });
    }

    [Fact]
    public async Task Declare_ExtraJobsAndAnnotatedPods_GrantPodsInTheirNamespacesAndWarnOfSystemPods()
    {
        var warnings = new List<string>();
        var arguments = Arguments();
        arguments.Warn = warnings.Add;
        arguments.ExtraJobs = [JobPresets.CoreDns, JobPresets.IngressNginx with { Namespace = "market" }];
        arguments.AnnotatedPods = ["shop", "market"];
        arguments.AnnotatedServices = ["store"];

        var program = await DeclareAsync(arguments);

        Assert.Equal(
            ["fleet-exporters", "kube-system", "market", "shop", "store"],
            program.OfKind("Role").Select(role => (string)role.At("metadata.namespace")!).Order(StringComparer.Ordinal));
        Assert.Equal(["/metrics"], program.Named("ClusterRole", "fleet-prometheus-scrape").At("rules")!.AsArray().SelectMany(rule => rule!["nonResourceURLs"]!.AsArray()).Select(url => (string)url!));
        Assert.Equal(["fleet-exporters", "fleet-node-exporter"], program.OfKind("Namespace").Select(place => place.ObjectName).Order(StringComparer.Ordinal));
        Assert.StartsWith("coredns in namespace kube-system", Assert.Single(warnings), StringComparison.Ordinal);
        var connection = await ReadAsync(program);
        Assert.Equal(["coredns", "ingress-nginx"], connection.Jobs.OfType<PodProxyJob>().Skip(4).Select(job => job.Name));
        Assert.Equal(["market", "shop"], connection.Jobs.OfType<AnnotatedPodsJob>().Single().Namespaces);
        Assert.Equal(["store"], connection.Jobs.OfType<AnnotatedServicesJob>().Single().Namespaces);
    }

    [Fact]
    public async Task Declare_ScrapeAccount_HasNoTokenButItsSecrets()
    {
        var program = await DeclareAsync(Arguments());

        var account = program.Named("ServiceAccount", "fleet-prometheus");
        Assert.False((bool)account.At("automountServiceAccountToken")!);
        Assert.Null(account.At("secrets"));
        var secret = program.Only("Secret");
        Assert.Equal("kubernetes.io/service-account-token", (string)secret.At("type")!);
        Assert.Equal("fleet-prometheus", (string)secret.At("metadata.annotations")!["kubernetes.io/service-account.name"]!);
        Assert.Equal("fleet-prometheus-token-00000000000000a1", secret.ObjectName);
        Assert.Equal("""{"generation":"1"}""", program.Only("RandomId").At("keepers")!.ToJsonString());
    }

    [Fact]
    public async Task StackOutputs_FirstGeneration_AreReadBackWithoutAPreviousToken()
    {
        var program = await DeclareAsync(Arguments());

        Assert.DoesNotContain(StackOutputs.PreviousToken, program.Outputs.Keys);
        Assert.DoesNotContain(StackOutputs.PreviousTokenId, program.Outputs.Keys);
        var connection = await ReadAsync(program);
        Assert.Equal("stage", connection.ClusterName);
        Assert.Equal(new Uri("https://stage.example:6443"), connection.ApiServer);
        Assert.Equal(TestCertificate.Pem, connection.CaCertificate);
        Assert.Equal("00000000000000a1", connection.TokenId);
        Assert.Equal(DeclaredProgram.TokenOf("fleet-prometheus-token-00000000000000a1"), connection.Token.Reveal());
        Assert.Null(connection.PreviousToken);
    }

    [Fact]
    public async Task StackOutputs_SecondGeneration_KeepsBothTokens()
    {
        var arguments = Arguments();
        arguments.TokenGeneration = 2;

        var program = await DeclareAsync(arguments);

        Assert.Equal(["stage-scrape-token-1", "stage-scrape-token-2"], program.OfKind("Secret").Select(secret => secret.Name));
        var connection = await ReadAsync(program);
        Assert.Equal("00000000000000b2", connection.TokenId);
        Assert.Equal("00000000000000a1", connection.PreviousTokenId);
        Assert.Equal(DeclaredProgram.TokenOf("fleet-prometheus-token-00000000000000a1"), connection.PreviousToken!.Reveal());
    }

    [Fact]
    public async Task StackOutputs_ThirdGeneration_RevokesTheFirst()
    {
        var arguments = Arguments();
        arguments.TokenGeneration = 3;

        var program = await DeclareAsync(arguments);

        Assert.Equal(["stage-scrape-token-2", "stage-scrape-token-3"], program.OfKind("Secret").Select(secret => secret.Name));
    }

    [Fact]
    public async Task StackOutputs_OnlyTokensAreSecret()
    {
        var arguments = Arguments();
        arguments.TokenGeneration = 2;

        var outputs = (await DeclareAsync(arguments)).Outputs;

        foreach (var (name, output) in outputs)
        {
            var secret = output is Output<string> text && await Output.IsSecretAsync(text);
            Assert.Equal(name is StackOutputs.Token or StackOutputs.PreviousToken, secret);
        }
    }

    [Fact]
    public async Task StackOutputs_PreviewOfTheFirstUp_LeavesTheTokenUnknown()
    {
        var program = await DeclareAsync(Arguments(), preview: true);

        var token = (Output<string>)program.Outputs[StackOutputs.Token]!;
        Assert.False(await OutputUtilities.GetIsKnownAsync(token));
        Assert.True(await Output.IsSecretAsync(token));
        Assert.False(await OutputUtilities.GetIsKnownAsync((Output<string>)program.Outputs[StackOutputs.CaCertificate]!));
        Assert.Equal("stage", program.Outputs[StackOutputs.ClusterName]);
    }

    [Fact]
    public async Task StackOutputs_TokenNotFilled_SaysWhatToRun()
    {
        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => DeclaredProgram.RunAsync(
            options => new TargetCluster("stage", Arguments(), options).StackOutputs(), tokensFilled: false));

        Assert.Contains("pulumi up", refusal.ToString());
    }

    [Theory]
    [InlineData("system")]
    [InlineData(null)]
    public async Task StackOutputs_OwnCa_IsHandedOn(string? given)
    {
        var expected = given ?? TestCertificate.Pem;
        var arguments = Arguments();
        arguments.CaCertificate = expected;

        var program = await DeclareAsync(arguments);

        Assert.Equal(expected, await OutputUtilities.GetValueAsync((Output<string>)program.Outputs[StackOutputs.CaCertificate]!));
    }

    [Fact]
    public async Task Declare_OwnNamespace_IsUsedAndNotDeclaredAgain()
    {
        var program = await DeclaredProgram.RunAsync(options =>
        {
            var arguments = Arguments();
            arguments.OwnNamespaces = arguments.OwnNamespaces.Add("fleet-exporters", new Pulumi.Kubernetes.Core.V1.Namespace("own", new()
            {
                Metadata = new Pulumi.Kubernetes.Types.Inputs.Meta.V1.ObjectMetaArgs { Name = "fleet-exporters" },
            }));
            _ = new TargetCluster("stage", arguments, options);
        });

        Assert.Equal(["own", "stage-fleet-node-exporter"], program.OfKind("Namespace").Select(place => place.Name));
        Assert.Equal("fleet-exporters", (string)program.Only("Deployment").At("metadata.namespace")!);
    }

    [Theory]
    [InlineData(NodeAccess.Relay, 0)]
    [InlineData(NodeAccess.Off, 0)]
    [InlineData(NodeAccess.NodesProxy, 1)]
    [InlineData(NodeAccess.Direct, 0)]
    public async Task Declare_NodesProxy_WarnsWhatItHandsOut(NodeAccess nodeAccess, int expected)
    {
        var warnings = new List<string>();
        var arguments = Arguments();
        arguments.NodeAccess = nodeAccess;
        arguments.Warn = warnings.Add;

        await DeclareAsync(arguments);

        Assert.Equal(expected, warnings.Count);
        Assert.All(warnings, warning => Assert.Contains("nodes/proxy", warning));
    }

    [Theory]
    [InlineData(ExporterMode.Install, "fleet-node-exporter")]
    [InlineData(ExporterMode.Adopt, "kube-system")]
    public async Task Declare_Direct_GrantsKubeletsMetricsAndNoProxyToNodeExporter(ExporterMode mode, string place)
    {
        var arguments = Arguments();
        arguments.NodeAccess = NodeAccess.Direct;
        arguments.NodeExporter = new NodeExporterOptions { Mode = mode, Namespace = place, Labels = Labels("app", "ne") };

        var program = await DeclareAsync(arguments);

        Assert.Equal(
            """[{"nonResourceURLs":["/metrics"],"verbs":["get"]},{"apiGroups":[""],"resources":["nodes"],"verbs":["list","watch"]},{"apiGroups":[""],"resources":["nodes/metrics"],"verbs":["get"]}]""",
            program.Named("ClusterRole", "fleet-prometheus-scrape").At("rules")!.ToJsonString());
        Assert.Equal(
            """[{"apiGroups":[""],"resources":["pods"],"verbs":["list","watch"]}]""",
            program.OfKind("Role").Single(role => (string)role.At("metadata.namespace")! == place).At("rules")!.ToJsonString());
        Assert.Contains("pods/proxy", program.OfKind("Role").Single(role => (string)role.At("metadata.namespace")! == "fleet-exporters").At("rules")!.ToJsonString());
    }

    [Fact]
    public async Task Declare_DirectWithACaOfKubelets_HandsItOn()
    {
        var arguments = Arguments();
        arguments.NodeAccess = NodeAccess.Direct;
        arguments.KubeletCa = TestCertificate.Pem;

        var connection = await ReadAsync(await DeclareAsync(arguments));

        Assert.Equal(
            [("/metrics", TestCertificate.Pem, false), ("/metrics/cadvisor", TestCertificate.Pem, false)],
            connection.Jobs.OfType<NodeDirectJob>().Select(job => (job.MetricsPath, job.CaCertificate!, job.InsecureSkipVerify)));
        Assert.Equal(9100, connection.Jobs.OfType<PodDirectJob>().Single().Port);
    }

    [Fact]
    public async Task Declare_DirectWithUncheckedKubelets_WarnsWhoGetsTheToken()
    {
        var warnings = new List<string>();
        var arguments = Arguments();
        arguments.NodeAccess = NodeAccess.Direct;
        arguments.KubeletCa = TargetClusterArgs.UncheckedKubelets;
        arguments.Warn = warnings.Add;

        var connection = await ReadAsync(await DeclareAsync(arguments));

        Assert.Contains("scrape token", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.All(connection.Jobs.OfType<NodeDirectJob>(), job => Assert.True(job.InsecureSkipVerify && job.CaCertificate is null));
    }

    [Fact]
    public async Task Declare_Federation_GrantsTheServiceAndWarnsOfEverythingAndOfWhatCountsTwice()
    {
        var warnings = new List<string>();
        var arguments = Arguments();
        arguments.Warn = warnings.Add;
        arguments.KubeStateMetrics = new KubeStateMetricsOptions { Mode = ExporterMode.Off };
        arguments.Federate = new FederateJob { Namespace = "monitoring", Service = "prometheus", Port = "9090", Matches = ["up", """{job=~".+"}"""] };

        var program = await DeclareAsync(arguments);

        Assert.Equal(
            """[{"apiGroups":[""],"resourceNames":["http:prometheus:9090"],"resources":["services/proxy"],"verbs":["get"]}]""",
            program.OfKind("Role").Single(role => (string)role.At("metadata.namespace")! == "monitoring").At("rules")!.ToJsonString());
        Assert.Collection(
            warnings,
            warning => Assert.StartsWith("federate.match: '{job=~\".+\"}' asks", warning, StringComparison.Ordinal),
            warning => Assert.Contains("node-exporter", warning, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Declare_WrongArguments_NamesAllOfThemAndDeclaresNothing()
    {
        var arguments = new TargetClusterArgs
        {
            ClusterName = "Stage!",
            ClusterLabels = Labels("cluster", "x"),
            TokenGeneration = 0,
            NodeExporter = new NodeExporterOptions { Namespace = "fleet-exporters", Port = 0 },
            KubeStateMetrics = new KubeStateMetricsOptions { ExportedResources = ["pods", "unicorns"], TelemetryPort = 8080 },
        };

        var refusal = await Assert.ThrowsAsync<RunException>(() => DeclareAsync(arguments));

        foreach (var key in new[] { "clusterName", "apiServer", "clusterLabels", "tokenGeneration", "nodeExporter.namespace", "nodeExporter.port", "kubeStateMetrics.exportedResources", "kubeStateMetrics.telemetryPort" })
        {
            Assert.Contains($"- {key}", refusal.Message);
        }

        Assert.Contains("unicorns", refusal.Message);
    }

    [Theory]
    [InlineData("http://stage.example")]
    [InlineData("stage.example:6443")]
    [InlineData("https://user:pass@stage.example")]
    public async Task Declare_WrongApiServer_IsRefused(string address)
    {
        var arguments = Arguments();
        arguments.ApiServer = address;

        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => DeclareAsync(arguments));

        Assert.Contains("stage.apiServer", refusal.ToString());
        Assert.Contains("https", refusal.ToString());
    }

    [Fact]
    public async Task Declare_PrivateKeyAsCa_IsRefusedAndNotShown()
    {
        var arguments = Arguments();
        arguments.CaCertificate = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0LWtleQ==\n-----END PRIVATE KEY-----\n";

        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => DeclareAsync(arguments));

        Assert.Contains("caCertificate", refusal.ToString());
        Assert.DoesNotContain("c2VjcmV0LWtleQ", refusal.ToString());
    }

    private static TargetClusterArgs Arguments() => new() { ClusterName = "stage", ApiServer = "https://stage.example:6443" };

    private static ImmutableSortedDictionary<string, string> Labels(string name, string value) =>
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add(name, value);

    private static Task<DeclaredProgram> DeclareAsync(TargetClusterArgs arguments, bool preview = false) =>
        DeclaredProgram.RunAsync(options => new TargetCluster("stage", arguments, options).StackOutputs(), preview);

    private static async Task<ClusterConnection> ReadAsync(DeclaredProgram program)
    {
        var values = new Dictionary<string, (object?, bool)>();
        foreach (var (name, output) in program.Outputs)
        {
            values[name] = output is Output<string> text
                ? (await OutputUtilities.GetValueAsync(text), await Output.IsSecretAsync(text))
                : (output, false);
        }

        var problems = new Problems();
        var reading = ClusterConnectionReader.Read("stage", name => values.GetValueOrDefault(name), problems);
        Assert.Empty(problems);
        return reading.Connection!;
    }
}
