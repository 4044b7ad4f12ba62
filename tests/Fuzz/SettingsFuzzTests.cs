using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FleetPrometheus.Infra.Settings;
using FleetPrometheus.Tests.Infra;
using FleetPrometheus.Validation;
using Xunit.Abstractions;

namespace FleetPrometheus.Tests.Fuzz;

/// <summary>Reading a configuration ends in settings, or in problems that name the key and show no credential; never in an exception.</summary>
public sealed partial class SettingsFuzzTests(ITestOutputHelper output)
{
    private const int Rounds = 4_000;

    private static readonly ImmutableHashSet<string> Documented = [.. TopLevelKeys().Matches(File.ReadAllText(Repository.PathOf("docs", "configuration.md"))).Select(match => match.Groups[1].Value)];

    [Fact]
    public void Read_MutatedConfigurations_EndInSettingsOrProblemsThatNameTheKey()
    {
        var draw = new Draw(20261121);
        var drawn = new HashSet<string>();
        var (accepted, told) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var values = round % 2 == 0 ? draw.Target("stage") : draw.Central("stage", "product");
            drawn.UnionWith(values.Keys);
            for (var changes = draw.Below(4); changes > 0; changes--)
            {
                values = Mutated(values, draw);
            }

            var problems = Read(values, out var settings);

            accepted += problems.Count == 0 ? 1 : 0;
            told += problems.Count;
            Assert.True(problems.Count > 0 || settings is { Access: not null } and (CentralSettings or TargetSettings { ApiServer: not null } or TargetSettings { Collection: FleetPrometheus.Targets.Collection.Push }));
            Assert.All(problems, problem => Assert.True(
                values.Keys.Concat(Documented).Any(key => problem.Key == key || problem.Key.StartsWith($"{key}.", StringComparison.Ordinal) || problem.Key.StartsWith($"{key}[", StringComparison.Ordinal)),
                $"'{problem}' names no key"));
            Assert.DoesNotContain(Draw.Secret, problems.Describe(""), StringComparison.Ordinal);
        }

        output.WriteLine($"{Rounds} configurations: {accepted} accepted, {told} problems told of the others");
        Assert.InRange(accepted, 100, Rounds - 100);
        Assert.Empty(Documented.Except(drawn));
    }

    private static ImmutableSortedDictionary<string, string> Mutated(ImmutableSortedDictionary<string, string> values, Draw draw)
    {
        var key = values.Keys.ElementAt(draw.Below(values.Count));
        var text = values[key];
        if (draw.Maybe(0.03))
        {
            return draw.Maybe() ? values.Remove(key) : values.SetItem($"{key}x", text);
        }

        return values.SetItem(key, Json(text) is { } json && draw.Maybe(0.9) ? Mutation.Of(json, draw)?.ToJsonString() ?? "null" : Mutation.Text(text, draw));
    }

    private static Problems Read(ImmutableSortedDictionary<string, string> values, out StackSettings? settings)
    {
        var problems = new Problems();
        try
        {
            settings = SettingsReader.Read(Draw.Raw(values), Given.Stage, [], problems);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"reading threw for {JsonSerializer.Serialize(values)}", exception);
        }

        return problems;
    }

    private static JsonNode? Json(string text)
    {
        try
        {
            return text is ['{' or '[', ..] ? JsonNode.Parse(text) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^\| `([A-Za-z]+)` \|", RegexOptions.Multiline)]
    private static partial Regex TopLevelKeys();
}
