using System.CommandLine;
using FleetPrometheus.Lab.Processes;

namespace FleetPrometheus.Lab.Commands;

/// <summary><c>supervise</c> (hidden): runs one command as the lab runs its programs. The tests kill it to see what is left.</summary>
internal static class SuperviseCommand
{
    public static Command Create()
    {
        var line = new Argument<string[]>("command") { Arity = ArgumentArity.OneOrMore };
        var command = new Command("supervise", "Run one command under the lab's supervision.") { line };
        command.Hidden = true;
        command.SetAction(async (parsed, cancel) =>
        {
            var words = parsed.GetValue(line)!;
            await using var supervisor = new ProcessSupervisor();
            var process = supervisor.Start(new ProcessSpec("command", words[0], [.. words[1..]]));
            Console.WriteLine($"{process.Id} {supervisor.DirectoryPath}");
            return await process.Exited.WaitAsync(cancel);
        });
        return command;
    }
}
