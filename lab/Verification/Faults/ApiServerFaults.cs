using System.Collections.Immutable;
using System.Net;
using FleetPrometheus.Contract;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.RealKube;
using FleetPrometheus.Targets;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Lab.Verification.Faults;

/// <summary>What can happen to a cluster, its API server and its nodes.</summary>
internal static class ApiServerFaults
{
    private const string Unreachable = "ClusterUnreachable";
    private const string Rejected = "ClusterCredentialsRejected";
    private const string Flapping = "ClusterFlapping";

    private static readonly TimeSpan FlappingPace = TimeSpan.FromSeconds(3);

    /// <summary>Those first that look at discovery: after an outage it may lag behind for a minute.</summary>
    public static ImmutableArray<Fault> All { get; } =
    [
        new("node gone, another one there", "the targets follow", [], NodeReplacedAsync),
        new("watches reset (410 Gone)", "discovery lists anew, and finds what comes after", [], WatchesResetAsync) { NeedsSimulation = true },
        new("a node's relay dead", "only that node's jobs wait, until its successor runs", [], RelayDeadAsync),
        new("token revoked", "told as what it is; the way that README tells brings the cluster back, and the leaked token stays refused", [Rejected], RevokedAsync),
        new("API server slow", "scrapes end at their timeout; back by itself", [Unreachable], SlowAsync),
        new("API server answers 500", "told as one trouble of the cluster; back by itself", [Unreachable], ErrorsAsync) { NeedsSimulation = true },
        new("API server flapping", "told although it is never down for long", [Flapping], FlappingAsync),
        new("API server down", "back by itself", [Unreachable], DownAsync),
        new("CA of the API server replaced", "nobody is believed who cannot prove it; a refresh carries the new CA over", [Unreachable], CaReplacedAsync),
    ];

    private static async Task<ImmutableArray<string>> DownAsync(FaultScene scene, CancellationToken cancellation)
    {
        await scene.Member.Cluster.CutOffAsync();
        var told = await scene.ToldAsync(Unreachable, cancellation);
        await scene.Member.Cluster.RestoreAsync();
        return [.. told, .. await BackAsync(scene, Unreachable, cancellation)];
    }

    private static async Task<ImmutableArray<string>> SlowAsync(FaultScene scene, CancellationToken cancellation)
    {
        scene.Member.Cluster.SlowDown();
        var told = await scene.ToldAsync(Unreachable, cancellation);
        scene.Member.Cluster.SpeedUp();
        return [.. told, .. await BackAsync(scene, Unreachable, cancellation)];
    }

    private static async Task<ImmutableArray<string>> ErrorsAsync(FaultScene scene, CancellationToken cancellation)
    {
        scene.Server.Faults.Status = 500;
        var told = await scene.ToldAsync(Unreachable, cancellation);
        scene.Server.Faults.Status = 0;
        return [.. told, .. await BackAsync(scene, Unreachable, cancellation)];
    }

    private static async Task<ImmutableArray<string>> FlappingAsync(FaultScene scene, CancellationToken cancellation)
    {
        for (var i = 0; i < 4; i++)
        {
            // A real one takes longer to start again than it flaps; stopped for a moment it is as good as away.
            if (scene.Member.Cluster is RealCluster)
            {
                scene.Member.Cluster.SlowDown();
                await Task.Delay(FlappingPace, cancellation);
                scene.Member.Cluster.SpeedUp();
            }
            else
            {
                await scene.Member.Cluster.CutOffAsync();
                await Task.Delay(FlappingPace, cancellation);
                await scene.Member.Cluster.RestoreAsync();
            }

            await Task.Delay(FlappingPace, cancellation);
        }

        return [.. await scene.ToldAsync(Flapping, cancellation), .. await BackAsync(scene, null, cancellation)];
    }

    private static async Task<ImmutableArray<string>> RevokedAsync(FaultScene scene, CancellationToken cancellation)
    {
        var leaked = new SecretText(scene.Member.Evaluated.Outputs.Text(StackOutputs.Token)!);
        await DeleteTokenAsync(scene.Member, cancellation);
        var told = await scene.ToldAsync(Rejected, cancellation);
        await scene.WriteAsync("tokenGeneration", "3", cancellation);
        return [.. told, .. await BackAsync(scene, Rejected, cancellation), .. await StillValidAsync(scene.Member, leaked, cancellation)];
    }

    private static async Task<ImmutableArray<string>> CaReplacedAsync(FaultScene scene, CancellationToken cancellation)
    {
        await scene.Member.Cluster.RotateCaAsync();
        var told = await scene.ToldAsync(Unreachable, cancellation);
        await scene.AloneAsync(() => scene.Fleet.RefreshAsync(scene.Member.File.Name, cancellation), cancellation);
        return [.. told, .. await BackAsync(scene, Unreachable, cancellation)];
    }

    private static async Task<ImmutableArray<string>> WatchesResetAsync(FaultScene scene, CancellationToken cancellation)
    {
        scene.Server.ForgetWatchHistory();
        await scene.Member.Cluster.CutOffAsync();
        await scene.Member.Cluster.RestoreAsync();
        var added = DateTimeOffset.UtcNow;
        await scene.Member.Cluster.AddNodeAsync(cancellation);
        var missing = await scene.UpAsync(cancellation);
        scene.Saw($"a new node's targets up after {(DateTimeOffset.UtcNow - added).TotalSeconds:0} s");
        await scene.LostAsync(cancellation);
        return [.. missing, .. scene.NobodyTold()];
    }

    private static async Task<ImmutableArray<string>> NodeReplacedAsync(FaultScene scene, CancellationToken cancellation)
    {
        var gone = scene.Member.Cluster.Nodes[0];
        await scene.Member.Cluster.RemoveNodeAsync(gone, cancellation);
        await scene.Member.Cluster.AddNodeAsync(cancellation);
        var wrong = await Eventually.NothingWrongAsync(() => TargetChecks.ExactlyTheExpectedAsync(scene.Fleet, cancellation, scene.Name), FaultScene.Patience, cancellation);
        scene.Saw($"the old one's targets gone and the new one's up after {(DateTimeOffset.UtcNow - scene.Began).TotalSeconds:0} s");
        await scene.LostAsync(cancellation);
        return [.. wrong, .. scene.NobodyTold()];
    }

    private static async Task<ImmutableArray<string>> RelayDeadAsync(FaultScene scene, CancellationToken cancellation)
    {
        var admin = scene.Member.Cluster.Admin;
        var node = scene.Member.Cluster.Nodes[0];
        var relay = (await admin.ListAsync(KubeKind.Pod, labelSelector: $"app.kubernetes.io/name={NodeRelay.ProgramName}", cancellation: cancellation)).Items.Single(pod => pod.Text("spec", "nodeName") == node);
        await admin.DeleteAsync(KubeKind.Pod, relay.Namespace(), relay.Name(), cancellation);
        await Task.Delay(2 * scene.Interval, cancellation);
        var wrong = await scene.UpAsync(cancellation);
        var others = string.Join('|', scene.Member.Cluster.Nodes.Where(other => other != node));
        var missed = await scene.Fleet.Centre.Prometheus.QueryAsync(
            FormattableString.Invariant($"min_over_time(up{{cluster=\"{scene.Name}\",node=~\"{others}\"}}[{(int)(DateTimeOffset.UtcNow - scene.Began).TotalSeconds}s]) == 0"), cancellation);
        await scene.LostAsync(cancellation);
        return [.. wrong, .. missed.Select(series => $"{series["job"]} of {series["node"]} missed scrapes, whose relay is another"), .. scene.NobodyTold()];
    }

    /// <summary>Waits until the cluster is whole again, notes what was lost, and waits until the end of the alert is told.</summary>
    private static async Task<ImmutableArray<string>> BackAsync(FaultScene scene, string? alert, CancellationToken cancellation)
    {
        var mended = DateTimeOffset.UtcNow;
        var wrong = await scene.UpAsync(cancellation);
        scene.Saw($"whole {(DateTimeOffset.UtcNow - mended).TotalSeconds:0} s after the repair");
        await scene.LostAsync(cancellation);
        return alert is null ? wrong :
        [
            .. wrong,
            .. await Eventually.TrueAsync(() => Task.FromResult(scene.Fleet.Receiver.Has("resolved", alert, scene.Name, mended)), $"nobody was told that {alert} of {scene.Name} is over", FaultScene.Patience, cancellation),
        ];
    }

    /// <summary>As README tells how to revoke a leaked token.</summary>
    public static async Task DeleteTokenAsync(FleetMember member, CancellationToken cancellation)
    {
        var id = member.Evaluated.Outputs.Text(StackOutputs.TokenId)!;
        var secret = member.Evaluated.Manifests.Single(manifest => manifest.Kind == "Secret" && manifest.Name.EndsWith(id, StringComparison.Ordinal));
        await member.Cluster.Admin.DeleteAsync(KubeKind.Secret, secret.Namespace, secret.Name, cancellation);
    }

    /// <summary>A failure if a token still lets anyone in, after the seconds for which API servers remember it.</summary>
    public static Task<ImmutableArray<string>> StillValidAsync(FleetMember member, SecretText token, CancellationToken cancellation) => Eventually.TrueAsync(
        async () =>
        {
            using var client = new KubeClient(member.Cluster.ApiServer, member.Cluster.CaCertificate, token);
            try
            {
                await client.ReadAsync("/api", cancellation);
                return false;
            }
            catch (KubeException refusal) when (refusal.Code == HttpStatusCode.Unauthorized)
            {
                return true;
            }
        },
        "the token is still good", TimeSpan.FromSeconds(15), cancellation);
}
