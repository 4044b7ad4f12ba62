using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;

namespace FleetPrometheus.Evaluation.Host;

/// <summary>Prometheus, Alertmanager or another central program as the central stack declares it for a cluster, which is what a host's is made from.</summary>
public sealed class CentralWorkload
{
    private const string ListenFlag = "--web.listen-address=";

    private readonly JsonNode _container;
    private readonly JsonNode _spec;
    private readonly string? _namespace;

    private CentralWorkload(KubernetesManifest statefulSet)
    {
        Name = statefulSet.Name;
        _spec = statefulSet.Content["spec"]!;
        _container = _spec["template"]!["spec"]!["containers"]![0]!; // what stands behind it is a companion
        _namespace = statefulSet.Namespace;
        Domain = $"{(string)_spec["serviceName"]!}.{_namespace}.svc";
    }

    /// <summary>The program's name, such as <c>prometheus</c>.</summary>
    public string Name { get; }

    /// <summary>How many replicas are declared.</summary>
    public int Replicas => (int)(long)_spec["replicas"]!;

    /// <summary>How long it may take to end, in seconds.</summary>
    public int StopSeconds => (int)(long)_spec["template"]!["spec"]!["terminationGracePeriodSeconds"]!;

    /// <summary>The container's arguments.</summary>
    internal ImmutableArray<string> Arguments => [.. _container["args"]!.AsArray().Select(argument => (string)argument!)];

    /// <summary>The arguments of the container beside it, which reads the same configuration; empty when there is none.</summary>
    internal ImmutableArray<string> ExporterArguments =>
        [.. _spec["template"]!["spec"]!["containers"]!.AsArray().Where(container => container != _container).SelectMany(container => container!["args"]!.AsArray()).Select(argument => (string)argument!)];

    /// <summary>Where that container listens, as host:port; null when there is none.</summary>
    internal string? ExporterAddress => ExporterArguments.FirstOrDefault(argument => argument.StartsWith(ListenFlag, StringComparison.Ordinal))?[ListenFlag.Length..];

    /// <summary>The directory of the configuration in a pod.</summary>
    public string ConfigurationDirectory => MountPath("config")!;

    /// <summary>The directory of the data in a pod; null when it keeps none.</summary>
    internal string? DataDirectory => MountPath("data");

    private string Domain { get; }

    /// <summary>Finds it among what the central stack declares.</summary>
    public static CentralWorkload Of(EvaluatedStack central, string name) =>
        new(central.Manifests.Single(manifest => manifest.Kind == "StatefulSet" && manifest.Name == name));

    /// <summary>The names of the Prometheus among what the central stack declares, ordinally sorted: those that watch clusters, and the one that asks them all.</summary>
    public static ImmutableArray<string> Prometheuses(EvaluatedStack central) =>
    [
        .. central.Manifests.Where(manifest => manifest.Kind == "StatefulSet").Select(statefulSet => new CentralWorkload(statefulSet))
            .Where(workload => (string?)workload._container["name"] == "prometheus").Select(workload => workload.Name).Order(StringComparer.Ordinal),
    ];

    /// <summary>The address of all its replicas together in its cluster's DNS, as host:port; null when it has no port of that name.</summary>
    internal string? ServiceAddress(string port) => PortOf(port) is { } number ? string.Create(CultureInfo.InvariantCulture, $"{Name}.{_namespace}.svc:{number}") : null;

    /// <summary>A replica's address in its cluster's DNS, as host:port; null when it has no port of that name.</summary>
    internal string? Address(int replica, string port) =>
        PortOf(port) is { } number ? string.Create(CultureInfo.InvariantCulture, $"{Name}-{replica}.{Domain}:{number}") : null;

    private long? PortOf(string name) => (long?)_container["ports"]!.AsArray().FirstOrDefault(port => (string?)port!["name"] == name)?["containerPort"];

    private string? MountPath(string volume) =>
        (string?)_container["volumeMounts"]!.AsArray().SingleOrDefault(mount => (string?)mount!["name"] == volume)?["mountPath"];
}
