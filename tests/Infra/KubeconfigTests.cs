using FleetPrometheus.Infra;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Infra;

public sealed class KubeconfigTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Find_Contents_TakesTheCurrentContextAndKeepsTheContents()
    {
        var access = Find(new SecretText(Given.Kubeconfig), null, [], out _)!;
        Assert.Equal(("stage", "https://10.0.0.1:6443"), (access.Context, access.Server));
        Assert.Equal(Given.Kubeconfig, access.Contents!.Reveal());
        Assert.Null(access.Path);
    }

    [Fact]
    public void Find_ContextOnly_MergesTheAmbientFilesFirstWins()
    {
        var first = _directory.Write("first", Config("a", "https://first"));
        var second = _directory.Write("second", Config("a", "https://second"));
        var third = _directory.Write("third", Config("b", "https://third"));

        Assert.Equal("https://first", Find(null, "a", [first, Path.Combine(_directory.Path, "absent"), second], out _)!.Server);
        var access = Find(null, "b", [first, second, third], out _)!;
        Assert.Equal("https://third", access.Server);
        Assert.Null(access.Contents);
        Assert.Null(access.Path);
    }

    [Fact]
    public void Find_AmbientFileBroken_NamesTheFileAndQuotesNothing()
    {
        var file = _directory.Write("broken", "users: [hunter2\nx: y: z");
        Assert.Null(Find(null, "a", [file], out var problems));
        Assert.StartsWith($"context: the kubeconfig {file} is not valid YAML", Assert.Single(problems), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", problems[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Find_NoAmbientFile_SaysWhereItLooked()
    {
        Assert.Null(Find(null, "a", [Path.Combine(_directory.Path, "absent")], out var problems));
        Assert.Equal($"context: there is no kubeconfig to find it in ({Path.Combine(_directory.Path, "absent")}); set KUBECONFIG or the key kubeconfig", Assert.Single(problems));
    }

    [Fact]
    public void Find_RelativePath_IsRefused()
    {
        Assert.Null(Find(new SecretText("config/stage"), "a", [], out var problems));
        Assert.StartsWith("kubeconfig: is neither a kubeconfig's contents nor a path from the root", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Find_Path_IsHandedOn()
    {
        var file = _directory.Write("one", Config("a", "https://a"));
        var access = Find(new SecretText(file), "a", [], out _)!;
        Assert.Equal(file, access.Path);
        Assert.Null(access.Contents);
    }

    [Fact]
    public void Find_PathWithSeveralContextsAndNoneNamed_AsksForOne()
    {
        var file = _directory.Write("two", Given.Kubeconfig);
        Assert.Null(Find(new SecretText(file), null, [], out var problems));
        Assert.Equal("context: is missing; a file's current context changes behind this stack's back, so name one: its contexts are lost, stage", Assert.Single(problems));
    }

    [Theory]
    [InlineData("contexts: &a [*a]\n")]
    [InlineData("? &a [*a]\n: b\n")]
    public void Parse_SelfReference_IsRefused(string text)
    {
        Kubeconfig.Parse(text, out var fault);
        Assert.StartsWith("is nested too deeply or holds YAML aliases", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    public void Parse_DeepNesting_IsRefused(string opening)
    {
        Kubeconfig.Parse(string.Concat(Enumerable.Repeat(opening, 50_000)), out var fault);
        Assert.NotNull(fault);
    }

    private static ClusterAccess? Find(SecretText? kubeconfig, string? context, string[] ambient, out string[] lines)
    {
        var problems = new Problems();
        var access = ClusterAccess.Find(kubeconfig, context, ambient, problems);
        lines = [.. problems.Select(problem => problem.ToString())];
        return access;
    }

    private static string Config(string context, string server) => $$"""
        contexts: [{name: {{context}}, context: {cluster: c-{{context}} } }]
        clusters: [{name: c-{{context}}, cluster: {server: "{{server}}" } }]

        """;
}
