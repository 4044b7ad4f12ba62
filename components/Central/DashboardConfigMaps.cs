using System.Collections.Immutable;
using FleetPrometheus.Dashboards;
using FleetPrometheus.Workloads;
using Pulumi;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;

namespace FleetPrometheus.Central;

/// <summary>The dashboards as ConfigMaps, one each, with the label by which the usual sidecar of a Grafana finds them.</summary>
public sealed class DashboardConfigMaps : ComponentResource
{
    /// <summary>The sidecar's label; its value is <c>1</c>.</summary>
    public const string SidecarLabel = "grafana_dashboard";

    /// <summary>The names of the ConfigMaps.</summary>
    public ImmutableArray<Output<string>> Names { get; }

    /// <summary>Declares the ConfigMaps.</summary>
    public DashboardConfigMaps(string name, Input<string> inNamespace, ComponentResourceOptions? options = null)
        : base("fleet-prometheus:central:DashboardConfigMaps", name, options)
    {
        Names =
        [
            .. FleetDashboards.Render().Select(file => new ConfigMap($"{name}-{Path.GetFileNameWithoutExtension(file.Name)}", new ConfigMapArgs
            {
                Metadata = new ObjectMetaArgs
                {
                    Name = $"grafana-dashboard-{Path.GetFileNameWithoutExtension(file.Name)}",
                    Namespace = inNamespace,
                    Labels = ObjectLabels.Of("grafana", "dashboard").SetItem(SidecarLabel, "1"),
                    Annotations = { ["grafana_folder"] = "Fleet" },
                },
                Data = { [file.Name] = file.Text },
            }, new CustomResourceOptions { Parent = this }).Metadata.Apply(metadata => metadata.Name)),
        ];
        RegisterOutputs();
    }
}
