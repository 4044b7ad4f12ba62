using System.CommandLine;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Rendering;
using FleetPrometheus.Lab;
using FleetPrometheus.Lab.Commands;
using FleetPrometheus.Sizing;

namespace FleetPrometheus.Tests.Sizing;

[Collection("Pulumi")]
public sealed class SizeCommandTests
{
    /// <summary>What people paste is what the program takes.</summary>
    [Theory]
    [InlineData(1, 1, 5)]
    [InlineData(10, 10, 30)]
    [InlineData(200, 20, 60)]
    public async Task Configuration_IsAcceptedByTheProgram(int clusters, int nodes, int interval)
    {
        var size = new FleetSize { Clusters = clusters, NodesPerCluster = nodes, Replicas = 2, Interval = TimeSpan.FromSeconds(interval) };
        var stacks = StackFile.ReadAll(Repository.Root).ToDictionary(stack => stack.Name);
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(Path.Combine(directory.Path, "Pulumi.central.yaml"), SizeCommand.Configuration(size, FleetEstimate.Of(size)));
        var sized = StackFile.ReadAll(directory.Path).Single();
        stacks["central"] = stacks["central"] with { Values = stacks["central"].Values.SetItems(sized.Values) };

        var evaluated = await new Rendering { Stacks = [.. stacks.Values] }.EvaluateAsync(["central"], _ => { });

        var prometheus = evaluated.Single().Manifests.Single(manifest => manifest is { Kind: "StatefulSet", Name: "prometheus" });
        Assert.Equal(2L, (long)prometheus.Content["spec"]!["replicas"]!);
    }

    [Theory]
    [InlineData("--clusters 0 --nodes 10 --interval soon", "--clusters", "--interval")]
    [InlineData("--clusters 1 --nodes 6000 --retention 1h", "--nodes", "--retention")]
    [InlineData("--clusters 1 --nodes 1 --memory 5MB --replicas -1", "--memory", "--replicas")]
    public void Invoke_BadInput_NamesAllOfIt(string arguments, string first, string second)
    {
        var failure = Assert.Throws<ExpectedFailure>(() => SizeCommand.Create().Parse(arguments).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false }));
        Assert.Contains($"- {first}:", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"- {second}:", failure.Message, StringComparison.Ordinal);
    }
}
