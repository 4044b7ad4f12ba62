using System.Text;
using FleetPrometheus.Validation;
using Pulumi;

namespace FleetPrometheus.Workloads;

/// <summary>Contents of Secrets, always marked secret to Pulumi.</summary>
/// <remarks>
/// As base64 <c>data</c>, never as <c>stringData</c>: with server-side apply, keys that vanish from <c>stringData</c> stay in the
/// Secret, and a removed cluster would be scraped for ever (known to Kubernetes as issue 108008).
/// </remarks>
internal static class SecretData
{
    public static InputMap<string> Of(IEnumerable<KeyValuePair<string, SecretText>> files) => Output.CreateSecret(Encode(
        files.Select(file => KeyValuePair.Create(file.Key, file.Value.Reveal()))));

    public static InputMap<string> Of<TFiles>(Output<TFiles> files) where TFiles : IEnumerable<KeyValuePair<string, string>> =>
        Output.CreateSecret(files.Apply(items => Encode(items)));

    private static Dictionary<string, string> Encode(IEnumerable<KeyValuePair<string, string>> files) =>
        files.ToDictionary(file => file.Key, file => Convert.ToBase64String(Encoding.UTF8.GetBytes(file.Value)));
}
