using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace FleetPrometheus.Validation;

/// <summary>Durations in Prometheus's notation, such as <c>90s</c>, <c>1h30m</c> or <c>15d</c>.</summary>
/// <remarks>Source: Prometheus 3.5 configuration, <c>&lt;duration&gt;</c>. A day has 24 hours, a week 7 days, a year 365 days.</remarks>
public static partial class PrometheusDuration
{
    // Prometheus counts nanoseconds in 64 bits.
    private const long LongestMilliseconds = long.MaxValue / 1_000_000;

    private static readonly (string Unit, long Milliseconds)[] Units =
        [("y", 365 * 86_400_000L), ("w", 7 * 86_400_000L), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

    /// <summary>Reads a duration; false when it is not one, is negative, or is longer than Prometheus can count (292 years).</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text == "0")
        {
            return true;
        }

        if (string.IsNullOrEmpty(text) || Notation().Match(text) is not { Success: true } match)
        {
            return false;
        }

        Int128 milliseconds = 0;
        foreach (var (unit, length) in Units)
        {
            var digits = match.Groups[unit].ValueSpan;
            if (digits.IsEmpty)
            {
                continue;
            }

            if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                return false;
            }

            milliseconds += (Int128)count * length;
        }

        if (milliseconds > LongestMilliseconds)
        {
            return false;
        }

        duration = TimeSpan.FromTicks((long)milliseconds * TimeSpan.TicksPerMillisecond);
        return true;
    }

    /// <summary>Writes a duration, rounded down to whole milliseconds; a negative one as <c>0s</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        var rest = duration.Ticks / TimeSpan.TicksPerMillisecond;
        var text = new StringBuilder();
        // Years and weeks are read but not written: days are what people compare.
        foreach (var (unit, length) in Units.AsSpan(2))
        {
            if (rest >= length)
            {
                text.Append(CultureInfo.InvariantCulture, $"{rest / length}{unit}");
                rest %= length;
            }
        }

        return text.Length == 0 ? "0s" : text.ToString();
    }

    [GeneratedRegex(@"^(?:(?<y>[0-9]+)y)?(?:(?<w>[0-9]+)w)?(?:(?<d>[0-9]+)d)?(?:(?<h>[0-9]+)h)?(?:(?<m>[0-9]+)m)?(?:(?<s>[0-9]+)s)?(?:(?<ms>[0-9]+)ms)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Notation();
}
