using System.Collections.Immutable;
using FleetPrometheus.Scraping;
using FleetPrometheus.Targets;
using FleetPrometheus.Workloads;
using Pulumi;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Apps.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;

namespace FleetPrometheus.Central;

/// <summary>What <see cref="Pushgateway"/> is given.</summary>
public sealed class PushgatewayArgs : ResourceArgs
{
    /// <summary>The namespace.</summary>
    [Input("namespace", required: true)]
    public Input<string> Namespace { get; set; } = null!;

    /// <summary>Everything else.</summary>
    public PushgatewayOptions Options { get; set; } = new();

    /// <summary>The network policies around it.</summary>
    public NetworkOptions Network { get; set; } = new();
}

/// <summary>A pushgateway, where jobs that end before a scrape could find them leave their metrics.</summary>
/// <remarks>
/// As the field runs it: one, for it is no store to be replicated; in memory, so that a restart forgets; open to every pod of the cluster,
/// none of which can write under another cluster's name.
/// </remarks>
public sealed class Pushgateway : ComponentResource
{
    /// <summary>The program's name, in object names, labels and the <c>job</c> label of its own metrics.</summary>
    public const string ProgramName = "pushgateway";

    /// <summary>The port it takes and serves metrics on.</summary>
    public const int Port = 9091;

    /// <summary>Declares the pushgateway.</summary>
    public Pushgateway(string name, PushgatewayArgs args, ComponentResourceOptions? options = null)
        : base("fleet-prometheus:central:Pushgateway", name, options)
    {
        var labels = ObjectLabels.Of(ProgramName, "central");
        var selector = ObjectLabels.Selector(ProgramName);
        var child = new CustomResourceOptions { Parent = this };
        ObjectMetaArgs Metadata() => new() { Name = ProgramName, Namespace = args.Namespace, Labels = labels };

        var account = new ServiceAccount($"{name}-account", new ServiceAccountArgs { Metadata = Metadata(), AutomountServiceAccountToken = false }, child);
        _ = new Service($"{name}-service", new ServiceArgs
        {
            Metadata = Metadata(),
            Spec = new ServiceSpecArgs
            {
                Selector = selector,
                Ports = new ServicePortArgs { Name = "web", Port = Port, TargetPort = "web", Protocol = "TCP" },
            },
        }, child);
        var pod = OwnPod.Of(account.Metadata.Apply(metadata => metadata.Name));
        pod.Containers = Container(args.Options);
        _ = new Pulumi.Kubernetes.Apps.V1.Deployment($"{name}-deployment", new DeploymentArgs
        {
            Metadata = Metadata(),
            Spec = new DeploymentSpecArgs
            {
                Replicas = 1,
                Strategy = new DeploymentStrategyArgs { Type = "Recreate" }, // of two, each would hold a part of what was pushed
                Selector = new LabelSelectorArgs { MatchLabels = selector },
                Template = new PodTemplateSpecArgs
                {
                    Metadata = new ObjectMetaArgs { Labels = labels },
                    Spec = pod,
                },
            },
        }, child);

        if (args.Network.Policies)
        {
            NetworkPolicies.Allow($"{name}-network", args.Namespace, ProgramName, [new(NetworkPeers.Anyone, Port)], [], this);
        }

        RegisterOutputs();
    }

    /// <summary>The job by which it is scraped: what was pushed keeps the job and instance that it was pushed with.</summary>
    /// <param name="place">Its namespace.</param>
    internal static PodProxyJob Job(string place) => new(ProgramName)
    {
        Namespace = place,
        Selector = ObjectLabels.Selector(ProgramName).ToImmutableSortedDictionary(StringComparer.Ordinal),
        Port = Port,
        HonorLabels = true,
    };

    private static ContainerArgs Container(PushgatewayOptions options) => new()
    {
        Name = ProgramName,
        Image = options.Image,
        Args = { $"--web.listen-address=:{Port}" },
        Ports = new ContainerPortArgs { Name = "web", ContainerPortValue = Port },
        LivenessProbe = Probe("/-/healthy", periodSeconds: 30),
        ReadinessProbe = Probe("/-/ready", periodSeconds: 15),
        Resources = options.Resources.ToArgs(),
        SecurityContext = PodSecurity.Container(),
    };

    private static ProbeArgs Probe(string path, int periodSeconds) => new()
    {
        HttpGet = new HTTPGetActionArgs { Path = path, Port = "web" },
        PeriodSeconds = periodSeconds,
        TimeoutSeconds = 5,
    };
}
