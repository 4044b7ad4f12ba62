using System.Collections.Immutable;
using FleetPrometheus.Scraping;
using FleetPrometheus.Validation;
using FleetPrometheus.Workloads;
using Pulumi;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Apps.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;
using Pulumi.Kubernetes.Types.Inputs.Rbac.V1;
using Pulumi.Random;

namespace FleetPrometheus.Targets;

/// <summary>What <see cref="PushAgent"/> is given.</summary>
public sealed class PushAgentArgs : ResourceArgs
{
    /// <summary>The namespace.</summary>
    [Input("namespace", required: true)]
    public Input<string> Namespace { get; set; } = null!;

    /// <inheritdoc cref="ScrapeAccessArgs.Namespaces"/>
    public ImmutableDictionary<string, Input<string>> Namespaces { get; set; } = ImmutableDictionary<string, Input<string>>.Empty;

    /// <summary>What it scrapes; its rights are derived from this.</summary>
    public required InsideCluster Cluster { get; set; }

    /// <summary>The network policies around it.</summary>
    public NetworkOptions Network { get; set; } = new();

    /// <summary>Everything else.</summary>
    public required PushOptions Options { get; set; }

    /// <inheritdoc cref="ScrapeAccessArgs.TokenGeneration"/>
    public int Generation { get; set; } = 1;
}

/// <summary>
/// A Prometheus agent that scrapes its cluster from inside and sends everything to the centre. It comes to the API server with a token that
/// Kubernetes renews, and to the centre with a password of its cluster's own.
/// </summary>
/// <remarks>
/// While the centre is away, the agent keeps what it scrapes for up to <see cref="Buffer"/>. It does so in memory and in files that only its
/// own run reads: an agent that starts again sends what it scrapes from then on. So its files are an emptyDir, because a persistent volume
/// would save nothing.
/// </remarks>
public sealed class PushAgent : ComponentResource
{
    /// <summary>The program's name, in object names, labels and the <c>job</c> label.</summary>
    public const string ProgramName = "prometheus-agent";

    /// <summary>The port it serves its own metrics on.</summary>
    public const int Port = 9090;

    /// <summary>How long it keeps what it could not send. The centre takes samples that are as old.</summary>
    public static readonly TimeSpan Buffer = TimeSpan.FromHours(4);

    private const string ConfigurationDirectory = "/etc/prometheus";
    private const string CredentialDirectory = "/etc/prometheus/push";
    private const string DataDirectory = "/prometheus";
    private const string PasswordFile = "password";

    /// <summary>The password in use; a secret.</summary>
    public Output<string> Password { get; }

    /// <summary>The password of the next generation; a secret, which the cluster does not hold yet.</summary>
    public Output<string> NextPassword { get; }

    /// <summary>Declares the agent.</summary>
    public PushAgent(string name, PushAgentArgs args, ComponentResourceOptions? options = null)
        : base("fleet-prometheus:targets:PushAgent", name, options)
    {
        var labels = ObjectLabels.Of(ProgramName, "agent");
        var child = new CustomResourceOptions { Parent = this };
        ObjectMetaArgs Metadata() => new() { Name = ProgramName, Namespace = args.Namespace, Labels = labels };

        Password = DeclarePassword(name, args.Generation);
        NextPassword = DeclarePassword(name, args.Generation + 1);

        var account = new ServiceAccount($"{name}-account", new ServiceAccountArgs { Metadata = Metadata(), AutomountServiceAccountToken = false }, child);
        var accountName = account.Metadata.Apply(metadata => metadata.Name);
        new ScrapeRights
        {
            RoleName = $"{ObjectLabels.Project}-{ProgramName}",
            Rules = ScrapeRules.ForInside(args.Cluster.Jobs),
            Account = new SubjectArgs { Kind = "ServiceAccount", Name = accountName, Namespace = args.Namespace },
            Namespaces = args.Namespaces,
        }.Declare(name, this);

        var configuration = new ConfigMap($"{name}-config", new ConfigMapArgs
        {
            Metadata = Metadata(),
            Data =
            {
                [AgentFile.Name] = AgentFile.Render(new AgentConfiguration
                {
                    Cluster = args.Cluster,
                    ScrapeInterval = args.Options.ScrapeInterval,
                    Url = args.Options.WriteUrl,
                    CaCertificate = args.Options.CaCertificate,
                    PasswordFile = $"{CredentialDirectory}/{PasswordFile}",
                }),
            },
        }, child);
        var credential = new Secret($"{name}-credential", new SecretArgs
        {
            Metadata = Metadata(),
            Data = SecretData.Of(Password.Apply(password => ImmutableDictionary<string, string>.Empty.Add(PasswordFile, password))),
        }, child);

        var pod = OwnPod.Of(accountName, ownsVolumes: true);
        pod.TerminationGracePeriodSeconds = 90; // when it ends it sends what it has, for a minute at most
        pod.Containers = Container(args.Options);
        pod.Volumes = new()
        {
            new VolumeArgs { Name = "config", ConfigMap = new ConfigMapVolumeSourceArgs { Name = configuration.Metadata.Apply(metadata => metadata.Name) } },
            SecretVolume.Of("push", credential),
            new VolumeArgs { Name = "data", EmptyDir = new EmptyDirVolumeSourceArgs() },
            AccountToken.Volume(),
        };
        _ = new Pulumi.Kubernetes.Apps.V1.Deployment($"{name}-deployment", new DeploymentArgs
        {
            Metadata = Metadata(),
            Spec = new DeploymentSpecArgs
            {
                Replicas = 1,
                // Two at once would send everything twice, at other times.
                Strategy = new DeploymentStrategyArgs { Type = "Recreate" },
                Selector = new LabelSelectorArgs { MatchLabels = ObjectLabels.Selector(ProgramName) },
                Template = new PodTemplateSpecArgs
                {
                    Metadata = new ObjectMetaArgs { Labels = labels },
                    Spec = pod,
                },
            },
        }, child);

        if (args.Network.Policies)
        {
            var own = new NetworkFlow(NetworkPeers.Program(ProgramName), Port);
            NetworkPolicies.Allow(
                $"{name}-network", args.Namespace, ProgramName, [own],
                [
                    NetworkFlow.Dns,
                    NetworkFlow.ToApiServer(args.Network),
                    // Annotations name any port.
                    new(NetworkPeers.Anyone, args.Cluster.Jobs.Any(job => job is AnnotatedPodsJob) ? [] : [.. ScrapedPorts.Of(args.Cluster).Add(args.Options.WriteUrl.Port)]),
                ],
                this);
        }

        RegisterOutputs();
    }

    /// <summary>The job by which the agent scrapes itself.</summary>
    /// <param name="place">Its namespace.</param>
    internal static PodProxyJob OwnJob(string place) => new(ProgramName)
    {
        Namespace = place,
        Selector = ObjectLabels.Selector(ProgramName).ToImmutableSortedDictionary(StringComparer.Ordinal),
        Port = Port,
    };

    private static ContainerArgs Container(PushOptions options) => new()
    {
        Name = ProgramName,
        Image = options.Image,
        Args =
        {
            "--agent",
            $"--config.file={ConfigurationDirectory}/{AgentFile.Name}",
            "--enable-feature=auto-reload-config",
            $"--storage.agent.path={DataDirectory}",
            $"--storage.agent.retention.max-time={PrometheusDuration.Format(Buffer)}",
            $"--web.listen-address=:{Port}",
        },
        Ports = new ContainerPortArgs { Name = "web", ContainerPortValue = Port },
        LivenessProbe = Probe("/-/healthy", periodSeconds: 30),
        ReadinessProbe = Probe("/-/ready", periodSeconds: 15),
        Resources = options.Resources.ToArgs(),
        SecurityContext = PodSecurity.Container(),
        VolumeMounts =
        {
            new VolumeMountArgs { Name = "config", MountPath = ConfigurationDirectory, ReadOnly = true },
            new VolumeMountArgs { Name = "push", MountPath = CredentialDirectory, ReadOnly = true },
            new VolumeMountArgs { Name = "data", MountPath = DataDirectory },
            AccountToken.Mount(),
        },
    };

    private static ProbeArgs Probe(string path, int periodSeconds) => new()
    {
        HttpGet = new HTTPGetActionArgs { Path = path, Port = "web" },
        PeriodSeconds = periodSeconds,
        TimeoutSeconds = 5,
        FailureThreshold = 6,
    };

    /// <summary>One generation's password. Its name carries the generation, so that a rotation only creates one and deletes one.</summary>
    private Output<string> DeclarePassword(string name, int generation) => Output.CreateSecret(new RandomPassword($"{name}-password-{generation}", new RandomPasswordArgs
    {
        Length = 32,
        Special = false,
        Keepers = { ["generation"] = $"{generation}" },
    }, new CustomResourceOptions { Parent = this }).Result);
}
