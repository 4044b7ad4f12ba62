using System.Diagnostics;

namespace FleetPrometheus.Validation;

/// <summary>
/// Text that must not be shown by accident: printing, logging or interpolating it yields <c>[secret]</c>.
/// Only <see cref="Reveal"/> gives the text itself.
/// </summary>
[DebuggerDisplay("[secret]")]
public sealed class SecretText(string text) : IEquatable<SecretText>
{
    private readonly string _text = text ?? throw new ArgumentNullException(nameof(text));

    /// <summary>The text itself, for the one place that hands it to its destination.</summary>
    public string Reveal() => _text;

    /// <inheritdoc/>
    public override string ToString() => "[secret]";

    /// <inheritdoc/>
    public bool Equals(SecretText? other) => other is not null && other._text == _text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SecretText);

    /// <inheritdoc/>
    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);
}
