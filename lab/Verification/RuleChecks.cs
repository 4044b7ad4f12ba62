using System.Collections.Immutable;
using System.Text.RegularExpressions;
using FleetPrometheus.Alerting;
using FleetPrometheus.Lab.Fleet;

namespace FleetPrometheus.Lab.Verification;

/// <summary>The alerting and recording rules on a running fleet.</summary>
internal static partial class RuleChecks
{
    /// <summary>What rules select and a healthy lab cannot show: expressions of selectors, and why.</summary>
    private static readonly ImmutableArray<(string Selector, string Reason)> Unseen =
    [
        ("^ALERTS", "nothing is wrong in a fleet that is well"),
        ("_(waiting_reason|last_terminated_reason)\\{|apiserver_request_terminations_total|^aggregator_unavailable_apiservice_total|code=~\"5", "nothing fails"),
        ("^kube_node_spec_taint", "no node is tainted"),
        ("condition=~\"KernelDeadlock", "node-problem-detector does not run"),
        ("label_excluded_from_alerts|access_mode=\"ReadOnlyMany\"", "no volume is excepted"),
        ("scope=\"namespace\"", "nobody lists a single namespace: watches begin with the list"),
        ("apiserver_client_certificate_expiration_seconds:", "nobody authenticates by certificate"),
        ("^alertmanager_cluster_", "a single Alertmanager has no cluster"),
        ("owner_kind=\"(Job|Node|)\"", "nothing is owned so"),
        ("^node_(bonding|md|nf_conntrack)_", "not on every machine"),
        ("^prometheus_remote_storage_", "nothing is written on"),
        ("^cluster:push:", "no cluster sends by itself"),
        ("^probe_ssl_earliest_cert_expiry\\{job=\"certificate-probe\"", "the centre speaks HTTP"),
        ("shard!=\"\"", "a single Prometheus has no shards"),
        ("^cluster:apiserver_request:burnrate|^kube_job_failed", "what needs time, or failures"),
    ];

    /// <summary>Every rule is there and was evaluated without error.</summary>
    public static async Task<ImmutableArray<string>> RulesEvaluateAsync(LabFleet fleet, CancellationToken cancellation)
    {
        var rules = await fleet.Centre.Prometheus.RulesAsync(cancellation);
        // Beside the written ones each cluster has one of its own: how old its token is, or that it is to send by itself.
        var written = AlertingRules.All.Sum(file => RulePattern().Count(file.Text)) + fleet.Members.Length;
        return
        [
            .. rules.Where(rule => rule.Health != "ok").Select(rule => $"{rule.Name}: {rule.Health} {rule.Error}".TrimEnd()),
            .. rules.Length == written ? Array.Empty<string>() : [$"{rules.Length} rules are loaded, {written} are written"],
        ];
    }

    /// <summary>No rule is dead: whatever a rule selects exists in the fleet, but for what <see cref="Unseen"/> lists and what is too new for its API servers.</summary>
    public static async Task<ImmutableArray<string>> SelectorsMatchAsync(LabFleet fleet, CancellationToken cancellation)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        var known = new Dictionary<string, bool>(StringComparer.Ordinal);
        var isLacked = await ServerAge.LackedAsync(fleet, cancellation);
        foreach (var rule in await fleet.Centre.Prometheus.RulesAsync(cancellation))
        {
            var tree = await fleet.Centre.Prometheus.ParseAsync(rule.Query, cancellation);
            foreach (var selector in tree.All.Select(node => node.Selector?.ToString()).OfType<string>().Where(selector => !isLacked(selector) && !Unseen.Any(unseen => Regex.IsMatch(selector, unseen.Selector))))
            {
                if (!known.TryGetValue(selector, out var exists))
                {
                    known[selector] = exists = (await fleet.Centre.Prometheus.QueryAsync($"count({selector})", cancellation)).Length > 0;
                }

                if (!exists)
                {
                    wrong.Add($"{rule.Name}: nothing matches {selector}");
                }
            }
        }

        return wrong.ToImmutable();
    }

    [GeneratedRegex(@"^ +- (alert|record): ", RegexOptions.Multiline)]
    private static partial Regex RulePattern();
}
