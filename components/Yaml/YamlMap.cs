using System.Collections;
using System.Globalization;
using System.Text.RegularExpressions;
using FleetPrometheus.Validation;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace FleetPrometheus.Yaml;

/// <summary>
/// A YAML mapping that is written in the order in which it was filled, the same bytes on every run and in every culture.
/// Absent values (null, and empty lists) are left out, so that a file says only what differs from the defaults.
/// </summary>
public sealed partial class YamlMap : IEnumerable<KeyValuePair<string, object>>
{
    private static readonly EmitterSettings Settings = new EmitterSettings(
        bestIndent: 2, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024, newLine: "\n").WithIndentedSequences();

    private readonly List<KeyValuePair<string, object>> _entries = [];

    /// <summary>Adds a text, quoted where YAML would take it for something else.</summary>
    public void Add(string key, string? value) => AddIf(value is not null, key, value);

    /// <summary>Adds a truth value.</summary>
    public void Add(string key, bool? value) => AddIf(value is not null, key, new Plain(value is true ? "true" : "false"));

    /// <summary>Adds a whole number.</summary>
    public void Add(string key, long? value) => AddIf(value is not null, key, new Plain(value?.ToString(CultureInfo.InvariantCulture) ?? ""));

    /// <summary>Adds a duration in Prometheus's notation.</summary>
    public void Add(string key, TimeSpan? value) => AddIf(value is not null, key, new Plain(PrometheusDuration.Format(value ?? default)));

    /// <summary>Adds a mapping, also an empty one.</summary>
    public void Add(string key, YamlMap? value) => AddIf(value is not null, key, value);

    /// <summary>Adds texts, written on one line.</summary>
    public void Add(string key, IEnumerable<string> values) => AddList(key, values);

    /// <summary>Adds mappings, one below the other.</summary>
    public void Add(string key, IEnumerable<YamlMap> values) => AddList(key, values);

    /// <summary>Adds texts by name, in the order given.</summary>
    public void Add(string key, IEnumerable<KeyValuePair<string, string>> values)
    {
        var map = new YamlMap();
        foreach (var (name, value) in values)
        {
            map.Add(name, value);
        }

        AddIf(map._entries.Count > 0, key, map);
    }

    /// <summary>The mapping as a YAML document, ending in a line feed.</summary>
    public override string ToString()
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var emitter = new Emitter(text, Settings);
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Emit(emitter, this);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object>> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void AddIf(bool present, string key, object? value)
    {
        if (present)
        {
            _entries.Add(new(key, value!));
        }
    }

    private void AddList<T>(string key, IEnumerable<T> values)
    {
        var list = values.ToArray();
        AddIf(list.Length > 0, key, list);
    }

    private static void Emit(Emitter emitter, object value)
    {
        switch (value)
        {
            case YamlMap map:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, true, MappingStyle.Block));
                foreach (var (key, entry) in map)
                {
                    Emit(emitter, key);
                    Emit(emitter, entry);
                }

                emitter.Emit(new MappingEnd());
                break;
            case object[] items:
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, true, items is string[] ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (var item in items)
                {
                    Emit(emitter, item);
                }

                emitter.Emit(new SequenceEnd());
                break;
            case Plain plain:
                emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, plain.Text, ScalarStyle.Plain, true, false));
                break;
            case string text:
                emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text, StyleOf(text), true, true));
                break;
        }
    }

    // YAML 1.1 reads far more words as numbers, truths and dates than 1.2 does: what is written plain is what no version could misread.
    private static ScalarStyle StyleOf(string text) =>
        PlainText().IsMatch(text) && !ReservedWord().IsMatch(text) ? ScalarStyle.Plain
        : text.All(character => character is >= ' ' and <= '~') ? ScalarStyle.SingleQuoted
        : ScalarStyle.DoubleQuoted;

    [GeneratedRegex(@"^[A-Za-z_/](?:[A-Za-z0-9_./:*-]*[A-Za-z0-9_/])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlainText();

    [GeneratedRegex(@"^(?:y|n|yes|no|on|off|true|false|null)\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex ReservedWord();

    /// <summary>A value whose text is known to mean itself in YAML.</summary>
    private sealed record Plain(string Text);
}
