using System.Collections.Immutable;
using System.Text.RegularExpressions;
using FleetPrometheus.Dashboards;
using FleetPrometheus.Lab.Fleet;

namespace FleetPrometheus.Lab.Verification;

/// <summary>What dashboards and deep links ask, asked of the lab's Prometheus, since no Grafana runs here.</summary>
internal static partial class DashboardChecks
{
    // Grafana would take four scrape intervals at least; a young fleet has no more samples in a longer time anyway.
    private const string RateInterval = "1m";

    /// <summary>
    /// Every query of every panel, and every variable, is answered for each cluster on its own and, where several can be chosen, for
    /// all at once: without error, with a number, and with the labels that legends and tables name. Panels that say why they may be
    /// empty, and those on what API servers or kubelets of a cluster don't give, need only be free of errors.
    /// </summary>
    public static Task<ImmutableArray<string>> QueriesAnswerAsync(LabFleet fleet, CancellationToken cancellation) =>
        QueriesAnswerAsync(fleet, FleetDashboards.All, cancellation);

    /// <summary>The same of given dashboards.</summary>
    internal static async Task<ImmutableArray<string>> QueriesAnswerAsync(LabFleet fleet, ImmutableArray<Dashboard> dashboards, CancellationToken cancellation)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        var isLacked = await ServerAge.LackedAsync(fleet, cancellation);
        foreach (var dashboard in dashboards)
        {
            var isFirst = true;
            foreach (var choice in Choices(dashboard, fleet))
            {
                var values = await ChooseAsync(dashboard, choice.Cluster, fleet, wrong, cancellation);
                foreach (var panel in dashboard.Panels)
                {
                    var mayBeEmpty = panel.MayBeEmpty is not null || (panel.NeedsKubelet && !choice.HasKubelet);
                    foreach (var query in panel.Queries.Where(query => isFirst || !query.IsOfCentre))
                    {
                        if (await AskAsync(fleet, Substitute(query.Expression, values), mayBeEmpty || isLacked(query.Expression) ? null : Labels(query), cancellation) is { } problem)
                        {
                            wrong.Add($"{dashboard.Title}, {panel.Title}, cluster {choice.Cluster}: {problem}");
                        }
                    }
                }

                isFirst = false;
            }
        }

        foreach (var link in DeepLink.All)
        {
            // Most of them ask for trouble, of which a healthy fleet has none.
            if (await AskAsync(fleet, link.Expression, labels: null, cancellation) is { } problem)
            {
                wrong.Add($"deep link '{link.Label}': {problem}");
            }
        }

        return wrong.ToImmutable();
    }

    /// <summary>The expression with values in the place of variables; those without a value stay, as they do in Grafana, and match nothing.</summary>
    internal static string Substitute(string expression, IReadOnlyDictionary<string, string> values) =>
        VariableUse().Replace(expression, use => use.Groups[1].Value == "__rate_interval" ? RateInterval : values.GetValueOrDefault(use.Groups[1].Value, use.Value));

    private static IEnumerable<(string Cluster, bool HasKubelet)> Choices(Dashboard dashboard, LabFleet fleet)
    {
        var each = fleet.Members.Select(member => (member.Name, HasKubelet: member.Expected.Any(target => target.Job == "kubelet"))).ToList();
        return dashboard.Variables.Contains(Variable.Clusters) ? each.Append((".+", each.Any(member => member.HasKubelet))) : each;
    }

    // As Grafana fills variables: those that take one value with the first there is, the others with all there are.
    private static async Task<Dictionary<string, string>> ChooseAsync(
        Dashboard dashboard, string cluster, LabFleet fleet, ImmutableArray<string>.Builder wrong, CancellationToken cancellation)
    {
        var values = new Dictionary<string, string>();
        foreach (var variable in dashboard.Variables)
        {
            var query = Substitute($"group by ({variable.From}) ({variable.Selector})", values);
            var offered = (await fleet.Centre.Prometheus.QueryAsync(query, cancellation)).Select(series => series[variable.From]).Order(StringComparer.Ordinal).ToList();
            if (offered.Count == 0)
            {
                wrong.Add($"{dashboard.Title}, variable {variable.Name}, cluster {cluster}: offers nothing: {query}");
            }

            values[variable.Name] = variable.Name == Variable.Cluster.Name ? cluster
                : variable.IsMulti ? $"({string.Join('|', offered.Select(value => Regex.Escape(value).Replace("\\", "\\\\", StringComparison.Ordinal)))})"
                : offered.FirstOrDefault("");
        }

        return values;
    }

    /// <summary>What is wrong with the answer, or null; without <paramref name="labels"/> it may be empty.</summary>
    private static async Task<string?> AskAsync(LabFleet fleet, string promql, IReadOnlyList<string>? labels, CancellationToken cancellation)
    {
        ImmutableArray<Series> answer;
        try
        {
            answer = await fleet.Centre.Prometheus.QueryAsync(promql, cancellation);
        }
        catch (HttpRequestException refused)
        {
            return refused.Message;
        }

        return labels is null ? null
            : answer.All(series => double.IsNaN(series.Value)) ? $"no data: {promql}"
            : labels.FirstOrDefault(label => answer.All(series => series[label] is "")) is { } missing ? $"no series has the label {missing}: {promql}"
            : null;
    }

    private static List<string> Labels(Query query) =>
        [.. LegendLabel().Matches(query.Name).Select(label => label.Groups[1].Value), .. query.ShownLabel is { } shown ? [shown] : Array.Empty<string>()];

    [GeneratedRegex(@"\$([A-Za-z_]\w*)")]
    private static partial Regex VariableUse();

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex LegendLabel();
}
