using System.Text.Json.Nodes;
using FleetPrometheus.Targets;
using FleetPrometheus.Tests.Components;

namespace FleetPrometheus.Tests.Targets;

[Collection(PulumiCollection.Name)]
public class NodeRelayTests
{
    [Fact]
    public async Task Declare_Defaults_RunsOnEveryLinuxNodeOutsideOfItsNetwork()
    {
        var pod = (await DeclareAsync(new())).Only("DaemonSet").At("spec.template.spec")!;

        Assert.Equal("linux", (string)pod["nodeSelector"]!["kubernetes.io/os"]!);
        Assert.Equal("""[{"operator":"Exists"}]""", pod["tolerations"]!.ToJsonString());
        Assert.Null(pod["hostNetwork"]);
        Assert.Null(pod["hostPID"]);
        Assert.DoesNotContain(pod["volumes"]!.AsArray(), volume => volume!["hostPath"] is not null);
    }

    [Fact]
    public async Task Declare_Defaults_MayReadKubeletsMetricsAndNothingElse()
    {
        var program = await DeclareAsync(new());

        Assert.Equal("""[{"apiGroups":[""],"resources":["nodes/metrics"],"verbs":["get"]}]""", program.Only("ClusterRole").At("rules")!.ToJsonString());
        Assert.Equal("""[{"kind":"ServiceAccount","name":"node-relay","namespace":"fleet-exporters"}]""", program.Only("ClusterRoleBinding").At("subjects")!.ToJsonString());
        Assert.Empty(program.OfKind("Role"));
    }

    [Fact]
    public async Task Declare_Defaults_IsRestrictedAndDeclaresItsToken()
    {
        var program = await DeclareAsync(new());

        var daemonSet = program.Only("DaemonSet");
        NodeExporterTests.AssertUnprivileged(daemonSet);
        // The one capability that the restricted level lets a container add; without it in reach the image's program does not start.
        Assert.Equal("""["NET_BIND_SERVICE"]""", daemonSet.At("spec.template.spec.containers.0.securityContext.capabilities.add")!.ToJsonString());
        Assert.False((bool)program.Only("ServiceAccount").At("automountServiceAccountToken")!);
        Assert.False((bool)daemonSet.At("spec.template.spec.automountServiceAccountToken")!);
        Assert.Equal(3600, (int)daemonSet.At("spec.template.spec.volumes.1.projected.sources.0.serviceAccountToken.expirationSeconds")!);
        Assert.All(daemonSet.At("spec.template.spec.containers.0.volumeMounts")!.AsArray(), mount => Assert.True((bool)mount!["readOnly"]!));
    }

    [Fact]
    public async Task Declare_Options_ReachThePod()
    {
        var program = await DeclareAsync(new NodeRelayOptions
        {
            Image = "mirror.example/caddy:v9",
            Port = 19190,
            Resources = new Resources(null, "1Mi", "2", null),
            Tolerations = [new Toleration("role", "Equal", "db", "NoSchedule")],
            PriorityClassName = "system-node-critical",
        });

        var pod = program.Only("DaemonSet").At("spec.template.spec")!;
        Assert.Equal("mirror.example/caddy:v9", (string)pod["containers"]![0]!["image"]!);
        Assert.Equal(19190, (int)Assert.Single(pod["containers"]![0]!["ports"]!.AsArray())!["containerPort"]!);
        Assert.Equal("""{"limits":{"cpu":"2"},"requests":{"memory":"1Mi"}}""", pod["containers"]![0]!["resources"]!.ToJsonString());
        Assert.Equal("""[{"effect":"NoSchedule","key":"role","operator":"Equal","value":"db"}]""", pod["tolerations"]!.ToJsonString());
        Assert.Equal("system-node-critical", (string)pod["priorityClassName"]!);
        Assert.Contains("http://:19190 {", program.Only("ConfigMap").Files["Caddyfile"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Declare_AnotherConfiguration_IsAnotherPod()
    {
        string[] hashes =
        [
            Hash(await DeclareAsync(new())),
            Hash(await DeclareAsync(new() { Port = 9191 })),
            Hash(await DeclareAsync(new(), kubeletCa: TestCertificate.Pem)),
            Hash(await DeclareAsync(new(), kubeletCa: TestCertificate.Pem.Replace("A", "B", StringComparison.Ordinal))),
        ];

        Assert.Distinct(hashes);
        Assert.Equal(hashes[0], Hash(await DeclareAsync(new() { Image = "caddy:v9" })));

        static string Hash(DeclaredProgram program) => (string)program.Only("DaemonSet").At("spec.template.metadata.annotations")!["fleet-prometheus/configuration"]!;
    }

    [Fact]
    public async Task Declare_CaOfKubelets_IsMountedBesideTheConfiguration()
    {
        var files = (await DeclareAsync(new(), TestCertificate.Pem)).Only("ConfigMap").Files;

        Assert.Equal(TestCertificate.Pem, files["kubelet-ca.crt"]);
        Assert.DoesNotContain("tls_insecure_skip_verify", files["Caddyfile"], StringComparison.Ordinal);
        Assert.Contains("tls_trust_pool file /etc/caddy/kubelet-ca.crt", files["Caddyfile"], StringComparison.Ordinal);
    }

    private static Task<DeclaredProgram> DeclareAsync(NodeRelayOptions settings, string? kubeletCa = null) => DeclaredProgram.RunAsync(options =>
    {
        _ = new NodeRelay("relay", new NodeRelayArgs { Namespace = "fleet-exporters", NodeExporterPort = 9100, KubeletCaCertificate = kubeletCa, Options = settings }, options);
        return new Dictionary<string, object?>();
    });
}
