using FleetPrometheus.Workloads;
using Pulumi;
using Pulumi.Kubernetes.Apps.V1;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Apps.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;
using Pulumi.Kubernetes.Types.Inputs.Rbac.V1;

namespace FleetPrometheus.Targets;

/// <summary>What <see cref="NodeRelay"/> is given.</summary>
public sealed class NodeRelayArgs : ResourceArgs
{
    /// <summary>The namespace. Whoever may proxy to its pods reaches all of their ports, so nothing else should live there but kube-state-metrics.</summary>
    [Input("namespace", required: true)]
    public Input<string> Namespace { get; set; } = null!;

    /// <summary>The port of each node's node-exporter, on the host's network. Default null: it is not passed on.</summary>
    public int? NodeExporterPort { get; set; }

    /// <summary>The CA that kubelets' certificates are checked with, PEM. Default null: they are not checked, as kubelets sign them themselves unless told otherwise.</summary>
    public string? KubeletCaCertificate { get; set; }

    /// <summary>Everything else; its <see cref="NodeRelayOptions.Namespace"/> is not read here.</summary>
    public NodeRelayOptions Options { get; set; } = new();

    /// <summary>The network policies around it.</summary>
    public NetworkOptions Network { get; set; } = new();
}

/// <summary>
/// A small proxy on every Linux node, not on the host's network, that passes on the metrics of its own node's kubelet and node-exporter and
/// nothing else. Its account may read kubelets' metrics (<c>nodes/metrics</c>), which only counts at the kubelet itself; with it, the centre
/// needs no right on nodes.
/// </summary>
/// <remarks>
/// The image is Caddy's own. It reads the token's file for every request, needs no script for it, and is one program in a memory-safe language;
/// docs/node-access.md compares it with others.
/// </remarks>
public sealed class NodeRelay : ComponentResource
{
    /// <summary>The program's name, in object names and labels.</summary>
    public const string ProgramName = "node-relay";

    private const string ConfigurationDirectory = "/etc/caddy";
    private const string ConfigurationFile = "Caddyfile";
    private const string KubeletCaFile = "kubelet-ca.crt";

    /// <summary>Declares the relay.</summary>
    public NodeRelay(string name, NodeRelayArgs args, ComponentResourceOptions? options = null)
        : base("fleet-prometheus:targets:NodeRelay", name, options)
    {
        var settings = args.Options;
        var labels = ObjectLabels.Of(ProgramName, "relay");
        var child = new CustomResourceOptions { Parent = this };
        var metadata = new ObjectMetaArgs { Name = ProgramName, Namespace = args.Namespace, Labels = labels };

        var account = new ServiceAccount($"{name}-account", new ServiceAccountArgs { Metadata = metadata, AutomountServiceAccountToken = false }, child);
        var accountName = account.Metadata.Apply(meta => meta.Name);
        ClusterRights.Declare(
            $"{name}-",
            new ObjectMetaArgs { Name = $"{ObjectLabels.Project}-{ProgramName}", Labels = ObjectLabels.Of(ProgramName, "relay") },
            [AccessRule.Core("nodes/metrics", "get")],
            new SubjectArgs { Kind = "ServiceAccount", Name = accountName, Namespace = args.Namespace },
            child);

        var file = NodeRelayConfiguration.Render(
            settings.Port,
            args.NodeExporterPort,
            $"{AccountToken.Directory}/token",
            args.KubeletCaCertificate is null ? null : $"{ConfigurationDirectory}/{KubeletCaFile}");
        var files = new Dictionary<string, string> { [ConfigurationFile] = file };
        if (args.KubeletCaCertificate is { } certificate)
        {
            files[KubeletCaFile] = certificate;
        }

        var configuration = new ConfigMap($"{name}-config", new ConfigMapArgs { Metadata = metadata, Data = files }, child);
        var pod = OwnPod.Of(accountName);
        pod.Tolerations = settings.Tolerations.ToArgs();
        pod.Containers = Container(settings);
        pod.Volumes = new()
        {
            new VolumeArgs { Name = "config", ConfigMap = new ConfigMapVolumeSourceArgs { Name = configuration.Metadata.Apply(meta => meta.Name) } },
            AccountToken.Volume(),
        };
        if (settings.PriorityClassName is { } priorityClass)
        {
            pod.PriorityClassName = priorityClass;
        }

        _ = new DaemonSet($"{name}-daemonset", new DaemonSetArgs
        {
            Metadata = metadata,
            Spec = new DaemonSetSpecArgs
            {
                Selector = new LabelSelectorArgs { MatchLabels = ObjectLabels.Selector(ProgramName) },
                UpdateStrategy = new DaemonSetUpdateStrategyArgs
                {
                    Type = "RollingUpdate",
                    RollingUpdate = new RollingUpdateDaemonSetArgs { MaxUnavailable = "10%" },
                },
                Template = new PodTemplateSpecArgs
                {
                    Metadata = new ObjectMetaArgs
                    {
                        Labels = labels,
                        // It reads its configuration once: another one has to be another pod.
                        Annotations = ConfigurationHash.Annotation(file + args.KubeletCaCertificate),
                    },
                    Spec = pod,
                },
            },
        }, child);

        if (args.Network.Policies)
        {
            // A policy can't say "its own node".
            NetworkPolicies.Allow(
                $"{name}-network",
                args.Namespace,
                ProgramName,
                [new(NetworkPeers.ControlPlane(args.Network), settings.Port)],
                [new(NetworkPeers.Anyone, [NodeRelayConfiguration.KubeletPort, .. args.NodeExporterPort is { } port ? [port] : Array.Empty<int>()])],
                this);
        }

        RegisterOutputs();
    }

    private static ContainerArgs Container(NodeRelayOptions settings)
    {
        var security = PodSecurity.Container();
        // The image's program is marked with this capability and doesn't start where it is out of reach. It is the one that "restricted"
        // allows; all it is good for is listening below port 1024, within the pod.
        security.Capabilities = new CapabilitiesArgs { Drop = { "ALL" }, Add = { "NET_BIND_SERVICE" } };
        return new ContainerArgs
        {
            Name = ProgramName,
            Image = settings.Image,
            Command = "caddy",
            Args = { "run", "--adapter=caddyfile", $"--config={ConfigurationDirectory}/{ConfigurationFile}" },
            Env =
            {
                Field(NodeRelayConfiguration.PodAddress, "status.podIP"),
                Field(NodeRelayConfiguration.NodeAddress, "status.hostIP"),
            },
            Ports = new ContainerPortArgs { Name = "metrics", ContainerPortValue = settings.Port },
            LivenessProbe = Probe(),
            ReadinessProbe = Probe(),
            Resources = settings.Resources.ToArgs(),
            SecurityContext = security,
            VolumeMounts =
            {
                new VolumeMountArgs { Name = "config", MountPath = ConfigurationDirectory, ReadOnly = true },
                AccountToken.Mount(),
            },
        };
    }

    // Whether the kubelet answers is no matter of the relay's health.
    private static ProbeArgs Probe() => new() { TcpSocket = new TCPSocketActionArgs { Port = "metrics" }, PeriodSeconds = 15, TimeoutSeconds = 5 };

    private static EnvVarArgs Field(string name, string path) => new()
    {
        Name = name,
        ValueFrom = new EnvVarSourceArgs { FieldRef = new ObjectFieldSelectorArgs { FieldPath = path } },
    };
}
