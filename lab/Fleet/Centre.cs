using System.Collections.Immutable;
using System.Globalization;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Host;
using FleetPrometheus.Evaluation.Rendering;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>
/// The centre, run on this machine: real programs on the very files and arguments that their pods, or the services of a host, would have, in
/// directories and at ports of the lab's own.
/// </summary>
internal sealed class Centre : IDisposable
{
    /// <summary>Of the program and of its account.</summary>
    public const string PrometheusName = "prometheus";

    private const string QueryName = "prometheus-query";
    private const string AlertmanagerName = "alertmanager";
    private const string FrontName = "push-front";
    private const string ForwarderName = "push-forwarder";

    private readonly ProcessSupervisor _processes;
    private readonly ImmutableDictionary<Tool, LocatedTool> _tools;
    private readonly string _bundle;
    private readonly string? _pushAddress;
    // Alertmanager sorts, and starts, before the Prometheus that sends to it.
    private readonly SortedDictionary<string, HostPlace> _places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<PrometheusApi>> _apis = new(StringComparer.Ordinal);
    private readonly string _user;
    private readonly string _password;
    private readonly string _scheme;
    private readonly string? _caCertificate;
    // Whether a program answers; what it proves itself with is another question.
    private readonly HttpClient _client = new(new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator });
    private readonly Dictionary<string, (SupervisedProcess Process, Uri Ready)> _running = [];

    /// <param name="processes">Where the programs run.</param>
    /// <param name="tools">The programs.</param>
    /// <param name="central">What the central stack declares.</param>
    /// <param name="pushAddress">Where samples are taken from clusters that send by themselves, as host:port; null: nowhere.</param>
    /// <param name="caCertificate">The CA of the web endpoints' certificate, PEM; null: they speak HTTP.</param>
    public Centre(
        ProcessSupervisor processes, ImmutableDictionary<Tool, LocatedTool> tools, EvaluatedStack central, string? pushAddress = null, string? caCertificate = null)
    {
        _caCertificate = caCertificate;
        _scheme = new Uri(central.Outputs.Text("prometheusUrl")!).Scheme;
        _processes = processes;
        _tools = tools;
        _bundle = Path.Combine(processes.DirectoryPath, "bundle");
        _pushAddress = pushAddress;
        _user = central.Outputs.Text("webUser")!;
        _password = central.Outputs.Text("webPassword")!;
        _client.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{_user}:{_password}")));
        Settle(central);
    }

    /// <summary>One client per replica of the only, or the first, Prometheus that watches clusters.</summary>
    public ImmutableArray<PrometheusApi> Apis => _apis[PrometheusName];

    /// <summary>The Prometheus that knows of all clusters: the one that asks all shards, or the first replica of the only one, which is as good as any.</summary>
    public PrometheusApi Prometheus => _apis.GetValueOrDefault(QueryName, Apis)[0];

    /// <summary>One client per replica of each Prometheus that watches clusters, in the order of the shards' numbers.</summary>
    public ImmutableArray<ImmutableArray<PrometheusApi>> Shards => [.. _apis.Where(api => api.Key != QueryName).OrderBy(api => api.Key.Length).ThenBy(api => api.Key, StringComparer.Ordinal).Select(api => api.Value)];

    public Uri AlertmanagerAddress => Address(_places[AlertmanagerName].Replicas[0]);

    /// <summary>The addresses of everything that serves people or others of the centre, of every replica, by the replica's name.</summary>
    public ImmutableSortedDictionary<string, Uri> WebAddresses => _places.Where(place => place.Key != FrontName)
        .SelectMany(place => place.Value.Replicas).ToImmutableSortedDictionary(replica => Path.GetFileName(replica.DataDirectory), Address, StringComparer.Ordinal);

    /// <summary>The exporter that probes the clusters.</summary>
    public Uri ExporterAddress => new($"http://{_places[PrometheusName].Exporter}");

    public string User => _user;

    public string Password => _password;

    /// <summary>The directory that stands for a Prometheus pod's /etc/prometheus.</summary>
    public string PrometheusDirectory => _places[PrometheusName].ConfigurationDirectory;

    /// <summary>The directory that stands for an Alertmanager pod's /etc/alertmanager.</summary>
    public string AlertmanagerDirectory => _places[AlertmanagerName].ConfigurationDirectory;

    /// <summary>Changes a file on its way into the bundle, so that a test can break what the program rendered.</summary>
    public Func<PodFile, PodFile> Alter { get; init; } = file => file;

    /// <summary>What Prometheus and its companion see of the central cluster. Default null: nothing.</summary>
    public CentralPod? Pod { get; init; }

    /// <summary>Every target that is scraped, by whichever Prometheus.</summary>
    public async Task<ImmutableArray<ActiveTarget>> TargetsAsync(CancellationToken cancellation) =>
        [.. (await Task.WhenAll(Shards.Select(shard => shard[0].TargetsAsync(cancellation)))).SelectMany(targets => targets)];

    /// <summary>
    /// Does what the central stack declares: writes the files, which running programs notice by themselves, starts the programs that are new or have other
    /// arguments, and ends those that are gone. Returns when all are ready.
    /// </summary>
    public async Task ApplyAsync(EvaluatedStack central, CancellationToken cancellation)
    {
        var gone = Settle(central);
        var programs = HostProgram.Of(central, _places);
        new BundleDirectory(_bundle).Write([.. programs.SelectMany(program => HostBundle.Configuration(program with { Files = [.. program.Files.Select(Alter)] }))]);
        foreach (var name in gone)
        {
            foreach (var process in _running.Keys.Where(replica => replica[..replica.LastIndexOf('-')] == name || replica == ExporterName(name)).ToList())
            {
                _running.Remove(process, out var ended);
                await ended.Process.StopAsync();
            }
        }

        foreach (var program in programs)
        {
            if (!program.ExporterArguments.IsEmpty && !_running.ContainsKey(ExporterName(program.Name)))
            {
                var exporter = _tools[Tool.BlackboxExporter].Run(ExporterName(program.Name), program.ExporterArguments.Add("--config.auto-reload-interval=1"));
                _running[exporter.Name] = (_processes.Start(program.Name == PrometheusName ? InPod(exporter) : exporter), ExporterAddress);
            }

            for (var index = 0; index < program.Arguments.Length; index++)
            {
                var replica = _places[program.Name].Replicas[index];
                Directory.CreateDirectory(replica.DataDirectory);
                var name = string.Create(CultureInfo.InvariantCulture, $"{program.Name}-{index}");
                var spec = Run(program.Name, name, program.Arguments[index]) with
                {
                    Environment = ImmutableSortedDictionary<string, string>.Empty.Add(PrometheusMainFile.ReplicaVariable, name),
                };
                spec = program.Name == PrometheusName ? InPod(spec) : spec;
                if (_running.TryGetValue(name, out var running))
                {
                    if (running.Process.Spec.Arguments.SequenceEqual(spec.Arguments))
                    {
                        continue;
                    }

                    await running.Process.StopAsync();
                }

                await StartAsync(spec, Readiness(program.Name, replica), cancellation);
            }
        }
    }

    /// <summary>Its programs, as they run now.</summary>
    public IEnumerable<SupervisedProcess> Processes => _running.Values.Select(replica => replica.Process);

    /// <summary>A replica that was started, by its name, such as <c>prometheus-0</c>.</summary>
    public SupervisedProcess Replica(string name) => _running[name].Process;

    /// <summary>Where a replica keeps its data.</summary>
    public string DataDirectory(string name) => _places.Values.SelectMany(place => place.Replicas).Single(replica => Path.GetFileName(replica.DataDirectory) == name).DataDirectory;

    /// <summary>Starts a replica that has ended, as it was or with changes, and returns when it is ready.</summary>
    public Task StartAgainAsync(string name, CancellationToken cancellation, Func<ProcessSpec, ProcessSpec>? change = null) =>
        StartAsync(change is null ? _running[name].Process.Spec : change(_running[name].Process.Spec), _running[name].Ready, cancellation);

    /// <summary>Ends every replica.</summary>
    public Task StopAsync() => Task.WhenAll(_running.Values.Select(replica => replica.Process.StopAsync().AsTask()));

    public void Dispose()
    {
        foreach (var api in _apis.Values.SelectMany(apis => apis))
        {
            api.Dispose();
        }

        _client.Dispose();
    }

    private async Task StartAsync(ProcessSpec spec, Uri ready, CancellationToken cancellation)
    {
        var process = _processes.Start(spec);
        _running[spec.Name] = (process, ready);
        await process.UntilReadyAsync(_client, ready, TimeSpan.FromSeconds(30), cancellation);
    }

    /// <summary>Finds places for the programs that are new, and names those that are gone.</summary>
    private ImmutableArray<string> Settle(EvaluatedStack central)
    {
        var prometheuses = CentralWorkload.Prometheuses(central);
        string[] names = [AlertmanagerName, .. prometheuses, .. _pushAddress is null ? [] : new[] { ForwarderName, FrontName }];
        foreach (var name in names.Where(name => !_places.ContainsKey(name)))
        {
            _places[name] = Place(CentralWorkload.Of(central, name), name == FrontName ? _pushAddress : null);
            if (prometheuses.Contains(name))
            {
                _apis[name] = [.. _places[name].Replicas.Select(replica => new PrometheusApi(Address(replica), _user, _password, _caCertificate))];
            }
        }

        ImmutableArray<string> gone = [.. _places.Keys.Except(names)];
        foreach (var name in gone)
        {
            _places.Remove(name);
            _apis.Remove(name, out var apis);
            foreach (var api in apis)
            {
                api.Dispose();
            }
        }

        return gone;
    }

    private static string ExporterName(string program) => program == PrometheusName ? "blackbox-exporter" : $"blackbox-exporter-of-{program}";

    private Uri Address(HostReplica replica) => new($"{_scheme}://{replica.Address}");

    private Uri Readiness(string program, HostReplica replica) => program switch
    {
        FrontName => new($"https://{replica.Internal}/health"),
        ForwarderName => new(Address(replica), "/health"),
        _ => new(Address(replica), "/-/ready"),
    };

    private ProcessSpec InPod(ProcessSpec spec) => Pod?.Within(spec) ?? spec;

    private ProcessSpec Run(string program, string name, ImmutableArray<string> arguments) => program switch
    {
        FrontName => _tools[Tool.Vmauth].Run(name, arguments.Add("-configCheckInterval=1s")),
        ForwarderName => _tools[Tool.Vmagent].Run(name, arguments),
        AlertmanagerName => _tools[Tool.Alertmanager].Run(name, arguments),
        _ => _tools[Tool.Prometheus].Run(name, arguments.Add("--config.auto-reload-interval=1s")),
    };

    private HostPlace Place(CentralWorkload workload, string? address) => new()
    {
        ConfigurationDirectory = Path.Combine(_bundle, workload.Name),
        Exporter = FreeAddress(),
        Replicas = [.. Enumerable.Range(0, workload.Replicas).Select(index => new HostReplica(
            address ?? FreeAddress(),
            Path.Combine(_processes.DirectoryPath, "data", string.Create(CultureInfo.InvariantCulture, $"{workload.Name}-{index}")),
            FreeAddress(),
            FreeAddress()))],
    };

    /// <summary>An address on this machine that nobody listens at.</summary>
    public static string FreeAddress() => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{FreePort.Find()}");
}
