using System.Collections.Immutable;
using System.Text.Json.Nodes;
using FleetPrometheus.Contract;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Scraping;
using FleetPrometheus.Tests.Infra;
using FleetPrometheus.Tests.Scraping;
using FleetPrometheus.Validation;
using Xunit.Abstractions;

namespace FleetPrometheus.Tests.Fuzz;

/// <summary>Reading a stack's outputs ends in a cluster that can be rendered, or in problems without any credential; never in an exception.</summary>
public sealed class OutputsFuzzTests(ITestOutputHelper output)
{
    private const int Rounds = 1_000;

    [Fact]
    public void Read_MutatedOutputs_EndInAClusterOrProblems()
    {
        var draw = new Draw(5);
        var (accepted, told) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            JsonNode? outputs = round % 4 == 0 ? Pushed() : Pulled();
            for (var changes = draw.Below(4); changes > 0; changes--)
            {
                outputs = Mutation.Of(outputs, draw);
            }

            // A stack's outputs are a map, whatever is in it.
            var map = outputs as JsonObject ?? [];
            var everythingIsSecret = draw.Maybe();
            var problems = new Problems();
            ConnectionReading reading;
            try
            {
                reading = ClusterConnectionReader.Read("stage", name => (KubernetesManifest.ToPlain(map[name]), everythingIsSecret || name.Contains("oken", StringComparison.Ordinal) || name.Contains("Password", StringComparison.Ordinal)), problems);
                if (reading.Connection is { } connection)
                {
                    _ = ClusterScrapeFile.Render(FleetPrometheus.Central.ClusterFiles.Model(new() { Connection = connection }));
                }
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"reading threw for {map.ToJsonString()}", exception);
            }

            Assert.True(problems.Count > 0 == (reading is { HasOutputs: true, Connection: null, Push: null }), $"{problems.Count} problems for {map.ToJsonString()}");
            Assert.DoesNotContain(Draw.Secret, problems.Describe(""), StringComparison.Ordinal);
            Assert.All(problems, problem => Assert.True(!everythingIsSecret || problem.Value is null, $"'{problem}' shows a secret output"));
            Assert.All(problems, problem => Assert.StartsWith("stack stage, output ", problem.Key, StringComparison.Ordinal));
            accepted += problems.Count == 0 ? 1 : 0;
            told += problems.Count;
        }

        output.WriteLine($"{Rounds} stacks' outputs: {accepted} accepted, {told} problems told of the others");
        Assert.InRange(accepted, 50, Rounds - 50);
    }

    [Theory]
    [InlineData("job", "a\nb")]
    [InlineData("job", "a\ud800")]
    [InlineData("dropMetrics", "(")]
    [InlineData("dropMetrics", "(?=a)")]
    [InlineData("dropMetrics", "x{1001}")]
    [InlineData("caCertificate", "-----BEGIN PRIVATE KEY-----hunter2")]
    public void Read_AJobThatWouldBreakEveryClustersScrapes_IsRefusedWithoutShowingKeys(string field, string value)
    {
        var outputs = Pulled();
        var job = outputs["scrapeJobs"]!.AsArray().First(job => (string?)job!["kind"] == "directNode")!.AsObject();
        job[field] = field == "dropMetrics" ? new JsonArray(value) : value;
        var problems = new Problems();

        ClusterConnectionReader.Read("stage", name => (KubernetesManifest.ToPlain(outputs[name]), false), problems);

        Assert.Contains(problems, problem => problem.Key.EndsWith($"].{field}", StringComparison.Ordinal));
        Assert.DoesNotContain(Draw.Secret, problems.Describe(""), StringComparison.Ordinal);
    }

    private static JsonObject Pushed() => new()
    {
        ["contractVersion"] = 1, ["collection"] = "push", ["clusterName"] = "stage", ["clusterLabels"] = new JsonObject { ["environment"] = "stage" },
        ["pushPassword"] = $"{Draw.Secret}-1", ["nextPushPassword"] = $"{Draw.Secret}-2",
    };

    private static JsonObject Pulled() => new()
    {
        ["contractVersion"] = 1, ["clusterName"] = "stage", ["apiServer"] = "https://stage.example.com:6443", ["caCertificate"] = Samples.KubeletCa, ["collection"] = "pull",
        ["token"] = $"{Draw.Secret}-1", ["tokenId"] = "0123456789abcdef", ["tokenIssued"] = "2026-01-31T12:00:00Z", ["previousToken"] = $"{Draw.Secret}-2", ["previousTokenId"] = "aa",
        ["clusterLabels"] = new JsonObject { ["environment"] = "stage" },
        ["scrapeJobs"] = KubernetesManifest.ToJson(ScrapeJobMaps.Write([.. Samples.All.SelectMany(cluster => cluster.Jobs).DistinctBy(job => job.GetType()), new NodeProxyJob("kubelet", "/metrics/cadvisor")])),
    };
}
