using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace FleetPrometheus.Alerting;

/// <summary>Times that come again, such as nights or weekends. A moment belongs to them if it fits every kind of range that is given.</summary>
/// <remarks>Source of the notation: Alertmanager configuration, &lt;time_interval&gt;.</remarks>
public sealed partial record NamedTime
{
    private static readonly ImmutableArray<string> DayNames = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

    private static readonly ImmutableArray<string> MonthNames =
        ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

    /// <summary>Unique among time intervals.</summary>
    public required string Name { get; init; }

    /// <summary>Times of day, such as <c>18:00-24:00</c>. Default: all day.</summary>
    public ImmutableArray<string> Times { get; init; } = [];

    /// <summary>Days of the week, such as <c>saturday</c> or <c>monday:friday</c>; a week begins with sunday. Default: all.</summary>
    public ImmutableArray<string> Weekdays { get; init; } = [];

    /// <summary>Days of the month, such as <c>1:7</c>; <c>-1</c> is the last. Default: all.</summary>
    public ImmutableArray<string> DaysOfMonth { get; init; } = [];

    /// <summary>Months, such as <c>december</c> or <c>june:august</c>. Default: all.</summary>
    public ImmutableArray<string> Months { get; init; } = [];

    /// <summary>The time zone by its IANA name, such as <c>Europe/Berlin</c>. Default null: UTC.</summary>
    public string? Location { get; init; }

    /// <summary>Null for a range of times of day, otherwise what to write instead.</summary>
    public static string? CheckTimes(string text) =>
        TimesOfDay().IsMatch(text) && string.CompareOrdinal(text[..5], text[6..]) < 0
            ? null
            : "must be a range within one day, such as 09:00-17:30; for a night write two, 22:00-24:00 and 00:00-06:00";

    /// <summary>Null for days of the week, otherwise what to write instead.</summary>
    public static string? CheckWeekdays(string text) => IsRange(text, DayNames.IndexOf)
        ? null
        : "must be a day such as saturday, or a range such as monday:friday (a week begins with sunday)";

    /// <summary>Null for days of the month, otherwise what to write instead.</summary>
    public static string? CheckDaysOfMonth(string text) => IsRange(text, DayOfMonth) && !FromEndToStart().IsMatch(text)
        ? null
        : "must be a day from 1 to 31, or from -1 (the last) to -31, or a range such as 1:7 or -3:-1";

    /// <summary>Null for months, otherwise what to write instead.</summary>
    public static string? CheckMonths(string text) => IsRange(text, MonthNames.IndexOf)
        ? null
        : "must be a month such as december, or a range within one year such as june:august";

    /// <summary>Null for the name of a time zone, otherwise what to write instead.</summary>
    public static string? CheckLocation(string text) =>
        // A machine that knows no zones at all can only look at the form.
        ZoneName().IsMatch(text) && (TimeZoneInfo.TryFindSystemTimeZoneById(text, out _) || !TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Berlin", out _))
            ? null
            : "must be the IANA name of a time zone, such as Europe/Berlin";

    /// <summary>Whether it is one known value, or two with a colon between, the second not before the first.</summary>
    private static bool IsRange(string text, Func<string, int> position)
    {
        var places = text.Split(':').Select(position).ToArray();
        return places.Length <= 2 && places.All(place => place >= 0) && places[0] <= places[^1];
    }

    // Days from the end are placed as in the longest month, as Alertmanager does when it compares.
    private static int DayOfMonth(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var day) switch
    {
        true when day is >= 1 and <= 31 => day,
        true when day is >= -31 and <= -1 => 32 + day,
        _ => -1,
    };

    [GeneratedRegex(@"\A([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)\z")]
    private static partial Regex TimesOfDay();

    [GeneratedRegex(@"\A(UTC|[A-Z][A-Za-z]+(/[A-Za-z0-9_+-]+)+)\z")]
    private static partial Regex ZoneName();

    // Which of the two comes first depends on the month; Alertmanager refuses it.
    [GeneratedRegex(@"\A-[0-9]+:[0-9]")]
    private static partial Regex FromEndToStart();
}
