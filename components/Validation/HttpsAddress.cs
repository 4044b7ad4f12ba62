using System.Diagnostics.CodeAnalysis;

namespace FleetPrometheus.Validation;

/// <summary>The address of an API server.</summary>
public static class HttpsAddress
{
    /// <summary>
    /// Reads an absolute https address in ASCII with a host and, if a gateway needs one, a path of unescaped characters;
    /// false for anything else: another scheme, user information, query, fragment, escapes, white space.
    /// </summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Uri? address)
    {
        address = null;
        // Escapes are refused because Prometheus takes a metrics path as unescaped text; the rest has no meaning for an API server.
        if (text is null || text.AsSpan().ContainsAny("?#%@\\")
            || !text.All(character => character is > ' ' and <= '~')
            || !text.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
            || !Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || !HostPort.IsValid(HostPort.Of(uri))
            || uri.AbsolutePath.Contains('%', StringComparison.Ordinal))
        {
            return false;
        }

        address = uri;
        return true;
    }
}
