using System.CommandLine;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Host;
using FleetPrometheus.Validation;
using Spectre.Console;

namespace FleetPrometheus.Lab.Commands;

/// <summary><c>./dev host</c>: the centre for a Linux host, with real credentials.</summary>
internal static class HostCommand
{
    public static Command Create()
    {
        var defaults = new HostOptions();
        var directory = new Option<DirectoryInfo>("--out") { Description = "The bundle's directory. Written again, it keeps its generated passwords.", Required = true };
        var outputs = new Option<string[]>("--outputs")
        {
            Description = "STACK=FILE: outputs of a watched stack, as `pulumi stack output --json --show-secrets --stack STACK` prints them; one for every stack that is watched.",
            AllowMultipleArgumentsPerToken = true,
        };
        var configuration = new Option<string?>("--config")
        {
            Description = "The central stack's configuration as `pulumi config --json --show-secrets` prints it; needed when its file holds encrypted values.",
        };
        var prometheus = new Option<string>("--prometheus-listen") { Description = "Where Prometheus listens, host:port.", DefaultValueFactory = _ => defaults.PrometheusListen };
        var alertmanager = new Option<string>("--alertmanager-listen") { Description = "Where Alertmanager listens, host:port.", DefaultValueFactory = _ => defaults.AlertmanagerListen };
        var blackbox = new Option<string>("--blackbox-listen") { Description = "Where the exporter that probes the clusters listens, host:port.", DefaultValueFactory = _ => defaults.BlackboxListen };
        var programs = new Option<string>("--programs")
        {
            Description = "The host's directory of prometheus, promtool, alertmanager, amtool and blackbox_exporter.", DefaultValueFactory = _ => defaults.Programs,
        };
        var receiver = new Option<bool>("--remote-write-receiver") { Description = "Prometheus also takes samples that others send to /api/v1/write." };
        var project = ProjectOption.Create();
        var command = new Command("host", "Write the centre for a Linux host: configuration, credentials, systemd units and a script that installs them.")
        {
            directory, outputs, configuration, prometheus, alertmanager, blackbox, programs, receiver, project,
        };
        command.SetAction((result, _) => RunAsync(
            new HostCentre
            {
                Stacks = StackFile.ReadAll(result.GetValue(project)!.FullName),
                Outputs = RenderCommand.ReadOutputs(result.GetValue(outputs) ?? []),
                ConfigurationFile = result.GetValue(configuration),
            },
            result.GetValue(directory)!.FullName,
            new HostOptions
            {
                PrometheusListen = result.GetValue(prometheus)!,
                AlertmanagerListen = result.GetValue(alertmanager)!,
                BlackboxListen = result.GetValue(blackbox)!,
                Programs = result.GetValue(programs)!.TrimEnd('/'),
                RemoteWriteReceiver = result.GetValue(receiver),
            }));
        return command;
    }

    private static async Task<int> RunAsync(HostCentre centre, string directory, HostOptions options)
    {
        var problems = new Problems();
        options.Check(problems);
        if (problems.Count > 0)
        {
            throw new EvaluationException(problems.Describe("The host can't be set up so:"));
        }

        var (central, changed) = await centre.WriteAsync(directory, options);
        foreach (var warning in central.Warnings)
        {
            AnsiConsole.MarkupLineInterpolated($"[yellow]warning[/] {central.Stack}: {warning}");
        }

        foreach (var path in changed)
        {
            AnsiConsole.MarkupLineInterpolated($"[grey]  {path}[/]");
        }

        AnsiConsole.MarkupLineInterpolated($"{(changed.IsEmpty ? "Nothing changed" : $"{changed.Length} files changed")} in {directory}, which holds real credentials.");
        AnsiConsole.MarkupLineInterpolated($"Bring it to the host and run there, as root: {Path.Combine(directory, HostBundle.Installer)}");
        return 0;
    }
}
