using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.RealKube;
using FleetPrometheus.Lab.Verification;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace FleetPrometheus.Lab.Commands;

/// <summary><c>./dev lab</c>: a whole fleet on this machine, to look at or to verify.</summary>
internal static class LabCommand
{
    // Looking must not become the fleet's work, nor be given up.
    private const int PausesPerTable = 4;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(20);

    public static Command Create()
    {
        var clusters = new Option<int>("--clusters") { Description = "Target clusters at least; more than the project has are made up. Default: those of the project." };
        var nodes = new Option<int>("--nodes") { Description = "Nodes per cluster.", DefaultValueFactory = _ => 3 };
        var verify = new Option<string?>("--verify")
        {
            Description = "Prove that the fleet works and exit: 0 if it does, 1 if not. Families: core (the default), join, access, alerts, faults, scale, all.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        verify.AcceptOnlyFromAmong([.. Family.All.Select(family => family.Name).Distinct(), "all"]);
        var interval = new Option<int?>("--interval") { Description = "Seconds between two scrapes of a target, but for --verify, which has its own. Default: 5, more where there are more than 500 targets." };
        var project = ProjectOption.Create();
        var command = new Command("lab", "Run a whole fleet on this machine: simulated clusters, real Prometheus, Alertmanager and node_exporter.")
        {
            clusters, nodes, interval, verify, project,
        };
        clusters.Validators.Add(result => Range(result, result.GetValueOrDefault<int>(), 0, 200));
        nodes.Validators.Add(result => Range(result, result.GetValueOrDefault<int>(), 1, 1000));
        interval.Validators.Add(result => Range(result, result.GetValueOrDefault<int?>() ?? 1, 1, 300));
        command.SetAction(async (result, cancellation) =>
        {
            var options = new LabOptions
            {
                Project = result.GetValue(project)!.FullName,
                Clusters = result.GetValue(clusters),
                Nodes = result.GetValue(nodes),
                Interval = TimeSpan.FromSeconds(result.GetValue(interval) ?? Pace(result.GetValue(project)!.FullName, result.GetValue(clusters), result.GetValue(nodes))),
                Assets = await RealControlPlaneAsync(result.Tokens.Select(token => token.Value), cancellation),
            };
            return await (result.GetResult(verify) is null ? ShowAsync(options, cancellation) : VerifyAsync(options, result.GetValue(verify) ?? Family.All[0].Name, cancellation));
        });
        return command;
    }

    /// <summary>Seconds between scrapes: 5, and where there are many targets so many that 60 are scraped a second, which takes some two thirds of a core.</summary>
    private static int Pace(string project, int clusters, int nodes)
    {
        const int TargetsPerNode = 3; // kubelet, cadvisor, node-exporter
        const int TargetsPerCluster = 3; // the API server, its probe, kube-state-metrics
        var targets = StackFiles.Read(project, clusters).Targets.Length * ((TargetsPerNode * nodes) + TargetsPerCluster);
        return Math.Max(5, (int)Math.Ceiling(targets / 60.0));
    }

    private static void Range(System.CommandLine.Parsing.OptionResult result, int value, int least, int most)
    {
        if (value < least || value > most)
        {
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{result.Option.Name} {value}: write a number from {least} to {most}."));
        }
    }

    /// <summary>
    /// The programs for real API servers, if the environment names them. They refuse loopback addresses, so the lab starts again in a
    /// network of its own, once everything that must be downloaded is there.
    /// </summary>
    private static async Task<KubeAssets?> RealControlPlaneAsync(IEnumerable<string> arguments, CancellationToken cancellation)
    {
        if (!KubeAssets.AreWanted)
        {
            return null;
        }

        var assets = await KubeAssets.LocateAsync(cancellation);
        if (await NetworkNamespace.WhyUnavailableAsync(cancellation) is { } reason)
        {
            AnsiConsole.MarkupLineInterpolated($"[yellow]Real API servers are skipped and simulated ones take their place: {reason}.[/]");
            return null;
        }

        if (!NetworkNamespace.IsInside)
        {
            await new ToolLocator(ToolSources.Default, Say).LocateAsync(Tool.Core, cancellation);
            Say($"real kube-apiserver {assets.Version}, in a network of its own: its addresses cannot be reached from outside");
        }

        NetworkNamespace.Enter(arguments);
        return assets;
    }

    private static async Task<int> ShowAsync(LabOptions options, CancellationToken cancellation)
    {
        var news = new News();
        try
        {
            await using var fleet = await LabFleet.StartAsync(options, news.Tell, cancellation);
            AnsiConsole.Write(await FleetView.AddressesAsync(fleet, cancellation));
            AnsiConsole.MarkupLine("[grey]Edit the stack files while it runs: the fleet follows. Ctrl-C ends it and leaves nothing behind.[/]");
            if (AnsiConsole.Profile.Capabilities.Interactive)
            {
                await AnsiConsole.Live(new Text("")).StartAsync(async live =>
                {
                    news.IsLive = true;
                    await RepeatAsync(fleet, news, TimeSpan.FromSeconds(1), table => live.UpdateTarget(new Rows(table, news.Latest)), cancellation);
                });
            }

            await RepeatAsync(fleet, news, TimeSpan.FromSeconds(10), AnsiConsole.Write, cancellation);
            return 0;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            AnsiConsole.MarkupLine("[grey]ended[/]");
            return 0;
        }
    }

    /// <summary>Follows the stack files and shows the fleet, over and over. A table of many clusters takes Prometheus long, so it is made more rarely.</summary>
    private static async Task RepeatAsync(LabFleet fleet, News news, TimeSpan pause, Action<IRenderable> show, CancellationToken cancellation)
    {
        var costs = new LabCosts(fleet);
        while (true)
        {
            await FollowAsync(fleet, news, cancellation);
            var clock = Stopwatch.StartNew();
            try
            {
                show(new Rows(await FleetView.TableAsync(fleet, cancellation), new Text(costs.Describe(), new Style(Color.Grey))));
            }
            catch (Exception silence) when (silence is HttpRequestException || (silence is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                news.TellOnce("Prometheus does not answer in time: this machine has too much to do. Fewer --clusters or --nodes, or a longer --interval, help.");
            }

            var rest = PausesPerTable * clock.Elapsed;
            await Task.Delay(rest < pause ? pause : rest > LongestPause ? LongestPause : rest, cancellation);
        }
    }

    /// <summary>Keeps a fleet what its stack files say; a mistake in one is told once, and the fleet goes on as it was.</summary>
    private static async Task FollowAsync(LabFleet fleet, News news, CancellationToken cancellation)
    {
        try
        {
            await fleet.ReconcileAsync(cancellation);
        }
        catch (EvaluationException mistake)
        {
            news.TellOnce(mistake.Message);
        }
    }

    /// <summary>What happens in a fleet, printed line by line, or kept for below the table while that is live.</summary>
    private sealed class News
    {
        private const int LinesShown = 8;

        private readonly List<string> _lines = [];

        public bool IsLive { get; set; }

        public IRenderable Latest => new Rows(_lines.TakeLast(LinesShown).Select(line => new Text(line, new Style(Color.Grey))));

        public void Tell(string line)
        {
            if (IsLive)
            {
                _lines.Add(line);
            }
            else
            {
                Say(line);
            }
        }

        public void TellOnce(string line)
        {
            if (_lines.LastOrDefault() != line)
            {
                _lines.Add(line);
                if (!IsLive)
                {
                    Say(line);
                }
            }
        }
    }

    private static async Task<int> VerifyAsync(LabOptions options, string wanted, CancellationToken cancellation)
    {
        var checks = new List<Check>();
        foreach (var family in Family.All.Where(family => wanted == "all" || wanted == family.Name))
        {
            checks.AddRange(await VerifyAsync(family, options, cancellation));
        }

        var tried = checks.Count(check => !check.Skipped);
        var failed = checks.Count(check => !check.Holds);
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"{tried - failed} of {tried} claims hold.{(tried < checks.Count ? $" {checks.Count - tried} skipped." : "")}");
        return failed == 0 ? 0 : 1;
    }

    private static async Task<IReadOnlyList<Check>> VerifyAsync(Family family, LabOptions options, CancellationToken cancellation)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bound.CancelAfter(family.Bound);
        try
        {
            var said = new List<string>();
            Say($"verifying: {family.Name}");
            await using var fleet = await LabFleet.StartAsync(
                family.Prepare(options),
                line =>
                {
                    said.Add(line);
                    Say(line);
                },
                bound.Token);
            var checks = await family.VerifyAsync(fleet, () => said, Show, bound.Token);
            AnsiConsole.Write(await FleetView.TableAsync(fleet, bound.Token));
            return checks;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ExpectedFailure($"Verification ({family.Name}) was not over after {family.Bound.TotalMinutes:0} minutes.");
        }
    }

    private static void Show(Check check)
    {
        if (check.Skipped)
        {
            AnsiConsole.MarkupLineInterpolated($"[yellow]– SKIPPED: {check.Name} ({check.Evidence})[/]");
            return;
        }

        if (check.Holds)
        {
            AnsiConsole.MarkupLineInterpolated($"[green]✓[/] {check.Name} [grey]({check.Evidence})[/]");
            return;
        }

        AnsiConsole.MarkupLineInterpolated($"[red]✗ {check.Name}[/]");
        foreach (var failure in check.Failures.Take(12))
        {
            AnsiConsole.MarkupLineInterpolated($"    {failure}");
        }

        if (check.Failures.Length > 12)
        {
            AnsiConsole.MarkupLineInterpolated($"    … and {check.Failures.Length - 12} more");
        }
    }

    private static void Say(string line) => AnsiConsole.MarkupLineInterpolated($"[grey]{line}[/]");
}
