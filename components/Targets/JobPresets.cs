using System.Collections.Immutable;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Targets;

/// <summary>Where well-known programs usually run and serve metrics. Data to start from: every field can be given another value.</summary>
public static class JobPresets
{
    /// <summary>CoreDNS as kubeadm, k3s and most distributions install it.</summary>
    public static PodProxyJob CoreDns { get; } = new("coredns") { Namespace = "kube-system", Selector = Label("k8s-app", "kube-dns"), Port = 9153 };

    /// <summary>Traefik as k3s installs it; its own Helm chart has the same labels and port, in whichever namespace it was given.</summary>
    public static PodProxyJob Traefik { get; } = new("traefik") { Namespace = "kube-system", Selector = Label("app.kubernetes.io/name", "traefik"), Port = 9100 };

    /// <summary>ingress-nginx by its own Helm chart, whose <c>controller.metrics.enabled</c> must be set.</summary>
    public static PodProxyJob IngressNginx { get; } = new("ingress-nginx")
    {
        Namespace = "ingress-nginx",
        Selector = Label("app.kubernetes.io/name", "ingress-nginx").Add("app.kubernetes.io/component", "controller"),
        Port = 10254,
    };

    /// <summary>
    /// etcd as kubeadm runs it, on the nodes of the control plane. Reachable only where it serves metrics beyond loopback
    /// (<c>--listen-metrics-urls=http://0.0.0.0:2381</c>; kubeadm's own is 127.0.0.1) and its pod declares the port. Managed clusters hide it.
    /// </summary>
    public static PodProxyJob Etcd { get; } = new("etcd") { Namespace = "kube-system", Selector = Label("component", "etcd"), Port = 2381, Instance = InstanceFrom.Node };

    /// <summary>All presets by name.</summary>
    public static ImmutableSortedDictionary<string, PodProxyJob> All { get; } =
        new[] { CoreDns, Traefik, IngressNginx, Etcd }.ToImmutableSortedDictionary(job => job.Name, job => job, StringComparer.Ordinal);

    private static ImmutableSortedDictionary<string, string> Label(string key, string value) =>
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add(key, value);
}
