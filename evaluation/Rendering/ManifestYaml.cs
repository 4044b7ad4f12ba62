using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace FleetPrometheus.Evaluation.Rendering;

/// <summary>Writes a Kubernetes object as YAML: keys in ordinal order, texts quoted wherever YAML could take them for something else.</summary>
public static class ManifestYaml
{
    /// <summary>The object as one YAML document.</summary>
    public static string Write(JsonNode content)
    {
        var text = new StringWriter { NewLine = "\n" };
        var emitter = new Emitter(text, new EmitterSettings(bestIndent: 2, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Emit(emitter, content);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    private static void Emit(Emitter emitter, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                emitter.Emit(new MappingStart());
                foreach (var (key, value) in map.OrderBy(field => field.Key, StringComparer.Ordinal))
                {
                    EmitText(emitter, key);
                    Emit(emitter, value);
                }

                emitter.Emit(new MappingEnd());
                break;
            case JsonArray list:
                emitter.Emit(new SequenceStart(null, null, isImplicit: true, list.Count == 0 ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (var item in list)
                {
                    Emit(emitter, item);
                }

                emitter.Emit(new SequenceEnd());
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                EmitText(emitter, value.GetValue<string>());
                break;
            default:
                emitter.Emit(new Scalar(null, null, node?.ToJsonString() ?? "null", ScalarStyle.Plain, true, false));
                break;
        }
    }

    private static void EmitText(Emitter emitter, string text)
    {
        var style = text.Contains('\n') && !text.Contains('\r') && !text.StartsWith(' ') ? ScalarStyle.Literal
            : LooksLikePlainText(text) ? ScalarStyle.Plain
            : ScalarStyle.DoubleQuoted;
        emitter.Emit(new Scalar(null, null, text, style, true, true));
    }

    // Plain only where no YAML 1.1 or 1.2 reader could see a number, a truth value, a date or null.
    private static bool LooksLikePlainText(string text) =>
        text.Length > 1
        && (char.IsAsciiLetter(text[0]) || text[0] == '/')
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '/' or '=')
        && text.ToLowerInvariant() is not ("yes" or "no" or "on" or "off" or "true" or "false" or "null");
}
