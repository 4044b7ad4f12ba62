using System.Collections.Immutable;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Infra.Settings;

/// <summary>The forms of label mappings.</summary>
internal static class LabelForms
{
    /// <summary>Labels that exporters use; one of the operator's would push theirs aside (<c>exported_pod</c>), and rules would no longer match.</summary>
    private static readonly ImmutableHashSet<string> Exporters = ["container", "le", "namespace", "pod", "quantile", "service"];

    /// <summary>Prometheus labels that are put on series.</summary>
    public static readonly Form<ImmutableSortedDictionary<string, string>> Prometheus = new MapForm("labels", RefusePrometheusName, Scalars.LabelValue);

    /// <summary>Kubernetes labels of pods.</summary>
    public static readonly Form<ImmutableSortedDictionary<string, string>> Kubernetes = new MapForm("Kubernetes labels", RefuseKubernetesName, Scalars.KubernetesLabelValue);

    private static string? RefusePrometheusName(string name) =>
        Checks.OwnLabelName(name) ?? (Exporters.Contains(name) ? "is a label that exporters use; choose another name" : null);

    private static string? RefuseKubernetesName(string name) =>
        KubernetesNames.IsLabelKey(name) ? null : "is not a Kubernetes label name, such as team or example.com/team";
}
