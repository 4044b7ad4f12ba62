using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab;

namespace FleetPrometheus.Bench;

/// <summary>The file that holds every section's figures, one object keyed by section, in the order of <see cref="Section.All"/>.</summary>
/// <param name="path">Where it lies; it need not exist.</param>
internal sealed class FigureFile(string path)
{
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true, IndentSize = 2, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What it holds; empty when it does not exist.</summary>
    /// <exception cref="ExpectedFailure">It cannot be read, or holds something else.</exception>
    public JsonObject Read()
    {
        try
        {
            return !File.Exists(path) ? [] : JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? throw Unfit("it holds no JSON object");
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw Unfit(error.Message.ReplaceLineEndings(" "));
        }
    }

    /// <summary>Finds out whether figures can be written, before hours are spent on measuring them.</summary>
    /// <exception cref="ExpectedFailure">They cannot.</exception>
    public void Check() => Write(Read());

    /// <summary>Replaces one section's figures; the others stay.</summary>
    /// <exception cref="ExpectedFailure">The file cannot be read or written.</exception>
    public void Put(string section, JsonObject figures)
    {
        var all = Read();
        all[section] = figures.DeepClone();
        Write(all);
    }

    private void Write(JsonObject all)
    {
        var order = Section.All.Select(section => section.Name).ToList();
        var sorted = all.OrderBy(section => order.IndexOf(section.Key) is >= 0 and var place ? place : order.Count).ThenBy(section => section.Key, StringComparer.Ordinal);
        try
        {
            // In one step: whoever reads it sees all of it.
            var draft = $"{path}.{Environment.ProcessId}";
            File.WriteAllText(draft, new JsonObject(sorted.Select(section => KeyValuePair.Create(section.Key, section.Value?.DeepClone()))).ToJsonString(Format) + "\n");
            File.Move(draft, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unfit(error.Message);
        }
    }

    private ExpectedFailure Unfit(string reason) => new($"--json {path}: {reason}. Name a file that ./dev bench wrote, or a new one in a directory that can be written.");
}
