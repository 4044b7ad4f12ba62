using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab;
using FleetPrometheus.Lab.Kubernetes;
using Spectre.Console;

namespace FleetPrometheus.Bench;

/// <summary><c>./dev bench</c>: what things cost, measured with the real programs.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var only = new Option<string[]>("--only") { Description = "Measure this section only; may be repeated. Default: all." };
        only.AcceptOnlyFromAmong([.. Section.All.Select(section => section.Name)]);
        var json = new Option<FileInfo?>("--json") { Description = "Also write the figures to this file; sections that are not measured stay in it as they are." };
        var command = new Command("bench", "Measure what a cluster costs and how it grows, with real programs, and print tables. Progress goes to standard error.")
        {
            only, json,
        };
        command.SetAction(async (result, cancellation) =>
        {
            var wanted = result.GetValue(only) ?? [];
            await RunAsync(
                [.. Section.All.Where(section => wanted.Length == 0 || wanted.Contains(section.Name))],
                result.GetValue(json) is { } file ? new FigureFile(file.FullName) : null,
                cancellation);
        });
        return command;
    }

    private static async Task RunAsync(IReadOnlyList<Section> sections, FigureFile? file, CancellationToken cancellation)
    {
        file?.Check();
        var failures = new List<string>();
        foreach (var section in sections)
        {
            try
            {
                await MeasureAsync(section, file, cancellation);
            }
            catch (ExpectedFailure failure)
            {
                // One question without an answer is no reason to leave the others.
                failures.Add($"{section.Name}: {failure.Message}");
                Console.Error.WriteLine(failures[^1]);
            }
        }

        if (failures.Count > 0)
        {
            throw new ExpectedFailure(string.Join('\n', failures));
        }
    }

    private static async Task MeasureAsync(Section section, FigureFile? file, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var run = new Run(line => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{section.Name} {clock.Elapsed:mm\\:ss} {line}")));
        var figures = new JsonObject { ["machine"] = await run.MachineAsync(cancellation) };
        foreach (var (key, figure) in await MeasureAsync(section, run, cancellation))
        {
            figures[key] = figure?.DeepClone();
        }

        figures["took_seconds"] = Math.Round(clock.Elapsed.TotalSeconds);
        // After each section, so that an interruption loses one at most.
        file?.Put(section.Name, figures);
        // As they are read from the file.
        foreach (var table in section.Tables(JsonNode.Parse(figures.ToJsonString())!.AsObject()))
        {
            AnsiConsole.Write(table.ToConsole());
        }
    }

    private static async Task<JsonObject> MeasureAsync(Section section, Run run, CancellationToken cancellation)
    {
        try
        {
            return await section.MeasureAsync(run, cancellation);
        }
        catch (Exception failure) when (failure is HttpRequestException or KubeException or IOException || (failure is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new ExpectedFailure($"{failure.Message} Is this machine too busy to be measured on?");
        }
    }
}
