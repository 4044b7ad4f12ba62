using System.Collections.Immutable;

namespace FleetPrometheus.Central;

/// <summary>The names and addresses of a StatefulSet's pods behind its headless Service.</summary>
/// <param name="Program">The StatefulSet's name and its Service's.</param>
/// <param name="Namespace">Their namespace.</param>
/// <param name="Port">The port they serve on.</param>
public sealed record Replicas(string Program, string Namespace, int Port)
{
    /// <summary>The headless Service that gives every pod a name.</summary>
    public string HeadlessService => $"{Program}-replicas";

    /// <summary>The address of all of them together, as host:port.</summary>
    public string Address => $"{Program}.{Namespace}.svc:{Port}";

    /// <summary>The address of each, as host:port, in the order of their numbers.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="port">Another port than the one they serve on.</param>
    public ImmutableArray<string> Addresses(int count, int? port = null) =>
        [.. Enumerable.Range(0, count).Select(number => $"{Program}-{number}.{HeadlessService}.{Namespace}.svc:{port ?? Port}")];
}
