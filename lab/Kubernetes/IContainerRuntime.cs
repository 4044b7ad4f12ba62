using System.Net;
using System.Text.Json.Nodes;

namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>A container that is to run.</summary>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Pod">The whole pod, bound to a node.</param>
/// <param name="Container">The entry of <c>spec.containers</c>.</param>
/// <param name="PodAddress">The pod's address; the node's for pods on the host network.</param>
/// <param name="NodeAddress">The node's address.</param>
public sealed record ContainerContext(string Cluster, JsonObject Pod, JsonObject Container, IPAddress PodAddress, IPAddress NodeAddress)
{
    /// <summary>The node the pod is bound to.</summary>
    public string Node => Pod.Text("spec", "nodeName") ?? "";

    /// <summary>The container's environment: plain values and those of the downward API.</summary>
    public IReadOnlyDictionary<string, string> Environment => Container.Objects("env").ToDictionary(entry => entry.Text("name") ?? "", Value);

    /// <summary>The arguments, with <c>$(NAME)</c> replaced by the container's environment as Kubernetes does.</summary>
    public IReadOnlyList<string> Arguments
    {
        get
        {
            var environment = Environment;
            return [.. Container.Texts("args").Select(argument => environment.Aggregate(argument, (text, pair) => text.Replace($"$({pair.Key})", pair.Value, StringComparison.Ordinal)))];
        }
    }

    /// <summary>The value of a field of the pod, as the downward API gives it.</summary>
    public string Field(string? path) => path switch
    {
        "status.podIP" => PodAddress.ToString(),
        "status.hostIP" => NodeAddress.ToString(),
        { } other => Pod.Text(other.Split('.')) ?? "",
        null => "",
    };

    private string Value(JsonObject entry) => entry.Text("value") ?? Field(entry.Text("valueFrom", "fieldRef", "fieldPath"));
}

/// <summary>Runs the containers of one image.</summary>
public interface IContainerRuntime
{
    /// <summary>Starts a container and returns when it serves; disposing the result stops it.</summary>
    /// <exception cref="ExpectedFailure">It could not be started, or did not serve in time; the message says why.</exception>
    Task<IAsyncDisposable> StartAsync(ContainerContext container, CancellationToken cancellation);
}
