#if PULUMI_OFFLINE
using System.Text.RegularExpressions;
using Pulumi;
using Pulumi.Utilities;

namespace FleetPrometheus.Tests.Offline;

/// <summary>The stand-in promises nothing that the official packages lack or type differently.</summary>
[Collection(PulumiCollection.Name)]
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

    /// <summary>Token, API version and kind, former tokens and secret outputs, as the dump says them of each class.</summary>
    [DumpsFact]
    public async Task KubernetesResources_DescribeThemselvesLikeTheOfficialOnes()
    {
        var assembly = typeof(Pulumi.Kubernetes.Provider).Assembly;
        var official = File.ReadLines(Path.Combine(Dumps.Directory!, "Pulumi.Kubernetes.txt"))
            .Select(line => (Type: assembly.GetType(line.Split(' ')[0]), Description: Description().Match(line)))
            .Where(candidate => candidate is { Type: not null, Description.Success: true })
            .ToDictionary(candidate => candidate.Type!, candidate => candidate.Description.Groups["said"].Value.Replace(" version=4.32.0", ""));

        // Seen on their way to registration; arguments that some of them require don't matter here.
        var seen = new Dictionary<Type, ResourceTransformationArgs>();
        var look = new ComponentResourceOptions
        {
            ResourceTransformations =
            {
                args =>
                {
                    seen[args.Resource.GetType()] = args;
                    return new ResourceTransformationResult(ResourceArgs.Empty, args.Options);
                },
            },
        };
        await TestProgram.RunAsync(new RecordingMocks(), TestProgram.Update, () => _ = new Group(
            "all",
            group =>
            {
                foreach (var type in official.Keys)
                    Activator.CreateInstance(type, type.Name, null, new CustomResourceOptions { Parent = group });
            },
            look));

        Assert.NotEmpty(official);
        foreach (var (type, said) in official)
            Assert.Equal(said, await DescribeAsync(seen[type]));
    }

    private static async Task<string> DescribeAsync(ResourceTransformationArgs resource)
    {
        var options = (CustomResourceOptions)resource.Options;
        var aliases = new List<string>();
        foreach (var alias in options.Aliases)
            aliases.Add(await ValueAsync((await ValueAsync(alias)).Type!));

        return $"token={resource.Resource.GetResourceType()} apiVersion={await ArgumentAsync("ApiVersion")} kind={await ArgumentAsync("Kind")}"
            + (aliases.Count == 0 ? "" : $" aliases={string.Join(",", aliases)}")
            + (options.AdditionalSecretOutputs.Count == 0 ? "" : $" additionalSecretOutputs={string.Join(",", options.AdditionalSecretOutputs)}");

        Task<string> ArgumentAsync(string name) => ValueAsync((Input<string>)resource.Args.GetType().GetProperty(name)!.GetValue(resource.Args)!);
    }

    private static Task<T> ValueAsync<T>(Input<T> input) => OutputUtilities.GetValueAsync(input.ToOutput());

    // Remarks about behaviour are not part of the surface.
    private static string Normalize(string line) => Remarks().Replace(line, "").TrimEnd();

    [GeneratedRegex(@" \((lazy|setter)[^)]*\)| (token|version|apiVersion|kind|aliases|additionalSecretOutputs)=\S+")]
    private static partial Regex Remarks();

    [GeneratedRegex(@" (?<said>token=\S+ version=\S+ apiVersion=.*)$")]
    private static partial Regex Description();

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
