using System.Collections.Immutable;
using System.Text.Json;
using Pulumi;

namespace FleetPrometheus.Infra.Settings;

/// <summary>A stack's configuration as Pulumi hands it over: text by key, structured values as JSON.</summary>
/// <param name="Values">This project's keys, without the project's name.</param>
/// <param name="SecretKeys">Those whose values must not be shown.</param>
public sealed record RawConfiguration(ImmutableSortedDictionary<string, string> Values, ImmutableHashSet<string> SecretKeys)
{
    /// <summary>
    /// Reads the environment variables <c>PULUMI_CONFIG</c> and <c>PULUMI_CONFIG_SECRET_KEYS</c>. The SDK's own <see cref="Config"/> reads the
    /// same, but tells neither which keys exist nor which of them are secret.
    /// </summary>
    /// <exception cref="RunException">They don't hold what Pulumi writes into them.</exception>
    public static RawConfiguration FromEnvironment(string project)
    {
        var prefix = project + ":";
        var values = Read<Dictionary<string, string>>("PULUMI_CONFIG") ?? [];
        var secretKeys = Read<string[]>("PULUMI_CONFIG_SECRET_KEYS") ?? [];
        return new RawConfiguration(
            values.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal))
                .ToImmutableSortedDictionary(entry => entry.Key[prefix.Length..], entry => entry.Value, StringComparer.Ordinal),
            [.. secretKeys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Select(key => key[prefix.Length..])]);
    }

    private static T? Read<T>(string variable) where T : class
    {
        var text = Environment.GetEnvironmentVariable(variable);
        try
        {
            return string.IsNullOrEmpty(text) ? null : JsonSerializer.Deserialize<T>(text);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new RunException($"The environment variable {variable} does not hold the JSON that Pulumi writes into it; run this program with the pulumi command.");
        }
    }
}
