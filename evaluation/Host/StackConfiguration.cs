using System.Text.Json;
using System.Text.Json.Nodes;

namespace FleetPrometheus.Evaluation.Host;

/// <summary>A stack's configuration as the Pulumi CLI decrypts it.</summary>
public static class StackConfiguration
{
    /// <summary>What prints it.</summary>
    public static string Command(string stack) => $"pulumi config --json --show-secrets --stack {stack}";

    /// <summary>The stack with the values that the CLI printed in the place of those of its file.</summary>
    /// <exception cref="EvaluationException">The file is missing, is something else, or was written without --show-secrets.</exception>
    public static StackFile Read(StackFile stack, string path)
    {
        var fix = $"write it with `{Command(stack.Name)} > FILE`";
        JsonObject? printed;
        try
        {
            printed = JsonNode.Parse(File.ReadAllText(path)) as JsonObject;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            // A parser's message may quote the text, and that holds secrets.
            throw new EvaluationException($"{path}: {(exception is JsonException ? "is no JSON" : "cannot be read")}; {fix}");
        }

        if (printed is null || printed.Any(key => key.Value is not JsonObject))
        {
            throw new EvaluationException($"{path}: is not what the Pulumi CLI prints; {fix}");
        }

        var hidden = printed.Where(key => key.Value!["value"] is not JsonValue).Select(key => key.Key).ToList();
        return hidden.Count == 0
            ? stack with
            {
                Values = stack.Values.SetItems(printed.Select(key => KeyValuePair.Create(key.Key, key.Value!["value"]!.ToString()))),
                SecretKeys = stack.SecretKeys.Union(printed.Where(key => key.Value!["secret"]?.GetValueKind() == JsonValueKind.True).Select(key => key.Key)),
            }
            : throw new EvaluationException($"{path}: has no values of {string.Join(", ", hidden)}; {fix}");
    }
}
