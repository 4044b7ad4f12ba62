using System.Text.RegularExpressions;

namespace FleetPrometheus.Validation;

/// <summary>The shapes of names that Kubernetes accepts.</summary>
/// <remarks>Source: Kubernetes documentation, "Object Names and IDs" and "Labels and Selectors".</remarks>
public static partial class KubernetesNames
{
    /// <summary>A DNS label: 1 to 63 lower-case letters, digits and hyphens, neither first nor last a hyphen.</summary>
    public static bool IsDnsLabel(string? text) => text is { Length: <= 63 } && DnsLabel().IsMatch(text);

    /// <summary>The name of a namespace: a DNS label.</summary>
    public static bool IsNamespace(string? text) => IsDnsLabel(text);

    /// <summary>A DNS subdomain, as most objects' names must be: labels joined by dots, 253 characters at most.</summary>
    public static bool IsDnsSubdomain(string? text) => text is { Length: <= 253 } && DnsSubdomain().IsMatch(text);

    /// <summary>The key of a label: up to 63 letters, digits, <c>-_.</c>, first and last a letter or digit; optionally a DNS subdomain and <c>/</c> before it.</summary>
    public static bool IsLabelKey(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        var slash = text.IndexOf('/');
        return text.Length > slash + 1
            && IsLabelValue(text[(slash + 1)..])
            && (slash < 0 || IsDnsSubdomain(text[..slash]));
    }

    /// <summary>The value of a label: empty, or up to 63 letters, digits, <c>-_.</c>, first and last a letter or digit.</summary>
    public static bool IsLabelValue(string? text) => text is { Length: <= 63 } && (text.Length == 0 || Qualified().IsMatch(text));

    [GeneratedRegex(@"^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex DnsLabel();

    [GeneratedRegex(@"^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex DnsSubdomain();

    [GeneratedRegex(@"^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Qualified();
}
