using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using FleetPrometheus.Contract;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Rendering;

namespace FleetPrometheus.Bench;

/// <summary>A fleet of any size without as many clusters: each is the outputs of one real target stack under a name of its own.</summary>
/// <param name="evaluator">Evaluates the stacks.</param>
/// <param name="cluster">The outputs of a stack whose cluster exists, and which all of them are; null: addresses and tokens are made up too.</param>
internal sealed class MadeUpFleet(StackEvaluator evaluator, StackOutputValues? cluster = null)
{
    private const string Prefix = "fleet-prometheus:";
    private readonly bool _isReal = cluster is not null;
    private StackOutputValues? _model = cluster;

    /// <summary>What the stacks of that many clusters have as outputs, by their names.</summary>
    public async Task<IReadOnlyDictionary<string, StackOutputValues>> OutputsAsync(int clusters)
    {
        _model ??= (await evaluator.EvaluateAsync(
            PlaceholderCluster.Connect(Stack("model", ("role", "target"), ("context", "model"), ("apiServer", "https://model.example:6443"), ("clusterLabels", """{"environment":"bench"}"""))),
            new PlaceholderCluster("model"),
            ImmutableDictionary<string, StackOutputValues>.Empty)).Outputs;
        return Enumerable.Range(1, clusters).Select(Name).ToDictionary(name => name, name =>
        {
            var values = _model.Values.SetItem(StackOutputs.ClusterName, name);
            return _model with
            {
                Values = _isReal ? values : values.SetItem(StackOutputs.ApiServer, $"https://{name}.example:6443").SetItem(StackOutputs.Token, $"token-of-{name}"),
            };
        });
    }

    /// <summary>The same fleet, in which one cluster has another label.</summary>
    public static IReadOnlyDictionary<string, StackOutputValues> Relabel(IReadOnlyDictionary<string, StackOutputValues> outputs, string name) =>
        outputs.ToDictionary(stack => stack.Key, stack => stack.Key != name ? stack.Value : stack.Value with
        {
            Values = stack.Value.Values.SetItem(StackOutputs.ClusterLabels, new JsonObject { ["environment"] = "changed" }),
        });

    /// <summary>Evaluates the centre that watches these clusters.</summary>
    /// <param name="outputs">What their stacks have as outputs.</param>
    /// <param name="settings">Further configuration of the centre.</param>
    public Task<EvaluatedStack> EvaluateAsync(IReadOnlyDictionary<string, StackOutputValues> outputs, params ReadOnlySpan<(string Key, string Value)> settings) =>
        evaluator.EvaluateAsync(Centre(outputs, settings), new PlaceholderCluster("central"), outputs);

    /// <summary>The stack of the centre that watches these clusters.</summary>
    /// <inheritdoc cref="EvaluateAsync"/>
    public static StackFile Centre(IReadOnlyDictionary<string, StackOutputValues> outputs, params ReadOnlySpan<(string Key, string Value)> settings) => PlaceholderCluster.Connect(Stack(
        "central",
        [
            ("role", "central"),
            ("context", "central"),
            ("clusters", new JsonArray([.. outputs.Keys.Order(StringComparer.Ordinal).Select(name => (JsonNode)name)]).ToJsonString()),
            .. settings,
        ]));

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
