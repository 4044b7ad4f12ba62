using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>What the API server fills in or refuses on every write, as far as clients rely on it.</summary>
internal static partial class Defaults
{
    // Kubernetes' own bound on the payload of a ConfigMap or Secret.
    private const int MaximumDataBytes = 1 << 20;

    /// <summary>Fills in defaults, in place.</summary>
    /// <exception cref="StatusException">422: the object is not acceptable.</exception>
    public static JsonObject Apply(KubeKind kind, string name, JsonObject obj)
    {
        CheckName(kind, name);
        if (kind == KubeKind.Secret) Secret(obj);
        if (kind == KubeKind.Secret || kind == KubeKind.ConfigMap) CheckSize(kind, name, obj);
        if (kind == KubeKind.Namespace) Namespace(name, obj);
        if (kind == KubeKind.Service) Service(obj);
        if (kind == KubeKind.Pod) Pod(obj);
        if (kind == KubeKind.DaemonSet || kind == KubeKind.Deployment || kind == KubeKind.StatefulSet) CheckSelector(kind, name, obj);
        return obj;
    }

    private static void CheckName(KubeKind kind, string name)
    {
        if (kind.Group == KubeKind.Role.Group)
        {
            if (name is "." or ".." or "" || name.IndexOfAny(['/', '%']) >= 0) throw StatusException.Invalid(kind.Name, name, $"metadata.name: Invalid value: \"{name}\": may not contain '/' or '%'");
            return;
        }
        var isLabel = kind == KubeKind.Namespace || kind == KubeKind.Service;
        if (name.Length <= (isLabel ? 63 : 253) && (isLabel ? DnsLabel() : DnsSubdomain()).IsMatch(name)) return;
        throw StatusException.Invalid(kind.Name, name, $"metadata.name: Invalid value: \"{name}\": a lowercase RFC 1123 {(isLabel ? "label" : "subdomain")} must consist of lower case alphanumeric characters, '-'{(isLabel ? "" : " or '.'")}, and must start and end with an alphanumeric character");
    }

    private static void Secret(JsonObject obj)
    {
        obj["type"] ??= "Opaque";
        if (obj["stringData"] is not JsonObject texts) return;
        if (obj["data"] is not JsonObject data) obj["data"] = data = [];
        foreach (var (key, text) in texts) data[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(text.Text() ?? ""));
        obj.Remove("stringData");
    }

    private static void CheckSize(KubeKind kind, string name, JsonObject obj)
    {
        var bytes = obj.Map("data").Sum(pair => kind == KubeKind.Secret ? pair.Value.Length / 4 * 3 : Encoding.UTF8.GetByteCount(pair.Value))
            + obj.Map("binaryData").Sum(pair => pair.Value.Length / 4 * 3);
        if (bytes > MaximumDataBytes) throw StatusException.Invalid(kind.Name, name, $"data: Too long: must have at most {MaximumDataBytes} bytes");
    }

    private static void Namespace(string name, JsonObject obj)
    {
        if (obj["metadata"] is not JsonObject metadata) obj["metadata"] = metadata = [];
        if (metadata["labels"] is not JsonObject labels) metadata["labels"] = labels = [];
        labels["kubernetes.io/metadata.name"] = name;
        obj["status"] ??= new JsonObject { ["phase"] = "Active" };
    }

    private static void Service(JsonObject obj)
    {
        if (obj["spec"] is JsonObject spec) spec["type"] ??= "ClusterIP";
        foreach (var port in obj.Objects("spec", "ports"))
        {
            port["protocol"] ??= "TCP";
            port["targetPort"] ??= port["port"]?.DeepClone();
        }
    }

    private static void Pod(JsonObject obj)
    {
        obj["status"] ??= new JsonObject { ["phase"] = "Pending" };
        if (obj["spec"] is not JsonObject spec) return;
        spec["serviceAccountName"] ??= "default";
        spec["restartPolicy"] ??= "Always";
        foreach (var port in obj.Objects("spec", "containers").SelectMany(container => container.Objects("ports")))
        {
            port["protocol"] ??= "TCP";
            if (spec.Flag("hostNetwork")) port["hostPort"] ??= port["containerPort"]?.DeepClone();
        }
    }

    private static void CheckSelector(KubeKind kind, string name, JsonObject obj)
    {
        var selector = obj.At("spec", "selector");
        if (selector is null) throw StatusException.Invalid(kind.Name, name, "spec.selector: Required value");
        if (Selector.Matches(selector, obj.At("spec", "template", "metadata", "labels"))) return;
        throw StatusException.Invalid(kind.Name, name, "spec.template.metadata.labels: Invalid value: `selector` does not match template `labels`");
    }

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    private static partial Regex DnsLabel();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")]
    private static partial Regex DnsSubdomain();
}
