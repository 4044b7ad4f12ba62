using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Processes;

namespace FleetPrometheus.Lab.RealKube;

/// <summary>The programs of a real control plane, found by envtest's convention.</summary>
/// <param name="Etcd">The path of <c>etcd</c>.</param>
/// <param name="ApiServer">The path of <c>kube-apiserver</c>.</param>
/// <param name="ControllerManager">The path of <c>kube-controller-manager</c>.</param>
/// <param name="Version">The API server's version, such as 1.20.2.</param>
public sealed record KubeAssets(string Etcd, string ApiServer, string ControllerManager, Version Version)
{
    /// <summary>The variable that names the directory with the programs.</summary>
    public const string Variable = "KUBEBUILDER_ASSETS";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Whether the environment asks for real API servers.</summary>
    public static bool AreWanted => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 };

    /// <summary>Looks at what the environment names.</summary>
    /// <exception cref="ExpectedFailure">The variable is unset, or a program is missing or does not run.</exception>
    public static async Task<KubeAssets> LocateAsync(CancellationToken cancel = default)
    {
        var directory = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } value
            ? Path.GetFullPath(value)
            : throw new ExpectedFailure($"{Variable} is not set: set it to a directory with etcd, kube-apiserver and kube-controller-manager.");
        string[] names = ["etcd", "kube-apiserver", "kube-controller-manager"];
        var missing = names.Where(name => !File.Exists(Path.Combine(directory, name))).ToList();
        if (missing.Count > 0)
        {
            throw new ExpectedFailure($"{Variable}: '{directory}' holds no {string.Join(" and no ", missing)}.");
        }

        var paths = names.Select(name => Path.Combine(directory, name)).ToList();
        var answer = await OneShot.RunAsync(paths[1], ["--version"], Patience, cancel);
        return answer.ExitCode == 0 && Tool.ParseVersion(answer.Output.Replace('v', ' ')) is { } version
            ? new KubeAssets(paths[0], paths[1], paths[2], version)
            : throw new ExpectedFailure($"{paths[1]} does not run here: {answer.LastLine}");
    }
}
