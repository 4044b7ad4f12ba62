using FleetPrometheus.Alerting;
using FleetPrometheus.Scraping;
using FleetPrometheus.Validation;
using FleetPrometheus.Workloads;
using Pulumi;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;

namespace FleetPrometheus.Central;

/// <summary>What <see cref="Alertmanager"/> is given.</summary>
public sealed class AlertmanagerArgs : ResourceArgs
{
    /// <summary>The namespace.</summary>
    [Input("namespace", required: true)]
    public Input<string> Namespace { get; set; } = null!;

    /// <summary>Settings of the pods.</summary>
    public required AlertmanagerOptions Options { get; set; }

    /// <summary>The names and addresses of the pods.</summary>
    public required Replicas Addresses { get; set; }

    /// <summary>The network policies around the pods.</summary>
    public NetworkOptions Network { get; set; } = new();

    /// <summary>Who is told about alerts.</summary>
    public required AlertRouting Routing { get; set; }

    /// <summary>Who may use its web endpoints.</summary>
    public required WebAccess Web { get; set; }
}

/// <summary>The central Alertmanager, members of one gossiping cluster when there are several.</summary>
/// <remarks>
/// It doesn't reload its configuration by itself, so its pods carry a hash of it and roll one by one when it changes. Credentials are
/// files that it reads for every notification: a new one restarts nothing, and the hash tells nothing of them.
/// </remarks>
public sealed class Alertmanager : ComponentResource
{
    /// <summary>The program's name, in object names and labels.</summary>
    public const string ProgramName = "alertmanager";

    /// <summary>The port it serves on.</summary>
    public const int Port = 9093;

    private const int GossipPort = 9094;

    private static readonly NetworkFlow Gossip = new(NetworkPeers.Program(ProgramName), GossipPort) { Protocols = ["TCP", "UDP"] };

    // Alertmanager's own peer timeout.
    private static readonly TimeSpan UsualTurn = TimeSpan.FromSeconds(15);

    private const string ConfigurationDirectory = "/etc/alertmanager";
    private const string DataDirectory = "/alertmanager";

    /// <summary>Declares Alertmanager.</summary>
    public Alertmanager(string name, AlertmanagerArgs args, ComponentResourceOptions? options = null)
        : base("fleet-prometheus:central:Alertmanager", name, options)
    {
        var child = new CustomResourceOptions { Parent = this };
        ObjectMetaArgs Metadata(string objectName) => new()
        {
            Name = objectName,
            Namespace = args.Namespace,
            Labels = ObjectLabels.Of(ProgramName, "central"),
        };

        var file = AlertmanagerConfiguration.Render(args.Routing, ConfigurationDirectory);
        var configuration = new Secret($"{name}-config", new SecretArgs
        {
            Metadata = Metadata("alertmanager-config"),
            Data = SecretData.Of(AlertmanagerConfiguration.Credentials(args.Routing).Add(AlertmanagerConfiguration.FileName, new SecretText(file))),
        }, child);
        var web = new Secret($"{name}-web", new SecretArgs
        {
            Metadata = Metadata("alertmanager-web"),
            Data = SecretData.Of(args.Web.Files),
        }, child);

        var volumes = new InputList<VolumeArgs> { SecretVolume.Of("config", configuration), SecretVolume.Of("web", web) };
        if (args.Web.Tls is { } tls)
        {
            volumes.Add(CertificateVolume.Of(tls.SecretName));
        }

        var clustered = args.Options.Replicas > 1;
        new ReplicatedProgram
        {
            Program = ProgramName,
            Namespace = args.Namespace,
            Addresses = args.Addresses,
            Count = args.Options.Replicas,
            Storage = args.Options.Storage,
            Container = Container(args),
            DataPath = DataDirectory,
            TerminationGracePeriodSeconds = 120,
            NetworkPolicies = args.Network.Policies,
            Incoming = clustered ? [Gossip] : [],
            // Receivers are anywhere, and their addresses, which may be secrets, are nobody else's business.
            Outgoing = [new(NetworkPeers.Anyone)],
            PodAnnotations = ConfigurationHash.Annotation(file),
            ReplicaPorts = clustered ? GossipPorts() : new InputList<ServicePortArgs>(),
            Volumes = volumes,
        }.Declare(name, this);

        RegisterOutputs();
    }

    private static ContainerArgs Container(AlertmanagerArgs args)
    {
        var container = new ContainerArgs
        {
            Name = ProgramName,
            Image = args.Options.Image,
            Args = CommandLine(args).ToArray(),
            Env = new EnvVarArgs
            {
                Name = "POD_IP",
                ValueFrom = new EnvVarSourceArgs { FieldRef = new ObjectFieldSelectorArgs { FieldPath = "status.podIP" } },
            },
            Ports = new ContainerPortArgs { Name = "web", ContainerPortValue = Port },
            // A connection that is closed at once would be an error in the log of a TLS server, every time.
            LivenessProbe = args.Web.Tls is null
                ? new ProbeArgs { TcpSocket = new TCPSocketActionArgs { Port = "web" }, PeriodSeconds = 30 }
                : Probe(args.Web, periodSeconds: 30),
            ReadinessProbe = Probe(args.Web, periodSeconds: 15),
            Resources = args.Options.Resources.ToArgs(),
            VolumeMounts =
            {
                new VolumeMountArgs { Name = "config", MountPath = ConfigurationDirectory, ReadOnly = true },
                new VolumeMountArgs { Name = "web", MountPath = $"{ConfigurationDirectory}/{Path.GetDirectoryName(ConfigurationPaths.Web)}", ReadOnly = true },
            },
        };
        if (args.Web.Tls is not null)
        {
            container.VolumeMounts.Add(CertificateVolume.Mount(ConfigurationDirectory));
        }

        if (args.Options.Replicas > 1)
        {
            container.Ports.Add(
                new ContainerPortArgs { Name = "gossip-tcp", ContainerPortValue = GossipPort, Protocol = "TCP" },
                new ContainerPortArgs { Name = "gossip-udp", ContainerPortValue = GossipPort, Protocol = "UDP" });
        }

        return container;
    }

    private static IEnumerable<string> CommandLine(AlertmanagerArgs args)
    {
        yield return $"--config.file={ConfigurationDirectory}/{AlertmanagerConfiguration.FileName}";
        yield return $"--storage.path={DataDirectory}";
        yield return $"--web.listen-address=:{Port}";
        yield return $"--web.config.file={ConfigurationDirectory}/{ConfigurationPaths.Web}";
        if (args.Options.ExternalUrl is { } url)
        {
            yield return $"--web.external-url={url.AbsoluteUri}";
            yield return "--web.route-prefix=/"; // see Prometheus
        }

        if (args.Options.Replicas == 1)
        {
            yield return "--cluster.listen-address="; // no gossip
            yield break;
        }

        yield return $"--cluster.listen-address=[$(POD_IP)]:{GossipPort}";
        yield return "--cluster.reconnect-timeout=5m"; // a pod that comes back has another address
        // A member waits this long per member before it, to hear whether that one has told already; then it tells what it saw before the
        // wait. With a wait longer than the group interval, that is what the other has since told to be over.
        var turn = args.Routing.GroupInterval / (2 * args.Options.Replicas);
        if (turn < UsualTurn)
        {
            yield return $"--cluster.peer-timeout={PrometheusDuration.Format(turn)}";
        }

        foreach (var peer in args.Addresses.Addresses(args.Options.Replicas, GossipPort))
        {
            yield return $"--cluster.peer={peer}";
        }
    }

    private static InputList<ServicePortArgs> GossipPorts() => new()
    {
        new ServicePortArgs { Name = "gossip-tcp", Port = GossipPort, TargetPort = "gossip-tcp", Protocol = "TCP" },
        new ServicePortArgs { Name = "gossip-udp", Port = GossipPort, TargetPort = "gossip-udp", Protocol = "UDP" },
    };

    // The health endpoints are protected too, which kubelet's own HTTP probe can't know.
    private static ProbeArgs Probe(WebAccess web, int periodSeconds) => new()
    {
        Exec = new ExecActionArgs
        {
            Command =
            {
                "/bin/amtool",
                $"--alertmanager.url={web.Url($"localhost:{Port}")}",
                $"--http.config.file={ConfigurationDirectory}/{ConfigurationPaths.WebClient}",
                "--no-version-check",
                "cluster",
                "show",
            },
        },
        PeriodSeconds = periodSeconds,
        TimeoutSeconds = 10,
    };
}
