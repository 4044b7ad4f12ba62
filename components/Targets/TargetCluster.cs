using System.Collections.Immutable;
using FleetPrometheus.Contract;
using FleetPrometheus.Scraping;
using FleetPrometheus.Validation;
using FleetPrometheus.Workloads;
using Pulumi;
using Pulumi.Kubernetes.Core.V1;

namespace FleetPrometheus.Targets;

/// <summary>What <see cref="TargetCluster"/> is given.</summary>
public sealed class TargetClusterArgs : ResourceArgs
{
    /// <summary>The cluster's name: a DNS label, unique in the fleet.</summary>
    public required string ClusterName { get; set; }

    /// <summary>How the cluster's samples get to the centre. Default: the centre scrapes it.</summary>
    public Collection Collection { get; set; } = Collection.Pull;

    /// <summary>Settings of the agent, for <see cref="Collection.Push"/>.</summary>
    public PushOptions Push { get; set; } = new();

    /// <summary>The address at which the central Prometheus reaches the API server: absolute, https. Not needed for <see cref="Collection.Push"/>.</summary>
    [Input("apiServer")]
    public Input<string>? ApiServer { get; set; }

    /// <summary>The CA certificate of the API server, PEM, or the word <c>system</c>. Default: the cluster's own CA.</summary>
    [Input("caCertificate")]
    public Input<string>? CaCertificate { get; set; }

    /// <summary>The operator's own labels for the cluster (environment, region…). Default none.</summary>
    public ImmutableSortedDictionary<string, string> ClusterLabels { get; set; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Addresses (host:port) of the control plane's members. Default none: one target at <see cref="ApiServer"/>.</summary>
    public ImmutableArray<string> ApiServerMembers { get; set; } = [];

    /// <summary>How kubelet and cadvisor are reached. Default: through a relay on each node, as node-exporter then is too.</summary>
    public NodeAccess NodeAccess { get; set; } = NodeAccess.Relay;

    /// <summary>Settings of the relay, where there is one.</summary>
    public NodeRelayOptions NodeRelay { get; set; } = new();

    /// <summary>
    /// For <see cref="NodeAccess.Relay"/> and <see cref="NodeAccess.Direct"/>: the CA that kubelets' certificates are checked with, PEM, or
    /// <see cref="UncheckedKubelets"/>. Default null: by the relay, which does not leave its node, they are not checked; directly, as the API
    /// server's certificate is.
    /// </summary>
    public string? KubeletCa { get; set; }

    /// <summary>The value of <see cref="KubeletCa"/> that has kubelets' certificates not checked.</summary>
    public const string UncheckedKubelets = "insecure";

    /// <summary>Settings of node-exporter.</summary>
    public NodeExporterOptions NodeExporter { get; set; } = new();

    /// <summary>Settings of kube-state-metrics.</summary>
    public KubeStateMetricsOptions KubeStateMetrics { get; set; } = new();

    /// <summary>
    /// The cluster's own Prometheus, whose series the centre takes over. It scrapes nodes and objects itself: leave <see cref="NodeAccess"/>
    /// and both exporters off, else what both scrape counts twice. Default null: there is none.
    /// </summary>
    public FederateJob? Federate { get; set; }

    /// <summary>Further programs to scrape, each a job of its own; <see cref="JobPresets"/> has the well-known ones. Default none.</summary>
    public ImmutableArray<PodProxyJob> ExtraJobs { get; set; } = [];

    /// <summary>The namespaces whose pods may ask to be scraped, as <see cref="AnnotatedPodsJob"/> says. Default none.</summary>
    public ImmutableArray<string> AnnotatedPods { get; set; } = [];

    /// <summary>The namespaces whose Services may ask for their pods to be scraped, as <see cref="AnnotatedServicesJob"/> says. Default none.</summary>
    public ImmutableArray<string> AnnotatedServices { get; set; } = [];

    /// <summary>Things outside of Kubernetes that belong to the cluster, each a job of its own. Default none.</summary>
    public ImmutableArray<StaticJob> StaticTargets { get; set; } = [];

    /// <summary>
    /// What is stored of the jobs that every cluster has, unless <see cref="JobOptions"/> says otherwise. Of others everything is stored.
    /// Default: what rules and dashboards commonly use.
    /// </summary>
    public MetricProfile Metrics { get; set; } = MetricProfile.Usual;

    /// <summary>What is chosen for single jobs, by their <see cref="ScrapeJob.Key"/>. Default nothing.</summary>
    public ImmutableSortedDictionary<string, JobOptions> JobOptions { get; set; } = ImmutableSortedDictionary.Create<string, JobOptions>(StringComparer.Ordinal);

    /// <summary>The namespace of the scrape account and its tokens. Default <c>fleet-exporters</c>.</summary>
    public string Namespace { get; set; } = "fleet-exporters";

    /// <summary>
    /// Namespaces that the caller declares itself, by name; all others that we install into are declared here. Their Pod Security
    /// labels are the caller's affair. Default none.
    /// </summary>
    public ImmutableDictionary<string, Namespace> OwnNamespaces { get; set; } = ImmutableDictionary<string, Namespace>.Empty;

    /// <summary>The network policies around what is installed.</summary>
    public NetworkOptions Network { get; set; } = new();

    /// <inheritdoc cref="ScrapeAccessArgs.TokenGeneration"/>
    public int TokenGeneration { get; set; } = 1;

    /// <summary>Takes what the operator should know although nothing is wrong. Default: a warning in Pulumi's output.</summary>
    public Action<string> Warn { get; set; } = message => Log.Warn(message);
}

/// <summary>
/// Everything a cluster needs for the central Prometheus to watch it: the exporters, the account it comes in as, and the outputs by
/// which the central stack finds it.
/// </summary>
public sealed class TargetCluster : ComponentResource
{
    /// <summary>The cluster's name.</summary>
    public string ClusterName { get; }

    /// <summary>The API server's address; null, like everything about tokens, for a cluster that sends by itself.</summary>
    public Output<string>? ApiServer { get; }

    /// <inheritdoc cref="ScrapeAccess.CaCertificate"/>
    public Output<string>? CaCertificate { get; }

    /// <inheritdoc cref="ScrapeAccess.Token"/>
    public Output<string>? Token { get; }

    /// <inheritdoc cref="ScrapeAccess.TokenId"/>
    public Output<string>? TokenId { get; }

    /// <inheritdoc cref="ScrapeAccess.TokenIssued"/>
    public Output<string?>? TokenIssued { get; }

    /// <inheritdoc cref="ScrapeAccess.PreviousToken"/>
    public Output<string>? PreviousToken { get; }

    /// <inheritdoc cref="ScrapeAccess.PreviousTokenId"/>
    public Output<string>? PreviousTokenId { get; }

    /// <inheritdoc cref="PushAgent.Password"/>
    /// <remarks>Null for a cluster that is scraped.</remarks>
    public Output<string>? PushPassword { get; }

    /// <inheritdoc cref="PushAgent.NextPassword"/>
    /// <remarks>Null for a cluster that is scraped.</remarks>
    public Output<string>? NextPushPassword { get; }

    /// <summary>The operator's own labels for the cluster.</summary>
    public ImmutableSortedDictionary<string, string> ClusterLabels { get; }

    /// <summary>What is scraped.</summary>
    public ImmutableArray<ScrapeJob> Jobs { get; }

    /// <summary>Declares a target cluster.</summary>
    /// <exception cref="RunException">Arguments are wrong; the message names all of them.</exception>
    public TargetCluster(string name, TargetClusterArgs args, ComponentResourceOptions? options = null)
        : base("fleet-prometheus:targets:TargetCluster", TargetValidation.Require(name, args), options)
    {
        if (args.NodeAccess == NodeAccess.NodesProxy)
        {
            args.Warn(
                $"nodeAccess: 'nodesProxy' gives the scrape token of cluster '{args.ClusterName}' the right 'get nodes/proxy', which amounts to "
                + "running commands in every container of every node; better leave it at 'relay'.");
        }

        if (args is { NodeAccess: NodeAccess.Direct, KubeletCa: TargetClusterArgs.UncheckedKubelets })
        {
            args.Warn(
                $"kubeletCa: '{TargetClusterArgs.UncheckedKubelets}' has the centre show the scrape token of cluster '{args.ClusterName}' to whatever answers at its "
                + "nodes' addresses, so that whoever is in between can use it and forge the nodes' metrics; better set the kubelets' CA.");
        }

        ClusterName = args.ClusterName;
        ClusterLabels = args.ClusterLabels;
        Jobs = TargetJobs.For(args);
        if (args.Collection != Collection.Push)
        {
            WarnOfSystemPods(args);
        }

        WarnOfFederation(args);
        WarnOfMissingMetrics(args, Jobs);
        foreach (var job in args.StaticTargets.Where(job => job.InsecureSkipVerify))
        {
            args.Warn($"staticTargets: '{job.Name}' of cluster '{args.ClusterName}' checks no certificate, so that whoever is in between can forge its metrics; better set caCertificate.");
        }

        var namespaces = Namespaces(name, args);
        var child = new ComponentResourceOptions { Parent = this };
        if (args.Network.Policies)
        {
            foreach (var (place, ns) in namespaces.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                NetworkPolicies.Deny($"{name}-{place}-network", ns, !args.OwnNamespaces.ContainsKey(place), this);
            }
        }

        if (args.NodeExporter.Mode == ExporterMode.Install)
        {
            _ = new NodeExporter($"{name}-node-exporter", new NodeExporterArgs
            {
                Namespace = namespaces[args.NodeExporter.Namespace],
                Options = args.NodeExporter,
                Network = args.Network,
            }, child);
        }

        if (args.KubeStateMetrics.Mode == ExporterMode.Install)
        {
            _ = new KubeStateMetrics($"{name}-kube-state-metrics", new KubeStateMetricsArgs
            {
                Namespace = namespaces[args.KubeStateMetrics.Namespace],
                Options = args.KubeStateMetrics,
                Network = args.Network,
                Reader = args.Collection == Collection.Push ? NetworkPeers.Program(PushAgent.ProgramName, args.Namespace) : null,
            }, child);
        }

        if (args.NodeAccess == NodeAccess.Relay)
        {
            _ = new NodeRelay($"{name}-node-relay", new NodeRelayArgs
            {
                Namespace = namespaces[args.NodeRelay.Namespace],
                KubeletCaCertificate = args.KubeletCa == TargetClusterArgs.UncheckedKubelets ? null : args.KubeletCa,
                NodeExporterPort = args.NodeExporter.Mode == ExporterMode.Off ? null : args.NodeExporter.Port,
                Options = args.NodeRelay,
                Network = args.Network,
            }, child);
        }

        if (args.Collection == Collection.Push)
        {
            var agent = new PushAgent($"{name}-agent", new PushAgentArgs
            {
                Namespace = namespaces[args.Namespace],
                Namespaces = namespaces,
                Network = args.Network,
                Cluster = new InsideCluster { Name = args.ClusterName, Labels = args.ClusterLabels, Jobs = Jobs },
                Options = args.Push,
                Generation = args.TokenGeneration,
            }, child);
            PushPassword = agent.Password;
            NextPushPassword = agent.NextPassword;
            RegisterOutputs();
            return;
        }

        ApiServer = Checked(args.ApiServer!, $"{name}.apiServer", Checks.ApiServer);
        var accessArgs = new ScrapeAccessArgs
        {
            Namespace = namespaces[args.Namespace],
            Namespaces = namespaces,
            Jobs = Jobs,
            TokenGeneration = args.TokenGeneration,
        };
        if (args.CaCertificate is { } certificate)
        {
            accessArgs.CaCertificate = Checked(
                certificate,
                $"{name}.caCertificate",
                value => value == Contract.StackOutputs.SystemRoots ? null : Checks.CaCertificate(value));
        }

        var access = new ScrapeAccess($"{name}-scrape", accessArgs, child);
        CaCertificate = access.CaCertificate;
        Token = access.Token;
        TokenId = access.TokenId;
        TokenIssued = access.TokenIssued;
        PreviousToken = access.PreviousToken;
        PreviousTokenId = access.PreviousTokenId;

        RegisterOutputs();
    }

    /// <summary>The stack outputs by which the central stack finds this cluster; return them from the stack's program.</summary>
    /// <remarks>The keys of the token before are absent in the first generation.</remarks>
    public IDictionary<string, object?> StackOutputs()
    {
        var outputs = new Dictionary<string, object?>
        {
            [Contract.StackOutputs.ContractVersion] = Contract.StackOutputs.Version,
            [Contract.StackOutputs.ClusterName] = ClusterName,
            [Contract.StackOutputs.ClusterLabels] = ClusterLabels.ToDictionary(label => label.Key, label => (object?)label.Value),
        };
        if (PushPassword is not null)
        {
            outputs[Contract.StackOutputs.Collection] = Contract.StackOutputs.Push;
            outputs[Contract.StackOutputs.PushPassword] = PushPassword;
            outputs[Contract.StackOutputs.NextPushPassword] = NextPushPassword;
            return outputs;
        }

        outputs[Contract.StackOutputs.ApiServer] = ApiServer;
        outputs[Contract.StackOutputs.CaCertificate] = CaCertificate;
        outputs[Contract.StackOutputs.Token] = Token;
        outputs[Contract.StackOutputs.TokenId] = TokenId;
        outputs[Contract.StackOutputs.TokenIssued] = TokenIssued;
        outputs[Contract.StackOutputs.ScrapeJobs] = ScrapeJobMaps.Write(Jobs);
        if (PreviousToken is not null)
        {
            outputs[Contract.StackOutputs.PreviousToken] = PreviousToken;
            outputs[Contract.StackOutputs.PreviousTokenId] = PreviousTokenId;
        }

        return outputs;
    }

    // What is dropped by hand may be what an alert looks at, which then never fires.
    private static void WarnOfMissingMetrics(TargetClusterArgs args, ImmutableArray<ScrapeJob> jobs)
    {
        foreach (var job in jobs.DistinctBy(job => job.Key).Where(job => args.JobOptions.ContainsKey(job.Key)))
        {
            if (NeededMetrics.Of(job.Key).Where(name => !job.Metrics.Stores(name, "+Inf")).ToList() is { Count: > 0 } missing)
            {
                args.Warn(
                    $"jobs.{job.Key}: of cluster '{args.ClusterName}' rules and dashboards of fleet-prometheus will not see {string.Join(", ", missing.Take(5))}"
                    + $"{(missing.Count > 5 ? $" and {missing.Count - 5} more" : "")}; name them in keep, or do without those alerts and panels.");
            }
        }
    }

    private void WarnOfFederation(TargetClusterArgs args)
    {
        foreach (var match in args.Federate?.Matches.Where(SeriesSelector.TakesEverything) ?? [])
        {
            args.Warn(
                $"federate.match: '{match}' asks the Prometheus of cluster '{args.ClusterName}' for next to all its series at every scrape, which costs both sides "
                + "dearly and has the centre's records made twice; ask for aggregates, or set collection to pull or push.");
        }

        var twice = Jobs.Where(job => job is not StaticJob && job.Name is (TargetJobs.KubeletName or NodeExporter.ProgramName or KubeStateMetrics.ProgramName))
            .Select(job => job.Name).Distinct().ToList();
        if (args.Federate is not null && twice.Count > 0)
        {
            args.Warn(
                $"collection: the centre scrapes {string.Join(", ", twice)} of cluster '{args.ClusterName}' itself beside what it takes over from the cluster's "
                + "own Prometheus; what both scrape counts twice.");
        }
    }

    // Where the system's own pods are, many of them on the host's network.
    private void WarnOfSystemPods(TargetClusterArgs args)
    {
        var jobs = Jobs.Where(job => ScrapeRules.NamespacesOf(job).Contains("kube-system")).Select(job => job.Name).ToList();
        if (jobs.Count > 0)
        {
            args.Warn(
                $"{string.Join(", ", jobs)} in namespace kube-system: the scrape token of cluster '{args.ClusterName}' gets 'get pods/proxy' there, so that it "
                + "reaches every port of every pod in it, and of the nodes of those on the host's network.");
        }
    }

    /// <summary>The namespaces we install into, by name: the caller's own, and those declared here.</summary>
    private ImmutableDictionary<string, Input<string>> Namespaces(string name, TargetClusterArgs args)
    {
        var levels = new SortedDictionary<string, PodSecurityLevel>(StringComparer.Ordinal) { [args.Namespace] = PodSecurityLevel.Restricted };
        if (args.KubeStateMetrics.Mode == ExporterMode.Install)
        {
            levels[args.KubeStateMetrics.Namespace] = PodSecurityLevel.Restricted;
        }

        if (args.NodeAccess == NodeAccess.Relay)
        {
            levels[args.NodeRelay.Namespace] = PodSecurityLevel.Restricted;
        }

        if (args.NodeExporter.Mode == ExporterMode.Install)
        {
            levels[args.NodeExporter.Namespace] = PodSecurityLevel.Privileged;
        }

        return levels.ToImmutableDictionary(
            level => level.Key,
            level => (Input<string>)(args.OwnNamespaces.GetValueOrDefault(level.Key) ?? OwnNamespace.Declare($"{name}-{level.Key}", level.Key, level.Value, this))
                .Metadata.Apply(metadata => metadata.Name));
    }

    /// <summary>The value once it is known to be good; values that other resources yield can't be checked sooner.</summary>
    private static Output<string> Checked(Input<string> input, string key, Func<string, string?> check) => input.Apply(value =>
    {
        var problems = new Problems();
        problems.Check(key, value.Contains("PRIVATE KEY", StringComparison.Ordinal) ? null : value, check(value));
        problems.Require("The target cluster can't be declared");
        return value;
    });
}
