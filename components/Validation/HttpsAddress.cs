using System.Diagnostics.CodeAnalysis;

namespace FleetPrometheus.Validation;

/// <summary>The address of an API server.</summary>
public static class HttpsAddress
{
    /// <summary>
    /// Reads an absolute https address with a host and, if a gateway needs one, a path of unescaped characters;
    /// false for anything else: another scheme, user information, query, fragment, escapes, white space.
    /// </summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Uri? address)
    {
        address = null;
        // Escapes are refused because Prometheus takes a metrics path as unescaped text; the rest has no meaning for an API server.
        if (text is null || text.AsSpan().ContainsAny("?#%@\\")
            || text.Any(character => char.IsWhiteSpace(character) || char.IsControl(character) || char.IsSurrogate(character))
            || !text.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
            || !Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || uri.Scheme != Uri.UriSchemeHttps || uri.Host.Length == 0 || uri.Port is < 1 or > 65535
            || uri.AbsolutePath.Contains('%', StringComparison.Ordinal))
        {
            return false;
        }

        address = uri;
        return true;
    }
}
