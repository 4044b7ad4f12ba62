using System.Collections.Immutable;
using FleetPrometheus.Infra.Settings;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Infra;

/// <summary>Configurations to start from.</summary>
internal static class Given
{
    public const string Kubeconfig = """
        apiVersion: v1
        kind: Config
        current-context: stage
        contexts:
          - name: stage
            context: {cluster: stage-cluster, user: admin}
          - name: lost
            context: {cluster: nowhere, user: admin}
        clusters:
          - name: stage-cluster
            cluster: {server: "https://10.0.0.1:6443"}
        users:
          - name: admin
            user: {token: kubeconfig-token}
        """;

    public static readonly StackIdentity Stage = new("acme", "fleet-prometheus", "stage");

    /// <summary>A good target stack's configuration, changed by further keys; a null value removes the key.</summary>
    public static RawConfiguration Target(params (string Key, string? Value)[] changes) =>
        Raw([("role", "target"), ("kubeconfig", Kubeconfig), .. changes]);

    /// <summary>A good central stack's configuration, changed by further keys; a null value removes the key.</summary>
    public static RawConfiguration Central(params (string Key, string? Value)[] changes) =>
        Raw([("role", "central"), ("kubeconfig", Kubeconfig), ("clusters", """["stage", "product"]"""), ("clusterName", "central"), .. changes]);

    public static RawConfiguration Raw(params (string Key, string? Value)[] values)
    {
        var result = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in values)
        {
            if (value is null)
            {
                result.Remove(key);
            }
            else
            {
                result[key] = value;
            }
        }
        return new RawConfiguration(result.ToImmutable(), []);
    }

    /// <summary>Reads settings that must be good.</summary>
    public static T Read<T>(RawConfiguration raw, StackIdentity? stack = null) where T : StackSettings
    {
        var problems = new Problems();
        var settings = SettingsReader.Read(raw, stack ?? new StackIdentity("acme", "fleet-prometheus", raw.Values.GetValueOrDefault("clusterName", "stage")), [], problems);
        Assert.Empty(problems);
        return Assert.IsType<T>(settings);
    }

    /// <summary>Reads settings and returns the problems, one line each.</summary>
    public static string[] ProblemsOf(RawConfiguration raw, StackIdentity? stack = null, params string[] ambientKubeconfigs)
    {
        var problems = new Problems();
        SettingsReader.Read(raw, stack ?? new StackIdentity("acme", "fleet-prometheus", raw.Values.GetValueOrDefault("clusterName", "stage")), ambientKubeconfigs, problems);
        return [.. problems.Select(problem => problem.ToString())];
    }
}
