using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Lab;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Startup;

namespace FleetPrometheus.Bench.Sections;

/// <summary>
/// What the program costs each time that Pulumi starts it: built on the way, as Pulumi does by default, or beforehand. The engine's protocol is not
/// measured: the testing entry takes its place, so nothing is asked over the network.
/// </summary>
internal sealed class ProgramStart : Section
{
    private const int Rounds = 3;
    private const string Default = "default";
    private const string Built = "built";
    private const string ReadyToRun = "ready_to_run";

    private static readonly ImmutableArray<int> Sizes = [2, 100];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly ImmutableArray<string> Figures = ["first_object_seconds", "end_seconds", "processor_seconds", "peak_bytes"];

    // What Pulumi's language host runs before the program, in the program's directory.
    private static readonly ImmutableArray<ImmutableArray<string>> Preparations =
    [
        ["build", "-nologo"], ["list", "package", "--include-transitive"], ["nuget", "locals", "global-packages", "--list"],
    ];

    public override string Name => "program";

    public override string Question => "What one run of the program takes";

    public override async Task<JsonObject> MeasureAsync(Run run, CancellationToken cancellation)
    {
        var project = Path.Combine(SourceTree.Root, "bench", "Startup");
        var directory = Directory.CreateTempSubdirectory("fleet-bench-").FullName;
        try
        {
            run.Say("building the program");
            await DotnetAsync(project, cancellation, "build", "-nologo", "-v", "quiet");
            var ready = Path.Combine(directory, "ready");
            var skipped = await PublishAsync(project, ready, cancellation);
            if (skipped is not null)
            {
                run.Say($"!!! ReadyToRun is SKIPPED: {skipped}");
            }

            run.Say("what Pulumi does before");
            var preparation = await PreparationAsync(project, cancellation);
            var sizes = new JsonObject();
            foreach (var size in Sizes)
            {
                run.Say($"{size} clusters");
                sizes[Key(size)] = await SizeAsync(project, skipped is null ? ready : null, Path.Combine(directory, $"{size}.json"), size, preparation, cancellation);
            }

            return new JsonObject { ["baseline"] = Default, ["preparation_seconds"] = preparation, ["ready_to_run_skipped"] = skipped, ["clusters"] = sizes };
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    public override IEnumerable<FigureTable> Tables(JsonObject figures) => Sizes.Select(size => FigureTable.Compare(
        string.Create(CultureInfo.InvariantCulture, $"{Question}, {size} clusters"),
        figures["clusters"]![Key(size)]!.AsObject(),
        [new(Default, "default"), new(Built, "built before"), new(ReadyToRun, "ReadyToRun")],
        [
            new("first_object_seconds", "start to the first object"),
            new("end_seconds", "start to the end"),
            new("processor_seconds", "processor time of the program"),
            new("peak_bytes", "peak memory of the program"),
        ],
        ReadyToRun, Default));

    private static async Task<JsonObject> SizeAsync(string project, string? ready, string fleet, int clusters, double preparation, CancellationToken cancellation)
    {
        var made = new MadeUpFleet(new StackEvaluator(Randomness.Placeholder));
        var outputs = await made.OutputsAsync(clusters);
        StartupFleet.Write(fleet, MadeUpFleet.Centre(outputs), outputs);
        var ways = new Dictionary<string, ImmutableArray<string>>
        {
            [Default] = ["run", "--no-build", "--"],
            [Built] = [(await DotnetAsync(project, cancellation, "build", "-nologo", "-getProperty:TargetPath")).LastLine],
        };
        if (ready is not null)
        {
            ways[ReadyToRun] = [Path.Combine(ready, "fleet-startup.dll")];
        }

        var measured = ways.Keys.ToDictionary(way => way, _ => new List<JsonObject>());
        for (var round = 0; round <= Rounds; round++)
        {
            foreach (var (way, command) in ways)
            {
                var started = Stopwatch.GetTimestamp().ToString(CultureInfo.InvariantCulture);
                var result = JsonNode.Parse((await DotnetAsync(project, cancellation, [.. command, started, fleet])).LastLine)!.AsObject();
                // The first round fills the page cache.
                if (round > 0)
                {
                    measured[way].Add(result);
                }
            }
        }

        var medians = new JsonObject(measured.Select(way => KeyValuePair.Create(
            way.Key, (JsonNode?)new JsonObject(Figures.Select(figure => KeyValuePair.Create(figure, (JsonNode?)Median(way.Value.Select(one => (double)one[figure]!))))))));
        foreach (var figure in (string[])["first_object_seconds", "end_seconds"])
        {
            medians[Default]![figure] = (double)medians[Default]![figure]! + preparation;
        }

        return medians;
    }

    private static async Task<double> PreparationAsync(string project, CancellationToken cancellation)
    {
        var rounds = new List<double>();
        for (var round = 0; round < 3; round++)
        {
            var clock = Stopwatch.StartNew();
            foreach (var command in Preparations)
            {
                await DotnetAsync(project, cancellation, [.. command]);
            }

            rounds.Add(clock.Elapsed.TotalSeconds);
        }

        return Median(rounds);
    }

    /// <summary>Publishes as <c>./dev publish</c> does; why not, or null.</summary>
    private static async Task<string?> PublishAsync(string project, string directory, CancellationToken cancellation)
    {
        var result = await OneShot.RunAsync(
            ThisProgram.Dotnet, ["publish", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "--self-contained", "false", "-p:PublishReadyToRun=true", "-o", directory, "-nologo", "-v", "quiet"],
            Patience, cancellation, project);
        return result.ExitCode == 0 ? null : result.LastLine;
    }

    private static async Task<OneShotResult> DotnetAsync(string project, CancellationToken cancellation, params ImmutableArray<string> arguments)
    {
        var result = await OneShot.RunAsync(ThisProgram.Dotnet, arguments, Patience, cancellation, project);
        return result.ExitCode == 0 ? result : throw new ExpectedFailure($"dotnet {string.Join(' ', arguments)}: {result.Output.Trim()}");
    }
}
