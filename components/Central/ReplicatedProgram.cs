using FleetPrometheus.Workloads;
using Pulumi;
using Pulumi.Kubernetes.Apps.V1;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Policy.V1;
using Pulumi.Kubernetes.Types.Inputs.Apps.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;
using Pulumi.Kubernetes.Types.Inputs.Policy.V1;

namespace FleetPrometheus.Central;

/// <summary>What the central programs have in common: a StatefulSet, mostly with storage, its Services, account and disruption budget.</summary>
internal sealed record ReplicatedProgram
{
    public required string Program { get; init; }

    public required Input<string> Namespace { get; init; }

    public required Replicas Addresses { get; init; }

    public required int Count { get; init; }

    /// <summary>Its persistent storage; null: it keeps nothing.</summary>
    public Storage? Storage { get; init; }

    /// <summary>The type of the Service that stands for all replicas. Default <c>ClusterIP</c>.</summary>
    public string ServiceType { get; init; } = "ClusterIP";

    /// <summary>The container, complete but for its security context and the mount of <see cref="DataPath"/>.</summary>
    public required ContainerArgs Container { get; init; }

    /// <summary>A further container of the pod, complete but for its security context. Default null: none.</summary>
    public ContainerArgs? Companion { get; init; }

    public required InputList<VolumeArgs> Volumes { get; init; }

    /// <summary>Where the persistent volume is mounted, where there is one.</summary>
    public string DataPath { get; init; } = "";

    /// <summary>How long the program may take to end.</summary>
    public required int TerminationGracePeriodSeconds { get; init; }

    public InputMap<string> PodAnnotations { get; init; } = new();

    /// <summary>Further ports of the headless Service.</summary>
    public InputList<ServicePortArgs> ReplicaPorts { get; init; } = new();

    /// <summary>Whether network policies allow <see cref="Incoming"/> and <see cref="Outgoing"/>.</summary>
    public required bool NetworkPolicies { get; init; }

    /// <summary>What may reach the pods, their web port aside: that is protected by itself, and for people, wherever they are.</summary>
    public IEnumerable<NetworkFlow> Incoming { get; init; } = [];

    /// <summary>What the pods may reach, names to resolve aside.</summary>
    public required IEnumerable<NetworkFlow> Outgoing { get; init; }

    /// <summary>Declares everything as children of a component.</summary>
    public void Declare(string name, ComponentResource parent)
    {
        var child = new CustomResourceOptions { Parent = parent };
        var labels = ObjectLabels.Of(Program, "central");
        var selector = ObjectLabels.Selector(Program);
        ObjectMetaArgs Metadata(string objectName) => new() { Name = objectName, Namespace = Namespace, Labels = labels };
        // The protocol is the default, but Kubernetes 1.20 can't apply a port server-side without it.
        ServicePortArgs Web() => new() { Name = "web", Port = Addresses.Port, TargetPort = "web", Protocol = "TCP" };

        var account = new ServiceAccount($"{name}-account", new ServiceAccountArgs
        {
            Metadata = Metadata(Program),
            AutomountServiceAccountToken = false,
        }, child);

        var spec = new ServiceSpecArgs
        {
            Selector = selector,
            Ports = Web(),
            SessionAffinity = "ClientIP", // replicas differ by a few samples: stay with one, or graphs flicker
        };
        if (ServiceType != "ClusterIP")
        {
            spec.Type = ServiceType;
        }

        _ = new Service($"{name}-service", new ServiceArgs { Metadata = Metadata(Program), Spec = spec }, child);

        var replicas = new Service($"{name}-replicas", new ServiceArgs
        {
            Metadata = Metadata(Addresses.HeadlessService),
            Spec = new ServiceSpecArgs
            {
                Selector = selector,
                ClusterIP = "None",
                PublishNotReadyAddresses = true, // members find each other, and are scraped, before they are ready
                Ports = new InputList<ServicePortArgs> { Web() }.Concat(ReplicaPorts),
            },
        }, child);

        Container.SecurityContext = PodSecurity.Container();
        if (Storage is not null)
        {
            Container.VolumeMounts.Add(new VolumeMountArgs { Name = "data", MountPath = DataPath });
        }

        var containers = new InputList<ContainerArgs> { Container };
        if (Companion is not null)
        {
            Companion.SecurityContext = PodSecurity.Container();
            containers.Add(Companion);
        }

        var pod = OwnPod.Of(account.Metadata.Apply(metadata => metadata.Name), ownsVolumes: true);
        pod.Affinity = PodPlacement.Apart(Program);
        pod.TerminationGracePeriodSeconds = TerminationGracePeriodSeconds;
        pod.Containers = containers;
        pod.Volumes = Volumes;
        _ = new StatefulSet($"{name}-statefulset", new StatefulSetArgs
        {
            Metadata = Metadata(Program),
            Spec = new StatefulSetSpecArgs
            {
                Replicas = Count,
                ServiceName = replicas.Metadata.Apply(metadata => metadata.Name),
                PodManagementPolicy = "Parallel", // replicas don't wait for each other to start; updates still go one by one
                UpdateStrategy = new StatefulSetUpdateStrategyArgs { Type = "RollingUpdate" },
                Selector = new LabelSelectorArgs { MatchLabels = selector },
                Template = new PodTemplateSpecArgs
                {
                    Metadata = new ObjectMetaArgs { Labels = labels, Annotations = PodAnnotations },
                    Spec = pod,
                },
                VolumeClaimTemplates = Storage is null ? new InputList<PersistentVolumeClaimArgs>() : Claim(Storage),
            },
        }, child);

        if (NetworkPolicies)
        {
            Workloads.NetworkPolicies.Allow(
                $"{name}-network", Namespace, Program, [new(NetworkPeers.Anyone, Addresses.Port), .. Incoming], [NetworkFlow.Dns, .. Outgoing], parent);
        }

        if (Count > 1)
        {
            _ = new PodDisruptionBudget($"{name}-budget", new PodDisruptionBudgetArgs
            {
                Metadata = Metadata(Program),
                Spec = new PodDisruptionBudgetSpecArgs
                {
                    MaxUnavailable = 1,
                    Selector = new LabelSelectorArgs { MatchLabels = selector },
                },
            }, child);
        }
    }

    private static PersistentVolumeClaimArgs Claim(Storage storage)
    {
        var spec = new PersistentVolumeClaimSpecArgs
        {
            AccessModes = "ReadWriteOnce",
            Resources = new VolumeResourceRequirementsArgs { Requests = { ["storage"] = storage.Size } },
        };
        if (storage.StorageClass is { } storageClass)
        {
            spec.StorageClassName = storageClass;
        }

        return new PersistentVolumeClaimArgs { Metadata = new ObjectMetaArgs { Name = "data" }, Spec = spec };
    }
}
