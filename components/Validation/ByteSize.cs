using System.Globalization;
using System.Text.RegularExpressions;

namespace FleetPrometheus.Validation;

/// <summary>Sizes in Prometheus's notation, such as <c>512MB</c>; its units are powers of 1024 (B, KB, MB, GB, TB, PB, EB, and KiB… alike).</summary>
/// <remarks>Source: Prometheus 3.5 configuration, <c>&lt;size&gt;</c>, and the flag <c>--storage.tsdb.retention.size</c>.</remarks>
public static partial class ByteSize
{
    private const string Prefixes = "KMGTPE";

    /// <summary>Reads a size; false when it is not one, has no unit, or does not fit in 63 bits.</summary>
    public static bool TryParse(string? text, out long bytes)
    {
        bytes = 0;
        if (text is null || Notation().Match(text) is not { Success: true } match
            || !long.TryParse(match.Groups["count"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return false;
        }

        var prefix = match.Groups["prefix"].ValueSpan;
        var shift = prefix.IsEmpty ? 0 : 10 * (Prefixes.IndexOf(prefix[0]) + 1);
        if (count > long.MaxValue >> shift)
        {
            return false;
        }

        bytes = count << shift;
        return true;
    }

    /// <summary>Writes a size in the largest unit that divides it; a negative one as <c>0B</c>.</summary>
    public static string Format(long bytes)
    {
        var count = long.Max(bytes, 0);
        var power = 0;
        while (count > 0 && count % 1024 == 0 && power < Prefixes.Length)
        {
            count /= 1024;
            power++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{count}{(power == 0 ? "" : Prefixes[power - 1].ToString())}B");
    }

    [GeneratedRegex(@"^(?<count>[0-9]+)(?:(?<prefix>[KMGTPE])i?)?B\z", RegexOptions.CultureInvariant)]
    private static partial Regex Notation();
}
