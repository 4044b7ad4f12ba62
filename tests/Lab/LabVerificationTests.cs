using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Rendering;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Verification;

namespace FleetPrometheus.Tests.Lab;

/// <summary>
/// The lab proves the program, and here the lab is proven: it accepts what the program renders, and sees every mistake that is put
/// between the program and the fleet.
/// </summary>
[Collection("Lab")]
public class LabVerificationTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Verify_TheProgramAsItIs_EveryClaimHolds()
    {
        var checks = await VerifyAsync(new Sabotage(), steadyOnly: false, patience: 60);

        Assert.All(checks, check => Assert.True(check.Holds, $"{check.Name}:\n{string.Join('\n', check.Failures)}"));
        Assert.Contains(checks, check => check.Name.Contains("fires one alert", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_NodeExporterThroughAService_SamplesComeFromOtherNodes()
    {
        // As hand-written configuration has it: a Service in front of the DaemonSet, whose backend the API server picks at random.
        var checks = await VerifyAsync(new Sabotage
        {
            Object = manifest => manifest.Kind switch
            {
                "Role" when manifest.Namespace == "fleet-node-exporter" => With(manifest, content => content["rules"]!.AsArray().Add(JsonNode.Parse("""{"apiGroups":[""],"resources":["services/proxy"],"verbs":["get"]}"""))),
                "ServiceAccount" when manifest.Name == "node-exporter" => new KubernetesManifest(JsonNode.Parse($$"""
                    {"apiVersion":"v1","kind":"Service","metadata":{"name":"node-exporter","namespace":"{{manifest.Namespace}}"},
                     "spec":{"selector":{"app.kubernetes.io/name":"node-exporter"},"ports":[{"port":9100,"protocol":"TCP","name":"metrics"}]} }
                    """)!.AsObject()),
                _ => manifest,
            },
            File = file => file with { Content = file.Content.Replace("/pods/http:${1}:9100/proxy", "/services/http:node-exporter:9100/proxy", StringComparison.Ordinal) },
        }, nodeAccess: "off");

        Assert.Contains(Failures(checks), failure => failure.Contains("samples came from", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_WithoutClusterLabel_Fails()
    {
        var checks = await VerifyAsync(new Sabotage
        {
            File = file => file with { Content = file.Content.Replace("target_label: cluster\n        replacement: stage", "target_label: kluster\n        replacement: stage", StringComparison.Ordinal) },
        });

        Assert.Contains(Failures(checks), failure => failure.Contains("have no cluster label", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("relay", "ClusterRole", "nonResourceURLs", "apiserver")]
    [InlineData("relay", "ClusterRole", "nodes/metrics", "kubelet")]
    [InlineData("relay", "Role", "pods/proxy", "kubelet", "node-exporter", "kube-state-metrics")]
    [InlineData("relay", "Role", "pods", "kubelet", "node-exporter", "kube-state-metrics")]
    [InlineData("nodesProxy", "ClusterRole", "nodes/proxy", "kubelet")]
    [InlineData("nodesProxy", "ClusterRole", "nodes", "kubelet")]
    [InlineData("nodesProxy", "Role", "pods/proxy", "node-exporter", "kube-state-metrics")]
    public async Task Verify_WithoutOneRule_ExactlyTheJobsThatNeedItFail(string nodeAccess, string kind, string what, params string[] jobs)
    {
        await using var fleet = await StartAsync(new Sabotage
        {
            Object = manifest => manifest.Kind == kind && (manifest.Name is "fleet-prometheus-scrape" or "fleet-prometheus-node-relay")
                ? With(manifest, content => content["rules"] = new JsonArray(content["rules"]!.AsArray()
                    .Where(rule => rule![what] is null && rule["resources"]?.AsArray().Any(resource => (string)resource! == what) != true)
                    .Select(rule => rule!.DeepClone()).ToArray()))
                : manifest,
        }, nodes: 1, nodeAccess);

        // Long enough for everything else to come up.
        var failures = await Eventually.NothingWrongAsync(
            () => TargetChecks.ExactlyTheExpectedAsync(fleet, CancellationToken.None), TimeSpan.FromSeconds(10), CancellationToken.None);

        Assert.NotEmpty(failures);
        Assert.All(failures, failure => Assert.Contains(jobs, job => failure.Contains($"Job = {job},", StringComparison.Ordinal)));
        Assert.All(jobs, job => Assert.Contains(failures, failure => failure.Contains($"Job = {job},", StringComparison.Ordinal)));
    }

    private static KubernetesManifest With(KubernetesManifest manifest, Action<JsonObject> change)
    {
        var content = manifest.Content.DeepClone().AsObject();
        change(content);
        return new KubernetesManifest(content);
    }

    private static IEnumerable<string> Failures(IReadOnlyList<Check> checks) => checks.SelectMany(check => check.Failures);

    private static async Task<IReadOnlyList<Check>> VerifyAsync(Sabotage sabotage, bool steadyOnly = true, int patience = 12, string? nodeAccess = null)
    {
        var said = new List<string>();
        await using var fleet = await StartAsync(sabotage, nodes: steadyOnly ? 2 : 3, nodeAccess, said.Add);
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        return await new CoreVerification(fleet, Interval, () => said, _ => { }) { Patience = TimeSpan.FromSeconds(patience) }
            .RunAsync(steadyOnly, bound.Token);
    }

    private static async Task<LabFleet> StartAsync(Sabotage sabotage, int nodes, string? nodeAccess = null, Action<string>? say = null)
    {
        // The repository's own stack files, with one key more.
        using var project = new TemporaryDirectory();
        foreach (var file in Directory.GetFiles(Repository.Root, "Pulumi*.yaml"))
        {
            var text = await File.ReadAllTextAsync(file);
            var further = nodeAccess is not null && text.Contains("role: target", StringComparison.Ordinal) ? $"  fleet-prometheus:nodeAccess: \"{nodeAccess}\"\n" : "";
            await File.WriteAllTextAsync(Path.Combine(project.Path, Path.GetFileName(file)), text + further);
        }

        return await LabFleet.StartAsync(
            new LabOptions { Project = project.Path, OnACopy = true, Interval = Interval, Nodes = nodes, Sabotage = sabotage },
            say ?? (_ => { }),
            CancellationToken.None);
    }
}
