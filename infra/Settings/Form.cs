namespace FleetPrometheus.Infra.Settings;

/// <summary>How one kind of value is written in the configuration: reads it, shows it and names it for the reference.</summary>
internal abstract class Form<T>
{
    /// <summary>The kind's name in the reference, such as <c>duration</c>.</summary>
    public abstract string Type { get; }

    /// <summary>Whether Pulumi hands a top-level value of this kind over as bare text rather than as JSON.</summary>
    public virtual bool IsScalar => false;

    /// <summary>Reads a value, noting every problem; where there is one, <paramref name="start"/> stays in force.</summary>
    /// <param name="written">The value.</param>
    /// <param name="start">What holds without the value; mappings change only the members that are written.</param>
    public abstract T Read(Written written, T start);

    /// <summary>The value as a user would write it; null: nothing (an empty list, a mapping whose members are shown one by one).</summary>
    public abstract string? Show(T value);

    /// <summary>The keys nested in this kind of value.</summary>
    /// <param name="key">The full key of the value.</param>
    /// <param name="value">Holds the nested keys' defaults.</param>
    public virtual IEnumerable<ReferenceRow> Describe(string key, T value) => [];
}

/// <summary>One line of the configuration reference.</summary>
/// <param name="Key">The full key; <c>[]</c> stands for every item of a list.</param>
/// <param name="Type">The kind of value.</param>
/// <param name="Default">The default as a user would write it, or null when there is none to write.</param>
/// <param name="DefaultMeaning">What happens without the key, where no value says it.</param>
/// <param name="Meaning">What the key does.</param>
public sealed record ReferenceRow(string Key, string Type, string? Default, string DefaultMeaning, string Meaning);
