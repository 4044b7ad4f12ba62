using System.Collections.Immutable;
using System.Text.Json.Nodes;
using FleetPrometheus.Central;
using FleetPrometheus.Contract;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Rendering;
using FleetPrometheus.Infra.Settings;
using FleetPrometheus.Tests.Infra;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Fuzz;

/// <summary>A random stack that the program accepted, run through the whole program.</summary>
/// <param name="Configuration">What was written.</param>
/// <param name="Settings">What was read of it.</param>
/// <param name="Stack">What the program declared.</param>
internal sealed record AcceptedStack(ImmutableSortedDictionary<string, string> Configuration, StackSettings Settings, EvaluatedStack Stack)
{
    /// <summary>The cluster as the centre reads it from the outputs; null for one that sends by itself.</summary>
    public ClusterConnection? Connection { get; init; }

    /// <summary>A structured value as it was written.</summary>
    public JsonNode? Written(string key) => Configuration.GetValueOrDefault(key) is { } text ? JsonNode.Parse(text) : null;
}

/// <summary>Target stacks and central stacks that watch some of them, the same ones in every run.</summary>
internal sealed record AcceptedStacks(ImmutableArray<AcceptedStack> Targets, ImmutableArray<AcceptedStack> Centres)
{
    private const int TargetSeed = 20261122;
    private const int CentreSeed = 20261123;
    private static readonly Lazy<Task<AcceptedStacks>> Evaluated = new(EvaluateAsync);

    /// <summary>They are evaluated once, since that takes a while.</summary>
    public static Task<AcceptedStacks> All => Evaluated.Value;

    /// <summary>How many were drawn to get so many that were accepted.</summary>
    public required string Tried { get; init; }

    public IEnumerable<EvaluatedStack> Stacks => Targets.Concat(Centres).Select(accepted => accepted.Stack);

    /// <summary>The settings, or null when they are refused.</summary>
    public static StackSettings? Read(ImmutableSortedDictionary<string, string> values)
    {
        var problems = new Problems();
        var settings = SettingsReader.Read(Draw.Raw(values), Given.Stage, [], problems);
        return problems.Count == 0 ? settings : null;
    }

    private static async Task<AcceptedStacks> EvaluateAsync()
    {
        var (targets, drawnTargets) = await TargetsAsync(200);
        var (centres, drawnCentres) = await CentresAsync(25, targets);
        return new(targets, centres) { Tried = $"{targets.Length} of {drawnTargets} target stacks (seed {TargetSeed}) and {centres.Length} of {drawnCentres} central stacks (seed {CentreSeed}) were accepted" };
    }

    /// <summary>What is drawn and accepted must evaluate, and the centre must accept its outputs.</summary>
    private static async Task<(ImmutableArray<AcceptedStack> Stacks, int Drawn)> TargetsAsync(int count)
    {
        var draw = new Draw(TargetSeed);
        var evaluator = new StackEvaluator(Randomness.Placeholder);
        var stacks = ImmutableArray.CreateBuilder<AcceptedStack>();
        var drawn = 0;
        for (; stacks.Count < count; drawn++)
        {
            var name = $"{draw.Of("true", "c", "1e3", "n", "x--y")}-{stacks.Count}";
            var values = draw.Target(name);
            if (Read(values) is { } settings)
            {
                var stack = await evaluator.EvaluateAsync(Draw.File(name, values), new PlaceholderCluster(name), new Dictionary<string, StackOutputValues>());
                stacks.Add(new(values, settings, stack) { Connection = Connect(stack) });
            }
        }

        return (stacks.ToImmutable(), drawn);
    }

    private static async Task<(ImmutableArray<AcceptedStack> Stacks, int Drawn)> CentresAsync(int count, ImmutableArray<AcceptedStack> targets)
    {
        var draw = new Draw(CentreSeed);
        var evaluator = new StackEvaluator(Randomness.Placeholder);
        var outputs = targets.ToDictionary(target => target.Stack.Stack, target => target.Stack.Outputs);
        var stacks = ImmutableArray.CreateBuilder<AcceptedStack>();
        var drawn = 0;
        for (; stacks.Count < count; drawn++)
        {
            var values = draw.Central([.. Enumerable.Range(0, 3).Select(_ => targets[draw.Below(targets.Length)].Stack.Stack).Distinct()]);
            if (Read(values) is not { } settings)
            {
                continue;
            }

            try
            {
                stacks.Add(new(values, settings, await evaluator.EvaluateAsync(Draw.File("central", values), new PlaceholderCluster("central"), outputs)));
            }
            catch (EvaluationException refusal) when (refusal.Message.StartsWith("Not every cluster can be watched", StringComparison.Ordinal))
            {
                // Only with the clusters' outputs it shows that a key has no meaning for one of them.
            }
        }

        return (stacks.ToImmutable(), drawn);
    }

    private static ClusterConnection? Connect(EvaluatedStack stack)
    {
        var problems = new Problems();
        var reading = ClusterConnectionReader.Read(stack.Stack, name => (KubernetesManifest.ToPlain(stack.Outputs.Values.GetValueOrDefault(name)), stack.Outputs.Secrets.Contains(name)), problems);
        Assert.True(problems.Count == 0, problems.Describe($"the outputs of {stack.Stack} are refused:"));
        return reading.Connection;
    }
}
