using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>One kind of Kubernetes object: where the API serves it. The table <see cref="All"/> is all that the lab knows of kinds.</summary>
/// <param name="Group">The API group; empty for the core group.</param>
/// <param name="Version">The group's version, such as <c>v1</c>.</param>
/// <param name="Plural">The name in paths, such as <c>pods</c>.</param>
/// <param name="Name">The name in objects, such as <c>Pod</c>.</param>
/// <param name="Namespaced">Whether objects live in a namespace.</param>
/// <param name="ShortNames">What kubectl users type, separated by commas.</param>
public sealed record KubeKind(string Group, string Version, string Plural, string Name, bool Namespaced, string ShortNames = "")
{
    public static readonly KubeKind Namespace = new("", "v1", "namespaces", "Namespace", false, "ns");
    public static readonly KubeKind Node = new("", "v1", "nodes", "Node", false, "no");
    public static readonly KubeKind Pod = new("", "v1", "pods", "Pod", true, "po");
    public static readonly KubeKind Service = new("", "v1", "services", "Service", true, "svc");
    public static readonly KubeKind Endpoints = new("", "v1", "endpoints", "Endpoints", true, "ep");
    public static readonly KubeKind ServiceAccount = new("", "v1", "serviceaccounts", "ServiceAccount", true, "sa");
    public static readonly KubeKind Secret = new("", "v1", "secrets", "Secret", true);
    public static readonly KubeKind ConfigMap = new("", "v1", "configmaps", "ConfigMap", true, "cm");
    public static readonly KubeKind PersistentVolume = new("", "v1", "persistentvolumes", "PersistentVolume", false, "pv");
    public static readonly KubeKind PersistentVolumeClaim = new("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", true, "pvc");
    public static readonly KubeKind ResourceQuota = new("", "v1", "resourcequotas", "ResourceQuota", true, "quota");
    public static readonly KubeKind LimitRange = new("", "v1", "limitranges", "LimitRange", true, "limits");
    public static readonly KubeKind DaemonSet = new("apps", "v1", "daemonsets", "DaemonSet", true, "ds");
    public static readonly KubeKind Deployment = new("apps", "v1", "deployments", "Deployment", true, "deploy");
    public static readonly KubeKind ReplicaSet = new("apps", "v1", "replicasets", "ReplicaSet", true, "rs");
    public static readonly KubeKind StatefulSet = new("apps", "v1", "statefulsets", "StatefulSet", true, "sts");
    public static readonly KubeKind Job = new("batch", "v1", "jobs", "Job", true);
    public static readonly KubeKind CronJob = new("batch", "v1", "cronjobs", "CronJob", true, "cj");
    public static readonly KubeKind HorizontalPodAutoscaler = new("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", true, "hpa");
    public static readonly KubeKind EndpointSlice = new("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true);
    public static readonly KubeKind NetworkPolicy = new("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", true, "netpol");
    public static readonly KubeKind Ingress = new("networking.k8s.io", "v1", "ingresses", "Ingress", true, "ing");
    public static readonly KubeKind PodDisruptionBudget = new("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", true, "pdb");
    public static readonly KubeKind Role = new("rbac.authorization.k8s.io", "v1", "roles", "Role", true);
    public static readonly KubeKind RoleBinding = new("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", true);
    public static readonly KubeKind ClusterRole = new("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false);
    public static readonly KubeKind ClusterRoleBinding = new("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", false);
    public static readonly KubeKind StorageClass = new("storage.k8s.io", "v1", "storageclasses", "StorageClass", false, "sc");

    /// <summary>Every kind, in an order in which objects of them can be applied.</summary>
    public static readonly ImmutableArray<KubeKind> All =
    [
        Namespace, Node, StorageClass, PersistentVolume, ServiceAccount, ClusterRole, ClusterRoleBinding, Role, RoleBinding,
        ResourceQuota, LimitRange, Secret, ConfigMap, PersistentVolumeClaim, Service, Endpoints, EndpointSlice, NetworkPolicy,
        PodDisruptionBudget, DaemonSet, Deployment, ReplicaSet, StatefulSet, HorizontalPodAutoscaler, Job, CronJob, Ingress, Pod,
    ];

    /// <summary>The <c>apiVersion</c> of its objects.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The root of the API that serves it, without a slash at its ends.</summary>
    public string Root => Group.Length == 0 ? $"api/{Version}" : $"apis/{Group}/{Version}";

    /// <summary>The kind of an object.</summary>
    /// <exception cref="ArgumentException">The lab does not know this kind.</exception>
    public static KubeKind Of(JsonObject obj) =>
        All.FirstOrDefault(kind => kind.Name == obj.Text("kind") && kind.ApiVersion == obj.Text("apiVersion"))
        ?? throw new ArgumentException($"the lab knows no kind {obj.Text("kind")} in {obj.Text("apiVersion")}: add it to the table in KubeKind");

    /// <summary>The path of a collection, or of one object when a name is given, relative to the server's address.</summary>
    /// <param name="ns">The namespace; null for kinds without one and for all namespaces.</param>
    /// <param name="name">The object; null for the collection.</param>
    /// <param name="subresource">Such as <c>status</c>.</param>
    public string Path(string? ns, string? name = null, string? subresource = null)
    {
        var path = Root;
        if (ns is not null) path += $"/namespaces/{ns}";
        path += $"/{Plural}";
        if (name is not null) path += $"/{name}";
        return subresource is null ? path : $"{path}/{subresource}";
    }

    /// <inheritdoc/>
    public override string ToString() => Group.Length == 0 ? Plural : $"{Plural}.{Group}";
}
