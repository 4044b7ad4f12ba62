using System.Collections.Immutable;
using FleetPrometheus.Contract;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Verification.Faults;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Lab.Verification.Access;

/// <summary>
/// A cluster's token is rotated twice, as README tells, so that the first one is revoked: measured by <c>up</c> no scrape of any cluster fails, and
/// by the API server's own count no watch begins anew. Prometheus is a build that never reads a job's token file again;
/// <see cref="SecondPrometheus"/> is one that does.
/// </summary>
internal sealed class TokenRotation(LabFleet fleet, TimeSpan interval, Claims claims)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private FleetMember Member => fleet.Members[0];

    /// <summary>Rotates, twice.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await claims.TryAsync("every expected target is up before the rotation", "rotation",
            () => Eventually.NothingWrongAsync(() => TargetChecks.ExactlyTheExpectedAsync(fleet, cancellation, Member.Name), Patience, cancellation), () => Member.Name);
        using var second = await SecondPrometheus.StartAsync(fleet, Member.Name, interval, cancellation);
        if (second is not null)
        {
            await Eventually.TrueAsync(async () => await second.Api.ScalarAsync("min(up)", cancellation) == 1, "", Patience, cancellation);
        }

        // What happened before is none of the rotation's.
        await Task.Delay(2 * interval, cancellation);
        var began = DateTimeOffset.UtcNow;
        var lists = await ListsAsync(cancellation);
        var first = Token();
        await RotateAsync(2, second, cancellation);
        await RotateAsync(3, second, cancellation);
        await claims.TryAsync("no scrape of any cluster failed or was left out meanwhile", "rotation",
            () => TargetChecks.NoScrapeMissedAsync(fleet, [.. fleet.Members.Select(member => member.Name)], DateTimeOffset.UtcNow - began, interval, cancellation),
            () => FormattableString.Invariant($"measured by up over {(DateTimeOffset.UtcNow - began).TotalSeconds:0} s"));
        if (second is not null)
        {
            await claims.TryAsync("nor at a Prometheus that reads its jobs' tokens again for every scrape", "rotation",
                async () =>
                {
                    var up = await second.Api.QueryAsync("up", cancellation);
                    return up.IsEmpty ? ["it scrapes nothing"] : await TargetChecks.NoScrapeMissedAsync(second.Api, [Member.Name], DateTimeOffset.UtcNow - began - interval, interval, cancellation);
                },
                () => "a 2.x, on the same files");
        }
        else
        {
            // A 2.x begins its watches anew with every reload, and would be counted with ours.
            await claims.TryAsync("and no watch began anew", "rotation", async () =>
            {
                var more = await ListsAsync(cancellation) - lists;
                return more == 0 ? [] : [FormattableString.Invariant($"{more} lists of pods of one namespace were asked of the API server of {Member.Name}")];
            }, () => "by the lists that its API server counted");
        }

        await claims.TryAsync("the token before the last is refused", "rotation", () => ApiServerFaults.StillValidAsync(Member, first, cancellation), () => "401");
        await claims.TryAsync("the centre knows how old the token is", "rotation",
            () => Eventually.TrueAsync(
                async () => await fleet.Centre.Prometheus.ScalarAsync($"time() - cluster:token_issued:timestamp_seconds{{cluster=\"{Member.Name}\"}}", cancellation) < (DateTimeOffset.UtcNow - began).TotalSeconds + 1,
                "it does not know the time of the last rotation", Patience, cancellation),
            () => "alert ClusterTokenOld looks at it");
    }

    private async Task RotateAsync(int generation, SecondPrometheus? second, CancellationToken cancellation)
    {
        var before = Token();
        await claims.TryAsync($"token generation {generation} is taken into use, the one before stays good", "rotation", async () =>
        {
            var path = StackFiles.FileOf(fleet.Project, Member.File.Name);
            var others = (await File.ReadAllLinesAsync(path, cancellation)).Where(line => !line.Contains("fleet-prometheus:tokenGeneration:", StringComparison.Ordinal));
            await File.WriteAllLinesAsync(path, [.. others, $"  fleet-prometheus:tokenGeneration: {generation}"], cancellation);
            var written = DateTimeOffset.UtcNow;
            await fleet.ReconcileAsync(cancellation);
            return
            [
                .. await Eventually.TrueAsync(
                    async () => await fleet.Centre.Prometheus.ScalarAsync("prometheus_config_last_reload_success_timestamp_seconds", cancellation) >= written.ToUnixTimeSeconds(),
                    "Prometheus has not loaded it", Patience, cancellation),
                .. await Eventually.NothingWrongAsync(() => TargetChecks.ExactlyTheExpectedAsync(fleet, cancellation, Member.Name), Patience, cancellation),
                .. await IsGoodAsync(before, cancellation) ? Array.Empty<string>() : ["the one before is refused already"],
            ];
        }, () => Member.Evaluated.Outputs.Text(StackOutputs.TokenId)!);
        if (second is not null)
        {
            await second.FollowAsync(interval, cancellation);
        }

        // Long enough to be scraped by it a few times.
        await Task.Delay(4 * interval, cancellation);
    }

    private SecretText Token() => new(Member.Evaluated.Outputs.Text(StackOutputs.Token)!);

    /// <summary>How often the cluster's API server was asked for what Prometheus alone asks for, the pods of one namespace, which is how its watch begins.</summary>
    private Task<double> ListsAsync(CancellationToken cancellation) =>
        fleet.Centre.Prometheus.ScalarAsync($"sum(apiserver_request_total{{cluster=\"{Member.Name}\",verb=\"LIST\",resource=\"pods\",scope=\"namespace\"}})", cancellation);

    private async Task<bool> IsGoodAsync(SecretText token, CancellationToken cancellation)
    {
        using var client = new KubeClient(Member.Cluster.ApiServer, Member.Cluster.CaCertificate, token);
        try
        {
            await client.ReadAsync("/api", cancellation);
            return true;
        }
        catch (KubeException)
        {
            return false;
        }
    }
}
