using System.Collections.Immutable;
using FleetPrometheus.Targets;
using FleetPrometheus.Tests.Components;

namespace FleetPrometheus.Tests.Targets;

[Collection(PulumiCollection.Name)]
public class NodeExporterTests
{
    [Fact]
    public async Task Declare_Defaults_RunsOnEveryLinuxNode()
    {
        var daemonSet = (await DeclareAsync(new NodeExporterOptions())).Only("DaemonSet");

        var pod = daemonSet.At("spec.template.spec")!;
        Assert.Equal("linux", (string)pod["nodeSelector"]!["kubernetes.io/os"]!);
        Assert.Equal("""[{"operator":"Exists"}]""", pod["tolerations"]!.ToJsonString());
        Assert.Equal("10%", (string)daemonSet.At("spec.updateStrategy.rollingUpdate.maxUnavailable")!);
        Assert.Equal("RollingUpdate", (string)daemonSet.At("spec.updateStrategy.type")!);
        Assert.Null(pod["priorityClassName"]);
    }

    [Fact]
    public async Task Declare_Defaults_ReadsTheHostAndCantWriteIt()
    {
        var daemonSet = (await DeclareAsync(new NodeExporterOptions())).Only("DaemonSet");

        var pod = daemonSet.At("spec.template.spec")!;
        Assert.True((bool)pod["hostNetwork"]!);
        Assert.True((bool)pod["hostPID"]!);
        var volumes = pod["volumes"]!.AsArray().ToDictionary(volume => (string)volume!["name"]!, volume => (string)volume!["hostPath"]!["path"]!);
        Assert.Equal(new Dictionary<string, string> { ["proc"] = "/proc", ["sys"] = "/sys", ["root"] = "/" }, volumes);
        var mounts = daemonSet.At("spec.template.spec.containers.0.volumeMounts")!.AsArray();
        Assert.All(mounts, mount => Assert.True((bool)mount!["readOnly"]!));
        Assert.All(
            mounts.Where(mount => (string)mount!["name"]! != "proc"),
            mount => Assert.Equal("HostToContainer", (string)mount!["mountPropagation"]!));
        var arguments = daemonSet.Texts("spec.template.spec.containers.0.args");
        foreach (var mount in mounts)
        {
            Assert.Contains($"--path.{(string)mount!["name"]!}fs={(string)mount["mountPath"]!}", arguments);
        }
    }

    [Fact]
    public async Task Declare_Defaults_RunsWithoutPrivilegesAndWithoutAToken()
    {
        var program = await DeclareAsync(new NodeExporterOptions());

        var daemonSet = program.Only("DaemonSet");
        var pod = daemonSet.At("spec.template.spec")!;
        AssertUnprivileged(daemonSet);
        Assert.False((bool)pod["automountServiceAccountToken"]!);
        Assert.Equal("node-exporter", (string)pod["serviceAccountName"]!);
        Assert.False((bool)program.Only("ServiceAccount").At("automountServiceAccountToken")!);
        Assert.Empty(program.OfKind("Role").Concat(program.OfKind("ClusterRole")));
    }

    [Fact]
    public async Task Declare_Options_ReachThePod()
    {
        var daemonSet = (await DeclareAsync(new NodeExporterOptions
        {
            Image = "mirror.example/node-exporter:v9",
            Port = 19100,
            Resources = new Resources(null, "1Mi", "2", null),
            Tolerations = [new Toleration("role", "Equal", "db", "NoSchedule")],
            Labels = ImmutableSortedDictionary<string, string>.Empty.Add("team", "infra"),
            PriorityClassName = "system-node-critical",
            ExtraArgs = ["--collector.systemd"],
        })).Only("DaemonSet");

        var container = daemonSet.At("spec.template.spec.containers.0")!;
        Assert.Equal("mirror.example/node-exporter:v9", (string)container["image"]!);
        Assert.Equal("""{"limits":{"cpu":"2"},"requests":{"memory":"1Mi"}}""", container["resources"]!.ToJsonString());
        Assert.Equal(19100, (int)container["ports"]![0]!["containerPort"]!);
        Assert.Equal(19100, (int)container["readinessProbe"]!["httpGet"]!["port"]!);
        Assert.Contains("--web.listen-address=:19100", daemonSet.Texts("spec.template.spec.containers.0.args"));
        Assert.Equal("--collector.systemd", daemonSet.Texts("spec.template.spec.containers.0.args")[^1]);
        Assert.Equal("""[{"effect":"NoSchedule","key":"role","operator":"Equal","value":"db"}]""", daemonSet.At("spec.template.spec.tolerations")!.ToJsonString());
        Assert.Equal("infra", (string)daemonSet.At("spec.template.metadata.labels")!["team"]!);
        Assert.Null(daemonSet.At("spec.selector.matchLabels")!["team"]);
        Assert.Equal("system-node-critical", (string)daemonSet.At("spec.template.spec.priorityClassName")!);
    }

    [Fact]
    public async Task Declare_Children_AreNamedAfterTheirComponent()
    {
        var program = await DeclareAsync(new NodeExporterOptions());

        Assert.Equal(
            [("exporter", "fleet-prometheus:targets:NodeExporter", null), ("exporter-account", "kubernetes:core/v1:ServiceAccount", "exporter"), ("exporter-daemonset", "kubernetes:apps/v1:DaemonSet", "exporter"),
             ("exporter-network", "kubernetes:networking.k8s.io/v1:NetworkPolicy", "exporter")],
            program.All.Select(resource => (resource.Name, resource.Type, resource.Parent)));
    }

    internal static void AssertUnprivileged(DeclaredResource workload)
    {
        var pod = workload.At("spec.template.spec.securityContext")!;
        Assert.True((bool)pod["runAsNonRoot"]!);
        Assert.Equal(65534, (int)pod["runAsUser"]!);
        Assert.Equal("RuntimeDefault", (string)pod["seccompProfile"]!["type"]!);
        Assert.All(workload.At("spec.template.spec.containers")!.AsArray(), container =>
        {
            var context = container!["securityContext"]!;
            Assert.False((bool)context["allowPrivilegeEscalation"]!);
            Assert.True((bool)context["readOnlyRootFilesystem"]!);
            Assert.Equal("""["ALL"]""", context["capabilities"]!["drop"]!.ToJsonString());
        });
    }

    private static Task<DeclaredProgram> DeclareAsync(NodeExporterOptions settings) => DeclaredProgram.RunAsync(options =>
    {
        _ = new NodeExporter("exporter", new NodeExporterArgs { Namespace = "place", Options = settings }, options);
    });
}
