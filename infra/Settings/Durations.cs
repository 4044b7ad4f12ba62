using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace FleetPrometheus.Infra.Settings;

/// <summary>Durations in Prometheus's notation: <c>30s</c>, <c>1h30m</c>, <c>15d</c>.</summary>
internal static partial class Durations
{
    private static readonly (string Unit, long Milliseconds)[] Units =
    [
        ("y", 365L * 86_400_000), ("w", 7L * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ];

    /// <summary>Reads a duration: units in falling order, each at most once; at most a thousand years.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var match = Pattern().Match(text);
        if (!match.Success || text.Length == 0)
        {
            return false;
        }

        var sum = Units.Sum(unit => match.Groups[unit.Unit] is { Success: true } number
            ? decimal.Parse(number.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) * unit.Milliseconds
            : 0);
        if (sum > 1_000m * Units[0].Milliseconds)
        {
            return false;
        }

        duration = TimeSpan.FromMilliseconds((long)sum);
        return true;
    }

    /// <summary>Writes a duration; years and weeks as days, which says more.</summary>
    public static string Show(TimeSpan duration)
    {
        var left = (long)duration.TotalMilliseconds;
        var text = new StringBuilder();
        foreach (var (unit, milliseconds) in Units[2..])
        {
            if (left / milliseconds is > 0 and var count)
            {
                text.Append(CultureInfo.InvariantCulture, $"{count}{unit}");
            }

            left %= milliseconds;
        }
        return text.Length == 0 ? "0s" : text.ToString();
    }

    [GeneratedRegex(@"\A((?<y>[0-9]{1,9})y)?((?<w>[0-9]{1,9})w)?((?<d>[0-9]{1,9})d)?((?<h>[0-9]{1,9})h)?((?<m>[0-9]{1,9})m)?((?<s>[0-9]{1,9})s)?((?<ms>[0-9]{1,9})ms)?\z")]
    private static partial Regex Pattern();
}
