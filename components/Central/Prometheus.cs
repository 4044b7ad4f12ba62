using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using FleetPrometheus.Alerting;
using FleetPrometheus.Scraping;
using FleetPrometheus.Targets;
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

    /// <summary>The names of the other programs of the centre that it scrapes at <see cref="Prometheus.Port"/>. Default none.</summary>
    public ImmutableArray<string> Others { get; set; } = [];
}

/// <summary>
/// The central Prometheus. It reloads its files by itself, so that neither a new cluster nor a new rule restarts a pod; what changes
/// the pods is only what changes the program: image, flags, resources, storage.
/// </summary>
public sealed class Prometheus : ComponentResource
{
    /// <summary>The program's name, in object names and labels; that of the first where there are several.</summary>
    public const string ProgramName = "prometheus";

    /// <summary>The port it serves on.</summary>
    public const int Port = 9090;

    internal const string ConfigurationDirectory = "/etc/prometheus";
    internal const string DataDirectory = "/prometheus";

    /// <summary>The name of one of several, in object names and labels.</summary>
    /// <param name="shard">Its number, see <see cref="ClusterShards"/>.</param>
    public static string NameOf(int shard) => shard == 0 ? ProgramName : string.Create(CultureInfo.InvariantCulture, $"{ProgramName}-shard-{shard}");

    /// <summary>Declares Prometheus.</summary>
    public Prometheus(string name, PrometheusArgs args, ComponentResourceOptions? options = null)
        : base("fleet-prometheus:central:Prometheus", name, options)
    {
        var child = new CustomResourceOptions { Parent = this };
        var program = args.Addresses.Program;
        ObjectMetaArgs Metadata(string objectName) => new()
        {
            Name = objectName,
            Namespace = args.Namespace,
            Labels = ObjectLabels.Of(program, "central"),
        };

        var configuration = new ConfigMap($"{name}-config", new ConfigMapArgs
        {
            Metadata = Metadata($"{program}-config"),
            Data = Configuration(args.Configuration, args.Clusters, args.OwnCluster),
        }, child);
        var rules = new ConfigMap($"{name}-rules", new ConfigMapArgs
        {
            Metadata = Metadata($"{program}-rules"),
            Data = args.Rules.ToImmutableDictionary(file => file.Name, file => file.Text),
        }, child);
        var web = new Secret($"{name}-web", new SecretArgs
        {
            Metadata = Metadata($"{program}-web"),
            Data = SecretData.Of(args.Web.Files),
        }, child);
        var clusters = ClusterSecrets.Distribute(args.Clusters).Select((files, index) => new Secret(
            $"{name}-clusters-{index:00}",
            new SecretArgs { Metadata = Metadata(ClusterSecrets.Name(index, program)), Data = SecretData.Of(files) },
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
            volumes.Add(CertificateVolume.Of(tls.SecretName));
        }

        if (!args.Configuration.RemoteWrite.IsEmpty)
        {
            var stores = new Secret($"{name}-remote-write", new SecretArgs
            {
                Metadata = Metadata($"{program}-remote-write"),
                Data = SecretData.Of(RemoteWriteFiles.Credentials(args.Configuration.RemoteWrite)),
            }, child);
            volumes.Add(SecretVolume.Of(ConfigurationPaths.RemoteWrite, stores));
        }

        new ReplicatedProgram
        {
            Program = program,
            Namespace = args.Namespace,
            Addresses = args.Addresses,
            Count = args.Options.Replicas,
            Storage = args.Options.Storage,
            Container = Container(args.Options.Image, args.Options.Resources, args.Web, CommandLine(args.Options, Storage(args.Options), args.ReceivesSamples), [.. Mounts(args)]),
            Companion = BlackboxExporter.Container(args.BlackboxExporter, ConfigurationDirectory, args.Web, ConfigurationMounts()),
            DataPath = DataDirectory,
            NetworkPolicies = args.Network.Policies,
            Outgoing =
            [
                new(NetworkPeers.Program(program), Port),
                .. args.Others.Select(other => new NetworkFlow(NetworkPeers.Program(other), Port)),
                new(NetworkPeers.Program(Alertmanager.ProgramName), Alertmanager.Port),
                .. args.ReceivesSamples
                    ? [new(NetworkPeers.Program(PushReceiver.FrontName), PushReceiver.FrontInternalPort), new(NetworkPeers.Program(PushReceiver.ForwarderName), PushReceiver.ForwarderPort)]
                    : ImmutableArray<NetworkFlow>.Empty,
                .. SentTo(args.Configuration.RemoteWrite),
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

    private static IEnumerable<NetworkFlow> SentTo(ImmutableArray<RemoteWrite> stores) =>
        stores.IsEmpty ? [] : [new NetworkFlow(NetworkPeers.Anyone, [.. stores.Select(store => store.Url!.Port).ToImmutableSortedSet()])];

    // Annotations name any port, and so do Services that are probed.
    private static IEnumerable<NetworkFlow> Scraped(InsideCluster? cluster, NetworkOptions network) =>
        cluster is null ? []
        : cluster.Jobs.Any(job => job is AnnotatedPodsJob or AnnotatedServicesJob or ProbedServicesJob) ? [new(NetworkPeers.Anyone)]
        : [NetworkFlow.ToApiServer(network), new(NetworkPeers.Anyone, [.. ScrapedPorts.Of(cluster)])];

    /// <summary>Notes when the files that all clusters have in common would be larger than Kubernetes allows.</summary>
    /// <param name="configuration">The main file of one Prometheus.</param>
    /// <param name="clusters">Its clusters.</param>
    /// <param name="ownCluster">As for <see cref="PrometheusArgs.OwnCluster"/>.</param>
    /// <param name="problems">Where it is noted.</param>
    internal static void CheckSize(PrometheusConfiguration configuration, ImmutableArray<WatchedCluster> clusters, InsideCluster? ownCluster, Problems problems)
    {
        var sizes = Configuration(configuration, clusters, ownCluster).ToImmutableDictionary(file => file.Key, file => Encoding.UTF8.GetByteCount(file.Value));
        if (sizes.Values.Sum() > ClusterSecrets.MaximumBytes)
        {
            problems.Add(
                "shards",
                $"{configuration.OtherShards.Length + 1}",
                $"is too few: the ConfigMap {configuration.Program}-config would hold {sizes.Values.Sum()} bytes, {sizes[ConfigurationPaths.Blackbox]} of them for the probes of "
                + $"{clusters.Length} clusters, and Kubernetes allows {ClusterSecrets.MaximumBytes}; raise it, so that each Prometheus has fewer clusters");
        }
    }

    private static ImmutableDictionary<string, string> Configuration(PrometheusConfiguration configuration, ImmutableArray<WatchedCluster> clusters, InsideCluster? ownCluster)
    {
        var files = ImmutableDictionary.CreateBuilder<string, string>();
        files[ConfigurationPaths.Main] = PrometheusMainFile.Render(configuration);
        files[ConfigurationPaths.Blackbox] = ClusterProbe.Modules(
            clusters.Select(ClusterFiles.Model), ConfigurationDirectory, ownCluster?.Jobs.OfType<ProbedServicesJob>().SingleOrDefault()?.Module,
            configuration.HttpsEndpoints.Any());
        if (ownCluster is not null)
        {
            files[ConfigurationPaths.OwnCluster] = ScrapeConfigFile.Render(InsideScrape.ScrapeConfigs(ownCluster));
        }

        return files.ToImmutable();
    }

    /// <summary>The container of a Prometheus, complete but for its security context.</summary>
    internal static ContainerArgs Container(string image, Resources resources, WebAccess web, IEnumerable<string> arguments, VolumeMountArgs[] mounts) => new()
    {
        Name = ProgramName,
        Image = image,
        Args = arguments.ToArray(),
        Env = new EnvVarArgs
        {
            Name = "PROMETHEUS_REPLICA",
            ValueFrom = new EnvVarSourceArgs { FieldRef = new ObjectFieldSelectorArgs { FieldPath = "metadata.name" } },
        },
        Ports = new ContainerPortArgs { Name = "web", ContainerPortValue = Port },
        // The health endpoints are protected too, which kubelet's own HTTP probe can't know.
        LivenessProbe = Probe(web, "healthy", periodSeconds: 30, failureThreshold: 6),
        ReadinessProbe = Probe(web, "ready", periodSeconds: 15, failureThreshold: 3),
        Resources = resources.ToArgs(),
        VolumeMounts = mounts,
    };

    private static IEnumerable<VolumeMountArgs> Mounts(PrometheusArgs args)
    {
        // Token, key, and what stores ask for, are Prometheus's alone, not the companion's.
        IEnumerable<VolumeMountArgs> mounts = ConfigurationMounts();
        if (args.OwnCluster is not null)
        {
            mounts = mounts.Append(AccountToken.Mount());
        }

        if (args.Web.Tls is not null)
        {
            mounts = mounts.Append(CertificateVolume.Mount(ConfigurationDirectory));
        }

        return args.Configuration.RemoteWrite.IsEmpty ? mounts : mounts.Append(Mount(ConfigurationPaths.RemoteWrite, ConfigurationPaths.RemoteWrite));
    }

    /// <summary>A volume at its place below the configuration's directory.</summary>
    internal static VolumeMountArgs Mount(string volume, string path) => new() { Name = volume, MountPath = $"{ConfigurationDirectory}/{path}", ReadOnly = true };

    private static ImmutableArray<VolumeMountArgs> ConfigurationMounts() =>
    [
        new VolumeMountArgs { Name = "config", MountPath = ConfigurationDirectory, ReadOnly = true },
        new VolumeMountArgs { Name = "rules", MountPath = $"{ConfigurationDirectory}/{ConfigurationPaths.Rules}", ReadOnly = true },
        new VolumeMountArgs { Name = "web", MountPath = $"{ConfigurationDirectory}/{Path.GetDirectoryName(ConfigurationPaths.Web)}", ReadOnly = true },
        new VolumeMountArgs { Name = "clusters", MountPath = $"{ConfigurationDirectory}/{ConfigurationPaths.Clusters}", ReadOnly = true },
    ];

    private static IEnumerable<string> Storage(PrometheusOptions options)
    {
        yield return $"--storage.tsdb.retention.time={PrometheusDuration.Format(options.Retention)}";
        if (options.RetentionSize is { } size)
        {
            yield return $"--storage.tsdb.retention.size={size}";
        }
    }

    /// <summary>The arguments of a Prometheus.</summary>
    /// <param name="options">Its settings.</param>
    /// <param name="storage">What it is told of its storage beside the directory.</param>
    /// <param name="receivesSamples">Whether it takes samples that others send.</param>
    internal static IEnumerable<string> CommandLine(PrometheusOptions options, IEnumerable<string> storage, bool receivesSamples)
    {
        yield return $"--config.file={ConfigurationDirectory}/{ConfigurationPaths.Main}";
        yield return "--enable-feature=auto-reload-config";
        yield return $"--storage.tsdb.path={DataDirectory}";
        foreach (var flag in storage)
        {
            yield return flag;
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
