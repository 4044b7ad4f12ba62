using FleetPrometheus.Contract;
using FleetPrometheus.TeamStack;
using FleetPrometheus.Tests.Components;
using FleetPrometheus.Validation;
using Pulumi;
using Pulumi.Utilities;

namespace FleetPrometheus.Tests.TeamStack;

[Collection(PulumiCollection.Name)]
public class ShopClusterTests
{
    [Fact]
    public async Task Declare_TeamsOwnNamespace_KeepsTheTeamsLabels()
    {
        var program = await DeclareAsync();

        Assert.Equal(["fleet-exporters", "shop"], program.OfKind("Namespace").Select(place => place.ObjectName).Order());
        Assert.Equal("monitoring", (string)program.Named("Namespace", "fleet-exporters").At("metadata.labels")!["cost-centre"]!);
        Assert.Equal("fleet-exporters", (string)program.Only("Deployment").At("metadata.namespace")!);
        Assert.Equal("node-relay", program.Only("DaemonSet").ObjectName);
    }

    [Fact]
    public async Task Declare_Outputs_AreWhatTheCentralStackReads()
    {
        var program = await DeclareAsync();

        var values = new Dictionary<string, object?>();
        foreach (var (name, output) in program.Outputs)
        {
            values[name] = output is Output<string> text ? await OutputUtilities.GetValueAsync(text) : output;
        }

        var problems = new Problems();
        var connection = ClusterConnectionReader.Read("shop", name => (values.GetValueOrDefault(name), false), problems).Connection;
        Assert.Empty(problems);
        Assert.Equal("shop", connection!.ClusterName);
        Assert.Equal(["apiserver", "kubelet", "kubelet", "node-exporter", "kube-state-metrics"], connection.Jobs.Select(job => job.Name));
    }

    private static Task<DeclaredProgram> DeclareAsync() =>
        DeclaredProgram.RunAsync(_ => ShopCluster.Declare("apiVersion: v1", "https://shop.example"));
}
