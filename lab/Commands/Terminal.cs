using Spectre.Console;

namespace FleetPrometheus.Lab.Commands;

/// <summary>How text is shown where nobody watches.</summary>
internal static class Terminal
{
    /// <summary>Plain, unbroken text when the output goes to a file or a pipe.</summary>
    public static void Adapt()
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Capabilities.Ansi = false;
            AnsiConsole.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
            AnsiConsole.Profile.Capabilities.Interactive = false;
            AnsiConsole.Profile.Width = 1000; // more than any table or address takes
        }
    }
}
