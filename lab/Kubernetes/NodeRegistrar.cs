using System.Net;
using System.Text.Json.Nodes;

namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>Registers nodes as a cloud's kubelets would.</summary>
/// <param name="client">A client that may write nodes and their status.</param>
public sealed class NodeRegistrar(KubeClient client)
{
    /// <summary>The processor cores of every node.</summary>
    public const int Cores = 4;

    /// <summary>The memory of every node, in MiB.</summary>
    public const int MemoryMebibytes = 16_384;

    /// <summary>Every third node stands in the same zone.</summary>
    private static readonly string[] Zones = ["a", "b", "c"];

    /// <summary>The name of the n-th node, counted from 0; numbered from 1, so that names sort as they count.</summary>
    public static string NameOf(string cluster, int n) => $"{cluster}-node-{n + 1:000}";

    /// <summary>Registers the n-th node of a cluster, ready, at an address.</summary>
    /// <exception cref="KubeException">The server refused.</exception>
    public async Task<JsonObject> RegisterAsync(string cluster, int n, IPAddress address, CancellationToken cancellation = default)
    {
        var name = NameOf(cluster, n);
        await client.ApplyAsync(Node(cluster, n), cancellation);
        return await client.PatchStatusAsync(KubeKind.Node, null, name, Status(name, address), cancellation: cancellation);
    }

    /// <summary>The n-th node as it is once it is registered.</summary>
    internal static JsonObject Registered(string cluster, int n, IPAddress address)
    {
        var node = Node(cluster, n);
        node["status"] = Status(NameOf(cluster, n), address);
        return node;
    }

    private static JsonObject Node(string cluster, int n)
    {
        var name = NameOf(cluster, n);
        var zone = Zones[n % Zones.Length];
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Node",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["labels"] = new JsonObject
                {
                    ["beta.kubernetes.io/arch"] = "amd64",
                    ["beta.kubernetes.io/os"] = "linux",
                    ["kubernetes.io/arch"] = "amd64",
                    ["kubernetes.io/hostname"] = name,
                    ["kubernetes.io/os"] = "linux",
                    ["node.kubernetes.io/instance-type"] = "lab.large",
                    ["topology.kubernetes.io/region"] = "lab",
                    ["topology.kubernetes.io/zone"] = $"lab-{zone}",
                },
            },
            ["spec"] = new JsonObject { ["providerID"] = $"lab:///{cluster}/{name}" },
        };
    }

    private static JsonObject Status(string name, IPAddress address)
    {
        JsonObject Capacity(string cpu, string memory) => new() { ["cpu"] = cpu, ["ephemeral-storage"] = "103880232Ki", ["memory"] = memory, ["pods"] = "110" };
        return new JsonObject
        {
            ["addresses"] = new JsonArray(
                new JsonObject { ["type"] = "InternalIP", ["address"] = address.ToString() },
                new JsonObject { ["type"] = "Hostname", ["address"] = name }),
            ["capacity"] = Capacity($"{Cores}", $"{MemoryMebibytes}Mi"),
            ["allocatable"] = Capacity($"{(Cores * 1000) - 100}m", $"{MemoryMebibytes - 1024}Mi"),
            ["daemonEndpoints"] = new JsonObject { ["kubeletEndpoint"] = new JsonObject { ["Port"] = 10250 } },
            ["conditions"] = new JsonArray(
                Condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
                Condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
                Condition("PIDPressure", "False", "KubeletHasSufficientPID"),
                Condition("Ready", "True", "KubeletReady")),
            ["nodeInfo"] = new JsonObject
            {
                ["architecture"] = "amd64", ["bootID"] = "", ["containerRuntimeVersion"] = "containerd://2.0.5", ["kernelVersion"] = Environment.OSVersion.Version.ToString(),
                ["kubeProxyVersion"] = "", ["kubeletVersion"] = "v1.33.4", ["machineID"] = name, ["operatingSystem"] = "linux", ["osImage"] = "fleet-lab", ["systemUUID"] = name,
            },
        };
    }

    private static JsonObject Condition(string type, string status, string reason) => new()
    {
        ["type"] = type, ["status"] = status, ["reason"] = reason, ["lastHeartbeatTime"] = Timestamp.Now(), ["lastTransitionTime"] = Timestamp.Now(),
    };
}
