using System.Text.RegularExpressions;

namespace FleetPrometheus.Validation;

/// <summary>Paths at which metrics are served.</summary>
public static partial class HttpPath
{
    /// <summary>
    /// Whether the text is an absolute path of characters that need no escaping (letters, digits, <c>-._~!$&amp;'()*+,;=:@</c>),
    /// without query, fragment or dot segments.
    /// </summary>
    public static bool IsValid(string? text) => text is not null && Path().IsMatch(text) && !DotSegment().IsMatch(text);

    [GeneratedRegex(@"^(?:/[A-Za-z0-9\-._~!$&'()*+,;=:@]*)+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Path();

    [GeneratedRegex(@"/\.\.?(?:/|\z)", RegexOptions.CultureInvariant)]
    private static partial Regex DotSegment();
}
