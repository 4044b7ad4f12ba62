using System.Collections.Immutable;
using FleetPrometheus.Alerting;
using FleetPrometheus.Scraping;
using FleetPrometheus.Validation;
using FleetPrometheus.Workloads;
using Pulumi;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;

namespace FleetPrometheus.Central;

/// <summary>What <see cref="Prometheus"/> is given.</summary>
public sealed class PrometheusArgs : ResourceArgs
{
    /// <summary>The namespace.</summary>
    [Input("namespace", required: true)]
    public Input<string> Namespace { get; set; } = null!;

    /// <summary>Settings of the pods.</summary>
    public required PrometheusOptions Options { get; set; }

    /// <summary>Settings of the exporter that probes the clusters.</summary>
    public BlackboxExporterOptions BlackboxExporter { get; set; } = new();

    /// <summary>The names and addresses of the pods.</summary>
    public required Replicas Addresses { get; set; }

    /// <summary>The network policies around the pods.</summary>
    public NetworkOptions Network { get; set; } = new();

    /// <summary>The main file.</summary>
    public required PrometheusConfiguration Configuration { get; set; }

    /// <summary>Rule files.</summary>
    public required ImmutableArray<RuleFile> Rules { get; set; }

    /// <summary>The clusters to scrape.</summary>
    public required ImmutableArray<WatchedCluster> Clusters { get; set; }

    /// <summary>The cluster it runs in, when it is to scrape that too. Default null.</summary>
    public InsideCluster? OwnCluster { get; set; }

    /// <summary>Who may use its web endpoints.</summary>
    public required WebAccess Web { get; set; }

    /// <summary>Whether it also takes samples that others send. Default false.</summary>
    public bool ReceivesSamples { get; set; }
}

/// <summary>
/// The central Prometheus. It reloads its files by itself, so that neither a new cluster nor a new rule restarts a pod; what changes
/// the pods is only what changes the program: image, flags, resources, storage.
/// </summary>
public sealed class Prometheus : ComponentResource
{
    /// <summary>The program's name, in object names and labels.</summary>
    public const string ProgramName = "prometheus";

    /// <summary>The port it serves on.</summary>
    public const int Port = 9090;

    private const string ConfigurationDirectory = "/etc/prometheus";
    private const string DataDirectory = "/prometheus";

    /// <summary>Declares Prometheus.</summary>
    public Prometheus(string name, PrometheusArgs args, ComponentResourceOptions? options = null)
        : base("fleet-prometheus:central:Prometheus", name, options)
    {
        var child = new CustomResourceOptions { Parent = this };
        ObjectMetaArgs Metadata(string objectName) => new()
        {
            Name = objectName,
            Namespace = args.Namespace,
            Labels = ObjectLabels.Of(ProgramName, "central"),
        };

        var configuration = new ConfigMap($"{name}-config", new ConfigMapArgs
        {
            Metadata = Metadata("prometheus-config"),
            Data = Configuration(args),
        }, child);
        var rules = new ConfigMap($"{name}-rules", new ConfigMapArgs
        {
            Metadata = Metadata("prometheus-rules"),
            Data = args.Rules.ToImmutableDictionary(file => file.Name, file => file.Text),
        }, child);
        var web = new Secret($"{name}-web", new SecretArgs
        {
            Metadata = Metadata("prometheus-web"),
            Data = SecretData.Of(args.Web.Files),
        }, child);
        var clusters = ClusterSecrets.Distribute(args.Clusters).Select((files, index) => new Secret(
            $"{name}-clusters-{index:00}",
            new SecretArgs { Metadata = Metadata(ClusterSecrets.Name(index)), Data = SecretData.Of(files) },
            child)).ToImmutableArray();

        var volumes = new InputList<VolumeArgs>
        {
            new VolumeArgs { Name = "config", ConfigMap = new ConfigMapVolumeSourceArgs { Name = configuration.Metadata.Apply(metadata => metadata.Name) } },
            new VolumeArgs { Name = "rules", ConfigMap = new ConfigMapVolumeSourceArgs { Name = rules.Metadata.Apply(metadata => metadata.Name) } },
            SecretVolume.Of("web", web),
            new VolumeArgs
            {
                Name = "clusters",
                Projected = new ProjectedVolumeSourceArgs
                {
                    DefaultMode = PodSecurity.GroupReadable,
                    // Whole Secrets, no lists of their keys: the pod's template must not know which clusters there are.
                    Sources = clusters.Select(secret => new VolumeProjectionArgs
                    {
                        Secret = new SecretProjectionArgs { Name = secret.Metadata.Apply(metadata => metadata.Name) },
                    }).ToArray(),
                },
            },
        };
        if (args.OwnCluster is not null)
        {
            volumes.Add(AccountToken.Volume(AccountToken.PodLife));
        }

        if (args.Web.Tls is { } tls)
        {
            volumes.Add(SecretVolume.Of("tls", tls.SecretName));
        }

        new ReplicatedProgram
        {
            Program = ProgramName,
            Namespace = args.Namespace,
            Addresses = args.Addresses,
            Count = args.Options.Replicas,
            Storage = args.Options.Storage,
            Container = Container(args),
            Companion = BlackboxExporter.Container(args.BlackboxExporter, ConfigurationDirectory, args.Web, ConfigurationMounts()),
            DataPath = DataDirectory,
            NetworkPolicies = args.Network.Policies,
            Outgoing =
            [
                new(NetworkPeers.Program(ProgramName), Port),
                new(NetworkPeers.Program(Alertmanager.ProgramName), Alertmanager.Port),
                .. args.ReceivesSamples
                    ? [new(NetworkPeers.Program(PushReceiver.FrontName), PushReceiver.FrontInternalPort), new(NetworkPeers.Program(PushReceiver.ForwarderName), PushReceiver.ForwarderPort)]
                    : ImmutableArray<NetworkFlow>.Empty,
                .. Scraped(args.Clusters),
                .. Scraped(args.OwnCluster, args.Network),
            ],
            TerminationGracePeriodSeconds = 600, // it writes what it holds in memory to disk when it ends
            Volumes = volumes,
        }.Declare(name, this);

        RegisterOutputs();
    }

    // The clusters are anywhere; only their ports are known.
    private static IEnumerable<NetworkFlow> Scraped(ImmutableArray<WatchedCluster> clusters)
    {
        var ports = clusters.SelectMany(cluster => ScrapedPorts.Of(ClusterFiles.Model(cluster))).ToImmutableSortedSet();
        return ports.IsEmpty ? [] : [new NetworkFlow(NetworkPeers.Anyone, [.. ports])];
    }

    // Annotations name any port, and so do Services that are probed.
    private static IEnumerable<NetworkFlow> Scraped(InsideCluster? cluster, NetworkOptions network) =>
        cluster is null ? []
        : cluster.Jobs.Any(job => job is AnnotatedPodsJob or AnnotatedServicesJob or ProbedServicesJob) ? [new(NetworkPeers.Anyone)]
        : [NetworkFlow.ToApiServer(network), new(NetworkPeers.Anyone, [.. ScrapedPorts.Of(cluster)])];

    private static InputMap<string> Configuration(PrometheusArgs args)
    {
        var files = new InputMap<string>
        {
            [ConfigurationPaths.Main] = PrometheusMainFile.Render(args.Configuration),
            [ConfigurationPaths.Blackbox] = ClusterProbe.Modules(
                args.Clusters.Select(ClusterFiles.Model), ConfigurationDirectory, args.OwnCluster?.Jobs.OfType<ProbedServicesJob>().SingleOrDefault()?.Module),
        };
        if (args.OwnCluster is { } ownCluster)
        {
            files.Add(ConfigurationPaths.OwnCluster, ScrapeConfigFile.Render(InsideScrape.ScrapeConfigs(ownCluster)));
        }

        return files;
    }

    private static ContainerArgs Container(PrometheusArgs args) => new()
    {
        Name = ProgramName,
        Image = args.Options.Image,
        Args = CommandLine(args.Options, args.ReceivesSamples).ToArray(),
        Env = new EnvVarArgs
        {
            Name = "PROMETHEUS_REPLICA",
            ValueFrom = new EnvVarSourceArgs { FieldRef = new ObjectFieldSelectorArgs { FieldPath = "metadata.name" } },
        },
        Ports = new ContainerPortArgs { Name = "web", ContainerPortValue = Port },
        // The health endpoints are protected too, which kubelet's own HTTP probe can't know.
        LivenessProbe = Probe(args.Web, "healthy", periodSeconds: 30, failureThreshold: 6),
        ReadinessProbe = Probe(args.Web, "ready", periodSeconds: 15, failureThreshold: 3),
        Resources = args.Options.Resources.ToArgs(),
        // Token and key are Prometheus's alone, not the companion's.
        VolumeMounts = new[]
        {
            ConfigurationMounts(),
            args.OwnCluster is null ? [] : [AccountToken.Mount()],
            args.Web.Tls is null ? [] : [new VolumeMountArgs { Name = "tls", MountPath = $"{ConfigurationDirectory}/{ConfigurationPaths.Tls}", ReadOnly = true }],
        }.SelectMany(mounts => mounts).ToArray(),
    };

    private static ImmutableArray<VolumeMountArgs> ConfigurationMounts() =>
    [
        new VolumeMountArgs { Name = "config", MountPath = ConfigurationDirectory, ReadOnly = true },
        new VolumeMountArgs { Name = "rules", MountPath = $"{ConfigurationDirectory}/{ConfigurationPaths.Rules}", ReadOnly = true },
        new VolumeMountArgs { Name = "web", MountPath = $"{ConfigurationDirectory}/{Path.GetDirectoryName(ConfigurationPaths.Web)}", ReadOnly = true },
        new VolumeMountArgs { Name = "clusters", MountPath = $"{ConfigurationDirectory}/{ConfigurationPaths.Clusters}", ReadOnly = true },
    ];

    private static IEnumerable<string> CommandLine(PrometheusOptions options, bool receivesSamples)
    {
        yield return $"--config.file={ConfigurationDirectory}/{ConfigurationPaths.Main}";
        yield return "--enable-feature=auto-reload-config";
        yield return $"--storage.tsdb.path={DataDirectory}";
        yield return $"--storage.tsdb.retention.time={PrometheusDuration.Format(options.Retention)}";
        if (options.RetentionSize is { } size)
        {
            yield return $"--storage.tsdb.retention.size={size}";
        }

        yield return $"--web.listen-address=:{Port}";
        yield return $"--web.config.file={ConfigurationDirectory}/{ConfigurationPaths.Web}";
        if (receivesSamples)
        {
            yield return "--web.enable-remote-write-receiver";
        }

        if (options.ExternalUrl is { } url)
        {
            yield return $"--web.external-url={url.AbsoluteUri}";
            // Else the address's path would move every endpoint, and with it what probes, scrapes and Alertmanager know.
            yield return "--web.route-prefix=/";
        }
    }

    private static ProbeArgs Probe(WebAccess web, string state, int periodSeconds, int failureThreshold) => new()
    {
        Exec = new ExecActionArgs
        {
            Command =
            {
                "/bin/promtool",
                "check",
                state,
                $"--http.config.file={ConfigurationDirectory}/{ConfigurationPaths.WebClient}",
                $"--url={web.Url($"localhost:{Port}")}",
            },
        },
        PeriodSeconds = periodSeconds,
        TimeoutSeconds = 10,
        FailureThreshold = failureThreshold,
    };
}
