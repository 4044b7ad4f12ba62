using System.Collections.Immutable;
using System.Text;
using FleetPrometheus.Contract;
using FleetPrometheus.Scraping;
using FleetPrometheus.Targets;
using FleetPrometheus.Validation;
using FleetPrometheus.Workloads;
using Pulumi;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;
using Pulumi.Random;

namespace FleetPrometheus.Central;

/// <summary>What <see cref="PushReceiver"/> is given.</summary>
public sealed class PushReceiverArgs : ResourceArgs
{
    /// <summary>The namespace.</summary>
    [Input("namespace", required: true)]
    public Input<string> Namespace { get; set; } = null!;

    /// <summary>Settings of the pods.</summary>
    public required PushReceiverOptions Options { get; set; }

    /// <summary>The names and addresses of vmauth's pods.</summary>
    public required Replicas Front { get; set; }

    /// <summary>The names and addresses of vmagent's pods.</summary>
    public required Replicas Forwarder { get; set; }

    /// <summary>The Prometheus that get the samples, by their numbers: each those of its clusters, see <see cref="ClusterShards"/>.</summary>
    public required ImmutableArray<PushShard> Shards { get; set; }

    /// <summary>The network policies around the pods.</summary>
    public NetworkOptions Network { get; set; } = new();

    /// <summary>The clusters that are let in.</summary>
    public required ImmutableArray<PushConnection> Clusters { get; set; }

    /// <summary>The user and password that Prometheus asks for; the same protect the pages of these programs.</summary>
    public required WebAccess Web { get; set; }
}

/// <summary>One of the Prometheus that share the clusters.</summary>
/// <param name="Program">Its name, in object names and labels.</param>
/// <param name="Addresses">The addresses (host:port) of its replicas; each gets all samples of its clusters.</param>
public sealed record PushShard(string Program, ImmutableArray<string> Addresses);

/// <summary>
/// Takes what clusters send by themselves: vmauth (the front) ends TLS and knows each cluster by its password, vmagent (the forwarder)
/// forces the cluster's labels and passes everything on to every replica of its Prometheus, with a queue on disk for each. Both read their files again
/// by themselves, so that a cluster that joins or leaves restarts nothing.
/// </summary>
public sealed class PushReceiver : ComponentResource
{
    /// <summary>vmauth's name here, in object names and labels.</summary>
    public const string FrontName = "push-front";

    /// <summary>The port clusters send to, https.</summary>
    public const int FrontPort = 8427;

    /// <summary>The port of vmauth's own metrics and health, https too.</summary>
    public const int FrontInternalPort = 8426;

    /// <summary>vmagent's name here, in object names and labels.</summary>
    public const string ForwarderName = "push-forwarder";

    /// <summary>The port vmagent serves on.</summary>
    public const int ForwarderPort = 8429;

    /// <summary>
    /// How old samples may be when they arrive, which is as long as an agent keeps what it could not send. Within an hour Prometheus would
    /// take them anyway; beyond, only in this window.
    /// </summary>
    public static readonly TimeSpan OutOfOrderWindow = TimeSpan.FromHours(4);

    private const string FrontDirectory = $"/etc/{FrontName}";
    private const string ForwarderDirectory = $"/etc/{ForwarderName}";
    private const string QueueDirectory = $"/var/lib/{ForwarderName}";

    /// <summary>Declares both programs.</summary>
    public PushReceiver(string name, PushReceiverArgs args, ComponentResourceOptions? options = null)
        : base("fleet-prometheus:central:PushReceiver", name, options)
    {
        var child = new CustomResourceOptions { Parent = this };
        ObjectMetaArgs Metadata(string program, string objectName) => new() { Name = objectName, Namespace = args.Namespace, Labels = ObjectLabels.Of(program, "central") };

        var secretName = new RandomId($"{name}-labels", new RandomIdArgs { ByteLength = 16 }, child).Hex;
        var pushers = Pushers(args.Clusters, args.Shards.Length);
        var forwarders = args.Forwarder.Addresses(args.Options.Replicas).Select(args.Web.Url).ToImmutableArray();
        ImmutableArray<KeyValuePair<string, string>> ca = args.Web.Tls is { } trust ? [KeyValuePair.Create(PushFiles.Ca, trust.CaCertificate)] : [];
        var front = new Secret($"{name}-front-config", new SecretArgs
        {
            Metadata = Metadata(FrontName, FrontName),
            Data = SecretData.Of(Output.Tuple(args.Web.Password, secretName).Apply(secrets => ImmutableDictionary.CreateRange(
            [
                KeyValuePair.Create(PushFiles.Users, PushFiles.RenderUsers(pushers, forwarders, args.Web.User, secrets.Item1, secrets.Item2)),
                KeyValuePair.Create(PushFiles.Password, secrets.Item1),
                .. ca,
            ]))),
        }, child);
        var forwarder = new Secret($"{name}-forwarder-config", new SecretArgs
        {
            Metadata = Metadata(ForwarderName, ForwarderName),
            Data = SecretData.Of(Output.Tuple(args.Web.Password, secretName).Apply(secrets => ImmutableDictionary.CreateRange(
            [
                KeyValuePair.Create(PushFiles.Relabelling, PushFiles.RenderRelabelling(secrets.Item2)),
                KeyValuePair.Create(PushFiles.Password, secrets.Item1),
                .. ca,
                .. args.Shards.Length == 1 ? []
                    : args.Shards.Select((_, shard) => KeyValuePair.Create(PushFiles.ShardRelabelling(shard), PushFiles.RenderShardRelabelling(secrets.Item2, shard))),
            ]))),
        }, child);

        new ReplicatedProgram
        {
            Program = FrontName,
            Namespace = args.Namespace,
            Addresses = args.Front,
            Count = args.Options.Replicas,
            ServiceType = args.Options.ServiceType,
            Container = FrontContainer(args),
            TerminationGracePeriodSeconds = 30,
            NetworkPolicies = args.Network.Policies,
            Incoming = args.Shards.Select(shard => new NetworkFlow(NetworkPeers.Program(shard.Program), FrontInternalPort)),
            Outgoing = [new(NetworkPeers.Program(ForwarderName), ForwarderPort)],
            ReplicaPorts = new ServicePortArgs { Name = "internal", Port = FrontInternalPort, TargetPort = "internal", Protocol = "TCP" },
            Volumes = new()
            {
                SecretVolume.Of("config", front),
                CertificateVolume.Of(args.Options.SecretName($"{name}-tls", Metadata(FrontName, PushReceiverOptions.OwnTlsSecret), child)),
            },
        }.Declare($"{name}-front", this);

        new ReplicatedProgram
        {
            Program = ForwarderName,
            Namespace = args.Namespace,
            Addresses = args.Forwarder,
            Count = args.Options.Replicas,
            Storage = args.Options.Forwarder.Storage,
            Container = ForwarderContainer(args),
            DataPath = QueueDirectory,
            NetworkPolicies = args.Network.Policies,
            Outgoing = args.Shards.Select(shard => new NetworkFlow(NetworkPeers.Program(shard.Program), Prometheus.Port)),
            TerminationGracePeriodSeconds = 60,
            Volumes = new()
            {
                SecretVolume.Of("config", forwarder),
                args.Web.Tls is { } tls ? new[] { CertificateVolume.Of(tls.SecretName) } : [],
            },
        }.Declare($"{name}-forwarder", this);

        RegisterOutputs();
    }

    /// <summary>Notes when more clusters send than the Secret of <see cref="FrontName"/> can hold.</summary>
    internal static void CheckSize(CentralMonitoringArgs args, CentralPrograms programs, Problems problems)
    {
        // As long as the real ones, which nobody knows yet.
        var secret = new string('x', 32);
        var forwarders = programs.Forwarders.Addresses(args.PushFront.Replicas).Select(address => $"https://{address}").ToImmutableArray();
        var bytes = Encoding.UTF8.GetByteCount(PushFiles.RenderUsers(Pushers(args.PushingClusters, args.Shards), forwarders, args.WebUser, secret, secret));
        if (bytes > ClusterSecrets.MaximumBytes)
        {
            problems.Add(
                "clusters",
                $"{args.PushingClusters.Length} that send",
                $"are too many for one way in: the Secret {FrontName} would hold {bytes} bytes, and Kubernetes allows {ClusterSecrets.MaximumBytes}; let a second centre take some of them, or scrape them");
        }
    }

    private static ImmutableArray<Pusher> Pushers(ImmutableArray<PushConnection> clusters, int shards) =>
    [
        .. clusters.Select(cluster => new Pusher(cluster.ClusterName, cluster.Labels, [cluster.Password, cluster.NextPassword])
        {
            Shard = shards > 1 ? ClusterShards.Of(cluster.ClusterName, shards) : null,
        }),
    ];

    private static ContainerArgs FrontContainer(PushReceiverArgs args) => new()
    {
        Name = FrontName,
        Image = args.Options.Image,
        Args =
        {
            $"-auth.config={FrontDirectory}/{PushFiles.Users}",
            "-configCheckInterval=10s",
            $"-httpListenAddr=:{FrontPort}",
            // Metrics, reloading and profiles would otherwise be at the address that the clusters know.
            $"-httpInternalListenAddr=:{FrontInternalPort}",
            $"-httpAuth.username={args.Web.User}",
            $"-httpAuth.password=file://{FrontDirectory}/{PushFiles.Password}",
            CertificateVolume.Arguments(FrontDirectory),
            "-enableTCP6",
            args.Web.Tls is { } tls
                ? new[] { $"-backend.TLSCAFile={FrontDirectory}/{PushFiles.Ca}", $"-backend.TLSServerName={tls.Names.PushForwarder}" }
                : [],
        },
        Ports =
        {
            new ContainerPortArgs { Name = "web", ContainerPortValue = FrontPort },
            new ContainerPortArgs { Name = "internal", ContainerPortValue = FrontInternalPort },
        },
        LivenessProbe = Probe("internal", "HTTPS", periodSeconds: 30),
        ReadinessProbe = Probe("internal", "HTTPS", periodSeconds: 10),
        Resources = args.Options.Resources.ToArgs(),
        VolumeMounts =
        {
            new VolumeMountArgs { Name = "config", MountPath = FrontDirectory, ReadOnly = true },
            CertificateVolume.Mount(FrontDirectory),
        },
    };

    private static ContainerArgs ForwarderContainer(PushReceiverArgs args)
    {
        var tls = args.Web.Tls;
        return new()
        {
            Name = ForwarderName,
            Image = args.Options.Forwarder.Image,
            Args =
            {
                $"-httpListenAddr=:{ForwarderPort}",
                $"-httpAuth.username={args.Web.User}",
                $"-httpAuth.password=file://{ForwarderDirectory}/{PushFiles.Password}",
                $"-remoteWrite.relabelConfig={ForwarderDirectory}/{PushFiles.Relabelling}",
                $"-remoteWrite.tmpDataPath={QueueDirectory}",
                "-enableTCP6",
                tls is null ? [] : CertificateVolume.Arguments(ForwarderDirectory),
                args.Shards.SelectMany((shard, number) => shard.Addresses.Select(address => (Address: address, Number: number))).SelectMany(prometheus => new[]
                {
                    $"-remoteWrite.url={args.Web.Url(prometheus.Address)}/api/v1/write",
                    $"-remoteWrite.basicAuth.username={args.Web.User}",
                    $"-remoteWrite.basicAuth.passwordFile={ForwarderDirectory}/{PushFiles.Password}",
                    $"-remoteWrite.maxDiskUsagePerURL={args.Options.Forwarder.QueueSize}",
                    "-remoteWrite.forcePromProto=true",
                    "-remoteWrite.retryMaxInterval=10s",
                    "-remoteWrite.queues=1", // several at once would mix up the order of samples
                }.Concat(tls is null ? [] : [$"-remoteWrite.tlsCAFile={ForwarderDirectory}/{PushFiles.Ca}", $"-remoteWrite.tlsServerName={tls.Names.Prometheus}"])
                .Concat(args.Shards.Length == 1 ? [] : [$"-remoteWrite.urlRelabelConfig={ForwarderDirectory}/{PushFiles.ShardRelabelling(prometheus.Number)}"])).ToArray(),
            },
            Ports = new ContainerPortArgs { Name = "web", ContainerPortValue = ForwarderPort },
            LivenessProbe = Probe("web", tls is null ? "HTTP" : "HTTPS", periodSeconds: 30),
            ReadinessProbe = Probe("web", tls is null ? "HTTP" : "HTTPS", periodSeconds: 10),
            Resources = args.Options.Forwarder.Resources.ToArgs(),
            VolumeMounts =
            {
                new VolumeMountArgs { Name = "config", MountPath = ForwarderDirectory, ReadOnly = true },
                tls is null ? [] : new[] { CertificateVolume.Mount(ForwarderDirectory) },
            },
        };
    }

    // The one page of both that asks for no password.
    private static ProbeArgs Probe(string port, string scheme, int periodSeconds) => new()
    {
        HttpGet = new HTTPGetActionArgs { Path = "/health", Port = port, Scheme = scheme },
        PeriodSeconds = periodSeconds,
        TimeoutSeconds = 5,
    };
}
