using System.Text.Json;

namespace FleetPrometheus.Infra.Settings;

/// <summary>Turns text into a value.</summary>
/// <returns>Null when it could, otherwise what to write instead.</returns>
internal delegate string? Parse<T>(string text, out T value);

/// <summary>A single value, written as one piece of text.</summary>
/// <param name="type">See <see cref="Form{T}.Type"/>.</param>
/// <param name="parse">Reads the text.</param>
/// <param name="show">Writes the text that <paramref name="parse"/> reads.</param>
internal sealed class ScalarForm<T>(string type, Parse<T> parse, Func<T, string?> show) : Form<T>
{
    /// <summary>Whether YAML's bare numbers and booleans are meant as they stand. Default false: they must be quoted, because YAML rewrites them (1.10 becomes 1.1).</summary>
    public bool TakesBare { get; init; }

    /// <summary>Which texts are kept out of problems even when they aren't stored as secrets. Default none.</summary>
    public Predicate<string> Hides { get; init; } = _ => false;

    /// <inheritdoc/>
    public override string Type => type;

    /// <inheritdoc/>
    public override bool IsScalar => true;

    /// <inheritdoc/>
    public override T Read(Written written, T start)
    {
        var isText = written.Element.ValueKind is JsonValueKind.String;
        var isBare = written.Element.ValueKind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False;
        var value = start;
        var fix = !isText && !isBare ? $"must be one value ({type}), not a list or mapping"
            : isBare && !TakesBare ? "must be text; put it in quotes"
            : parse(written.Text, out value);
        if (fix is null)
        {
            return value;
        }

        (written with { IsSecret = written.IsSecret || Hides(written.Text) }).Refuse(fix);
        return start;
    }

    /// <inheritdoc/>
    public override string? Show(T value) => show(value);
}

/// <summary>A single value that may be absent; what is written is never absent.</summary>
internal sealed class OptionalForm<T>(Form<T> form) : Form<T?> where T : struct
{
    /// <inheritdoc/>
    public override string Type => form.Type;

    /// <inheritdoc/>
    public override bool IsScalar => form.IsScalar;

    /// <inheritdoc/>
    public override T? Read(Written written, T? start)
    {
        var before = written.Problems.Count;
        var value = form.Read(written, default);
        return written.Problems.Count == before ? value : start;
    }

    /// <inheritdoc/>
    public override string? Show(T? value) => value is { } present ? form.Show(present) : null;
}
