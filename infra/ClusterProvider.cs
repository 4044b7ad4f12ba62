using Pulumi;
using Pulumi.Kubernetes;

namespace FleetPrometheus.Infra;

/// <summary>The Kubernetes provider of a stack's own cluster, explicit, so that nothing is ever applied to whatever cluster kubectl points at.</summary>
public static class ClusterProvider
{
    /// <summary>
    /// The provider's identity. The engine compares it with the same stack's former one and replaces every resource when it differs; so it
    /// holds nothing that may change, neither an address nor the cluster's, the stack's or the project's name.
    /// </summary>
    public const string Identifier = "fleet-prometheus";

    /// <summary>Declares the provider.</summary>
    public static Provider Declare(ClusterAccess access) => new("cluster", Arguments(access));

    /// <summary>What the provider is told. A kubeconfig's contents are secret; one in files stays there, and no credential gets into the state.</summary>
    public static ProviderArgs Arguments(ClusterAccess access)
    {
        var args = new ProviderArgs
        {
            // Else the SDK would fill in the environment's KUBECONFIG, which differs between machines and may name several files.
            KubeConfig = null,
            Context = access.Context,
            ClusterIdentifier = Identifier,
            EnableServerSideApply = true,
            // Else every change of a ConfigMap or Secret would delete it and create it anew.
            EnableConfigMapMutable = true,
            EnableSecretMutable = true,
        };
        if (access.Contents is { } contents)
        {
            args.KubeConfig = Output.CreateSecret(contents.Reveal());
        }
        else if (access.Path is { } path)
        {
            args.KubeConfig = path;
        }

        return args;
    }
}
