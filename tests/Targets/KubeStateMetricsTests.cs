using FleetPrometheus.Targets;
using FleetPrometheus.Tests.Components;

namespace FleetPrometheus.Tests.Targets;

[Collection(PulumiCollection.Name)]
public class KubeStateMetricsTests
{
    [Fact]
    public async Task Declare_SomeResources_MayListExactlyWhatItExports()
    {
        var program = await DeclareAsync(new KubeStateMetricsOptions { ExportedResources = ["pods", "deployments"] });

        Assert.Contains("--resources=deployments,pods", program.Only("Deployment").Texts("spec.template.spec.containers.0.args"));
        Assert.Equal(
            """[{"apiGroups":[""],"resources":["pods"],"verbs":["list","watch"]},{"apiGroups":["apps"],"resources":["deployments"],"verbs":["list","watch"]}]""",
            program.Only("ClusterRole").At("rules")!.ToJsonString());
        var binding = program.Only("ClusterRoleBinding");
        Assert.Equal(program.Only("ClusterRole").ObjectName, (string)binding.At("roleRef.name")!);
        Assert.Equal("""[{"kind":"ServiceAccount","name":"kube-state-metrics","namespace":"place"}]""", binding.At("subjects")!.ToJsonString());
    }

    [Fact]
    public async Task Declare_Defaults_MayNotReadSecretsOrConfigMaps()
    {
        var rules = (await DeclareAsync(new KubeStateMetricsOptions())).Only("ClusterRole").At("rules")!.ToJsonString();

        Assert.DoesNotContain("\"secrets\"", rules);
        Assert.DoesNotContain("\"configmaps\"", rules);
        Assert.DoesNotContain("*", rules);
    }

    [Fact]
    public async Task Declare_Defaults_RunsRestrictedWithItsToken()
    {
        var program = await DeclareAsync(new KubeStateMetricsOptions());

        var deployment = program.Only("Deployment");
        NodeExporterTests.AssertUnprivileged(deployment);
        Assert.Equal("token", (string)deployment.At("spec.template.spec.volumes.0.projected.sources.0.serviceAccountToken.path")!);
        Assert.Equal("/var/run/secrets/kubernetes.io/serviceaccount", (string)deployment.At("spec.template.spec.containers.0.volumeMounts.0.mountPath")!);
        Assert.Equal("Recreate", (string)deployment.At("spec.strategy.type")!);
        Assert.Equal(1, (int)deployment.At("spec.replicas")!);
        Assert.Null(deployment.At("spec.template.spec.hostNetwork"));
    }

    [Fact]
    public async Task Declare_Ports_AreDeclaredAndProbed()
    {
        var deployment = (await DeclareAsync(new KubeStateMetricsOptions { Port = 1, TelemetryPort = 2 })).Only("Deployment");

        var container = deployment.At("spec.template.spec.containers.0")!;
        Assert.Equal([1, 2], container["ports"]!.AsArray().Select(port => (int)port!["containerPort"]!));
        Assert.Equal("""{"path":"/livez","port":1}""", container["livenessProbe"]!["httpGet"]!.ToJsonString());
        Assert.Equal("""{"path":"/readyz","port":2}""", container["readinessProbe"]!["httpGet"]!.ToJsonString());
        Assert.Equal(["--port=1", "--telemetry-port=2"], deployment.Texts("spec.template.spec.containers.0.args")[..2]);
    }

    private static Task<DeclaredProgram> DeclareAsync(KubeStateMetricsOptions settings) => DeclaredProgram.RunAsync(options =>
    {
        _ = new KubeStateMetrics("exporter", new KubeStateMetricsArgs { Namespace = "place", Options = settings }, options);
    });
}
