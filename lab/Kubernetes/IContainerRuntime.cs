using System.Net;
using System.Text.Json.Nodes;

namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>A container that is to run.</summary>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Pod">The whole pod, bound to a node.</param>
/// <param name="Container">The entry of <c>spec.containers</c>.</param>
/// <param name="PodAddress">The pod's address; the node's for pods on the host network.</param>
public sealed record ContainerContext(string Cluster, JsonObject Pod, JsonObject Container, IPAddress PodAddress)
{
    /// <summary>The node the pod is bound to.</summary>
    public string Node => Pod.Text("spec", "nodeName") ?? "";

    /// <summary>The arguments, with <c>$(NAME)</c> replaced by the container's environment as Kubernetes does.</summary>
    public IReadOnlyList<string> Arguments
    {
        get
        {
            var environment = Container.Objects("env").ToDictionary(entry => entry.Text("name") ?? "", Value);
            return [.. Container.Texts("args").Select(argument => environment.Aggregate(argument, (text, pair) => text.Replace($"$({pair.Key})", pair.Value, StringComparison.Ordinal)))];
        }
    }

    private string Value(JsonObject entry) => entry.Text("value") ?? entry.Text("valueFrom", "fieldRef", "fieldPath") switch
    {
        "status.podIP" or "status.hostIP" => PodAddress.ToString(),
        { } path => Pod.Text(path.Split('.')) ?? "",
        null => "",
    };
}

/// <summary>Runs the containers of one image.</summary>
public interface IContainerRuntime
{
    /// <summary>Starts a container and returns when it serves; disposing the result stops it.</summary>
    /// <exception cref="ExpectedFailure">It could not be started, or did not serve in time; the message says why.</exception>
    Task<IAsyncDisposable> StartAsync(ContainerContext container, CancellationToken cancellation);
}
