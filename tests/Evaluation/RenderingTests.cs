using System.Collections.Immutable;
using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Rendering;
using FleetPrometheus.Tests.Components;

namespace FleetPrometheus.Tests.Evaluation;

/// <summary>The repository's own stacks, evaluated and written as <c>./dev render</c> does.</summary>
[Collection("Pulumi")]
public class RenderingTests
{
    private const string RealToken = "real-token-1234567890";

    [Fact]
    public async Task Write_Twice_IsByteIdentical()
    {
        using var first = new TemporaryDirectory();
        using var second = new TemporaryDirectory();

        await RenderAsync(first.Path);
        await RenderAsync(second.Path);

        var files = Files(first.Path);
        Assert.NotEmpty(files);
        Assert.Equal(files, Files(second.Path));
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(Path.Combine(first.Path, file)), File.ReadAllBytes(Path.Combine(second.Path, file))));
    }

    [Fact]
    public async Task Write_AllStacks_HasTheWholeConfigurationTree()
    {
        using var directory = new TemporaryDirectory();

        await RenderAsync(directory.Path);

        var files = Files(directory.Path);
        Assert.Superset(
            new HashSet<string>
            {
                "central/prometheus/prometheus.yml", "central/prometheus/clusters/stage.yml", "central/prometheus/clusters/product.yml",
                "central/prometheus/clusters/stage.ca.crt", "central/prometheus/clusters/stage.token", "central/prometheus/web/web.yml",
                "central/alertmanager/alertmanager.yml", "stage/manifests/00-namespace-fleet-exporters.yaml",
                "product/manifests/40-daemonset-fleet-node-exporter-node-exporter.yaml",
            },
            files.ToHashSet());
    }

    [Fact]
    public async Task Write_RealOutputs_ShowsTheirTokenOnlyWhenAsked()
    {
        using var hidden = new TemporaryDirectory();
        using var shown = new TemporaryDirectory();
        var outputs = await WithRealTokenAsync();

        await RenderAsync(hidden.Path, outputs);
        await RenderAsync(shown.Path, outputs, showSecrets: true);

        Assert.DoesNotContain(Files(hidden.Path), file => File.ReadAllText(Path.Combine(hidden.Path, file)).Contains(RealToken, StringComparison.Ordinal));
        Assert.Equal(RealToken, File.ReadAllText(Path.Combine(shown.Path, "central/prometheus/clusters/stage.token")).TrimEnd());
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(shown.Path, "central/prometheus/clusters/stage.token")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Write_EncryptedKeyOfTheWebEndpoints_LeavesOutItsSecretAndKeepsWhatVerifiesIt(bool caGiven)
    {
        using var directory = new TemporaryDirectory();
        var issued = IssuedCertificate.For(IssuedCertificate.CentralNames);
        var rendering = new Rendering
        {
            Stacks = [.. StackFile.ReadAll(Repository.Root).Select(stack => stack.IsCentral
                ? stack.WithFields("webTls", [("certificate", issued.Certificate + issued.Ca), ("privateKey", StackFile.EncryptedPlaceholder), .. caGiven ? [("caCertificate", (JsonNode)issued.Ca)] : Array.Empty<(string, JsonNode)>()])
                : stack)],
        };

        rendering.Write((await rendering.EvaluateAsync(["central"], _ => { })).Single(), directory.Path);

        Assert.Equal(issued.Ca, File.ReadAllText(Path.Combine(directory.Path, "central/prometheus/web/ca.crt")));
        Assert.Contains("tls_server_config", File.ReadAllText(Path.Combine(directory.Path, "central/alertmanager/web/web.yml")), StringComparison.Ordinal);
        Assert.DoesNotContain(Files(directory.Path), file => file.Contains("/tls/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Evaluate_UnknownStack_NamesTheOnesThereAre()
    {
        var refusal = await Assert.ThrowsAsync<EvaluationException>(() => Rendering().EvaluateAsync(["nosuch"], _ => { }));

        Assert.Contains("nosuch", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("stage", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_TwoRefusedStacks_NamesBothAndSparesTheCentre()
    {
        var rendering = new Rendering { Stacks = [.. Rendering().Stacks.Select(stack => stack.IsTarget ? stack.With("nosuchkey", "1") : stack)] };

        var refusal = await Assert.ThrowsAsync<EvaluationException>(() => rendering.EvaluateAsync([], _ => { }));

        Assert.Contains("Stack stage:", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Stack product:", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Stack central:", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_Manifests_AreWholeObjectsWithUniqueFiles()
    {
        foreach (var stack in await Rendering().EvaluateAsync([], _ => { }))
        {
            Assert.Equal(stack.Manifests.Length, stack.Manifests.Select(manifest => manifest.FileName).Distinct().Count());
            Assert.All(stack.Manifests, manifest =>
            {
                Assert.NotEmpty(manifest.ApiVersion);
                Assert.NotEmpty(manifest.Kind);
                Assert.NotEmpty(manifest.Name);
            });
        }
    }

    private static Rendering Rendering() => new() { Stacks = StackFile.ReadAll(Repository.Root) };

    private static async Task<ImmutableDictionary<string, StackOutputValues>> WithRealTokenAsync()
    {
        var stage = (await Rendering().EvaluateAsync(["stage"], _ => { })).Single().Outputs;
        return ImmutableDictionary<string, StackOutputValues>.Empty.Add("stage", stage with { Values = stage.Values.SetItem("token", JsonValue.Create(RealToken)) });
    }

    private static async Task RenderAsync(string directory, ImmutableDictionary<string, StackOutputValues>? outputs = null, bool showSecrets = false)
    {
        var rendering = new Rendering
        {
            Stacks = StackFile.ReadAll(Repository.Root),
            Outputs = outputs ?? ImmutableDictionary<string, StackOutputValues>.Empty,
            ShowSecrets = showSecrets,
        };
        foreach (var stack in await rendering.EvaluateAsync([], _ => { }))
        {
            rendering.Write(stack, directory);
        }
    }

    private static string[] Files(string directory) =>
        [.. Directory.GetFiles(directory, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(directory, path)).Order(StringComparer.Ordinal)];
}
