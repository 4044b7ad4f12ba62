#if PULUMI_OFFLINE
using System.Reflection;
using System.Text.RegularExpressions;

namespace FleetPrometheus.Tests.Offline;

/// <summary>The stand-in promises nothing that the official packages lack or type differently.</summary>
public sealed partial class SurfaceTests
{
    [DumpsTheory]
    [InlineData(typeof(Pulumi.Resource), "Pulumi.txt")]
    [InlineData(typeof(Pulumi.Kubernetes.Provider), "Pulumi.Kubernetes.txt", "Pulumi.Kubernetes.Outputs.txt")]
    [InlineData(typeof(Pulumi.Random.RandomId), "Pulumi.Random.txt")]
    public void Surface_OfStandIn_IsPartOfOfficial(Type member, params string[] dumps)
    {
        var official = dumps.SelectMany(dump => File.ReadLines(Path.Combine(Dumps.Directory!, dump))).Select(Normalize).ToHashSet();

        var foreign = new ApiNotation().Lines(member.Assembly).Select(Normalize).Where(line => !official.Contains(line)).ToList();

        Assert.True(foreign.Count == 0, $"not in the official API:\n{string.Join("\n", foreign)}");
    }

    [DumpsFact]
    public void Surface_OfEachKubernetesType_IsComplete()
    {
        var offered = new ApiNotation().Lines(typeof(Pulumi.Kubernetes.Provider).Assembly).Select(Normalize).ToHashSet();
        var types = offered.Select(line => line.Split(" : ")[0]).Where(name => !name.Contains('(')).ToHashSet();

        var missing = new[] { "Pulumi.Kubernetes.txt", "Pulumi.Kubernetes.Outputs.txt" }
            .SelectMany(dump => File.ReadLines(Path.Combine(Dumps.Directory!, dump)))
            .Where(line => MemberName().Match(line) is { Success: true } member && types.Contains(member.Groups["type"].Value))
            .Select(Normalize).Where(line => !offered.Contains(line)).ToList();

        Assert.True(missing.Count == 0, $"missing:\n{string.Join("\n", missing)}");
    }

    // Remarks about behaviour are not part of the surface.
    private static string Normalize(string line) => Remarks().Replace(line, "").TrimEnd();

    [GeneratedRegex(@" \((lazy|setter)[^)]*\)| (token|version|apiVersion|kind|aliases|additionalSecretOutputs)=\S+")]
    private static partial Regex Remarks();

    // A value of an enumeration is a member already.
    [GeneratedRegex(@"^(?<type>[\w.]+)\.\w+(\([^)]*\))? : (?!EnumType value)")]
    private static partial Regex MemberName();
}

/// <summary>Where the dumps of the official API lie, if anywhere.</summary>
internal static class Dumps
{
    private const string Variable = "FLEET_API_DUMPS";

    public static string? Directory { get; } = Find();

    public static string Missing => $"no dumps of the official API: set {Variable} to their directory, or put them in ../shared/api next to the repository";

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
            return given;

        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "fleet-prometheus.slnx")))
            root = root.Parent;
        var beside = root is null ? null : Path.GetFullPath(Path.Combine(root.FullName, "..", "shared", "api"));
        return System.IO.Directory.Exists(beside) ? beside : null;
    }
}

/// <summary>A fact about the official API; skipped, with the reason, where its dumps are missing.</summary>
internal sealed class DumpsFactAttribute : FactAttribute
{
    public DumpsFactAttribute()
    {
        if (Dumps.Directory is null)
            Skip = Dumps.Missing;
    }
}

/// <summary>The same with data.</summary>
internal sealed class DumpsTheoryAttribute : TheoryAttribute
{
    public DumpsTheoryAttribute()
    {
        if (Dumps.Directory is null)
            Skip = Dumps.Missing;
    }
}
#endif
