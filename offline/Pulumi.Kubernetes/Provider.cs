using Pulumi.Kubernetes.Types.Inputs.Provider;

namespace Pulumi.Kubernetes
{
    /// <summary>A connection to one cluster.</summary>
    [KubernetesResourceType("pulumi:providers:kubernetes")]
    public class Provider : ProviderResource
    {
        public Provider(string name, ProviderArgs? args = null, CustomResourceOptions? options = null)
            : base("kubernetes", name, args ?? new ProviderArgs(),
                CustomResourceOptions.Merge(new CustomResourceOptions { Version = KubernetesResource.Version }, options))
        {
        }
    }

    /// <summary>What a provider can be told. Some of it defaults to the environment, in tests too.</summary>
    public sealed class ProviderArgs : ResourceArgs
    {
        public ProviderArgs()
        {
            DeleteUnreachable = FromEnvironment("PULUMI_K8S_DELETE_UNREACHABLE");
            EnableConfigMapMutable = FromEnvironment("PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE");
            EnableSecretMutable = FromEnvironment("PULUMI_K8S_ENABLE_SECRET_MUTABLE");
            EnableServerSideApply = FromEnvironment("PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY");
            if (Environment.GetEnvironmentVariable("KUBECONFIG") is { } kubeConfig)
                KubeConfig = kubeConfig;
            SkipUpdateUnreachable = FromEnvironment("PULUMI_K8S_SKIP_UPDATE_UNREACHABLE");
            SuppressDeprecationWarnings = FromEnvironment("PULUMI_K8S_SUPPRESS_DEPRECATION_WARNINGS");
            SuppressHelmHookWarnings = FromEnvironment("PULUMI_K8S_SUPPRESS_HELM_HOOK_WARNINGS");
        }

        [Input("alwaysRender", json: true)]
        public Input<bool>? AlwaysRender { get; set; }

        [Input("cluster")]
        public Input<string>? Cluster { get; set; }

        /// <summary>What identifies the cluster when its address changes; without it a new address replaces everything.</summary>
        [Input("clusterIdentifier")]
        public Input<string>? ClusterIdentifier { get; set; }

        [Input("context")]
        public Input<string>? Context { get; set; }

        [Input("deleteUnreachable", json: true)]
        public Input<bool>? DeleteUnreachable { get; set; }

        /// <summary>ConfigMaps are changed in place instead of replaced.</summary>
        [Input("enableConfigMapMutable", json: true)]
        public Input<bool>? EnableConfigMapMutable { get; set; }

        [Input("enablePatchForce", json: true)]
        public Input<bool>? EnablePatchForce { get; set; }

        /// <summary>Secrets are changed in place instead of replaced.</summary>
        [Input("enableSecretMutable", json: true)]
        public Input<bool>? EnableSecretMutable { get; set; }

        [Input("enableServerSideApply", json: true)]
        public Input<bool>? EnableServerSideApply { get; set; }

        [Input("helmReleaseSettings", json: true)]
        public Input<HelmReleaseSettingsArgs>? HelmReleaseSettings { get; set; }

        [Input("kubeClientSettings", json: true)]
        public Input<KubeClientSettingsArgs>? KubeClientSettings { get; set; }

        /// <summary>A kubeconfig's content or path.</summary>
        [Input("kubeconfig")]
        public Input<string>? KubeConfig { get; set; }

        [Input("namespace")]
        public Input<string>? Namespace { get; set; }

        [Input("renderYamlToDirectory")]
        public Input<string>? RenderYamlToDirectory { get; set; }

        [Input("skipUpdateUnreachable", json: true)]
        public Input<bool>? SkipUpdateUnreachable { get; set; }

        [Input("suppressDeprecationWarnings", json: true)]
        public Input<bool>? SuppressDeprecationWarnings { get; set; }

        [Input("suppressHelmHookWarnings", json: true)]
        public Input<bool>? SuppressHelmHookWarnings { get; set; }

        [Input("upsertExistingObjects", json: true)]
        public Input<bool>? UpsertExistingObjects { get; set; }

        public static new ProviderArgs Empty => new();

        private static Input<bool>? FromEnvironment(string name)
            => Environment.GetEnvironmentVariable(name) switch
            {
                "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
                "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
                _ => null,
            };
    }
}

namespace Pulumi.Kubernetes.Types.Inputs.Provider
{
    /// <summary>Limits of the provider's requests.</summary>
    public class KubeClientSettingsArgs : ResourceArgs
    {
        [Input("burst")]
        public Input<int>? Burst { get; set; }

        /// <summary>Requests per second.</summary>
        [Input("qps")]
        public Input<double>? Qps { get; set; }

        /// <summary>Seconds a request may take.</summary>
        [Input("timeout")]
        public Input<int>? Timeout { get; set; }

        public static new KubeClientSettingsArgs Empty => new();
    }

    /// <summary>Where the provider keeps what Helm needs.</summary>
    public class HelmReleaseSettingsArgs : ResourceArgs
    {
        [Input("driver")]
        public Input<string>? Driver { get; set; }

        [Input("pluginsPath")]
        public Input<string>? PluginsPath { get; set; }

        [Input("registryConfigPath")]
        public Input<string>? RegistryConfigPath { get; set; }

        [Input("repositoryCache")]
        public Input<string>? RepositoryCache { get; set; }

        [Input("repositoryConfigPath")]
        public Input<string>? RepositoryConfigPath { get; set; }

        public static new HelmReleaseSettingsArgs Empty => new();
    }
}
