using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Evaluation.Rendering;

/// <summary>Keeps credentials out of what is written for people to read and compare.</summary>
public sealed class Redaction
{
    /// <summary>What is written in a credential's place.</summary>
    public const string Mark = "REDACTED";

    // Configuration, but one that holds the password itself.
    private static readonly string ClientFile = Path.GetFileName(ConfigurationPaths.WebClient);

    private static readonly ImmutableArray<string> Shown = [".yml", ".json", ".crt"];

    // Shorter values are no credentials, and replacing them would garble the text around them.
    private const int ShortestSecret = 8;

    private readonly ImmutableArray<string> _values;

    /// <param name="values">Credentials that are known and must not be written, wherever they turn up.</param>
    public Redaction(IEnumerable<string> values) =>
        _values = [.. values.Where(value => value.Length >= ShortestSecret).Distinct().OrderByDescending(value => value.Length)];

    /// <summary>Writes everything as it is.</summary>
    public static Redaction Off { get; } = new([]) { IsOff = true };

    private bool IsOff { get; init; }

    /// <summary>Whether a key of an object holds a credential: in a Secret, whatever is neither configuration nor a certificate.</summary>
    public static bool IsCredential(string kind, string key) =>
        kind == "Secret" && (key == ClientFile || !Shown.Any(suffix => key.EndsWith(suffix, StringComparison.Ordinal)));

    /// <summary>A text without known credentials.</summary>
    public string Apply(string text) => IsOff ? text : _values.Aggregate(text, (result, value) => result.Replace(value, Mark, StringComparison.Ordinal));

    /// <summary>A file's content, unless it is a credential.</summary>
    public string Apply(PodFile file) => file.IsSecret && !IsOff ? Mark + "\n" : Apply(file.Content);

    /// <summary>An object without credentials; a Secret's values are shown as text.</summary>
    public JsonObject Apply(KubernetesManifest manifest)
    {
        var content = manifest.Content.DeepClone().AsObject();
        if (manifest.Kind == "Secret" && !IsOff)
        {
            foreach (var (key, value) in content["stringData"]?.AsObject().ToArray() ?? [])
            {
                content["stringData"]![key] = IsCredential(manifest.Kind, key) ? Mark : Apply((string)value!);
            }

            foreach (var (key, value) in content["data"]?.AsObject().ToArray() ?? [])
            {
                var text = IsCredential(manifest.Kind, key) ? Mark : Apply(Encoding.UTF8.GetString(Convert.FromBase64String((string)value!)));
                content["data"]![key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
            }
        }

        return content;
    }
}
