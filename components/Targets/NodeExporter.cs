using FleetPrometheus.Workloads;
using Pulumi;
using Pulumi.Kubernetes.Apps.V1;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Apps.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;

namespace FleetPrometheus.Targets;

/// <summary>What <see cref="NodeExporter"/> is given.</summary>
public sealed class NodeExporterArgs : ResourceArgs
{
    /// <summary>The namespace, which must be Pod-Security privileged.</summary>
    [Input("namespace", required: true)]
    public Input<string> Namespace { get; set; } = null!;

    /// <summary>Everything else; its <see cref="ExporterOptions.Namespace"/> is not read here.</summary>
    public NodeExporterOptions Options { get; set; } = new();

    /// <summary>The network policies around it.</summary>
    public NetworkOptions Network { get; set; } = new();
}

/// <summary>node-exporter on every Linux node, on the host's network, reading the host's files.</summary>
/// <remarks>
/// It listens on the node's address without authentication, as the field runs it: the samples hold no secrets, and the API server's
/// pod proxy needs an address it can reach. Where that is too open, a firewall on the nodes is the means, because network policies
/// don't hold for the host's network.
/// </remarks>
public sealed class NodeExporter : ComponentResource
{
    /// <summary>The program's name, in object names, labels and the <c>job</c> label.</summary>
    public const string ProgramName = "node-exporter";

    // What containers and the network plugin mount and plug on a node: thousands of series that live as long as a pod.
    private const string PodMounts =
        "^/(dev|proc|sys|run/containerd/.+|run/k3s/containerd/.+|var/lib/containerd/.+|var/lib/containers/storage/.+|var/lib/docker/.+|var/lib/kubelet/.+)($|/)";

    private const string PodInterfaces = "^(veth.*|cali.*|lxc.*|[a-f0-9]{15})$";

    /// <summary>Declares node-exporter.</summary>
    public NodeExporter(string name, NodeExporterArgs args, ComponentResourceOptions? options = null)
        : base("fleet-prometheus:targets:NodeExporter", name, options)
    {
        var settings = args.Options;
        var labels = ObjectLabels.Of(ProgramName, "exporter");
        var child = new CustomResourceOptions { Parent = this };

        var account = new ServiceAccount($"{name}-account", new ServiceAccountArgs
        {
            Metadata = new ObjectMetaArgs { Name = ProgramName, Namespace = args.Namespace, Labels = labels },
            AutomountServiceAccountToken = false,
        }, child);

        var pod = OwnPod.Of(account.Metadata.Apply(metadata => metadata.Name));
        pod.HostNetwork = true;
        pod.HostPID = true;
        pod.Tolerations = settings.Tolerations.ToArgs();
        pod.Containers = Container(settings);
        pod.Volumes = new() { HostPath("proc", "/proc"), HostPath("sys", "/sys"), HostPath("root", "/") };
        if (settings.PriorityClassName is { } priorityClass)
        {
            pod.PriorityClassName = priorityClass;
        }

        _ = new DaemonSet($"{name}-daemonset", new DaemonSetArgs
        {
            Metadata = new ObjectMetaArgs { Name = ProgramName, Namespace = args.Namespace, Labels = labels },
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
                    Metadata = new ObjectMetaArgs { Labels = labels.SetItems(settings.Labels) },
                    Spec = pod,
                },
            },
        }, child);

        if (args.Network.Policies)
        {
            // Through the API server or from a node's own address: neither can be selected.
            NetworkPolicies.Allow($"{name}-network", args.Namespace, ProgramName, [new(NetworkPeers.Anyone, settings.Port)], [], this);
        }

        RegisterOutputs();
    }

    private static ContainerArgs Container(NodeExporterOptions settings) => new()
    {
        Name = ProgramName,
        Image = settings.Image,
        Args = CommandLine(settings),
        Ports = new ContainerPortArgs { Name = "metrics", ContainerPortValue = settings.Port },
        LivenessProbe = Probe(settings.Port),
        ReadinessProbe = Probe(settings.Port),
        Resources = settings.Resources.ToArgs(),
        SecurityContext = PodSecurity.Container(),
        VolumeMounts =
        {
            new VolumeMountArgs { Name = "proc", MountPath = "/host/proc", ReadOnly = true },
            new VolumeMountArgs { Name = "sys", MountPath = "/host/sys", ReadOnly = true, MountPropagation = "HostToContainer" },
            new VolumeMountArgs { Name = "root", MountPath = "/host/root", ReadOnly = true, MountPropagation = "HostToContainer" },
        },
    };

    private static string[] CommandLine(NodeExporterOptions settings) =>
    [
        $"--web.listen-address=:{settings.Port}",
        "--path.procfs=/host/proc",
        "--path.sysfs=/host/sys",
        "--path.rootfs=/host/root",
        "--path.udev.data=/host/root/run/udev/data",
        "--no-collector.wifi",
        "--no-collector.hwmon",
        $"--collector.filesystem.mount-points-exclude={PodMounts}",
        $"--collector.netclass.ignored-devices={PodInterfaces}",
        $"--collector.netdev.device-exclude={PodInterfaces}",
        .. settings.ExtraArgs,
    ];

    private static ProbeArgs Probe(int port) => new()
    {
        HttpGet = new HTTPGetActionArgs { Path = "/", Port = port },
        PeriodSeconds = 15,
        TimeoutSeconds = 5,
    };

    private static VolumeArgs HostPath(string name, string path) => new()
    {
        Name = name,
        HostPath = new HostPathVolumeSourceArgs { Path = path },
    };
}
