using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.RealKube;

namespace FleetPrometheus.Bench;

/// <summary>
/// <c>scrape-path</c> (hidden): measures the ways to a cluster's metrics, in a process whose CPU is that of the simulated API server and of
/// the simulated kubelets alone; with <c>--real</c> on a real API server, in a network of its own.
/// </summary>
internal static class ScrapePathCommand
{
    private const int Nodes = 20;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(10);

    /// <summary>The ways in which the centre scrapes, as figures and as configuration call them.</summary>
    private static readonly ImmutableArray<(string Key, string Keys)> Ways = [("nodes_proxy", "nodeAccess: nodesProxy"), ("relay", "nodeAccess: relay"), ("direct", "nodeAccess: direct")];

    private static readonly ImmutableArray<(string Key, string Lines)> Settings =
        [("usual", ""), ("uncompressed", "    enable_compression: false\n"), ("http1", "    enable_http2: false\n")];

    private static readonly ImmutableArray<int> Paces = [1_000, 400, 150];

    public static Command Create()
    {
        var real = new Option<bool>("--real");
        var command = new Command("scrape-path", "Measure the ways to a cluster's metrics and print the figures.") { real };
        command.Hidden = true;
        command.SetAction(async (result, cancellation) =>
        {
            KubeAssets? assets = null;
            if (result.GetValue(real))
            {
                assets = await KubeAssets.LocateAsync(cancellation);
                NetworkNamespace.Enter(result.Tokens.Select(token => token.Value));
            }

            Console.WriteLine((await MeasureAsync(assets, cancellation)).ToJsonString());
        });
        return command;
    }

    /// <summary>Runs it.</summary>
    /// <exception cref="Lab.ExpectedFailure">It failed.</exception>
    public static Task<JsonObject> RunAsync(bool real, CancellationToken cancellation) =>
        ThisProgram.RunAsync(["scrape-path", .. real ? ["--real"] : Array.Empty<string>()], Bound, cancellation);

    private static async Task<JsonObject> MeasureAsync(KubeAssets? assets, CancellationToken cancellation)
    {
        var ways = new JsonObject();
        var figures = new JsonObject { ["nodes"] = Nodes, ["ways"] = ways };
        await using (var fleet = await ScrapePathFleet.StartAsync(Nodes, assets, Ways[0].Keys, Say, cancellation))
        {
            foreach (var (key, keys) in Ways)
            {
                Say($"{key}");
                await fleet.ChangeAsync(keys, cancellation);
                ways[key] = await fleet.MeasureAsync(Window, cancellation);
            }

            if (assets is null)
            {
                // What the simulated kubelets take alone depends on whether they compress.
                figures["settings_direct"] = await SettingsAsync(fleet, "nodeAccess: direct", Settings.Where(setting => setting.Key == "uncompressed"), cancellation);
                figures["settings"] = await SettingsAsync(fleet, "nodeAccess: relay", Settings, cancellation);
            }

            if (assets is not null || !KubeAssets.AreWanted)
            {
                figures["saturation"] = await SaturationAsync(fleet, cancellation);
            }

            figures["stored"] = await StoredAsync(fleet, cancellation);
        }

        if (assets is null)
        {
            Say("push");
            // The address is put in by the lab.
            await using var pushing = await ScrapePathFleet.StartAsync(Nodes, assets, "collection: push\npush: {url: \"https://push.example\"}", Say, cancellation);
            await pushing.UntilUpAsync(cancellation);
            ways["push"] = await pushing.MeasureAsync(Window, cancellation);
        }

        return figures;
    }

    private static async Task<JsonObject> SettingsAsync(ScrapePathFleet fleet, string keys, IEnumerable<(string Key, string Lines)> those, CancellationToken cancellation)
    {
        var settings = new JsonObject();
        await fleet.ChangeAsync(keys, cancellation);
        foreach (var (key, lines) in those)
        {
            Say($"{keys}, {key}");
            await fleet.ScrapeWithAsync(lines, cancellation);
            settings[key] = await fleet.MeasureAsync(Window, cancellation);
        }

        await fleet.ScrapeWithAsync("", cancellation);
        return settings;
    }

    /// <summary>Scrapes ever more often until a tenth of the scrapes is missed; what came in then is what goes through at most.</summary>
    private static async Task<JsonObject> SaturationAsync(ScrapePathFleet fleet, CancellationToken cancellation)
    {
        var most = new JsonObject();
        foreach (var (key, keys) in Ways.Where(way => way.Key != "direct"))
        {
            await fleet.ChangeAsync(keys, cancellation);
            foreach (var pace in Paces)
            {
                Say($"{key}, every {pace} ms");
                await fleet.ScrapeWithAsync(string.Create(CultureInfo.InvariantCulture, $"    scrape_interval: {pace}ms\n    scrape_timeout: {pace}ms\n"), cancellation);
                var at = await fleet.MeasureAsync(Window / 2, cancellation);
                // Three jobs on every node.
                var wanted = 3 * Nodes * Window.TotalMilliseconds / 2 / pace;
                at["interval_seconds"] = pace / 1000.0;
                at["in_time"] = Math.Min(1, (double)at["scrapes"]! / wanted);
                if (most[key] is null || (double)at["samples_per_second"]! > (double)most[key]!["samples_per_second"]!)
                {
                    most[key] = at;
                }

                if ((double)at["in_time"]! < 0.9)
                {
                    break;
                }
            }

            await fleet.ScrapeWithAsync("", cancellation);
        }

        return most;
    }

    private static async Task<JsonObject> StoredAsync(ScrapePathFleet fleet, CancellationToken cancellation)
    {
        var stored = new JsonObject();
        foreach (var profile in new[] { "all", "usual", "needed" })
        {
            Say($"metrics: {profile}");
            await fleet.ChangeAsync($"nodeAccess: relay\nmetrics: {profile}", cancellation);
            stored[profile] = await fleet.StoredAsync(cancellation);
        }

        return stored;
    }

    private static void Say(string line) => Console.Error.WriteLine(line);
}
