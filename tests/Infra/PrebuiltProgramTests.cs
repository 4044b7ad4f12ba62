using System.Security.Cryptography;
using FleetPrometheus.Infra;

namespace FleetPrometheus.Tests.Infra;

public sealed class PrebuiltProgramTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("fleet-test-").FullName;

    public PrebuiltProgramTests()
    {
        Write("components/Alerting/rules/nodes.yml", "groups: []");
        Write("infra/Program.cs", "// one");
        Write("Directory.Build.props", "<Project />");
        Write("published/sources.sha256", string.Concat(new[] { "../components/Alerting/rules/nodes.yml", "Program.cs", "../Directory.Build.props" }
            .Select(source => $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Project, source))))}  {source}\n")));
    }

    private string Project => Path.Combine(_root, "infra");

    [Fact]
    public void Outdated_NothingChanged_Nothing() => Assert.Empty(Outdated());

    [Fact]
    public void Outdated_BuiltOnTheWay_Nothing()
    {
        Write("infra/Program.cs", "// two");
        File.Delete(Path.Combine(_root, "published", PrebuiltProgram.ManifestName));
        Assert.Empty(Outdated());
    }

    [Theory]
    [InlineData("infra/Program.cs", "Program.cs")]
    [InlineData("components/Alerting/rules/nodes.yml", "../components/Alerting/rules/nodes.yml")]
    [InlineData("Directory.Build.props", "../Directory.Build.props")]
    [InlineData("components/Alerting/rules/new.yml", "../components/Alerting/rules/new.yml")]
    public void Outdated_ASourceChangedOrAdded_IsNamed(string file, string named)
    {
        Write(file, "changed");
        Assert.Equal([named], Outdated());
        Assert.Contains(named, PrebuiltProgram.Describe(Outdated()), StringComparison.Ordinal);
    }

    [Fact]
    public void Outdated_ASourceRemoved_IsNamed()
    {
        File.Delete(Path.Combine(Project, "Program.cs"));
        Assert.Equal(["Program.cs"], Outdated());
    }

    [Fact]
    public void Outdated_WhatABuildLeaves_DoesNotCount()
    {
        Write("infra/obj/project.assets.json", "{}");
        Write("components/bin/Debug/x.dll", "");
        Assert.Empty(Outdated());
    }

    [Fact]
    public void Outdated_WithoutSources_Nothing()
    {
        Directory.Delete(Project, recursive: true);
        Directory.Delete(Path.Combine(_root, "components"), recursive: true);
        File.Delete(Path.Combine(_root, "Directory.Build.props"));
        Assert.Empty(Outdated());
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private IReadOnlyList<string> Outdated() => PrebuiltProgram.Outdated(Path.Combine(_root, "published"), Project);

    private void Write(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_root, path))!);
        File.WriteAllText(Path.Combine(_root, path), content);
    }
}
