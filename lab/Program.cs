using System.CommandLine;
using System.CommandLine.Help;
using FleetPrometheus.Lab.Commands;

namespace FleetPrometheus.Lab;

/// <summary>The command line's verbs.</summary>
public static class Program
{
    /// <summary>Every verb, in the order of the help.</summary>
    private static IEnumerable<Command> Verbs() =>
    [
        LabCommand.Create(),
        RenderCommand.Create(),
        HostCommand.Create(),
        SizeCommand.Create(),
        ToolsCommand.Create(),
        SuperviseCommand.Create(),
    ];

    /// <summary>Runs one verb.</summary>
    /// <returns>0 for success, 1 for a failure that was explained, 2 for wrong usage, 130 when interrupted.</returns>
    public static Task<int> Main(string[] arguments)
    {
        // Named as people call it, so that the help shows what to type.
        var root = new Command("./dev", "Many Kubernetes clusters, one Prometheus: rendering, and a whole fleet on one machine.") { new HelpOption() };
        foreach (var verb in Verbs())
        {
            root.Subcommands.Add(verb);
        }

        return CommandLine.RunAsync(root, arguments);
    }
}
