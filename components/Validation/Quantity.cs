using System.Globalization;
using System.Text.RegularExpressions;

namespace FleetPrometheus.Validation;

/// <summary>Amounts in Kubernetes' notation, such as <c>500m</c> or <c>2Gi</c>.</summary>
/// <remarks>Source: Kubernetes documentation, Quantity; without its notation of exponents.</remarks>
public static partial class Quantity
{
    private static readonly string[] Large = ["k", "M", "G", "T", "P", "E"];
    private static readonly string[] Small = ["m", "u", "n"];

    /// <summary>Reads an amount; false when it is none.</summary>
    public static bool TryParse(string? text, out decimal amount)
    {
        amount = 0;
        if (text is null || Notation().Match(text) is not { Success: true } match
            || !decimal.TryParse(match.Groups["number"].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        try
        {
            amount = number * Factor(match.Groups["unit"].Value);
            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    private static decimal Factor(string unit) => unit switch
    {
        "" => 1,
        [_, 'i'] => Power(1_024, Array.IndexOf(Large, unit[..1].Replace('K', 'k')) + 1),
        _ when Array.IndexOf(Small, unit) is >= 0 and var down => 1 / Power(1_000, down + 1),
        _ => Power(1_000, Array.IndexOf(Large, unit) + 1),
    };

    private static decimal Power(decimal of, int exponent) => Enumerable.Repeat(of, exponent).Aggregate(1m, (product, factor) => product * factor);

    [GeneratedRegex(@"\A(?<number>[0-9]+(\.[0-9]+)?)(?<unit>[numkMGTPE]|[KMGTPE]i)?\z")]
    private static partial Regex Notation();
}
