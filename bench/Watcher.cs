using FleetPrometheus.Lab;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Processes;

namespace FleetPrometheus.Bench;

/// <summary>A real Prometheus that runs to be measured.</summary>
internal sealed class Watcher : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(6);

    private readonly SupervisedProcess _process;
    private readonly string _configuration;

    private Watcher(SupervisedProcess process, PrometheusApi api, string configuration) =>
        (_process, _configuration, Api, Use) = (process, configuration, api, new ProcessUse(process.Id));

    public PrometheusApi Api { get; }

    public ProcessUse Use { get; }

    /// <summary>Starts one.</summary>
    /// <param name="processes">Runs it.</param>
    /// <param name="prometheus">The program.</param>
    /// <param name="name">A name of its own.</param>
    /// <param name="directory">Holds <c>prometheus.yml</c>; its data go there too.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <param name="flags">Further arguments.</param>
    public static async Task<Watcher> StartAsync(
        ProcessSupervisor processes, LocatedTool prometheus, string name, string directory, CancellationToken cancellation, params string[] flags)
    {
        var configuration = Path.Combine(directory, "prometheus.yml");
        var api = new PrometheusApi(new Uri($"http://127.0.0.1:{FreePort.Find()}"), "", "");
        var process = processes.Start(prometheus.Run(name,
        [
            $"--config.file={configuration}", $"--storage.tsdb.path={Path.Combine(directory, "data")}", $"--web.listen-address={api.Address.Authority}", .. flags,
        ]));
        using var http = new HttpClient();
        await process.UntilReadyAsync(http, new Uri(api.Address, "-/ready"), Patience, cancellation);
        return new Watcher(process, api, configuration);
    }

    /// <summary>Gives it another configuration. It must have been started with <c>--web.enable-lifecycle</c>.</summary>
    /// <exception cref="HttpRequestException">It does not take it.</exception>
    public async Task ConfigureAsync(string configuration, CancellationToken cancellation)
    {
        await File.WriteAllTextAsync(_configuration, configuration, cancellation);
        using var http = new HttpClient();
        using var response = await http.PostAsync(new Uri(Api.Address, "-/reload"), null, cancellation);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Waits until it has targets and finds no more.</summary>
    /// <exception cref="ExpectedFailure">It finds none.</exception>
    public async Task<IReadOnlyList<ActiveTarget>> UntilDiscoveredAsync(CancellationToken cancellation)
    {
        var deadline = DateTime.UtcNow + Patience;
        var (seen, since) = (0, DateTime.UtcNow);
        while (true)
        {
            var (targets, all) = await CountAsync(cancellation);
            if (all != seen)
            {
                (seen, since) = (all, DateTime.UtcNow);
            }
            else if (seen > 0 && DateTime.UtcNow - since > Calm)
            {
                return targets;
            }

            if (DateTime.UtcNow > deadline)
            {
                throw new ExpectedFailure($"{_process.Spec.Name} had {seen} targets after {Patience.TotalSeconds:0} s. The end of its log:\n{_process.LogTail()}");
            }

            await Task.Delay(500, cancellation);
        }
    }

    /// <summary>What it has now, and how many it has found; nothing while it is too busy to tell.</summary>
    public async Task<(IReadOnlyList<ActiveTarget> Targets, int All)> CountAsync(CancellationToken cancellation)
    {
        try
        {
            var targets = await Api.TargetsAsync(cancellation);
            return (targets, targets.Length + await Api.DroppedAsync(cancellation));
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return ([], 0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await _process.StopAsync();
    }
}
