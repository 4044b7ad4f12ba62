using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using FleetPrometheus.Lab.Fleet;

namespace FleetPrometheus.Lab.Verification;

/// <summary>What rules and dashboards ask for and the API servers of a fleet are too old to have.</summary>
internal static partial class ServerAge
{
    /// <summary>Metrics by the minor version of Kubernetes that brought them, or the API they are made from.</summary>
    private static readonly ImmutableArray<(int Since, string Metrics)> News =
    [
        (21, "kube_poddisruptionbudget_"), // policy/v1
        (23, "kube_horizontalpodautoscaler_"), // autoscaling/v2
        (23, "apiserver_longrunning_requests"),
        (26, "apiserver_request_sli_duration_seconds|cluster:apiserver_request_slow"),
    ];

    /// <summary>Whether a query is for something that the oldest API server of the fleet lacks.</summary>
    public static async Task<Func<string, bool>> LackedAsync(LabFleet fleet, CancellationToken cancellation)
    {
        var minors = (await fleet.Centre.Prometheus.QueryAsync("group by (minor) (kubernetes_build_info{job=\"apiserver\"})", cancellation))
            .Select(series => int.Parse(Digits().Match(series["minor"]).Value, CultureInfo.InvariantCulture)).ToList();
        var lacked = minors.Count == 0 ? [] : News.Where(news => news.Since > minors.Min()).ToImmutableArray();
        return query => lacked.Any(news => Regex.IsMatch(query, news.Metrics));
    }

    [GeneratedRegex("^[0-9]+")]
    private static partial Regex Digits();
}
