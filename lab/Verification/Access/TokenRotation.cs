using System.Collections.Immutable;
using FleetPrometheus.Contract;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Verification.Faults;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Lab.Verification.Access;

/// <summary>
/// The tokens of two clusters are rotated twice, as README tells, so that their first ones are revoked: measured by <c>up</c> no scrape of any
/// cluster fails, and by the API server's own count no watch begins anew. Prometheus is a build that never reads a job's token file again. Beside it
/// <see cref="SecondPrometheus"/>, which does, watches the second cluster only: it begins its watches anew with every reload.
/// </summary>
internal sealed class TokenRotation(LabFleet fleet, TimeSpan interval, Claims claims)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private FleetMember Member => fleet.Members[0];

    private FleetMember Second => fleet.Members[1];

    /// <summary>Rotates, twice.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await claims.TryAsync("every expected target is up before the rotation", "rotation",
            () => Eventually.NothingWrongAsync(() => TargetChecks.ExactlyTheExpectedAsync(fleet, cancellation), Patience, cancellation), () => $"{Member.Name}, {Second.Name}");
        var program = await FindSecondAsync(cancellation);
        using var second = program is null ? null : await SecondPrometheus.StartAsync(fleet, Second.Name, program, interval, cancellation);
        if (second is not null)
        {
            await Eventually.TrueAsync(async () => await second.Api.ScalarAsync("min(up)", cancellation) == 1, "", Patience, cancellation);
        }

        // What happened before is none of the rotation's.
        await Task.Delay(2 * interval, cancellation);
        var began = DateTimeOffset.UtcNow;
        var lists = await ListsAsync(cancellation);
        var first = Token(Member);
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
                    return up.IsEmpty ? ["it scrapes nothing"] : await TargetChecks.NoScrapeMissedAsync(second.Api, [Second.Name], DateTimeOffset.UtcNow - began - interval, interval, cancellation);
                },
                () => $"{program!.Version}, on the same files of {Second.Name}");
        }

        await claims.TryAsync("and no watch began anew", "rotation", async () =>
        {
            var more = await ListsAsync(cancellation) - lists;
            return more == 0 ? [] : [FormattableString.Invariant($"{more} lists of pods of one namespace were asked of the API server of {Member.Name}")];
        }, () => $"by the lists that the API server of {Member.Name} counted");
        await claims.TryAsync("the token before the last is refused", "rotation", () => ApiServerFaults.StillValidAsync(Member, first, cancellation), () => "401");
        await claims.TryAsync("the centre knows how old the token is", "rotation",
            () => Eventually.TrueAsync(
                async () => await fleet.Centre.Prometheus.ScalarAsync($"time() - cluster:token_issued:timestamp_seconds{{cluster=\"{Member.Name}\"}}", cancellation) < (DateTimeOffset.UtcNow - began).TotalSeconds + 1,
                "it does not know the time of the last rotation", Patience, cancellation),
            () => "alert ClusterTokenOld looks at it");
    }

    private async Task RotateAsync(int generation, SecondPrometheus? second, CancellationToken cancellation)
    {
        var before = fleet.Members[..2].ToDictionary(member => member.Name, Token);
        await claims.TryAsync($"token generation {generation} is taken into use, the one before stays good", "rotation", async () =>
        {
            foreach (var member in fleet.Members[..2])
            {
                StackFiles.Write(fleet.Project, member.File.Name, ("tokenGeneration", $"{generation}"));
            }

            var written = DateTimeOffset.UtcNow;
            await fleet.ReconcileAsync(cancellation);
            return
            [
                .. await Eventually.TrueAsync(
                    async () => await fleet.Centre.Prometheus.ScalarAsync("prometheus_config_last_reload_success_timestamp_seconds", cancellation) >= written.ToUnixTimeSeconds(),
                    "Prometheus has not loaded it", Patience, cancellation),
                .. await Eventually.NothingWrongAsync(() => TargetChecks.ExactlyTheExpectedAsync(fleet, cancellation), Patience, cancellation),
                .. await IsGoodAsync(Member, before[Member.Name], cancellation) && await IsGoodAsync(Second, before[Second.Name], cancellation) ? Array.Empty<string>() : ["the one before is refused already"],
            ];
        }, () => string.Join(", ", fleet.Members[..2].Select(member => $"{member.Name} {member.Evaluated.Outputs.Text(StackOutputs.TokenId)}")));
        if (second is not null)
        {
            await second.FollowAsync(interval, cancellation);
        }

        // Long enough to be scraped by it a few times.
        await Task.Delay(4 * interval, cancellation);
    }

    /// <summary>A Prometheus 2.x, if one is to be had.</summary>
    private async Task<LocatedTool?> FindSecondAsync(CancellationToken cancellation)
    {
        try
        {
            return await new ToolLocator(ToolSources.Default).LocateAsync(Tool.Prometheus2, cancellation);
        }
        catch (ExpectedFailure reason)
        {
            claims.Skip("a rotation at a Prometheus that reads its jobs' tokens again for every scrape", reason.Message);
            return null;
        }
    }

    private static SecretText Token(FleetMember member) => new(member.Evaluated.Outputs.Text(StackOutputs.Token)!);

    /// <summary>How often the cluster's API server was asked for what Prometheus alone asks for, the pods of one namespace, which is how its watch begins.</summary>
    private Task<double> ListsAsync(CancellationToken cancellation) =>
        fleet.Centre.Prometheus.ScalarAsync($"sum(apiserver_request_total{{cluster=\"{Member.Name}\",verb=\"LIST\",resource=\"pods\",scope=\"namespace\"}})", cancellation);

    private static async Task<bool> IsGoodAsync(FleetMember member, SecretText token, CancellationToken cancellation)
    {
        using var client = new KubeClient(member.Cluster.ApiServer, member.Cluster.CaCertificate, token);
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
