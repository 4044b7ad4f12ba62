using System.CommandLine;
using System.CommandLine.Help;
using FleetPrometheus.Bench.Clusters;
using FleetPrometheus.Lab.Commands;

namespace FleetPrometheus.Bench;

/// <summary>The program behind <c>./dev bench</c>, and what it runs in processes of their own.</summary>
public static class Program
{
    /// <summary>Runs one verb.</summary>
    /// <returns>0 for success, 1 for a failure that was explained, 2 for wrong usage, 130 when interrupted.</returns>
    public static Task<int> Main(string[] arguments) =>
        CommandLine.RunAsync(new Command("./dev", "What things cost.") { BenchCommand.Create(), EvaluateCommand.Create(), ApiServerCommand.Create(), ScrapePathCommand.Create(), new HelpOption() }, arguments);
}
