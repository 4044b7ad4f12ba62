using FleetPrometheus.Workloads;
using Pulumi;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Apps.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;
using Pulumi.Kubernetes.Types.Inputs.Rbac.V1;

namespace FleetPrometheus.Targets;

/// <summary>What <see cref="KubeStateMetrics"/> is given.</summary>
public sealed class KubeStateMetricsArgs : ResourceArgs
{
    /// <summary>The namespace.</summary>
    [Input("namespace", required: true)]
    public Input<string> Namespace { get; set; } = null!;

    /// <summary>Everything else; its <see cref="ExporterOptions.Namespace"/> is not read here.</summary>
    public KubeStateMetricsOptions Options { get; set; } = new();

    /// <summary>The network policies around it.</summary>
    public NetworkOptions Network { get; set; } = new();

    /// <summary>Whose pods scrape it at its own address. Default null: it is reached through the API server only.</summary>
    internal NetworkPeers? Reader { get; set; }
}

/// <summary>kube-state-metrics, with the right to list and watch exactly the resources it exports.</summary>
public sealed class KubeStateMetrics : ComponentResource
{
    /// <summary>The program's name, in object names, labels and the <c>job</c> label.</summary>
    public const string ProgramName = "kube-state-metrics";

    /// <summary>Declares kube-state-metrics.</summary>
    public KubeStateMetrics(string name, KubeStateMetricsArgs args, ComponentResourceOptions? options = null)
        : base("fleet-prometheus:targets:KubeStateMetrics", name, options)
    {
        var settings = args.Options;
        var labels = ObjectLabels.Of(ProgramName, "exporter");
        var child = new CustomResourceOptions { Parent = this };

        var account = new ServiceAccount($"{name}-account", new ServiceAccountArgs
        {
            Metadata = new ObjectMetaArgs { Name = ProgramName, Namespace = args.Namespace, Labels = labels },
            AutomountServiceAccountToken = false,
        }, child);
        var accountName = account.Metadata.Apply(metadata => metadata.Name);

        // Cluster-wide objects carry the project's name, so as not to collide with a kube-state-metrics that is already there.
        var clusterWide = new ObjectMetaArgs { Name = $"{ObjectLabels.Project}-{ProgramName}", Labels = labels };
        ClusterRights.Declare(
            $"{name}-", clusterWide, KubeStateMetricsRules.For(settings.ExportedResources),
            new SubjectArgs { Kind = "ServiceAccount", Name = accountName, Namespace = args.Namespace }, child);

        var pod = OwnPod.Of(accountName);
        pod.Tolerations = settings.Tolerations.ToArgs();
        pod.Containers = Container(settings);
        pod.Volumes = AccountToken.Volume();
        if (settings.PriorityClassName is { } priorityClass)
        {
            pod.PriorityClassName = priorityClass;
        }

        _ = new Pulumi.Kubernetes.Apps.V1.Deployment($"{name}-deployment", new DeploymentArgs
        {
            Metadata = new ObjectMetaArgs { Name = ProgramName, Namespace = args.Namespace, Labels = labels },
            Spec = new DeploymentSpecArgs
            {
                Replicas = 1,
                // Two at once would count every object twice; a gap of seconds goes unnoticed.
                Strategy = new DeploymentStrategyArgs { Type = "Recreate" },
                Selector = new LabelSelectorArgs { MatchLabels = ObjectLabels.Selector(ProgramName) },
                Template = new PodTemplateSpecArgs
                {
                    Metadata = new ObjectMetaArgs { Labels = labels.SetItems(settings.Labels) },
                    Spec = pod,
                },
            },
        }, child);

        if (args.Network.Policies)
        {
            NetworkPolicies.Allow(
                $"{name}-network",
                args.Namespace,
                ProgramName,
                [new(args.Reader ?? NetworkPeers.ControlPlane(args.Network), settings.Port)],
                [NetworkFlow.ToApiServer(args.Network)],
                this);
        }

        RegisterOutputs();
    }

    private static ContainerArgs Container(KubeStateMetricsOptions settings) => new()
    {
        Name = ProgramName,
        Image = settings.Image,
        Args = CommandLine(settings),
        Ports =
        {
            new ContainerPortArgs { Name = "metrics", ContainerPortValue = settings.Port },
            new ContainerPortArgs { Name = "telemetry", ContainerPortValue = settings.TelemetryPort },
        },
        LivenessProbe = Probe("/livez", settings.Port),
        ReadinessProbe = Probe("/readyz", settings.TelemetryPort),
        Resources = settings.Resources.ToArgs(),
        SecurityContext = PodSecurity.Container(),
        VolumeMounts = AccountToken.Mount(),
    };

    private static string[] CommandLine(KubeStateMetricsOptions settings) =>
    [
        $"--port={settings.Port}",
        $"--telemetry-port={settings.TelemetryPort}",
        // It is most of what a cluster sends; without this it is sent as it is, whatever Prometheus asks for.
        "--enable-gzip-encoding",
        $"--resources={string.Join(',', settings.ExportedResources.Distinct().Order(StringComparer.Ordinal))}",
        .. settings.ExtraArgs,
    ];

    private static ProbeArgs Probe(string path, int port) => new()
    {
        HttpGet = new HTTPGetActionArgs { Path = path, Port = port },
        InitialDelaySeconds = 5,
        PeriodSeconds = 15,
        TimeoutSeconds = 5,
    };
}
