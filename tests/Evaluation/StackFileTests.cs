using FleetPrometheus.Evaluation;

namespace FleetPrometheus.Tests.Evaluation;

public class StackFileTests
{
    [Fact]
    public void ReadAll_ScalarsAndStructures_GivesWhatTheCliWouldHandOver()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("Pulumi.yaml", "name: fleet-prometheus\n");
        directory.Write("Pulumi.stage.yaml", """
            config:
              fleet-prometheus:role: target
              fleet-prometheus:tokenGeneration: 2
              fleet-prometheus:nodeExporter:
                port: 9100
                enabled: true
                image: "1.10"
                extraArgs: [--a, 'true']
            """);

        var stack = Assert.Single(StackFile.ReadAll(directory.Path));

        Assert.Equal("stage", stack.Name);
        Assert.True(stack.IsTarget);
        Assert.Equal("2", stack.Get("tokenGeneration"));
        Assert.Equal("""{"port":9100,"enabled":true,"image":"1.10","extraArgs":["--a","true"]}""", stack.Get("nodeExporter"));
        Assert.Empty(stack.SecretKeys);
    }

    [Fact]
    public void ReadAll_KeyWithoutNamespace_IsTheProjectsOwn()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("Pulumi.a.yaml", "config:\n  role: central\n  kubernetes:context: other\n");

        var stack = Assert.Single(StackFile.ReadAll(directory.Path));

        Assert.Equal("central", stack.Get("role"));
        Assert.Equal("other", stack.Values["kubernetes:context"]);
    }

    [Fact]
    public void ReadAll_EncryptedValue_IsAMarkedSecretPlaceholder()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("Pulumi.a.yaml", """
            encryptionsalt: v1:abc
            config:
              fleet-prometheus:kubeconfig:
                secure: v1:deadbeef
              fleet-prometheus:alertmanager:
                receivers:
                  - name: team
                    webhook: { secure: v1:cafe }
            """);

        var stack = Assert.Single(StackFile.ReadAll(directory.Path));

        Assert.Equal(StackFile.EncryptedPlaceholder, stack.Get("kubeconfig"));
        Assert.Contains(StackFile.EncryptedPlaceholder, stack.Get("alertmanager"), StringComparison.Ordinal);
        Assert.Equal(["fleet-prometheus:alertmanager", "fleet-prometheus:kubeconfig"], stack.SecretKeys);
    }

    [Theory]
    [InlineData("config: [a, b]", "`config` is not a mapping")]
    [InlineData("config:\n  a: b: c", "is not valid YAML (line 2")]
    [InlineData("config: &a\n  b: *a", "aliases")]
    [InlineData("- a", "the document is not a mapping")]
    public void ReadAll_MalformedFile_NamesFileAndPlace(string yaml, string expected)
    {
        using var directory = new TemporaryDirectory();
        directory.Write("Pulumi.bad.yaml", yaml);

        var refusal = Assert.Throws<EvaluationException>(() => StackFile.ReadAll(directory.Path));

        Assert.Contains("Pulumi.bad.yaml", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadAll_TwoMalformedFiles_NamesBoth()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("Pulumi.a.yaml", "config: 1");
        directory.Write("Pulumi.b.yaml", "config: [");

        var refusal = Assert.Throws<EvaluationException>(() => StackFile.ReadAll(directory.Path));

        Assert.Contains("Pulumi.a.yaml", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Pulumi.b.yaml", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadAll_NoStackFile_SaysWhatToDo() =>
        Assert.Contains("--project", Assert.Throws<EvaluationException>(() => StackFile.ReadAll("/nowhere")).Message, StringComparison.Ordinal);
}
