using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using FleetPrometheus.Contract;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Rendering;

namespace FleetPrometheus.Bench;

/// <summary>A fleet of any size that needs no cluster: each is the outputs of one real target stack under a name, an address and a token of its own.</summary>
/// <param name="evaluator">Evaluates the stacks.</param>
internal sealed class MadeUpFleet(StackEvaluator evaluator)
{
    private const string Prefix = "fleet-prometheus:";
    private StackOutputValues? _model;

    /// <summary>What the stacks of that many clusters have as outputs, by their names.</summary>
    public async Task<IReadOnlyDictionary<string, StackOutputValues>> OutputsAsync(int clusters)
    {
        _model ??= (await evaluator.EvaluateAsync(
            PlaceholderCluster.Connect(Stack("model", ("role", "target"), ("context", "model"), ("apiServer", "https://model.example:6443"), ("clusterLabels", """{"environment":"bench"}"""))),
            new PlaceholderCluster("model"),
            ImmutableDictionary<string, StackOutputValues>.Empty)).Outputs;
        return Enumerable.Range(1, clusters).Select(Name).ToDictionary(name => name, name => _model with
        {
            Values = _model.Values
                .SetItem(StackOutputs.ClusterName, name)
                .SetItem(StackOutputs.ApiServer, $"https://{name}.example:6443")
                .SetItem(StackOutputs.Token, $"token-of-{name}"),
        });
    }

    /// <summary>Evaluates the centre that watches these clusters.</summary>
    public Task<EvaluatedStack> EvaluateAsync(IReadOnlyDictionary<string, StackOutputValues> outputs) =>
        evaluator.EvaluateAsync(Centre(outputs), new PlaceholderCluster("central"), outputs);

    /// <summary>The stack of the centre that watches these clusters.</summary>
    public static StackFile Centre(IReadOnlyDictionary<string, StackOutputValues> outputs) => PlaceholderCluster.Connect(Stack(
        "central",
        ("role", "central"),
        ("context", "central"),
        ("clusters", new JsonArray([.. outputs.Keys.Order(StringComparer.Ordinal).Select(name => (JsonNode)name)]).ToJsonString())));

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"cluster-{number:0000}");

    private static StackFile Stack(string name, params ReadOnlySpan<(string Key, string Value)> values)
    {
        var all = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in values)
        {
            all[Prefix + key] = value;
        }

        return new StackFile(name, all.ToImmutable(), []);
    }
}
