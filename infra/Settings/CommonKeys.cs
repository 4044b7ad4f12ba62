using System.Collections.Immutable;
using FleetPrometheus.Central;
using FleetPrometheus.Targets;

namespace FleetPrometheus.Infra.Settings;

/// <summary>The keys that every stack has, and those that several settings share.</summary>
internal static class CommonKeys
{
    /// <summary>The key that says which of the two programs a stack is.</summary>
    public const string Role = "role";

    /// <summary>How the role is written.</summary>
    public static readonly Form<Role> RoleForm = Scalars.Choice(("target", Settings.Role.Target), ("central", Settings.Role.Central));

    /// <summary>What the role means.</summary>
    public const string RoleMeaning = "what the stack is: a cluster to watch, or the centre that watches";

    /// <summary>The keys of every stack but <see cref="Role"/>, which is read first.</summary>
    public static IEnumerable<Field<T>> Stack<T>() where T : StackSettings =>
    [
        new Field<T, string>("clusterName", Scalars.DnsLabel, o => o.ClusterName, (o, v) => o with { ClusterName = v },
            "the cluster's name, unique in the fleet: the value of the label `cluster`") { WithoutIt = "the stack's name" },
        new Field<T, Validation.SecretText?>("kubeconfig", Scalars.Secret!, o => o.Kubeconfig, (o, v) => o with { Kubeconfig = v },
            "the kubeconfig of the stack's cluster, its contents (store them with `--secret`) or a path from the root or `~/`") { WithoutIt = "the files kubectl uses; then `context` is required" },
        new Field<T, string?>("context", Scalars.Text!, o => o.Context, (o, v) => o with { Context = v },
            "the kubeconfig's context") { WithoutIt = "the current context of `kubeconfig`" },
        new Field<T, bool>("networkPolicies", Scalars.Boolean, o => o.Network.Policies, (o, v) => o with { Network = o.Network with { Policies = v } },
            "allow the pods exactly the traffic they need, as far as the cluster's network enforces it"),
        new Field<T, ImmutableArray<string>>("controlPlaneCidrs", new ListForm<string>(Scalars.Cidr, ""),
            o => o.Network.ControlPlaneCidrs, (o, v) => o with { Network = o.Network with { ControlPlaneCidrs = v } },
            "where the cluster's API servers are, which network policies can't select") { WithoutIt = "anywhere, at ports 443 and 6443" },
        new Field<T, string?>("imageRegistry", Scalars.Registry!, o => o.ImageRegistry, (o, v) => o with { ImageRegistry = v },
            "a mirror, whose address replaces the registry's in every image that is not set itself") { WithoutIt = "each image's own registry" },
    ];

    /// <summary>CPU and memory of a container.</summary>
    public static readonly Form<Resources> Resources = new ObjectForm<Resources>(
        new Field<Resources, string?>("cpuRequest", Scalars.QuantityOrNone, o => o.CpuRequest, (o, v) => o with { CpuRequest = v },
            "CPU reserved"),
        new Field<Resources, string?>("memoryRequest", Scalars.QuantityOrNone, o => o.MemoryRequest, (o, v) => o with { MemoryRequest = v },
            "memory reserved"),
        new Field<Resources, string?>("cpuLimit", Scalars.QuantityOrNone, o => o.CpuLimit, (o, v) => o with { CpuLimit = v },
            "CPU at most"),
        new Field<Resources, string?>("memoryLimit", Scalars.QuantityOrNone, o => o.MemoryLimit, (o, v) => o with { MemoryLimit = v },
            "memory at most"));

    /// <summary>Persistent storage of a program's pods.</summary>
    public static readonly Form<Storage> Storage = new ObjectForm<Storage>(
        new Field<Storage, string>("size", Scalars.Size, o => o.Size, (o, v) => o with { Size = v }, "size of each replica's volume"),
        new Field<Storage, string?>("class", Scalars.ClassName!, o => o.StorageClass, (o, v) => o with { StorageClass = v },
            "its storage class") { WithoutIt = "the cluster's default class" });
}

/// <summary>What a stack is.</summary>
public enum Role
{
    /// <summary>A cluster to watch.</summary>
    Target,

    /// <summary>The centre that watches.</summary>
    Central,
}
