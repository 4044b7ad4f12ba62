using FleetPrometheus.Lab;

namespace FleetPrometheus.Bench;

/// <summary>The repository that this program was built in, for what builds or runs more of it.</summary>
internal static class SourceTree
{
    /// <summary>Its directory.</summary>
    /// <exception cref="ExpectedFailure">The program was moved away from it.</exception>
    public static string Root
    {
        get
        {
            for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
            {
                if (File.Exists(Path.Combine(directory.FullName, "fleet-prometheus.slnx")))
                {
                    return directory.FullName;
                }
            }

            throw new ExpectedFailure("This section needs the repository around the program: run ./dev bench there.");
        }
    }
}
