using System.Collections.Immutable;
using Pulumi;
using Pulumi.Kubernetes;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Networking.V1;
using Pulumi.Kubernetes.Policy.V1;
using Pulumi.Kubernetes.Rbac.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;
using Pulumi.Kubernetes.Types.Inputs.Provider;
using Pulumi.Random;
using Pulumi.Utilities;
using Apps = Pulumi.Kubernetes.Apps.V1;

namespace FleetPrometheus.Tests.Offline;

/// <summary>The resources the program declares, as a provider receives them.</summary>
[Collection(PulumiCollection.Name)]
public sealed class KubernetesTests
{
    public static TheoryData<string, string, string, Func<string, Resource>> Resources => new()
    {
        { "kubernetes:core/v1:Namespace", "v1", "Namespace", name => new Namespace(name) },
        { "kubernetes:core/v1:Secret", "v1", "Secret", name => new Secret(name) },
        { "kubernetes:apps/v1:DaemonSet", "apps/v1", "DaemonSet", name => new Apps.DaemonSet(name) },
        { "kubernetes:apps/v1:StatefulSet", "apps/v1", "StatefulSet", name => new Apps.StatefulSet(name) },
        { "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "rbac.authorization.k8s.io/v1", "ClusterRole", name => new ClusterRole(name) },
        { "kubernetes:networking.k8s.io/v1:NetworkPolicy", "networking.k8s.io/v1", "NetworkPolicy", name => new NetworkPolicy(name) },
        { "kubernetes:policy/v1:PodDisruptionBudget", "policy/v1", "PodDisruptionBudget", name => new PodDisruptionBudget(name) },
    };

    [Theory]
    [MemberData(nameof(Resources))]
    public async Task Resource_SaysWhatItIs(string token, string apiVersion, string kind, Func<string, Resource> create)
    {
        var mocks = new RecordingMocks();

        await TestProgram.RunAsync(mocks, TestProgram.Update, () => create("it"));

        Assert.Equal((token, apiVersion, kind), (mocks["it"].Type, (string)mocks["it"].Inputs["apiVersion"], (string)mocks["it"].Inputs["kind"]));
    }

    [Fact]
    public async Task Service_PortsOfEitherType_ArePassedOn()
    {
        var mocks = new RecordingMocks();

        await TestProgram.RunAsync(mocks, TestProgram.Update, () => new Service("it", new ServiceArgs
        {
            Spec = new ServiceSpecArgs
            {
                Type = ServiceSpecType.ClusterIP,
                Ports =
                {
                    new ServicePortArgs { Port = 80, TargetPort = 8080 },
                    new ServicePortArgs { Port = 81, TargetPort = "metrics" },
                },
            },
        }));

        var spec = (ImmutableDictionary<string, object>)mocks["it"].Inputs["spec"];
        Assert.Equal("ClusterIP", spec["type"]);
        var ports = ((ImmutableArray<object>)spec["ports"]).Cast<ImmutableDictionary<string, object>>().ToList();
        Assert.Equal([8080.0, "metrics"], ports.Select(port => port["targetPort"]));
    }

    [Fact]
    public async Task Pod_ContainerPort_HasItsOwnName()
    {
        var mocks = new RecordingMocks();
        Pod pod = null!;

        await TestProgram.RunAsync(mocks, TestProgram.Update, () => pod = new Pod("it", new PodArgs
        {
            Spec = new PodSpecArgs { Containers = new ContainerArgs { Name = "c", Ports = new ContainerPortArgs { ContainerPortValue = 9100 } } },
        }));

        var spec = await OutputUtilities.GetValueAsync(pod.Spec);
        Assert.Equal(9100, spec.Containers[0].Ports[0].ContainerPortValue);
    }

    [Fact]
    public async Task Pod_WithoutContainers_FailsNamingThem()
    {
        var failure = await TestProgram.FailAsync(
            new RecordingMocks(), () => new Pod("it", new PodArgs { Spec = new PodSpecArgs { NodeName = "n" } }));

        Assert.Contains("[Input] Pulumi.Kubernetes.Types.Inputs.Core.V1.PodSpecArgs.", failure.Message);
        Assert.Contains("ontainers is required but was not given a value", failure.Message);
    }

    [Fact]
    public async Task Secret_AssignedData_IsSecret()
    {
        var args = new SecretArgs { StringData = new InputMap<string> { ["a"] = "1" }, Data = new InputMap<string> { ["b"] = "2" } };

        Assert.True(await Output.IsSecretAsync(args.StringData.ToOutput()));
        Assert.True(await Output.IsSecretAsync(args.Data.ToOutput()));
    }

    [Fact]
    public async Task Secret_DataGivenByBareInitializer_IsNotSecret()
    {
        var args = new SecretArgs { StringData = { ["a"] = "1" } };

        Assert.False(await Output.IsSecretAsync(args.StringData.ToOutput()));
    }

    [Fact]
    public async Task ServiceAccount_Metadata_IsReadBack()
    {
        ServiceAccount account = null!;

        await TestProgram.RunAsync(new RecordingMocks(), TestProgram.Update, () => account = new ServiceAccount("it", new ServiceAccountArgs
        {
            Metadata = new ObjectMetaArgs { Name = "prometheus", Labels = { ["app"] = "x" } },
        }));

        var metadata = await OutputUtilities.GetValueAsync(account.Metadata);
        Assert.Equal("prometheus", metadata.Name);
        Assert.Equal("x", metadata.Labels["app"]);
        Assert.Null(metadata.Namespace);
    }

    [Fact]
    public async Task Get_ExistingObject_IsReadByItsId()
    {
        var mocks = new RecordingMocks();

        await TestProgram.RunAsync(mocks, TestProgram.Update, () => ConfigMap.Get("it", "kube-system/extension"));

        Assert.Equal("kube-system/extension", mocks["it"].Id);
    }

    [Fact]
    public async Task Provider_TakesFlagsAsText()
    {
        var mocks = new RecordingMocks();

        await TestProgram.RunAsync(mocks, TestProgram.Update, () => new Provider("it", new ProviderArgs
        {
            KubeConfig = "content",
            ClusterIdentifier = "stage",
            EnableSecretMutable = true,
            KubeClientSettings = new KubeClientSettingsArgs { Qps = 50.5, Burst = 100 },
        }));

        var inputs = mocks["it"].Inputs;
        Assert.Equal("pulumi:providers:kubernetes", mocks["it"].Type);
        Assert.Equal(("content", "stage", "true"), (inputs["kubeconfig"], inputs["clusterIdentifier"], inputs["enableSecretMutable"]));
        Assert.Equal("""{ "burst": 100, "qps": 50.5 }""", inputs["kubeClientSettings"]);
    }

    [Fact]
    public async Task Provider_ByDefault_TakesKubeconfigFromTheEnvironment()
    {
        const string Variable = "KUBECONFIG";
        var before = Environment.GetEnvironmentVariable(Variable);
        Environment.SetEnvironmentVariable(Variable, "/from/environment");
        try
        {
            Assert.Equal("/from/environment", await OutputUtilities.GetValueAsync(new ProviderArgs().KubeConfig.ToOutput()));
        }
        finally
        {
            Environment.SetEnvironmentVariable(Variable, before);
        }
    }

    [Fact]
    public async Task Random_Resources_ReachTheirProvider()
    {
        var mocks = new RecordingMocks();

        await TestProgram.RunAsync(mocks, TestProgram.Update, () =>
        {
            _ = new RandomId("id", new RandomIdArgs { ByteLength = 8, Keepers = { ["generation"] = "1" } });
            _ = new RandomPassword("password", new RandomPasswordArgs { Length = 32, Special = false });
        });

        Assert.Equal(("random:index/randomId:RandomId", 8.0), (mocks["id"].Type, mocks["id"].Inputs["byteLength"]));
        Assert.Equal(("random:index/randomPassword:RandomPassword", 32.0), (mocks["password"].Type, mocks["password"].Inputs["length"]));
    }
}
