using System.Text;
using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Rendering;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Tests.Components;

namespace FleetPrometheus.Tests.Policy;

/// <summary>What must hold of every object that the program can declare, whatever is chosen.</summary>
[Collection("Pulumi")]
public sealed class HardeningTests
{
    // The one pod that must see its host.
    private const string Privileged = "node-exporter";

    // 0440
    private const int GroupReadable = 288;

    private static readonly IssuedCertificate Issued = IssuedCertificate.For(IssuedCertificate.CentralNames);

    [Fact]
    public Task Pods_AllButNodeExporter_MeetTheRestrictedStandard() => AssertPodsAsync(pod =>
    [
        .. pod.Name == Privileged ? [] : new[] { "hostNetwork", "hostPID", "hostIPC" }.Where(field => pod.Spec.Flag(field)),
        .. pod.Name == Privileged ? [] : pod.Spec.Objects("volumes").Where(volume => volume.ContainsKey("hostPath")).Select(volume => $"hostPath volume {volume.Text("name")}"),
        .. pod.Spec.Flag("securityContext", "runAsNonRoot") ? [] : new[] { "may run as root" },
        .. pod.Spec.Text("securityContext", "seccompProfile", "type") == "RuntimeDefault" ? [] : new[] { "no seccomp profile" },
        .. pod.Containers.Where(container => container.At("securityContext", "allowPrivilegeEscalation")?.GetValue<bool>() != false).Select(container => $"{container.Text("name")} may escalate"),
        .. pod.Containers.Where(container => !container.Texts("securityContext", "capabilities", "drop").Contains("ALL")).Select(container => $"{container.Text("name")} keeps capabilities"),
    ]);

    [Fact]
    public Task Pods_All_HaveReadOnlyRootsAndOnlyTheTokensTheyUse() => AssertPodsAsync(pod =>
    [
        .. pod.Containers.Where(container => !container.Flag("securityContext", "readOnlyRootFilesystem")).Select(container => $"{container.Text("name")} may write to its root"),
        .. pod.Spec.At("automountServiceAccountToken")?.GetValue<bool>() == false ? [] : new[] { "mounts a token unasked" },
        .. pod.Spec.Text("serviceAccountName") is { Length: > 0 } and not "default" ? [] : new[] { "has no account of its own" },
    ]);

    [Fact]
    public Task Pods_All_ReadTheirSecretsAsTheirGroupAndWriteNone() => AssertPodsAsync(pod =>
    [
        .. from volume in pod.Spec.Objects("volumes")
           let mode = (volume["secret"] ?? volume["projected"])?.Number("defaultMode")
           where volume.ContainsKey("secret") && mode != GroupReadable
           select $"Secret {volume.Text("name")} has mode {mode}",
        .. from volume in pod.Spec.Objects("volumes").Where(volume => volume.ContainsKey("secret"))
           from mount in pod.Containers.SelectMany(container => container.Objects("volumeMounts"))
           where mount.Text("name") == volume.Text("name") && !mount.Flag("readOnly")
           select $"Secret {volume.Text("name")} is mounted to be written",
    ]);

    [Fact]
    public async Task PrivateKeys_OfServers_AreInTlsSecretsOnly()
    {
        var holders = (await StacksAsync()).SelectMany(stack => stack.Manifests).Where(manifest =>
            manifest.Content.ToJsonString().Contains("PRIVATE KEY", StringComparison.Ordinal)
            || (manifest.Kind == "Secret" && (manifest.Content["data"]?.AsObject() ?? []).Any(file => Encoding.UTF8.GetString(Convert.FromBase64String((string)file.Value!)).Contains("PRIVATE KEY", StringComparison.Ordinal)))).ToList();

        Assert.Equal("web-tls", Assert.Single(holders).Name);
        Assert.All(holders, holder => Assert.Equal(("Secret", "kubernetes.io/tls"), (holder.Kind, holder.Content.Text("type"))));
    }

    [Fact]
    public Task Pods_All_HaveBoundsAndProbes() => AssertPodsAsync(pod =>
    [
        .. pod.Containers.Where(container => container.Text("resources", "requests", "memory") is null || container.Text("resources", "limits", "memory") is null)
            .Select(container => $"{container.Text("name")} has no bounds on its memory"),
        // What listens on loopback only, and declares no port, is out of a probe's reach.
        .. pod.Containers.Where(container => container["ports"] is not null && (container["livenessProbe"] is null || container["readinessProbe"] is null)).Select(container => $"{container.Text("name")} lacks a probe"),
    ]);

    [Fact]
    public Task Pods_All_HaveANetworkPolicyOfTheirOwn() => AssertPodsAsync(pod =>
        pod.Stack.Manifests.Any(policy => policy.Kind == "NetworkPolicy" && policy.Namespace == pod.Namespace
            && policy.Content.Text("spec", "podSelector", "matchLabels", "app.kubernetes.io/name") == pod.Name)
            ? []
            : ["no network policy"]);

    [Fact]
    public async Task Namespaces_All_EnforceTheirLevelAndDenyByDefault()
    {
        foreach (var stack in await StacksAsync())
        {
            foreach (var ns in stack.Manifests.Where(manifest => manifest.Kind == "Namespace"))
            {
                Assert.Equal(
                    ns.Name.EndsWith(Privileged, StringComparison.Ordinal) ? "privileged" : "restricted",
                    ns.Content.Text("metadata", "labels", "pod-security.kubernetes.io/enforce"));
                var deny = Assert.Single(stack.Manifests, manifest =>
                    manifest.Kind == "NetworkPolicy" && manifest.Namespace == ns.Name && manifest.Content.At("spec", "podSelector") is JsonObject { Count: 0 });
                Assert.Equal(["Ingress", "Egress"], deny.Content.Texts("spec", "policyTypes"));
                Assert.Empty(deny.Content.Objects("spec", "ingress").Concat(deny.Content.Objects("spec", "egress")));
            }
        }
    }

    [Fact]
    public async Task Replicas_Several_StandApartAndKeepABudget()
    {
        var stacks = await StacksAsync();
        var replicated = stacks.SelectMany(stack => stack.Manifests).Where(manifest => manifest.Content.Number("spec", "replicas") > 1).ToList();

        Assert.Contains(replicated, manifest => manifest.Name == "prometheus");
        Assert.Contains(replicated, manifest => manifest.Name == "alertmanager");
        Assert.All(replicated, manifest =>
        {
            Assert.NotEmpty(manifest.Content.Objects("spec", "template", "spec", "affinity", "podAntiAffinity", "preferredDuringSchedulingIgnoredDuringExecution"));
            Assert.Contains(stacks.SelectMany(stack => stack.Manifests), budget => budget.Kind == "PodDisruptionBudget" && budget.Name == manifest.Name);
        });
    }

    [Fact]
    public Task Images_AMirrorIsSet_AllComeFromItPinned() => AssertPodsAsync(pod =>
    [
        .. pod.Containers.Select(container => container.Text("image")!).Where(image => !image.StartsWith("mirror.example.com/fleet/", StringComparison.Ordinal))
            .Select(image => $"{image} does not come from the mirror"),
        .. pod.Containers.Select(container => container.Text("image")!).Where(image => image.Split('/')[^1].Split(':') is not [_, { Length: > 0 } tag] || tag == "latest")
            .Select(image => $"{image} is not pinned"),
    ], stack => stack.With("imageRegistry", "mirror.example.com/fleet"));

    private static async Task AssertPodsAsync(Func<Pod, IEnumerable<string>> wrong, Func<StackFile, StackFile>? change = null)
    {
        var pods = (await StacksAsync(change)).SelectMany(stack => stack.Manifests
            .Where(manifest => manifest.Content.At("spec", "template", "spec") is JsonObject)
            .Select(manifest => new Pod(stack, manifest))).ToList();

        Assert.Contains(pods, pod => pod.Name == "prometheus");
        Assert.Contains(pods, pod => pod.Name == Privileged);
        Assert.Contains(pods, pod => pod.Name == "node-relay");
        Assert.Contains(pods, pod => pod.Name == "prometheus-agent");
        Assert.Contains(pods, pod => pod.Name == "pushgateway");
        Assert.Empty(pods.SelectMany(pod => wrong(pod).Select(what => $"{pod.Stack.Stack}: {pod.Name}: {what}")));
    }

    /// <summary>The repository's stacks with everything switched on that there is.</summary>
    private static async Task<IReadOnlyList<EvaluatedStack>> StacksAsync(Func<StackFile, StackFile>? change = null)
    {
        var files = StackFile.ReadAll(Repository.Root);
        var pushing = files.First(stack => stack.IsTarget) with { Name = "pushing" };
        var stacks = files.Select(stack => stack.IsCentral
                ? stack.With("clusters", """["stage", "product", "pushing"]""")
                    .WithFields("prometheus", ("replicas", 2)).WithFields("alertmanager", ("replicas", 3)).WithFields("grafana", ("enabled", true))
                    .WithFields("ownCluster", ("enabled", true), ("pushgateway", new JsonObject { ["enabled"] = true }))
                    .WithFields("pushFront", ("tlsSecret", "push-tls"), ("replicas", 2))
                    .WithFields("webTls", ("certificate", Issued.Certificate), ("privateKey", Issued.Key), ("caCertificate", Issued.Ca))
                    with { SecretKeys = stack.SecretKeys.Add("fleet-prometheus:webTls") }
                : stack)
            .Append(pushing.With("collection", "push").WithFields("push", ("url", "https://push.example.com")));
        return await new Rendering { Stacks = [.. stacks.Select(change ?? (stack => stack))] }.EvaluateAsync([], _ => { });
    }

    /// <summary>The pods of a workload.</summary>
    private sealed record Pod(EvaluatedStack Stack, KubernetesManifest Workload)
    {
        public string Name => Workload.Content.Text("spec", "template", "metadata", "labels", "app.kubernetes.io/name")!;

        public string? Namespace => Workload.Namespace;

        public JsonNode Spec => Workload.Content.At("spec", "template", "spec")!;

        public IEnumerable<JsonObject> Containers => Spec.Objects("initContainers").Concat(Spec.Objects("containers"));
    }
}
