using System.Collections.Immutable;
using FleetPrometheus.Infra;
using FleetPrometheus.Infra.Settings;
using FleetPrometheus.Validation;
using Pulumi;
using Pulumi.Utilities;

namespace FleetPrometheus.Tests.Infra;

[Collection("Pulumi")]
public sealed class FleetProgramTests
{
    private static readonly (string, ImmutableDictionary<string, object>) Stage = ("acme/fleet-prometheus/stage", ProgramRun.ClusterOutputs("stage"));
    private static readonly (string, ImmutableDictionary<string, object>) Product = ("acme/fleet-prometheus/product", ProgramRun.ClusterOutputs("product"));

    [Fact]
    public async Task RunAsync_Target_ReturnsTheContractWithASecretToken()
    {
        var run = await ProgramRun.OfAsync(Given.Target(("clusterLabels", """{"environment": "stage"}""")), "stage");

        Assert.Null(run.Refusal);
        Assert.Equal(["apiServer", "caCertificate", "clusterLabels", "clusterName", "contractVersion", "scrapeJobs", "token", "tokenId", "tokenIssued"], run.Outputs.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("https://10.0.0.1:6443", await OutputUtilities.GetValueAsync((Output<string>)run.Outputs["apiServer"]!));
        Assert.Equal("token-of-the-cluster", await OutputUtilities.GetValueAsync((Output<string>)run.Outputs["token"]!));
        Assert.True(await Output.IsSecretAsync((Output<string>)run.Outputs["token"]!));
        Assert.False(await Output.IsSecretAsync((Output<string>)run.Outputs["caCertificate"]!));
        Assert.Empty(run.Warnings);
    }

    [Theory]
    [InlineData("target")]
    [InlineData("central")]
    public async Task RunAsync_EitherRole_GivesEveryObjectTheExplicitProvider(string role)
    {
        var run = await ProgramRun.OfAsync(role == "target" ? Given.Target() : Given.Central(), role == "target" ? "stage" : "central", Stage, Product);

        Assert.Null(run.Refusal);
        var provider = Assert.Single(run.Resources, resource => resource.Type == "pulumi:providers:kubernetes");
        Assert.Equal("fleet-prometheus", provider.Inputs["clusterIdentifier"]);
        Assert.Equal("stage", provider.Inputs["context"]);
        Assert.Equal(Given.Kubeconfig, provider.Inputs["kubeconfig"]);
        Assert.All(["enableServerSideApply", "enableConfigMapMutable", "enableSecretMutable"], key => Assert.Equal("true", provider.Inputs[key].ToString(), ignoreCase: true));
        var objects = run.Resources.Where(resource => resource.Type!.StartsWith("kubernetes:", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(objects);
        Assert.All(objects, item => Assert.Contains("::cluster::", item.Provider, StringComparison.Ordinal));
    }

    [Fact]
    public async Task RunAsync_ContextOnly_LeavesTheKubeconfigInItsFiles()
    {
        using var directory = new TemporaryDirectory();
        Environment.SetEnvironmentVariable("KUBECONFIG", directory.Write("config", Given.Kubeconfig));
        try
        {
            var run = await ProgramRun.OfAsync(Given.Target(("kubeconfig", null), ("context", "stage")), "stage");

            Assert.Null(run.Refusal);
            var provider = Assert.Single(run.Resources, resource => resource.Type == "pulumi:providers:kubernetes");
            Assert.Equal("stage", provider.Inputs["context"]);
            Assert.DoesNotContain("kubeconfig", provider.Inputs.Keys);
        }
        finally
        {
            Environment.SetEnvironmentVariable("KUBECONFIG", null);
        }
    }

    [Fact]
    public async Task Arguments_KubeconfigContents_AreSecret()
    {
        var access = ClusterAccess.Find(new SecretText(Given.Kubeconfig), null, [], new Problems())!;
        Assert.True(await Output.IsSecretAsync(ClusterProvider.Arguments(access).KubeConfig!.ToOutput()));
    }

    [Fact]
    public async Task RunAsync_TargetsAddressOrNameChanges_KeepsEveryResourcesName()
    {
        var before = await ProgramRun.OfAsync(Given.Target(), "stage");
        var after = await ProgramRun.OfAsync(Given.Target(("clusterName", "other"), ("apiServer", "https://other.example.com")), "stage");

        Assert.NotEmpty(before.Resources);
        Assert.Equal(before.Resources.Select(resource => resource.Name).Order(StringComparer.Ordinal), after.Resources.Select(resource => resource.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task RunAsync_NodesProxy_WarnsWhatItHandsOut()
    {
        var run = await ProgramRun.OfAsync(Given.Target(("nodeAccess", "nodesProxy")), "stage");
        Assert.Contains("get nodes/proxy", Assert.Single(run.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_LoopbackAddress_WarnsThatTheCentreCannotReachIt()
    {
        var run = await ProgramRun.OfAsync(Given.Target(("apiServer", "https://127.0.0.1:6443")), "stage");
        Assert.StartsWith("apiServer: 'https://127.0.0.1:6443' leads from each machine to itself", Assert.Single(run.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_BadConfiguration_DeclaresNothingAndNamesTheFile()
    {
        var run = await ProgramRun.OfAsync(Given.Target(("apiServer", "http://a"), ("bogus", "x")), "stage");

        Assert.Equal("""
            The configuration of stack 'stage' cannot be used; mend Pulumi.stage.yaml or use 'pulumi config':
              - apiServer: 'http://a': must begin with https://, because the cluster's token is sent there
              - bogus: is not a key; docs/configuration.md lists them all
            """, run.Refusal);
        Assert.Empty(run.Resources);
    }

    [Theory]
    [InlineData("PULUMI_CONFIG", "{")]
    [InlineData("PULUMI_CONFIG", "{\"fleet-prometheus:role\": 1}")]
    [InlineData("PULUMI_CONFIG", "{\"fleet-prometheus:role\": \"\\ud800\"}")]
    [InlineData("PULUMI_CONFIG_SECRET_KEYS", "{}")]
    public void FromEnvironment_NotWhatPulumiWrites_NamesTheVariable(string variable, string text)
    {
        Environment.SetEnvironmentVariable(variable, text);
        try
        {
            var exception = Assert.Throws<RunException>(() => RawConfiguration.FromEnvironment("fleet-prometheus"));
            Assert.StartsWith($"The environment variable {variable} does not hold", exception.Message, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, null);
        }
    }

    [Fact]
    public void FromEnvironment_KeysOfOtherProjects_AreNotOurs()
    {
        Environment.SetEnvironmentVariable("PULUMI_CONFIG", """{"fleet-prometheus:role": "target", "kubernetes:context": "x", "fleet-prometheus-other:a": "b"}""");
        try
        {
            Assert.Equal(["role"], RawConfiguration.FromEnvironment("fleet-prometheus").Values.Keys);
        }
        finally
        {
            Environment.SetEnvironmentVariable("PULUMI_CONFIG", null);
        }
    }

    [Fact]
    public async Task RunAsync_Central_RefersToStacksByFullName()
    {
        var run = await ProgramRun.OfAsync(
            Given.Central(("clusters", """["stage", "other/project/product"]""")), "central", Stage, ("other/project/product", ProgramRun.ClusterOutputs("product")));

        Assert.Null(run.Refusal);
        Assert.Equal(
            ["acme/fleet-prometheus/stage", "other/project/product"],
            run.Declared.Where(resource => resource.Type == "pulumi:pulumi:StackReference").Select(reference => reference.Id).Order(StringComparer.Ordinal));
        Assert.Equal(["product", "stage"], ((IEnumerable<object?>)run.Outputs["clusters"]!).Cast<string>());
        Assert.True(await Output.IsSecretAsync((Output<string>)run.Outputs["webPassword"]!));
        Assert.Empty(run.Warnings);
    }

    [Fact]
    public async Task RunAsync_NoClustersYet_StandsUpTheCentreAlone()
    {
        var run = await ProgramRun.OfAsync(Given.Central(("clusters", "[]")), "central");
        Assert.Null(run.Refusal);
        Assert.NotEmpty(run.Resources);
    }

    [Fact]
    public async Task RunAsync_BadContracts_NamesEveryClustersProblemAndDeclaresNothing()
    {
        var old = ProgramRun.ClusterOutputs("old").SetItem("contractVersion", 0d);
        var poor = ProgramRun.ClusterOutputs("poor").Remove("tokenId").SetItem("apiServer", "http://poor.example.com").SetItem("caCertificate", "rubbish");
        var run = await ProgramRun.OfAsync(
            Given.Central(("clusters", """["empty", "old", "poor", "stage"]""")), "central", Stage, ("acme/fleet-prometheus/old", old), ("acme/fleet-prometheus/poor", poor));

        Assert.NotNull(run.Refusal);
        Assert.Collection(
            run.Refusal.Split('\n'),
            line => Assert.Equal("Not every cluster can be watched, and nothing was changed:", line),
            line => Assert.Equal("  - clusters[0].stack: 'empty': has no outputs; run 'pulumi up --stack empty' first, or write optional: true to go on without it", line),
            line => Assert.StartsWith("  - stack old, output contractVersion: '0': is older than this program's version 1; ", line, StringComparison.Ordinal),
            line => Assert.StartsWith("  - stack poor, output apiServer: 'http://poor.example.com': must be an absolute https address", line, StringComparison.Ordinal),
            line => Assert.StartsWith("  - stack poor, output caCertificate: ", line, StringComparison.Ordinal),
            line => Assert.StartsWith("  - stack poor, output tokenId: is missing", line, StringComparison.Ordinal));
        Assert.DoesNotContain("hunter2", run.Refusal, StringComparison.Ordinal);
        Assert.Empty(run.Resources);
    }

    [Fact]
    public async Task RunAsync_OptionalClusterWithoutOutputs_IsLeftOutWithAWarning()
    {
        var run = await ProgramRun.OfAsync(Given.Central(("clusters", """["stage", {"stack": "product", "optional": true}]""")), "central", Stage);

        Assert.Null(run.Refusal);
        Assert.Equal(["stage"], ((IEnumerable<object?>)run.Outputs["clusters"]!).Cast<string>());
        Assert.StartsWith("clusters[1].stack: 'product' has no outputs, so its cluster is left out; ", Assert.Single(run.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_OptionalClusterWithBadOutputs_IsStillRefused()
    {
        var run = await ProgramRun.OfAsync(
            Given.Central(("clusters", """[{"stack": "stage", "optional": true}]""")), "central", (Stage.Item1, Stage.Item2.Remove("token")));
        Assert.Contains("stack stage, output token: is missing", run.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_TwoStacksOneClusterName_NamesBoth()
    {
        var run = await ProgramRun.OfAsync(Given.Central(), "central", Stage, (Product.Item1, ProgramRun.ClusterOutputs("stage")));
        Assert.Contains("clusters[1].stack: 'product': has the clusterName 'stage', as stack stage has; ", run.Refusal, StringComparison.Ordinal);
        Assert.Empty(run.Resources);
    }

    [Fact]
    public async Task RunAsync_ClusterNamedLikeTheCentre_IsRefused()
    {
        var run = await ProgramRun.OfAsync(Given.Central(("clusters", """["stage"]""")), "central", (Stage.Item1, ProgramRun.ClusterOutputs("central")));
        Assert.Contains("clusters[0].stack: 'stage': has the clusterName 'central', as this central stack, central has; ", run.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_RouteOfAnUnknownCluster_Warns()
    {
        var run = await ProgramRun.OfAsync(
            Given.Central(
                ("clusters", """["stage", {"stack": "acme/shop/product", "optional": true}]"""),
                ("alertmanager", """{"receivers": [{"name": "a", "webhook": "https://a.example"}], "routes": [{"receiver": "a", "clusters": ["stage", "product", "central"]}, {"receiver": "a", "clusters": ["staeg", "elsewhere"]}]}""")),
            "central",
            Stage);

        Assert.Equal(
            [
                "alertmanager.routes[1].clusters: 'staeg' is not the name of a cluster that is watched; did you mean 'stage'?",
                "alertmanager.routes[1].clusters: 'elsewhere' is not the name of a cluster that is watched",
            ],
            run.Warnings.Where(warning => !warning.StartsWith("clusters[1]", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task RunAsync_InsecureSkipVerify_Warns()
    {
        var run = await ProgramRun.OfAsync(Given.Central(("clusters", """["stage", {"stack": "product", "insecureSkipVerify": true}]""")), "central", Stage, Product);
        Assert.Null(run.Refusal);
        Assert.StartsWith("clusters[1].insecureSkipVerify: whoever stands between", Assert.Single(run.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_Central_PutsTokensIntoSecretsOnly()
    {
        var run = await ProgramRun.OfAsync(Given.Central(), "central", Stage, Product);

        var holders = run.Resources.Where(resource => Text(resource.Inputs).Contains("hunter2", StringComparison.Ordinal)).Select(resource => resource.Type).Distinct();
        Assert.Equal("kubernetes:core/v1:Secret", Assert.Single(holders));
        Assert.DoesNotContain(run.Warnings, warning => warning.Contains("hunter2", StringComparison.Ordinal));
    }

    private static string Text(object? value) => value switch
    {
        IEnumerable<KeyValuePair<string, object>> map => string.Join('\n', map.Select(entry => Text(entry.Value))),
        string text when Convert.TryFromBase64String(text, new byte[text.Length], out _) => text + '\n' + System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(text)),
        string text => text,
        System.Collections.IEnumerable list => string.Join('\n', list.Cast<object?>().Select(Text)),
        _ => $"{value}",
    };
}
