using System.Collections.Immutable;
using FleetPrometheus.Targets;
using FleetPrometheus.Workloads;
using Pulumi;
using Pulumi.Kubernetes;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;

namespace FleetPrometheus.TeamStack;

/// <summary>A team's cluster: the team's own namespaces, and what the fleet's central Prometheus needs to watch it.</summary>
public static class ShopCluster
{
    /// <summary>Declares the cluster's resources.</summary>
    /// <param name="kubeconfig">The contents of the cluster's kubeconfig.</param>
    /// <param name="apiServer">The address at which the central Prometheus reaches the API server.</param>
    /// <returns>The stack's outputs; the central stack lists this stack by its full name.</returns>
    public static IDictionary<string, object?> Declare(Input<string> kubeconfig, string apiServer)
    {
        var provider = new Provider("cluster", new ProviderArgs
        {
            KubeConfig = kubeconfig,
            ClusterIdentifier = "shop", // else another address of the same cluster would replace everything in it
            EnableSecretMutable = true,
            EnableConfigMapMutable = true,
        });

        DeclareNamespace("shop", "team", PodSecurityLevel.Restricted, provider);

        // The team's policy wants its cost centre on every namespace, so it declares this one itself and hands it over.
        var exporters = DeclareNamespace("fleet-exporters", "monitoring", PodSecurityLevel.Restricted, provider);

        var cluster = new TargetCluster("shop", new TargetClusterArgs
        {
            ClusterName = "shop",
            ApiServer = apiServer,
            ClusterLabels = new Dictionary<string, string> { ["team"] = "shop" }.ToImmutableSortedDictionary(StringComparer.Ordinal),
            OwnNamespaces = ImmutableDictionary<string, Namespace>.Empty.Add("fleet-exporters", exporters),
            // The cluster came with a node-exporter of its own.
            NodeExporter = new NodeExporterOptions { Mode = ExporterMode.Adopt },
        }, new ComponentResourceOptions { Provider = provider });

        return cluster.StackOutputs();
    }

    private static Namespace DeclareNamespace(string name, string costCentre, PodSecurityLevel level, ProviderResource provider) => new(
        name,
        new NamespaceArgs
        {
            Metadata = new ObjectMetaArgs
            {
                Name = name,
                Labels = PodSecurity.NamespaceLabels(level).SetItem("cost-centre", costCentre),
            },
        },
        new CustomResourceOptions { Provider = provider });
}
