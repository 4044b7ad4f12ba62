using System.Collections.Immutable;
using System.Text.Json;

namespace FleetPrometheus.Infra.Settings;

/// <summary>A list; what is written replaces the default as a whole.</summary>
/// <param name="item">The form of every item.</param>
/// <param name="blank">Holds the defaults of an item's members.</param>
internal sealed class ListForm<T>(Form<T> item, T blank) : Form<ImmutableArray<T>>
{
    /// <inheritdoc/>
    public override string Type => $"list ({item.Type})";

    /// <inheritdoc/>
    public override ImmutableArray<T> Read(Written written, ImmutableArray<T> start)
    {
        if (written.Element.ValueKind == JsonValueKind.Array)
        {
            return [.. written.Element.EnumerateArray().Select((element, index) => item.Read(written.Item(index, element), blank))];
        }

        written.Refuse($"must be a {Type}");
        return start;
    }

    /// <inheritdoc/>
    public override string? Show(ImmutableArray<T> value) =>
        value.IsEmpty || item.Show(value[0]) is null ? null : $"[{string.Join(", ", value.Select(item.Show))}]";

    /// <inheritdoc/>
    public override IEnumerable<ReferenceRow> Describe(string key, ImmutableArray<T> value) => item.Describe($"{key}[]", blank);
}

/// <summary>A list, or its only item by itself.</summary>
/// <param name="item">The form of every item.</param>
/// <param name="blank">Holds the defaults of an item's members.</param>
internal sealed class OneOrManyForm<T>(Form<T> item, T blank) : Form<ImmutableArray<T>>
{
    private readonly ListForm<T> _list = new(item, blank);

    /// <inheritdoc/>
    public override string Type => $"{item.Type}, or a list of such";

    /// <inheritdoc/>
    public override ImmutableArray<T> Read(Written written, ImmutableArray<T> start) =>
        written.Element.ValueKind == JsonValueKind.Array ? _list.Read(written, start) : [item.Read(written, blank)];

    /// <inheritdoc/>
    public override string? Show(ImmutableArray<T> value) => _list.Show(value);

    /// <inheritdoc/>
    public override IEnumerable<ReferenceRow> Describe(string key, ImmutableArray<T> value) => item.Describe(key, blank);
}

/// <summary>A mapping from names to text, such as labels; what is written replaces the default as a whole.</summary>
/// <param name="type">See <see cref="Form{T}.Type"/>.</param>
/// <param name="refuseName">Null for a good name, otherwise what to write instead.</param>
/// <param name="value">The form of every value.</param>
internal sealed class MapForm(string type, Func<string, string?> refuseName, Form<string> value) : Form<ImmutableSortedDictionary<string, string>>
{
    /// <inheritdoc/>
    public override string Type => type;

    /// <inheritdoc/>
    public override ImmutableSortedDictionary<string, string> Read(Written written, ImmutableSortedDictionary<string, string> start)
    {
        if (written.Element.ValueKind != JsonValueKind.Object)
        {
            written.Refuse($"must be a mapping ({type})");
            return start;
        }
        var result = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var member in written.Element.EnumerateObject())
        {
            var entry = written.OwnMember(member);
            if (refuseName(member.Name) is { } fix)
            {
                entry.Problems.Add(entry.Key, null, fix);
            }

            result[member.Name] = value.Read(entry, "");
        }
        return result.ToImmutable();
    }

    /// <inheritdoc/>
    public override string? Show(ImmutableSortedDictionary<string, string> value) =>
        value.IsEmpty ? null : $"{{{string.Join(", ", value.Select(entry => $"{entry.Key}: {entry.Value}"))}}}";
}
