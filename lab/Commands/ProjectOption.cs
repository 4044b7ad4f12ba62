using System.CommandLine;

namespace FleetPrometheus.Lab.Commands;

/// <summary>The option that says where the Pulumi project lies.</summary>
internal static class ProjectOption
{
    public static Option<DirectoryInfo> Create() => new("--project")
    {
        Description = "The directory of Pulumi.yaml and the stack files. Default: the nearest one upwards that has them, else this program's own.",
        DefaultValueFactory = _ => Nearest(Directory.GetCurrentDirectory()) ?? Nearest(AppContext.BaseDirectory) ?? new DirectoryInfo("."),
    };

    private static DirectoryInfo? Nearest(string start)
    {
        for (var directory = new DirectoryInfo(start); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Pulumi.yaml")))
            {
                return directory;
            }
        }

        return null;
    }
}
