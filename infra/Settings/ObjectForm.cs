using System.Collections.Immutable;
using System.Text.Json;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Infra.Settings;

/// <summary>A mapping with fixed keys, read into a record; unknown keys are problems.</summary>
/// <param name="fields">The keys, in the order of the reference.</param>
internal sealed class ObjectForm<T>(params ImmutableArray<Field<T>> fields) : Form<T>
{
    /// <summary>The key that a bare text stands for; null: only a mapping will do.</summary>
    public string? Shorthand { get; init; }

    /// <summary>The keys, in the order of the reference.</summary>
    public ImmutableArray<Field<T>> Fields => fields;

    /// <inheritdoc/>
    public override string Type => Shorthand is null ? "mapping" : $"mapping, or just its {Shorthand}";

    /// <inheritdoc/>
    public override T Read(Written written, T start)
    {
        if (Shorthand is not null && written.Element.ValueKind == JsonValueKind.String)
        {
            return Find(Shorthand)!.Read(written.Member(Shorthand, written.Element), start);
        }

        if (written.Element.ValueKind != JsonValueKind.Object)
        {
            written.Refuse($"must be a mapping with the keys {string.Join(", ", fields.Select(field => field.Name))}");
            return start;
        }

        foreach (var member in written.Element.EnumerateObject())
        {
            if (Find(member.Name) is { } field)
            {
                start = field.Read(written.Member(member.Name, member.Value), start);
            }
            else
            {
                written.Problems.Add(written.OwnMember(member).Key, null, Unknown(member.Name));
            }
        }
        foreach (var field in fields.Where(field => field.IsRequired && !written.Element.TryGetProperty(field.Name, out _)))
        {
            written.Problems.Add($"{written.Key}.{field.Name}", null, $"is missing; {field.Meaning}");
        }

        return start;
    }

    /// <summary>The field with this key, or null.</summary>
    public Field<T>? Find(string name) => fields.FirstOrDefault(field => field.Name == name);

    /// <summary>What to tell about a key that does not exist.</summary>
    public string Unknown(string name)
    {
        var names = fields.Select(field => field.Name).ToList();
        return Spelling.Nearest(name, names) is { } nearest
            ? $"is not a key; did you mean '{nearest}'?"
            : $"is not a key; the keys are {string.Join(", ", names)}";
    }

    /// <inheritdoc/>
    public override string? Show(T value) => null;

    /// <inheritdoc/>
    public override IEnumerable<ReferenceRow> Describe(string key, T value) => fields.SelectMany(field => field.Describe($"{key}.{field.Name}", value));
}

/// <summary>One key of a mapping: its name, meaning and default, and where its value goes.</summary>
internal abstract class Field<TRecord>(string name, string meaning)
{
    /// <summary>The key.</summary>
    public string Name => name;

    /// <summary>What the key does; a phrase for the reference.</summary>
    public string Meaning => meaning;

    /// <summary>Whether there is no default. Default false.</summary>
    public bool IsRequired { get; init; }

    /// <summary>What happens without the key, where no value says it. Default "none".</summary>
    public string WithoutIt { get; init; } = "none";

    /// <inheritdoc cref="Form{T}.IsScalar"/>
    public abstract bool IsScalar { get; }

    /// <summary>Puts the written value into the record.</summary>
    public abstract TRecord Read(Written written, TRecord record);

    /// <summary>The value that the record holds, as a user would write it.</summary>
    public abstract string? Show(TRecord record);

    /// <summary>The reference's lines for this key and those nested in it.</summary>
    public abstract IEnumerable<ReferenceRow> Describe(string key, TRecord defaults);
}

/// <inheritdoc cref="Field{TRecord}"/>
/// <param name="name">The key.</param>
/// <param name="form">How the value is written.</param>
/// <param name="get">The value in a record; that of a new record is the default.</param>
/// <param name="set">The record with another value.</param>
/// <param name="meaning">What the key does.</param>
internal sealed class Field<TRecord, T>(string name, Form<T> form, Func<TRecord, T> get, Func<TRecord, T, TRecord> set, string meaning)
    : Field<TRecord>(name, meaning)
{
    /// <inheritdoc/>
    public override bool IsScalar => form.IsScalar;

    /// <inheritdoc/>
    public override TRecord Read(Written written, TRecord record)
    {
        if (written.Element.ValueKind != JsonValueKind.Null)
        {
            return set(record, form.Read(written, get(record)));
        }

        written.Problems.Add(written.Key, null, "has no value; write one or remove the key");
        return record;
    }

    /// <inheritdoc/>
    public override string? Show(TRecord record) => get(record) is { } value ? form.Show(value) : null;

    /// <inheritdoc/>
    public override IEnumerable<ReferenceRow> Describe(string key, TRecord defaults)
    {
        var withoutIt = IsRequired ? "required" : form is ObjectForm<T> ? "" : WithoutIt;
        var shown = IsRequired || Show(defaults) is not { Length: > 0 } text ? null : text;
        var row = new ReferenceRow(key, form.Type, shown, withoutIt, Meaning);
        return form.Describe(key, get(defaults)).Prepend(row);
    }
}
