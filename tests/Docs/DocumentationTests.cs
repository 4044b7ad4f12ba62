using System.Collections.Immutable;
using System.CommandLine;
using System.Text.RegularExpressions;
using FleetPrometheus.Alerting;
using FleetPrometheus.Bench;
using FleetPrometheus.Contract;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Rendering;
using FleetPrometheus.Infra.Settings;
using FleetPrometheus.Lab.Commands;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Docs;

/// <summary>Whatever the documentation names exists, and is written as the program wants it.</summary>
[Collection(PulumiCollection.Name)]
public sealed partial class DocumentationTests
{
    private const string ReadmePath = "README.md";

    private static readonly ImmutableDictionary<string, ReferenceRow> Keys =
        ConfigurationReference.Common().Concat(ConfigurationReference.Target()).Concat(ConfigurationReference.Central()).ToImmutableDictionary(row => row.Key);

    public static TheoryData<string> Pages => [ReadmePath, "docs/architecture.md", "docs/cost.md", "docs/joining.md", "docs/metrics.md", "docs/node-access.md", "docs/sizing.md"];

    /// <summary><c>UPDATE_GOLDEN=1</c> writes the table anew.</summary>
    [Fact]
    public void Readme_RightsTable_IsWhatTheProgramGrants() => GeneratedPart.AssertIs(ReadmePath, "rights", RightsTable.Markdown());

    [Fact]
    public async Task Readme_OutputTables_HoldTheStacksOutputs()
    {
        var evaluated = await new Rendering { Stacks = StackFile.ReadAll(Repository.Root) }.EvaluateAsync([], _ => { });
        var target = evaluated.Single(stack => stack.Stack == "stage").Outputs.Values.Keys;
        var central = evaluated.Single(stack => stack.Stack == "central").Outputs.Values.Keys;

        var page = Page.Read(ReadmePath);

        // A first generation has no token before it, and a cluster that sends by itself has passwords instead.
        string[] others = [StackOutputs.PreviousToken, StackOutputs.PreviousTokenId, StackOutputs.Collection, StackOutputs.PushPassword, StackOutputs.NextPushPassword];
        Assert.Equal([.. target, .. others], page.FirstColumn("Outputs of a target stack"));
        Assert.Equal([.. central], page.FirstColumn("Outputs of the central stack"));
        var asked = page.Commands("pulumi").Where(command => command is ["stack", "output", ..]).Select(command => command[2]).Where(word => !word.StartsWith('-')).ToList();
        Assert.NotEmpty(asked);
        Assert.All(asked, name => Assert.Contains(name, target.Concat(central)));
    }

    [Fact]
    public async Task Readme_LabelTable_HoldsEveryLabelThatScrapingSets()
    {
        using var directory = new TemporaryDirectory();
        var rendering = new Rendering { Stacks = StackFile.ReadAll(Repository.Root) };
        rendering.Write((await rendering.EvaluateAsync(["central"], _ => { })).Single(), directory.Path);
        var file = File.ReadAllText(Path.Combine(directory.Path, "central", "prometheus", "clusters", "stage.yml"));
        var set = TargetLabel().Matches(file).Select(match => match.Groups[1].Value).Where(label => !label.StartsWith('_')).ToHashSet();

        var told = Page.Read(ReadmePath).FirstColumn("Labels");

        Assert.Contains("cluster", set);
        // The operator's own and what they displaced are not ours to list.
        Assert.Equal([.. set.Where(label => label != "environment" && !label.StartsWith("exported_", StringComparison.Ordinal))], told.Where(PrometheusLabels.IsReserved).ToImmutableSortedSet());
    }

    /// <summary>The YAML blocks are stack files, or parts of them, named in their first line; together with the repository's own they must evaluate.</summary>
    [Theory]
    [InlineData(ReadmePath)]
    [InlineData("docs/joining.md")]
    [InlineData("docs/metrics.md")]
    [InlineData("docs/node-access.md")]
    public async Task StackFiles_AreAcceptedByTheProgram(string path)
    {
        var stacks = StackFile.ReadAll(Repository.Root).ToDictionary(stack => stack.Name);
        var blocks = Page.Read(path).Blocks.Where(block => block.Language == "yaml").ToList();
        Assert.NotEmpty(blocks);
        foreach (var block in blocks)
        {
            var name = StackFileName().Match(block.Text);
            Assert.True(name.Success, $"a YAML block does not begin with the comment '# Pulumi.NAME.yaml':\n{block.Text}");
            using var directory = new TemporaryDirectory();
            await File.WriteAllTextAsync(Path.Combine(directory.Path, name.Groups[1].Value), block.Text);
            var shown = StackFile.ReadAll(directory.Path).Single();
            stacks[shown.Name] = stacks.TryGetValue(shown.Name, out var own) ? own with { Values = own.Values.SetItems(shown.Values) } : shown;
        }

        var evaluated = await new Rendering { Stacks = [.. stacks.Values] }.EvaluateAsync([], _ => { });

        Assert.Equal(stacks.Keys.Order(), evaluated.Select(stack => stack.Stack).Order());
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void DevCommands_HaveTheirVerbsAndOptions(string path)
    {
        var script = File.ReadAllText(Repository.PathOf("dev"));
        var verbs = Verb().Matches(script).Select(match => match.Groups[1].Value).ToHashSet();
        Command[] commands = [LabCommand.Create(), RenderCommand.Create(), ToolsCommand.Create(), BenchCommand.Create(), SizeCommand.Create()];
        Assert.Subset(verbs, commands.Select(command => command.Name).ToHashSet());

        foreach (var command in Page.Read(path).Commands("./dev").Where(command => command.Length > 0))
        {
            Assert.Contains(command[0], verbs);
            var options = commands.SingleOrDefault(known => known.Name == command[0])?.Options.Select(option => option.Name).Append("--help")
                ?? script.Split(' ', '\n', ']', '"').Where(word => word.StartsWith("--", StringComparison.Ordinal));
            Assert.Subset(options.ToHashSet(), command.Where(word => word.StartsWith("--", StringComparison.Ordinal)).Select(word => word.Split('=')[0]).ToHashSet());
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void ConfigurationKeys_AreKeysOfTheProgram(string path)
    {
        var page = Page.Read(path);
        foreach (var command in page.Commands("pulumi").Where(command => command is ["config", "set", ..]))
        {
            var words = command.Skip(2).ToList();
            if (words.IndexOf("--stack") is >= 0 and var stack)
            {
                words.RemoveRange(stack, 2);
            }

            AssertKey(words.First(word => !word.StartsWith('-')));
        }

        foreach (var code in page.InlineCode)
        {
            // `nodeAccess: off`, `prometheus.storage.class`; a file's name is neither.
            if (Written().Match(code) is { Success: true } setting && IsOurs(setting.Groups["key"].Value))
            {
                AssertKey(setting.Groups["key"].Value);
                if (setting.Groups["value"] is { Success: true, Value: var value } && Keys[setting.Groups["key"].Value].Type is var type && type.Contains("` or `", StringComparison.Ordinal))
                {
                    Assert.Contains($"`{value}`", type, StringComparison.Ordinal);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void LinksAndPaths_LeadSomewhere(string path)
    {
        var page = Page.Read(path);
        var here = Path.GetDirectoryName(Repository.PathOf(path.Split('/')))!;
        foreach (Match link in Link().Matches(page.Prose))
        {
            var (file, anchor) = link.Groups[1].Value.Split('#') is [var target, var mark] ? (target, mark) : (link.Groups[1].Value, "");
            var linked = file.Length == 0 ? Repository.PathOf(path.Split('/')) : Path.GetFullPath(Path.Combine(here, file));
            Assert.True(Path.Exists(linked), $"{path} links to {link.Groups[1].Value}, which does not exist");
            if (anchor.Length > 0)
            {
                Assert.Contains(anchor, File.ReadLines(linked).Where(line => line.StartsWith('#')).Select(Anchor));
            }
        }

        var top = Directory.GetFileSystemEntries(Repository.Root).Select(Path.GetFileName).ToHashSet();
        foreach (var code in page.InlineCode.Where(code => RepositoryPath().IsMatch(code) && top.Contains(code.Split('/')[0])))
        {
            Assert.True(Path.Exists(Repository.PathOf(code.Split('/'))), $"{path} names {code}, which does not exist");
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Alerts_AreThoseOfTheRules(string path)
    {
        var rules = string.Join('\n', AlertingRules.Render(new AlertingOptions()).Select(file => file.Text));
        Assert.All(AlertName().Matches(Page.Read(path).Prose), match => Assert.Contains($"alert: {match.Groups[1].Value}\n", rules, StringComparison.Ordinal));
    }

    private static bool IsOurs(string key) => Keys.ContainsKey(Top(key)) && !key.EndsWith(".yml", StringComparison.Ordinal);

    private static string Top(string key) => key.Split('.', '[')[0];

    private static void AssertKey(string written)
    {
        var key = Index().Replace(written.Trim('\''), "[]");
        var parent = key.Contains('.', StringComparison.Ordinal) ? key[..key.LastIndexOf('.')] : key;
        Assert.True(
            Keys.ContainsKey(key) || (Keys.TryGetValue(parent, out var row) && row.Type.EndsWith("labels", StringComparison.Ordinal)),
            $"'{written}' is not a configuration key");
    }

    // As GitHub makes it of a heading.
    private static string Anchor(string heading) =>
        NotInAnchor().Replace(heading.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"^  ([a-z]+)  +\S", RegexOptions.Multiline)]
    private static partial Regex Verb();

    [GeneratedRegex(@"target_label: (\S+)")]
    private static partial Regex TargetLabel();

    [GeneratedRegex(@"\A# (Pulumi\.[a-z]+\.yaml)\b")]
    private static partial Regex StackFileName();

    [GeneratedRegex(@"^(?<key>[a-z][A-Za-z]*(\[\])?(\.[a-z][A-Za-z]*)*)(: (?<value>[A-Za-z0-9]+))?$")]
    private static partial Regex Written();

    [GeneratedRegex(@"\[\d+\]")]
    private static partial Regex Index();

    [GeneratedRegex(@"\]\((?!https?:)([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^[\w.-]+(/[\w.-]+)*/?$")]
    private static partial Regex RepositoryPath();

    [GeneratedRegex(@"alert `(\w+)`")]
    private static partial Regex AlertName();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();
}
