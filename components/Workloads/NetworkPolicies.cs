using System.Collections.Immutable;
using Pulumi;
using Pulumi.Kubernetes.Networking.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;
using Pulumi.Kubernetes.Types.Inputs.Networking.V1;

namespace FleetPrometheus.Workloads;

/// <summary>Network policies around our pods, and what they can't know by themselves.</summary>
/// <remarks>
/// They say what is allowed; enforcing it is the network plugin's affair, and most leave pods on the host's network alone.
/// Source: Kubernetes' documentation of network policies.
/// </remarks>
public sealed record NetworkOptions
{
    /// <summary>Whether there are any. Default true.</summary>
    public bool Policies { get; init; } = true;

    /// <summary>
    /// The addresses of the cluster's control plane, as CIDRs: a policy can't select an API server. Default none: from and to anywhere,
    /// at the ports needed (an API server's: 443 and 6443).
    /// </summary>
    public ImmutableArray<string> ControlPlaneCidrs { get; init; } = [];
}

/// <summary>Some traffic: with whom, at which ports (none: all).</summary>
internal sealed record NetworkFlow(NetworkPeers With, params ImmutableArray<int> Ports)
{
    /// <summary>The ports' protocols. Default TCP only.</summary>
    public ImmutableArray<string> Protocols { get; init; } = ["TCP"];

    /// <summary>Names are resolved anywhere: some clusters' resolvers are pods, some listen on the node.</summary>
    public static NetworkFlow Dns { get; } = new(NetworkPeers.Anyone, 53) { Protocols = ["TCP", "UDP"] };

    /// <summary>To the API server: at any port where it is known to be, else at those it usually has, the Service's and its own.</summary>
    public static NetworkFlow ToApiServer(NetworkOptions options) =>
        options.ControlPlaneCidrs.IsEmpty ? new(NetworkPeers.Anyone, 443, 6443) : new(NetworkPeers.ControlPlane(options));

    public NetworkPolicyIngressRuleArgs ToIngress() => new() { From = With.ToArgs(), Ports = PortArgs() };

    public NetworkPolicyEgressRuleArgs ToEgress() => new() { To = With.ToArgs(), Ports = PortArgs() };

    private NetworkPolicyPortArgs[] PortArgs() =>
        [.. from protocol in Protocols from port in Ports select new NetworkPolicyPortArgs { Protocol = protocol, Port = port }];
}

/// <summary>The other end of a flow.</summary>
internal abstract record NetworkPeers
{
    /// <summary>Everybody, inside the cluster and outside.</summary>
    public static NetworkPeers Anyone { get; } = new At([]);

    /// <summary>The control plane: where it is, as far as that is known.</summary>
    public static NetworkPeers ControlPlane(NetworkOptions options) => new At(options.ControlPlaneCidrs);

    /// <summary>A program's pods in the same namespace.</summary>
    public static NetworkPeers Program(string name) => new Pods(name, null);

    /// <summary>A program's pods in a namespace.</summary>
    public static NetworkPeers Program(string name, Input<string> ns) => new Pods(name, ns);

    public abstract NetworkPolicyPeerArgs[] ToArgs();

    private sealed record At(ImmutableArray<string> Cidrs) : NetworkPeers
    {
        public override NetworkPolicyPeerArgs[] ToArgs() => [.. Cidrs.Select(cidr => new NetworkPolicyPeerArgs { IpBlock = new IPBlockArgs { Cidr = cidr } })];
    }

    private sealed record Pods(string Name, Input<string>? Namespace) : NetworkPeers
    {
        public override NetworkPolicyPeerArgs[] ToArgs()
        {
            var peer = new NetworkPolicyPeerArgs { PodSelector = new LabelSelectorArgs { MatchLabels = ObjectLabels.Selector(Name) } };
            if (Namespace is not null)
            {
                // Kubernetes itself puts this label on every namespace.
                peer.NamespaceSelector = new LabelSelectorArgs { MatchLabels = { ["kubernetes.io/metadata.name"] = Namespace } };
            }

            return [peer];
        }
    }
}

/// <summary>Declares network policies.</summary>
internal static class NetworkPolicies
{
    /// <summary>Denies everything to and from our pods in a namespace that is not allowed by another policy.</summary>
    /// <param name="name">The resource's name.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="isOurs">Whether the namespace is ours alone: then the policy is about all of its pods, whoever's they are.</param>
    /// <param name="parent">The parent.</param>
    public static void Deny(string name, Input<string> ns, bool isOurs, Resource parent) => _ = new NetworkPolicy(name, new NetworkPolicyArgs
    {
        Metadata = new ObjectMetaArgs { Name = $"{ObjectLabels.Project}-deny", Namespace = ns, Labels = ObjectLabels.Of(ObjectLabels.Project, "network") },
        Spec = new NetworkPolicySpecArgs
        {
            PodSelector = isOurs ? new LabelSelectorArgs() : new LabelSelectorArgs { MatchLabels = { [ObjectLabels.PartOf] = ObjectLabels.Project } },
            PolicyTypes = { "Ingress", "Egress" },
        },
    }, new CustomResourceOptions { Parent = parent });

    /// <summary>Allows a program's pods what they need.</summary>
    /// <param name="name">The resource's name.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="program">The program, whose name the policy bears.</param>
    /// <param name="incoming">What may come in.</param>
    /// <param name="outgoing">What may go out.</param>
    /// <param name="parent">The parent.</param>
    public static void Allow(
        string name, Input<string> ns, string program, IEnumerable<NetworkFlow> incoming, IEnumerable<NetworkFlow> outgoing, Resource parent) =>
        _ = new NetworkPolicy(name, new NetworkPolicyArgs
        {
            Metadata = new ObjectMetaArgs { Name = program, Namespace = ns, Labels = ObjectLabels.Of(program, "network") },
            Spec = new NetworkPolicySpecArgs
            {
                PodSelector = new LabelSelectorArgs { MatchLabels = ObjectLabels.Selector(program) },
                PolicyTypes = { "Ingress", "Egress" },
                Ingress = incoming.Select(flow => flow.ToIngress()).ToArray(),
                Egress = outgoing.Select(flow => flow.ToEgress()).ToArray(),
            },
        }, new CustomResourceOptions { Parent = parent });
}
