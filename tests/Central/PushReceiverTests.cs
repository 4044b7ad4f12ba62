using FleetPrometheus.Alerting;
using FleetPrometheus.Central;
using FleetPrometheus.Contract;
using FleetPrometheus.Tests.Components;
using FleetPrometheus.Tests.Targets;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Central;

[Collection(PulumiCollection.Name)]
public sealed class PushReceiverTests
{
    [Fact]
    public async Task Declare_NoFront_HasNothingOfIt()
    {
        var program = await DeclareAsync(enabled: false);

        Assert.DoesNotContain(program.All, resource => resource.Name.Contains("push", StringComparison.Ordinal));
        Assert.DoesNotContain("--web.enable-remote-write-receiver", program.Named("StatefulSet", "prometheus").Texts("spec.template.spec.containers.0.args"));
    }

    [Fact]
    public async Task Declare_Front_WritesToEveryPrometheusAndIsUnprivileged()
    {
        var program = await DeclareAsync(enabled: true);

        Assert.Contains("--web.enable-remote-write-receiver", program.Named("StatefulSet", "prometheus").Texts("spec.template.spec.containers.0.args"));
        Assert.Contains("out_of_order_time_window: 4h", program.Named("ConfigMap", "prometheus-config").Files["prometheus.yml"]);
        Assert.Equal(
            ["-remoteWrite.url=http://prometheus-0.prometheus-replicas.monitoring.svc:9090/api/v1/write", "-remoteWrite.url=http://prometheus-1.prometheus-replicas.monitoring.svc:9090/api/v1/write"],
            program.Named("StatefulSet", "push-forwarder").Texts("spec.template.spec.containers.0.args").Where(argument => argument.StartsWith("-remoteWrite.url=", StringComparison.Ordinal)));
        NodeExporterTests.AssertUnprivileged(program.Named("StatefulSet", "push-front"));
        NodeExporterTests.AssertUnprivileged(program.Named("StatefulSet", "push-forwarder"));
        Assert.Empty(program.Named("StatefulSet", "push-front").At("spec.volumeClaimTemplates")?.AsArray() ?? []);
    }

    [Fact]
    public async Task Declare_AnotherPushingCluster_RestartsNothing()
    {
        var before = await DeclareAsync(enabled: true, "stage");
        var after = await DeclareAsync(enabled: true, "stage", "product");

        Assert.Equal(before.All.Select(resource => resource.Name), after.All.Select(resource => resource.Name));
        Assert.Equal(
            ["central-prometheus-rules", "central-push-front-config"],
            before.All.Zip(after.All).Where(pair => pair.First.Inputs.ToJsonString() != pair.Second.Inputs.ToJsonString()).Select(pair => pair.First.Name));
        Assert.Contains($"record: {PushedClusters.Metric}", after.Named("ConfigMap", "prometheus-rules").Files["push-clusters.yml"]);
    }

    [Fact]
    public void Check_PushingClusterWithoutFront_SaysWhatToWrite()
    {
        var problems = new Problems();
        CentralValidation.Check(Arguments(enabled: false, "stage"), problems);

        Assert.StartsWith("pushFront: is missing, but these clusters send by themselves: stage;", Assert.Single(problems).ToString());
    }

    [Fact]
    public void Check_MoreClustersThanTheSecretOfTheFront_IsRefused()
    {
        var problems = new Problems();
        CentralValidation.Check(Arguments(enabled: true, [.. Enumerable.Range(0, 3000).Select(number => $"edge-{number}")]), problems);

        var problem = Assert.Single(problems);
        Assert.Equal(("clusters", "3000 that send"), (problem.Key, problem.Value));
        Assert.Matches($"the Secret push-front would hold [0-9]+ bytes, and Kubernetes allows {ClusterSecrets.MaximumBytes}", problem.Fix);
    }

    private static Task<DeclaredProgram> DeclareAsync(bool enabled, params string[] pushing) =>
        DeclaredProgram.RunAsync(options => new CentralMonitoring("central", Arguments(enabled, pushing), options).StackOutputs());

    private static CentralMonitoringArgs Arguments(bool enabled, params string[] pushing) => new()
    {
        Clusters = [],
        PushingClusters = [.. pushing.Select(name => new PushConnection { ClusterName = name, Password = new SecretText($"{name}-1"), NextPassword = new SecretText($"{name}-2") })],
        Prometheus = new PrometheusOptions { Replicas = 2 },
        PushFront = new PushReceiverOptions { TlsSecret = enabled ? "push-tls" : null },
    };
}
