using System.Collections.Immutable;
using FleetPrometheus.Targets;
using FleetPrometheus.Tests.Components;
using FleetPrometheus.Validation;
using Pulumi;

namespace FleetPrometheus.Tests.Targets;

[Collection(PulumiCollection.Name)]
public sealed class PushAgentTests
{
    [Fact]
    public async Task Declare_PushingCluster_HasExactlyTheRightsThatItsJobsNeedFromInside()
    {
        var program = await DeclareAsync(NodeAccess.Direct);

        var rules = program.OfKind("Role").Concat([program.Named("ClusterRole", "fleet-prometheus-prometheus-agent")])
            .SelectMany(role => role.At("rules")!.AsArray().Select(rule =>
                $"{role.At("metadata.namespace")} {string.Join(',', (rule!["verbs"]!).AsArray())} {string.Join(',', (rule["resources"] ?? rule["nonResourceURLs"])!.AsArray())}{(rule["resourceNames"] is { } names ? $" {names[0]}" : "")}".Trim()))
            .Order(StringComparer.Ordinal);
        Assert.Equal(
        [
            "default list,watch endpoints kubernetes",
            "default list,watch pods kubernetes",
            "default list,watch services kubernetes",
            "fleet-exporters list,watch pods",
            "fleet-node-exporter list,watch pods",
            "get /metrics",
            "get nodes/metrics",
            "list,watch nodes",
        ], rules);
        Assert.DoesNotContain(program.OfKind("ClusterRole"), role => role.ObjectName == "fleet-prometheus-scrape");
    }

    [Fact]
    public async Task Declare_NoNodes_HasNoRightOnThem()
    {
        var program = await DeclareAsync(NodeAccess.Off);

        Assert.DoesNotContain("nodes", program.Named("ClusterRole", "fleet-prometheus-prometheus-agent").Inputs["rules"]!.ToJsonString());
    }

    [Fact]
    public async Task Declare_PushingCluster_KeepsCredentialsInTheirPlace()
    {
        var program = await DeclareAsync(NodeAccess.Direct);

        Assert.DoesNotContain(program.OfKind("Secret"), secret => (string?)secret.At("type") == "kubernetes.io/service-account-token");
        Assert.Equal(DeclaredProgram.Password, program.Named("Secret", "prometheus-agent").Files["password"]);
        Assert.DoesNotContain(DeclaredProgram.Password, program.Named("ConfigMap", "prometheus-agent").Inputs.ToJsonString());
        Assert.Equal(["clusterLabels", "clusterName", "collection", "contractVersion", "nextPushPassword", "pushPassword"], program.Outputs.Keys.Order(StringComparer.Ordinal));
        NodeExporterTests.AssertUnprivileged(program.Named("Deployment", "prometheus-agent"));
        var volumes = program.Named("Deployment", "prometheus-agent").At("spec.template.spec.volumes")!.AsArray();
        Assert.Contains(volumes, volume => (int?)volume!["projected"]?["sources"]?[0]?["serviceAccountToken"]?["expirationSeconds"] == 3600);
    }

    [Fact]
    public async Task Declare_NextGeneration_OnlyCreatesOnePasswordAndDeletesOne()
    {
        string[] Passwords(DeclaredProgram program) => [.. program.OfKind("RandomPassword").Select(password => password.Name)];

        Assert.Equal(["stage-agent-password-1", "stage-agent-password-2"], Passwords(await DeclareAsync(NodeAccess.Off)));
        Assert.Equal(["stage-agent-password-2", "stage-agent-password-3"], Passwords(await DeclareAsync(NodeAccess.Off, generation: 2)));
    }

    [Theory]
    [InlineData(Collection.Push, true)]
    [InlineData(Collection.Pull, false)]
    public void Check_LabelThatTheFrontWouldFillIn_IsRefusedOfWhoSends(Collection collection, bool isRefused)
    {
        var problems = new Problems();

        TargetValidation.Check(new TargetClusterArgs
        {
            ClusterName = "stage",
            Collection = collection,
            Push = collection == Collection.Push ? new() { Url = new Uri("https://push.example.com:8427") } : new(),
            ApiServer = "https://stage.example.com:6443",
            ClusterLabels = ImmutableSortedDictionary<string, string>.Empty.Add("a", "b{{c"),
        }, problems);

        Assert.Equal(isRefused, problems.Any(problem => problem.Key == "clusterLabels.a"));
    }

    private static Task<DeclaredProgram> DeclareAsync(NodeAccess nodeAccess, int generation = 1) => DeclaredProgram.RunAsync(options => new TargetCluster("stage", new TargetClusterArgs
    {
        ClusterName = "stage",
        Collection = Collection.Push,
        Push = new PushOptions { Url = new Uri("https://push.example.com:8427") },
        NodeAccess = nodeAccess,
        TokenGeneration = generation,
        Warn = _ => { },
    }, options).StackOutputs());
}
