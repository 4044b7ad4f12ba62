using System.Globalization;

namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>Times as the Kubernetes API writes them: UTC, whole seconds.</summary>
public static class Timestamp
{
    public static string Now() => DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Seconds since 1970; null when absent or malformed.</summary>
    public static double? Seconds(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.ToUnixTimeMilliseconds() / 1000.0 : null;
}
