using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace FleetPrometheus.Bench;

/// <summary>A column or a line of a table.</summary>
/// <param name="Key">Its key among the figures.</param>
/// <param name="Name">What a reader sees.</param>
internal readonly record struct Heading(string Key, string Name);

/// <summary>Figures as text in a table; the first column names the line.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Columns">Their headings.</param>
/// <param name="Rows">As many cells each as there are columns.</param>
internal sealed record FigureTable(string Title, ImmutableArray<string> Columns, ImmutableArray<ImmutableArray<string>> Rows)
{
    /// <summary>Sides next to each other, a figure per line; at the end, how the one compares with the other.</summary>
    /// <param name="title">What it shows.</param>
    /// <param name="sides">An object of figures per side. A side or a figure that is missing is an empty cell.</param>
    /// <param name="columns">The sides to show.</param>
    /// <param name="rows">The figures to show; the end of a key tells the unit, see <see cref="Section"/>.</param>
    /// <param name="ours">The side that is divided by <paramref name="baseline"/>; null: no such column.</param>
    /// <param name="baseline">The side to compare with.</param>
    public static FigureTable Compare(string title, JsonObject sides, ImmutableArray<Heading> columns, ImmutableArray<Heading> rows, string? ours = null, string? baseline = null)
    {
        var ratio = ours is null ? "" : $"{NameOf(ours)} / {NameOf(baseline!)}";
        return new FigureTable(
            title,
            ["", .. columns.Select(column => column.Name), .. ours is null ? Array.Empty<string>() : [ratio]],
            [.. rows.Select(row => (ImmutableArray<string>)
            [
                row.Name, .. columns.Select(column => Text(row.Key, Of(column.Key, row.Key))), .. ours is null ? Array.Empty<string>() : [Ratio(Of(ours, row.Key), Of(baseline!, row.Key))],
            ])]);

        string NameOf(string side) => columns.First(column => column.Key == side).Name;

        double? Of(string side, string figure) => (double?)sides[side]?[figure];
    }

    /// <summary>As Markdown.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Title}:\n\n");
        Line(Columns);
        Line([.. Columns.Select((_, index) => index == 0 ? "---" : "---:")]);
        foreach (var row in Rows)
        {
            Line(row);
        }

        return text.ToString();

        void Line(ImmutableArray<string> cells) => text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", cells)} |\n");
    }

    /// <summary>For the terminal.</summary>
    public Table ToConsole()
    {
        var table = new Table().RoundedBorder();
        table.Title = new TableTitle(Markup.Escape(Title));
        foreach (var (column, index) in Columns.Select((column, index) => (column, index)))
        {
            table.AddColumn(new TableColumn(new Text(column)) { Alignment = index == 0 ? Justify.Left : Justify.Right });
        }

        foreach (var row in Rows)
        {
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        return table;
    }

    /// <summary>A figure as people read it, its unit told by the end of its key.</summary>
    public static string Text(string key, double? figure) => figure switch
    {
        null => "",
        { } value when key.EndsWith("_bytes", StringComparison.Ordinal) => Scaled(value, ("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("B", 1)),
        { } value when key.EndsWith("_seconds", StringComparison.Ordinal) => Scaled(value, ("s", 1), ("ms", 1e-3), ("µs", 1e-6)),
        { } value when key.EndsWith("_ratio", StringComparison.Ordinal) => Ratio(value, 1),
        { } value => Digits(value),
    };

    private static string Scaled(double value, params ReadOnlySpan<(string Unit, double Size)> units)
    {
        foreach (var (unit, size) in units)
        {
            if (value >= size)
            {
                return $"{Digits(value / size)} {unit}";
            }
        }

        return Digits(value / units[^1].Size) + $" {units[^1].Unit}";
    }

    // Three digits say what a measurement can say; counts are exact.
    private static string Digits(double value) => value switch
    {
        _ when value == Math.Floor(value) || value >= 100 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.00", CultureInfo.InvariantCulture),
    };

    private static string Ratio(double? ours, double? baseline) =>
        ours is { } one && baseline is { } other && other != 0 ? (one / other).ToString(one / other < 0.1 ? "0.000" : "0.00", CultureInfo.InvariantCulture) : "";
}
