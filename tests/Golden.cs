using System.Runtime.CompilerServices;

namespace FleetPrometheus.Tests;

/// <summary>Files that hold what is expected, reviewed as part of every change. <c>UPDATE_GOLDEN=1</c> writes them anew.</summary>
internal static class Golden
{
    /// <summary>Compares with <c>golden/NAME</c> beside the calling test.</summary>
    public static void Check(string name, string actual, [CallerFilePath] string test = "")
    {
        var path = Repository.PathOf("tests", Path.GetFileName(Path.GetDirectoryName(test))!, "golden", name);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Assert.True(File.Exists(path), $"{path} is missing; run the tests once with UPDATE_GOLDEN=1 and review it");
        Assert.Equal(File.ReadAllText(path), actual);
    }
}
