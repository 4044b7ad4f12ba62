using System.Collections.Immutable;
using FleetPrometheus.Scraping;
using FleetPrometheus.Workloads;
using Pulumi;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;

namespace FleetPrometheus.Central;

/// <summary>What <see cref="GlobalQuery"/> is given.</summary>
public sealed class GlobalQueryArgs : ResourceArgs
{
    /// <summary>The namespace.</summary>
    [Input("namespace", required: true)]
    public Input<string> Namespace { get; set; } = null!;

    /// <summary>Settings of the pods.</summary>
    public required GlobalQueryOptions Options { get; set; }

    /// <summary>Settings of the Prometheus that are asked, some of which it shares.</summary>
    public required PrometheusOptions Prometheus { get; set; }

    /// <summary>The names and addresses of the pods.</summary>
    public required Replicas Addresses { get; set; }

    /// <summary>The Prometheus that are asked.</summary>
    public required ImmutableArray<Replicas> Shards { get; set; }

    /// <summary>The network policies around the pods.</summary>
    public NetworkOptions Network { get; set; } = new();

    /// <summary>Who may use its web endpoints, and as whom it asks.</summary>
    public required WebAccess Web { get; set; }
}

/// <summary>
/// A Prometheus that scrapes nothing and has every query answered from all shards, each by whichever of its replicas its Service leads to. While a
/// shard is away, the others' answers come with a warning.
/// </summary>
public sealed class GlobalQuery : ComponentResource
{
    /// <summary>The program's name, in object names and labels.</summary>
    public const string ProgramName = "prometheus-query";

    /// <summary>Declares it.</summary>
    public GlobalQuery(string name, GlobalQueryArgs args, ComponentResourceOptions? options = null)
        : base("fleet-prometheus:central:GlobalQuery", name, options)
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
            Metadata = Metadata($"{ProgramName}-config"),
            Data =
            {
                [ConfigurationPaths.Main] = GlobalQueryFile.Render(
                    [.. args.Shards.Select(shard => (shard.Program, shard.Address))], args.Web.User, args.Web.Tls?.Names.Prometheus, args.Prometheus.EvaluationInterval),
            },
        }, child);
        var web = new Secret($"{name}-web", new SecretArgs
        {
            Metadata = Metadata($"{ProgramName}-web"),
            Data = SecretData.Of(args.Web.Files),
        }, child);

        List<VolumeMountArgs> mounts =
        [
            new() { Name = "config", MountPath = Prometheus.ConfigurationDirectory, ReadOnly = true },
            Prometheus.Mount("web", Path.GetDirectoryName(ConfigurationPaths.Web)!),
            new() { Name = "data", MountPath = Prometheus.DataDirectory },
        ];
        var volumes = new InputList<VolumeArgs>
        {
            new VolumeArgs { Name = "config", ConfigMap = new ConfigMapVolumeSourceArgs { Name = configuration.Metadata.Apply(metadata => metadata.Name) } },
            SecretVolume.Of("web", web),
            new VolumeArgs { Name = "data", EmptyDir = new EmptyDirVolumeSourceArgs() },
        };
        if (args.Web.Tls is { } tls)
        {
            mounts.Add(CertificateVolume.Mount(Prometheus.ConfigurationDirectory));
            volumes.Add(CertificateVolume.Of(tls.SecretName));
        }

        new ReplicatedProgram
        {
            Program = ProgramName,
            Namespace = args.Namespace,
            Addresses = args.Addresses,
            Count = args.Options.Replicas,
            Container = Prometheus.Container(
                args.Prometheus.Image, args.Options.Resources, args.Web, Prometheus.CommandLine(args.Prometheus, storage: [], receivesSamples: false), [.. mounts]),
            NetworkPolicies = args.Network.Policies,
            Outgoing = args.Shards.Select(shard => new NetworkFlow(NetworkPeers.Program(shard.Program), Prometheus.Port)),
            TerminationGracePeriodSeconds = 30,
            Volumes = volumes,
        }.Declare(name, this);

        RegisterOutputs();
    }
}
