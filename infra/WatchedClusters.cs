using System.Collections.Immutable;
using FleetPrometheus.Central;
using FleetPrometheus.Contract;
using FleetPrometheus.Infra.Settings;
using FleetPrometheus.Validation;
using Pulumi;

namespace FleetPrometheus.Infra;

/// <summary>
/// Reads the outputs of the clusters' stacks and checks the whole contract before anything is declared: an output that is missed
/// later would leave the centre half changed.
/// </summary>
internal static class WatchedClusters
{
    /// <summary>The clusters to scrape, and those that send by themselves, in the order in which they are configured.</summary>
    /// <param name="settings">The checked settings.</param>
    /// <param name="stack">The central stack.</param>
    /// <param name="warn">Takes what the operator should know.</param>
    /// <param name="problems">Collects what is wrong with any cluster.</param>
    public static async Task<(ImmutableArray<WatchedCluster> Scraped, ImmutableArray<PushConnection> Pushing)> ReadAsync(CentralSettings settings, StackIdentity stack, Action<string> warn, Problems problems)
    {
        var outputs = await Task.WhenAll(settings.Clusters.Select(cluster => OutputsAsync(stack.Qualify(cluster.Stack))));
        var owners = new Dictionary<string, string>(StringComparer.Ordinal) { [settings.ClusterName] = $"this central stack, {stack.Stack}" };
        var clusters = ImmutableArray.CreateBuilder<WatchedCluster>();
        var pushing = ImmutableArray.CreateBuilder<PushConnection>();
        foreach (var (index, reference) in settings.Clusters.Index())
        {
            var key = $"clusters[{index}].stack";
            var reading = ClusterConnectionReader.Read(reference.Stack, name => outputs[index][name], problems);
            if (!reading.HasOutputs && reference.Optional)
            {
                warn(
                    $"{key}: '{reference.Stack}' has no outputs, so its cluster is left out; "
                    + $"once 'pulumi up --stack {reference.Stack}' was run, run 'pulumi up' here again.");
            }
            else if (!reading.HasOutputs)
            {
                problems.Add(
                    key,
                    reference.Stack,
                    $"has no outputs; run 'pulumi up --stack {reference.Stack}' first, or write optional: true to go on without it");
            }

            if ((reading.Connection?.ClusterName ?? reading.Push?.ClusterName) is { } name && !owners.TryAdd(name, $"stack {reference.Stack}"))
            {
                problems.Add(
                    key,
                    reference.Stack,
                    $"has the clusterName '{name}', as {owners[name]} has; set another clusterName in one of the two and run 'pulumi up' there");
            }

            if (reading.Push is { } push)
            {
                RefuseScraping(reference, $"clusters[{index}]", problems);
                pushing.Add(push);
            }

            if (reading.Connection is not { } connection)
            {
                continue;
            }

            if (reference.InsecureSkipVerify)
            {
                warn(
                    $"clusters[{index}].insecureSkipVerify: whoever stands between here and the API server of '{connection.ClusterName}' "
                    + $"can read its token and forge its metrics; better set caCertificate in stack {reference.Stack}.");
            }

            clusters.Add(new WatchedCluster
            {
                Connection = connection,
                Limits = reference.Limits,
                ScrapeInterval = reference.ScrapeInterval,
                InsecureSkipVerify = reference.InsecureSkipVerify,
            });
        }
        return (clusters.ToImmutable(), pushing.ToImmutable());
    }

    /// <summary>Notes what is written for a cluster that only scraping could heed.</summary>
    private static void RefuseScraping(ClusterReference reference, string key, Problems problems)
    {
        const string Fix = "has no meaning here, because the cluster sends its samples by itself; leave it out";
        problems.Check($"{key}.insecureSkipVerify", null, reference.InsecureSkipVerify ? Fix : null);
        problems.Check($"{key}.scrapeInterval", null, reference.ScrapeInterval is null ? null : $"{Fix}, and set push.scrapeInterval in stack {reference.Stack}");
        problems.Check($"{key}.limits", null, reference.Limits == new ClusterReference().Limits ? null : Fix);
    }

    /// <summary>A stack's outputs by name: all of the contract, null where it has none.</summary>
    private static async Task<Dictionary<string, (object? Value, bool Secret)>> OutputsAsync(string fullName)
    {
        var reference = new StackReference(fullName);
        var details = await Task.WhenAll(ClusterConnectionReader.Names.Select(reference.GetOutputDetailsAsync));
        return ClusterConnectionReader.Names.Zip(details).ToDictionary(
            output => output.First,
            output => (output.Second.SecretValue ?? output.Second.Value, output.Second.SecretValue is not null));
    }
}
