using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab;

/// <summary>One cluster of the lab, whether its API server is simulated or real.</summary>
public interface ILabCluster : IAsyncDisposable
{
    /// <summary>The cluster's name in the fleet.</summary>
    string Name { get; }

    /// <summary>The API server's https address; the same for the cluster's whole life.</summary>
    Uri ApiServer { get; }

    /// <summary>The addresses (host:port) of the control plane's members; the first is <see cref="ApiServer"/>.</summary>
    IReadOnlyList<string> ApiServers { get; }

    /// <summary>The CA that signed the API server's certificate, PEM.</summary>
    string CaCertificate { get; }

    /// <summary>The CA that signed the certificates of all its kubelets, PEM; known once the cluster is started.</summary>
    string KubeletCa { get; }

    /// <summary>A kubeconfig of a cluster administrator. It holds a credential: never log it.</summary>
    string Kubeconfig { get; }

    /// <summary>A client with a cluster administrator's rights.</summary>
    KubeClient Admin { get; }

    /// <summary>The names of the nodes there are now, in ordinal order.</summary>
    IReadOnlyList<string> Nodes { get; }

    /// <summary>The pods there are now, ordered by namespace and name; while the API server is away, those known last. Do not modify them.</summary>
    IReadOnlyList<JsonObject> Pods { get; }

    /// <summary>The Services there are now, as <see cref="Pods"/>.</summary>
    IReadOnlyList<JsonObject> Services { get; }

    /// <summary>Starts everything and returns when the API server answers and the nodes are registered.</summary>
    Task StartAsync(CancellationToken cancellation = default);

    /// <summary>Makes the API server unreachable: connections drop, new ones are refused. Nodes and pods go on running.</summary>
    Task CutOffAsync();

    /// <summary>Ends <see cref="CutOffAsync"/>: the same API server with the same objects at the same address.</summary>
    Task RestoreAsync();

    /// <summary>Makes the API server slow: connections are taken, but answers come much later than anybody waits.</summary>
    void SlowDown();

    /// <summary>Ends <see cref="SlowDown"/>.</summary>
    void SpeedUp();

    /// <summary>Replaces the CA of the API server's certificate; those who trust the old one no longer get in.</summary>
    Task RotateCaAsync();

    /// <summary>Adds a node and returns its name.</summary>
    Task<string> AddNodeAsync(CancellationToken cancellation = default);

    /// <summary>Removes a node; its pods end with it.</summary>
    Task RemoveNodeAsync(string node, CancellationToken cancellation = default);
}
