using System.Globalization;

namespace FleetPrometheus.Validation;

/// <summary>Addresses of the form <c>host:port</c>; an IPv6 host in brackets.</summary>
public static class HostPort
{
    /// <summary>Whether the text is a host (name or address) and an explicit port between 1 and 65535.</summary>
    public static bool IsValid(string? text)
    {
        var colon = text?.LastIndexOf(':') ?? -1;
        if (text is null || colon < 1
            || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
        {
            return false;
        }

        var host = text[..colon];
        return Uri.CheckHostName(host) switch
        {
            UriHostNameType.IPv6 => host.StartsWith('['),
            UriHostNameType.Dns or UriHostNameType.IPv4 => host.All(char.IsAscii),
            _ => false,
        };
    }

    /// <summary>The host and port of an address, the port explicit even when it is the scheme's own: Prometheus 3 adds none.</summary>
    public static string Of(Uri address) => string.Create(CultureInfo.InvariantCulture, $"{address.Host}:{address.Port}");
}
