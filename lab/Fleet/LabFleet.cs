using System.Collections.Immutable;
using System.Diagnostics;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Rendering;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Lab.RealKube;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>How a fleet is run.</summary>
internal sealed record LabOptions
{
    /// <summary>The directory of the stack files.</summary>
    public required string Project { get; init; }

    /// <summary>Whether the fleet follows a copy of the stack files, <see cref="LabFleet.Project"/>, so that they can be changed. Default false.</summary>
    public bool OnACopy { get; init; }

    /// <summary>How many target clusters at least; more than the project has are made up. Default 0: those of the project.</summary>
    public int Clusters { get; init; }

    /// <summary>Nodes per cluster. Default 3.</summary>
    public int Nodes { get; init; } = 3;

    /// <summary>Scrape and evaluation interval. Default 5 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Nodes of the central cluster. Default null: as many as others have if the centre is told to watch it, else none.</summary>
    public int? CentralNodes { get; init; }

    /// <summary>What runs in a cluster before the program comes to it. Default <see cref="SampleWorkload"/>.</summary>
    public Func<KubeClient, CancellationToken, Task> Inhabit { get; init; } = SampleWorkload.ApplyAsync;

    /// <summary>A real control plane's programs; default null: the clusters are simulated.</summary>
    public KubeAssets? Assets { get; init; }

    /// <summary>The real programs to have at hand, for the centre and for containers. Default <see cref="Tool.Core"/>.</summary>
    public ImmutableArray<Tool> Tools { get; init; } = Tool.Core;

    /// <summary>The cluster whose alerts go to a receiver of their own, in a fleet with two of each central program. Default null: no pairs.</summary>
    public string? PairsAndTeamOf { get; init; }

    /// <summary>Whether clusters may send by themselves, to two Prometheus; see <see cref="LabFleet.Push"/>. Default false: only if one of the project does.</summary>
    public bool TakesPushes { get; init; }

    /// <summary>Whether the centre's web endpoints speak HTTPS; see <see cref="LabFleet.Web"/>. Default false: only if the central stack says so.</summary>
    public bool ServesTls { get; init; }

    /// <summary>Whether every Prometheus sends to a store, see <see cref="LabFleet.Store"/>. Default false.</summary>
    public bool SendsToStore { get; init; }

    /// <summary>What is changed of the central stack's file. Default nothing.</summary>
    public Func<StackFile, StackFile> Central { get; init; } = file => file;

    /// <summary>What a test breaks on purpose. Default nothing.</summary>
    public Sabotage Sabotage { get; init; } = new();
}

/// <summary>Mistakes put between the program and the fleet, to prove that verification sees them.</summary>
internal sealed record Sabotage
{
    /// <summary>Changes an object on its way into a cluster; null leaves it out.</summary>
    public Func<KubernetesManifest, KubernetesManifest?> Object { get; init; } = manifest => manifest;

    /// <summary>Changes a file on its way to Prometheus or Alertmanager.</summary>
    public Func<PodFile, PodFile> File { get; init; } = file => file;
}

/// <summary>One target cluster of the fleet.</summary>
internal sealed record FleetMember(ILabCluster Cluster, ClusterObjects Objects, StackFile File, EvaluatedStack Evaluated)
{
    /// <summary>The value of the <c>cluster</c> label.</summary>
    public string Name => Evaluated.Outputs.Text("clusterName")!;

    /// <summary>The targets that must be there.</summary>
    public ImmutableArray<ExpectedTarget> Expected => Expectation.Of(File, Name, Cluster);
}

/// <summary>A cluster that the centre watches.</summary>
/// <param name="Name">The value of the <c>cluster</c> label.</param>
/// <param name="Way">By which way it joins, see <see cref="JoinWay"/>.</param>
/// <param name="Cluster">The cluster.</param>
/// <param name="Expected">The targets that must be there.</param>
internal sealed record WatchedCluster(string Name, string Way, ILabCluster Cluster, ImmutableArray<ExpectedTarget> Expected);

/// <summary>
/// A whole fleet on one machine: clusters, the program's target stacks in them, and a real Prometheus and Alertmanager run on what
/// the central stack renders. Follows the stack files as they change.
/// </summary>
internal sealed class LabFleet : IAsyncDisposable
{
    private readonly LabOptions _options;
    private readonly Action<string> _report;
    private readonly StackEvaluator _evaluator = new(Randomness.Session());
    private readonly SortedDictionary<string, FleetMember> _members = new(StringComparer.Ordinal);
    private ILabCluster? _centralCluster;
    private ClusterObjects? _centralObjects;
    private CentralPod? _centralPod;
    private StackFile? _watchesItself;
    private ImmutableArray<string> _watched = [];
    private string _centralSeen = "";
    private readonly LabClusters _clusters;

    private LabFleet(LabOptions options, Action<string> report, AlertReceiver receiver, ImmutableDictionary<Tool, LocatedTool> tools, int clusters)
    {
        _options = options;
        _report = report;
        Receiver = receiver;
        Tools = tools;
        Project = options.OnACopy ? Copy(options, Path.Combine(Processes.DirectoryPath, "project")) : options.Project;
        Push = options.TakesPushes ? new PushEntrance() : null;
        Store = options.SendsToStore ? new SampleStore() : null;
        _clusters = new LabClusters(Processes, tools, clusters, options.Nodes, options.Assets);
    }

    /// <summary>Where clusters send to that send by themselves; null: nowhere.</summary>
    public PushEntrance? Push { get; }

    /// <summary>The certificate of the centre's web endpoints; null: they speak HTTP.</summary>
    public WebCertificate? Web { get; private set; }

    /// <summary>The store that every Prometheus sends to, once a verification starts it; null: there is none.</summary>
    public SampleStore? Store { get; }

    /// <summary>Whether node-exporter's samples carry their node's identity.</summary>
    public bool HasIdentities => _clusters.HaveIdentities;

    /// <summary>The directory of the stack files that the fleet follows.</summary>
    public string Project { get; }

    public ImmutableDictionary<Tool, LocatedTool> Tools { get; }

    public ProcessSupervisor Processes { get; } = new();

    public AlertReceiver Receiver { get; }

    /// <inheritdoc cref="LabOptions.PairsAndTeamOf"/>
    public string? TeamCluster => _options.PairsAndTeamOf;

    public Centre Centre { get; private set; } = null!;

    public EvaluatedStack Central { get; private set; } = null!;

    /// <summary>The cluster that the central stack's objects go to.</summary>
    public ILabCluster CentralCluster => _centralCluster!;

    /// <summary>Changes what the centre reads of a stack, so that a test can have one that is deployed in part; null: it has no outputs yet.</summary>
    public Func<string, StackOutputValues, StackOutputValues?> AlterOutputs { get; set; } = (_, outputs) => outputs;

    /// <summary>The clusters that the centre watches.</summary>
    public ImmutableArray<FleetMember> Members => [.. _members.Where(member => _watched.Contains(member.Key)).Select(member => member.Value)];

    /// <summary>The members, and behind them the centre's own cluster if it watches that one too.</summary>
    public ImmutableArray<WatchedCluster> Watched =>
    [
        .. Members.Select(member => new WatchedCluster(member.Name, JoinWay.Of(member.File), member.Cluster, member.Expected)),
        .. _watchesItself is { } file ? [new WatchedCluster(Central.Stack, JoinWay.Own, CentralCluster, Expectation.OfItself(file, Central.Stack, CentralCluster))] : ImmutableArray<WatchedCluster>.Empty,
    ];

    /// <summary>How long the evaluation of each stack took last.</summary>
    public IEnumerable<EvaluatedStack> Evaluated => _members.Values.Select(member => member.Evaluated).Append(Central);

    /// <summary>Starts everything; when it fails, nothing is left behind.</summary>
    /// <exception cref="ExpectedFailure">A program is not to be had or does not start.</exception>
    /// <exception cref="EvaluationException">A stack file is refused.</exception>
    public static async Task<LabFleet> StartAsync(LabOptions options, Action<string> report, CancellationToken cancellation)
    {
        // Bad input is told before anything is fetched or started.
        var (_, targets) = StackFiles.Read(options.Project, options.Clusters);
        if (targets.Any(JoinWay.Pushes))
        {
            options = options with { TakesPushes = true, Tools = [.. options.Tools.Union([Tool.Vmauth, Tool.Vmagent])] };
        }

        var tools = await new ToolLocator(ToolSources.Default, report).LocateAsync(options.Tools, cancellation);
        var fleet = new LabFleet(options, report, await AlertReceiver.StartAsync(cancellation), tools, targets.Length);
        try
        {
            await fleet.ReconcileAsync(cancellation);
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes the fleet what the stack files say now: new clusters join, changed ones are updated, absent ones leave.</summary>
    /// <exception cref="EvaluationException">A stack is refused; the fleet stays as it is.</exception>
    public async Task ReconcileAsync(CancellationToken cancellation)
    {
        var (file, targets) = StackFiles.Read(Project, _options.Clusters);
        var central = _options.Central(file);
        foreach (var target in targets)
        {
            await ApplyAsync(target, cancellation);
        }

        await ApplyCentralAsync(central, cancellation);
        foreach (var gone in _members.Keys.Except(targets.Select(target => target.Name)).ToList())
        {
            _report($"cluster {gone} leaves");
            _members.Remove(gone, out var member);
            await member!.Cluster.DisposeAsync();
        }
    }

    /// <summary>Evaluates a target stack again although its file is the same, as <c>pulumi up --refresh</c> does, and then what has changed.</summary>
    public async Task RefreshAsync(string stack, CancellationToken cancellation)
    {
        _members[stack] = _members[stack] with { File = _members[stack].File with { Values = ImmutableSortedDictionary<string, string>.Empty } };
        await ReconcileAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (Centre is not null)
        {
            // First, so that nobody asks what is about to end.
            await Centre.StopAsync();
            Centre.Dispose();
        }

        if (_centralPod is not null)
        {
            await _centralPod.DisposeAsync();
        }

        await Task.WhenAll(_members.Values.Select(member => member.Cluster).Append(_centralCluster).OfType<ILabCluster>()
            .Select(cluster => cluster.DisposeAsync().AsTask()));
        await Processes.DisposeAsync();
        await Receiver.DisposeAsync();
        Push?.Dispose();
        Web?.Dispose();
        _clusters.Dispose();
    }

    private async Task ApplyAsync(StackFile file, CancellationToken cancellation)
    {
        var member = _members.GetValueOrDefault(file.Name);
        if (member is not null && Same(member.File, file))
        {
            return;
        }

        var cluster = member?.Cluster;
        if (cluster is null)
        {
            _report($"starting cluster {file.Name}");
            cluster = _clusters.MakeTarget(file.Name, StackFiles.ApiServers(file));
            await cluster.StartAsync(cancellation);
            await _options.Inhabit(cluster.Admin, cancellation);
            if (JoinWay.Federates(file))
            {
                await OwnPrometheus.ApplyAsync(cluster.Admin, _options.Interval, cancellation);
            }
        }

        try
        {
            var objects = member?.Objects ?? new ClusterObjects(cluster.Admin) { Alter = _options.Sabotage.Object };
            var evaluated = await _evaluator.EvaluateAsync(StackFiles.SendingTo(Push, _options.Interval, StackFiles.On(cluster, file)), objects, ImmutableDictionary<string, StackOutputValues>.Empty);
            await objects.PruneAsync();
            _members[file.Name] = new FleetMember(cluster, objects, file, evaluated);
            Tell(evaluated, objects);
        }
        catch when (member is null)
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    private async Task ApplyCentralAsync(StackFile file, CancellationToken cancellation)
    {
        var outputs = _members.Select(member => (Stack: member.Key, Outputs: AlterOutputs(member.Key, member.Value.Evaluated.Outputs)))
            .Where(member => member.Outputs is not null).ToDictionary(member => member.Stack, member => member.Outputs!);
        if (_options.ServesTls || StackFiles.ServesTls(file))
        {
            Web ??= new WebCertificate(StackFiles.CentralNamespace(file));
        }

        // Everything the central stack depends on; a change of a target's outputs is a change of the centre.
        var seen = string.Join('\n', file.Values.Select(value => $"{value}").Concat(outputs.SelectMany(stack => stack.Value.Values.Select(value => $"{stack.Key} {value.Key} {value.Value?.ToJsonString()}"))).Append(Web?.Certificate));
        if (seen == _centralSeen)
        {
            return;
        }

        if (_centralCluster is null)
        {
            var nodes = _options.CentralNodes ?? (StackFiles.WatchesItself(file) ? _options.Nodes : 0);
            _centralCluster = _clusters.MakeCentral(file.Name, nodes);
            _centralObjects = new ClusterObjects(_centralCluster.Admin) { Alter = _options.Sabotage.Object };
            await _centralCluster.StartAsync(cancellation);
            if (nodes > 0)
            {
                _centralPod = new CentralPod(_centralCluster, Path.Combine(Processes.DirectoryPath, "central-pod"));
                await _options.Inhabit(_centralCluster.Admin, cancellation);
            }
        }

        var paced = StackFiles.AtPace(file, _options.Interval, Receiver.Address);
        var central = StackFiles.Within(
            _centralCluster, _options.PairsAndTeamOf is { } cluster ? StackFiles.InPairs(paced, cluster, Receiver.Address) : paced);
        central = StackFiles.Trusting(_centralCluster, central);
        if (Push is not null)
        {
            central = StackFiles.TakingPushes(central, Push);
        }

        if (Web is not null)
        {
            central = StackFiles.ServingTls(central, Web);
        }

        if (Store is not null)
        {
            central = Store.SentToBy(central);
        }

        Central = await _evaluator.EvaluateAsync(central, _centralObjects!, outputs);
        await _centralObjects!.PruneAsync();
        Tell(Central, _centralObjects);
        var isFirst = Centre is null;
        if (_centralPod is not null)
        {
            await _centralPod.SignInAsync(StackFiles.CentralNamespace(file), Centre.PrometheusName, cancellation);
        }

        Centre ??= new Centre(Processes, Tools, Central, Push?.Address, Web?.CaCertificate) { Alter = _options.Sabotage.File, Pod = _centralPod };
        if (isFirst)
        {
            _report("starting Alertmanager and Prometheus");
        }

        await Centre.ApplyAsync(Central, cancellation);

        _watched = StackFiles.Watched(file);
        _watchesItself = StackFiles.WatchesItself(file) ? file : null;
        _centralSeen = seen;
    }

    private void Tell(EvaluatedStack stack, ClusterObjects objects)
    {
        _report(FormattableString.Invariant($"stack {stack.Stack}: {stack.Manifests.Length} objects, evaluated in {stack.Duration.TotalSeconds:0.00} s"));
        foreach (var kind in objects.UnknownKinds.Keys.Order(StringComparer.Ordinal))
        {
            _report($"stack {stack.Stack}: left out {kind}, which this API server does not know");
        }
    }

    private static string Copy(LabOptions options, string directory)
    {
        Directory.CreateDirectory(directory);
        foreach (var file in Directory.GetFiles(options.Project, "Pulumi*.yaml"))
        {
            File.Copy(file, Path.Combine(directory, Path.GetFileName(file)));
        }

        StackFiles.MakeUp(directory, options.Clusters);
        return directory;
    }

    private static bool Same(StackFile a, StackFile b) => a.Name == b.Name && a.Values.SequenceEqual(b.Values);
}
