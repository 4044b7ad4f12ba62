using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace FleetPrometheus.Infra.Settings;

/// <summary>The forms of label mappings.</summary>
internal static partial class LabelForms
{
    /// <summary>Labels that scraping or the exporters set themselves; one of the operator's would clash with them or push them aside.</summary>
    private static readonly ImmutableHashSet<string> Taken =
    [
        "cluster", "container", "instance", "job", "le", "metrics_path", "namespace", "node", "pod", "quantile", "replica", "service",
    ];

    /// <summary>Prometheus labels that are put on series.</summary>
    public static readonly Form<ImmutableSortedDictionary<string, string>> Prometheus = new MapForm("labels", RefusePrometheusName, Scalars.Text);

    /// <summary>Kubernetes labels of pods.</summary>
    public static readonly Form<ImmutableSortedDictionary<string, string>> Kubernetes = new MapForm("Kubernetes labels", RefuseKubernetesName, Scalars.KubernetesLabelValue);

    private static string? RefusePrometheusName(string name) =>
        !PrometheusName().IsMatch(name) || name.StartsWith("__", StringComparison.Ordinal)
            ? "is not a label name: use letters, digits and '_', not beginning with a digit or '__'"
            : Taken.Contains(name) ? "is a label that fleet-prometheus or an exporter sets itself; choose another name" : null;

    private static string? RefuseKubernetesName(string name) =>
        KubernetesName().IsMatch(name) ? null : "is not a Kubernetes label name, such as team or example.com/team";

    [GeneratedRegex(@"\A[a-zA-Z_][a-zA-Z0-9_]*\z")]
    private static partial Regex PrometheusName();

    [GeneratedRegex(@"\A([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?\z")]
    private static partial Regex KubernetesName();
}
