using System.CommandLine;
using FleetPrometheus.Lab.Binaries;

namespace FleetPrometheus.Lab.Commands;

/// <summary><c>tools</c>: finds the real programs that the lab runs, fetching them if need be, and says where they are.</summary>
internal static class ToolsCommand
{
    public static Command Create()
    {
        var names = new Argument<string[]>("name") { HelpName = "name", Description = "Programs to find; without names, those that the lab always needs.", Arity = ArgumentArity.ZeroOrMore };
        names.AcceptOnlyFromAmong([.. Tool.All.Select(tool => tool.Name)]);
        var command = new Command("tools", "Find the real programs (prometheus, alertmanager…) and print where they are.") { names };
        command.SetAction(async (parsed, cancel) =>
        {
            var wanted = parsed.GetValue(names) is { Length: > 0 } some ? Tool.All.Where(tool => some.Contains(tool.Name)) : Tool.Core;
            var locator = new ToolLocator(ToolSources.Default, Console.Error.WriteLine);
            var located = await locator.LocateAsync(wanted, cancel);
            foreach (var tool in located.Values.OrderBy(tool => tool.Tool.Name, StringComparer.Ordinal))
            {
                Console.WriteLine($"{tool.Tool.Name} {tool.Version} {tool.Path}");
            }

            return 0;
        });
        return command;
    }
}
