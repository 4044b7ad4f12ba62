using System.Security.Cryptography;
using System.Text;
using Pulumi;

namespace FleetPrometheus.Workloads;

/// <summary>Has pods replaced when a configuration changes that their program reads only once.</summary>
internal static class ConfigurationHash
{
    /// <summary>The annotation for a pod template.</summary>
    public static InputMap<string> Annotation(string configuration) => new()
    {
        ["fleet-prometheus/configuration"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(configuration))),
    };
}
