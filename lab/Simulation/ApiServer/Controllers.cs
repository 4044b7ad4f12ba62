using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>
/// What kube-controller-manager does, as far as the lab needs it: pods of DaemonSets, StatefulSets and, by their ReplicaSets, Deployments; endpoints of services,
/// the contents of token Secrets, and what every namespace has. All of it is derived anew from the objects after every change.
/// </summary>
internal sealed class Controllers : IAsyncDisposable
{
    private readonly ObjectStore _store;
    private readonly ServiceAccountTokens _tokens;
    private readonly Func<string> _caCertificate;
    private readonly Channel<bool> _wakeUp = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _end = new();
    private readonly Task _loop;

    public Controllers(ObjectStore store, ServiceAccountTokens tokens, Func<string> caCertificate)
    {
        (_store, _tokens, _caCertificate) = (store, tokens, caCertificate);
        store.Changed += OnChanged;
        _loop = Task.Run(LoopAsync);
        WakeUp();
    }

    /// <summary>Has everything derived anew.</summary>
    public void WakeUp() => _wakeUp.Writer.TryWrite(true);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _store.Changed -= OnChanged;
        await _end.CancelAsync();
        await _loop;
        _end.Dispose();
    }

    private void OnChanged(KubeKind kind, Change change) => WakeUp();

    private async Task LoopAsync()
    {
        try
        {
            await foreach (var _ in _wakeUp.Reader.ReadAllAsync(_end.Token))
            {
                Namespaces();
                TokenSecrets();
                Orphans();
                DaemonSets();
                Deployments();
                Replicas(KubeKind.ReplicaSet, (set, i) => $"{set}-{Hash($"{set}/{i}")[..5]}");
                Replicas(KubeKind.StatefulSet, (set, i) => $"{set}-{i}");
                Endpoints();
                // Changes come in bunches; one pass serves many.
                await Task.Delay(20, _end.Token);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private void Namespaces()
    {
        foreach (var ns in _store.List(KubeKind.Namespace).Items.Select(ns => ns.Name()))
        {
            CreateIfAbsent(KubeKind.ServiceAccount, ns, "default", () => []);
            var root = new JsonObject { ["data"] = new JsonObject { ["ca.crt"] = _caCertificate() } };
            if (!JsonNode.DeepEquals(_store.Get(KubeKind.ConfigMap, ns, "kube-root-ca.crt")?["data"], root["data"]))
                _store.Write(KubeKind.ConfigMap, ns, "kube-root-ca.crt", existing => Changed(existing, "data", root["data"]!));
        }
    }

    private void TokenSecrets()
    {
        foreach (var secret in _store.List(KubeKind.Secret).Items.Where(secret => secret.Text("type") == "kubernetes.io/service-account-token"))
        {
            var ns = secret.Namespace()!;
            var account = _store.Get(KubeKind.ServiceAccount, ns, secret.Text("metadata", "annotations", "kubernetes.io/service-account.name") ?? "");
            if (account is null)
            {
                // Without its account such a Secret has no right to exist, once it has been filled.
                if (secret["data"] is not null) _store.Delete(KubeKind.Secret, ns, secret.Name());
                continue;
            }
            var data = secret["data"] is JsonObject present ? present.Copy() : [];
            data["token"] ??= Encode(_tokens.Issue(account, secret.Name(), null));
            data["ca.crt"] = Encode(_caCertificate());
            data["namespace"] = Encode(ns);
            if (JsonNode.DeepEquals(data, secret["data"])) continue;
            Update(KubeKind.Secret, secret, fresh =>
            {
                fresh["data"] = data;
                fresh["metadata"]!["annotations"]!["kubernetes.io/service-account.uid"] = account.Uid();
            });
        }
    }

    /// <summary>Pods whose owner, or whose node, is gone.</summary>
    private void Orphans()
    {
        var owners = new[] { KubeKind.DaemonSet, KubeKind.ReplicaSet, KubeKind.StatefulSet }.SelectMany(kind => _store.List(kind).Items).Select(owner => owner.Uid()).ToHashSet();
        var nodes = _store.List(KubeKind.Node).Items.Select(node => node.Name()).ToHashSet();
        foreach (var pod in _store.List(KubeKind.Pod).Items)
        {
            var owner = Owner(pod);
            var node = pod.Text("spec", "nodeName");
            if ((owner is not null && !owners.Contains(owner)) || (node is { Length: > 0 } && !nodes.Contains(node))) _store.Delete(KubeKind.Pod, pod.Namespace(), pod.Name());
        }
    }

    private void DaemonSets()
    {
        var nodes = _store.List(KubeKind.Node).Items;
        foreach (var set in _store.List(KubeKind.DaemonSet).Items)
        {
            var wanted = nodes.Where(node => Runs(set, node)).Select(node => node.Name()).ToDictionary(
                node => $"{set.Name()}-{Hash($"{set.Uid()}/{node}")[..5]}",
                node => new JsonObject
                {
                    // How the real controller tells the scheduler where a pod of it belongs.
                    ["nodeAffinity"] = new JsonObject
                    {
                        ["requiredDuringSchedulingIgnoredDuringExecution"] = new JsonObject
                        {
                            ["nodeSelectorTerms"] = new JsonArray(new JsonObject
                            {
                                ["matchFields"] = new JsonArray(new JsonObject { ["key"] = "metadata.name", ["operator"] = "In", ["values"] = new JsonArray(node) }),
                            }),
                        },
                    },
                });
            var pods = Reconcile(KubeKind.DaemonSet, set, "controller-revision-hash", wanted);
            Status(KubeKind.DaemonSet, set, new JsonObject
            {
                ["currentNumberScheduled"] = pods.Count(pod => pod.Text("spec", "nodeName") is not null),
                ["desiredNumberScheduled"] = wanted.Count,
                ["numberAvailable"] = pods.Count(IsReady),
                ["numberMisscheduled"] = 0,
                ["numberReady"] = pods.Count(IsReady),
                ["numberUnavailable"] = wanted.Count - pods.Count(IsReady),
                ["observedGeneration"] = set.Number("metadata", "generation"),
                ["updatedNumberScheduled"] = pods.Count,
            });
        }
    }

    /// <summary>One ReplicaSet each, of the present template; those before it go, and their pods with them.</summary>
    private void Deployments()
    {
        var deployments = _store.List(KubeKind.Deployment).Items;
        var uids = deployments.Select(deployment => deployment.Uid()).ToHashSet();
        foreach (var orphan in _store.List(KubeKind.ReplicaSet).Items.Where(set => Owner(set) is { } owner && !uids.Contains(owner)))
            _store.Delete(KubeKind.ReplicaSet, orphan.Namespace(), orphan.Name());
        foreach (var deployment in deployments)
        {
            var ns = deployment.Namespace()!;
            var spec = new JsonObject
            {
                ["replicas"] = deployment.Number("spec", "replicas") ?? 1,
                ["selector"] = deployment.At("spec", "selector")?.DeepClone(),
                ["template"] = deployment.At("spec", "template")!.DeepClone(),
            };
            var name = $"{deployment.Name()}-{Hash(spec["template"]!.ToJsonString())[..9]}";
            foreach (var old in _store.List(KubeKind.ReplicaSet, ns).Items.Where(set => Owner(set) == deployment.Uid() && set.Name() != name))
                _store.Delete(KubeKind.ReplicaSet, ns, old.Name());
            if (!JsonNode.DeepEquals(_store.Get(KubeKind.ReplicaSet, ns, name)?["spec"], spec))
            {
                _store.Write(KubeKind.ReplicaSet, ns, name, existing =>
                {
                    var set = Changed(existing, "spec", spec);
                    if (set["metadata"] is not JsonObject metadata) set["metadata"] = metadata = [];
                    metadata["ownerReferences"] = OwnedBy(KubeKind.Deployment, deployment);
                    return set;
                });
            }
            var ready = _store.Get(KubeKind.ReplicaSet, ns, name).Number("status", "readyReplicas") ?? 0;
            var replicas = _store.Get(KubeKind.ReplicaSet, ns, name).Number("status", "replicas") ?? 0;
            Status(KubeKind.Deployment, deployment, new JsonObject
            {
                ["availableReplicas"] = ready,
                ["conditions"] = new JsonArray(
                    new JsonObject { ["type"] = "Available", ["status"] = ready == deployment.Number("spec", "replicas") ? "True" : "False", ["reason"] = "MinimumReplicasAvailable" },
                    new JsonObject { ["type"] = "Progressing", ["status"] = "True", ["reason"] = "NewReplicaSetAvailable" }),
                ["observedGeneration"] = deployment.Number("metadata", "generation"),
                ["readyReplicas"] = ready,
                ["replicas"] = replicas,
                ["updatedReplicas"] = replicas,
            });
        }
    }

    private void Replicas(KubeKind kind, Func<string, int, string> nameOf)
    {
        foreach (var workload in _store.List(kind).Items)
        {
            var replicas = workload.Number("spec", "replicas") ?? 1;
            var hash = Hash(workload.At("spec", "template")!.ToJsonString());
            var wanted = Enumerable.Range(0, replicas).ToDictionary(i => nameOf(workload.Name(), i), _ => (JsonObject?)null);
            var pods = Reconcile(kind, workload, kind == KubeKind.ReplicaSet ? "pod-template-hash" : "controller-revision-hash", wanted!);
            var ready = pods.Count(IsReady);
            var revision = $"{workload.Name()}-{hash[..10]}";
            Status(kind, workload, kind == KubeKind.ReplicaSet ? new JsonObject
            {
                ["availableReplicas"] = ready,
                ["fullyLabeledReplicas"] = pods.Count,
                ["observedGeneration"] = workload.Number("metadata", "generation"),
                ["readyReplicas"] = ready,
                ["replicas"] = pods.Count,
            } : new JsonObject
            {
                ["availableReplicas"] = ready,
                ["currentReplicas"] = pods.Count,
                ["currentRevision"] = revision,
                ["observedGeneration"] = workload.Number("metadata", "generation"),
                ["readyReplicas"] = ready,
                ["replicas"] = pods.Count,
                ["updateRevision"] = revision,
                ["updatedReplicas"] = pods.Count,
            });
        }
    }

    /// <summary>Deletes pods that are not wanted or have another template, creates those that lack, and returns the owner's pods.</summary>
    private List<JsonObject> Reconcile(KubeKind kind, JsonObject owner, string hashLabel, Dictionary<string, JsonObject> wanted)
    {
        var ns = owner.Namespace()!;
        var template = owner.At("spec", "template")!;
        var hash = Hash(template.ToJsonString())[..10];
        foreach (var pod in _store.List(KubeKind.Pod, ns).Items.Where(pod => Owner(pod) == owner.Uid()))
            if (!wanted.ContainsKey(pod.Name()) || pod.Text("metadata", "labels", hashLabel) != hash)
                _store.Delete(KubeKind.Pod, ns, pod.Name());
        foreach (var (name, affinity) in wanted)
        {
            CreateIfAbsent(KubeKind.Pod, ns, name, () =>
            {
                var pod = (JsonObject)template.DeepClone();
                if (pod["metadata"] is not JsonObject metadata) pod["metadata"] = metadata = [];
                if (metadata["labels"] is not JsonObject labels) metadata["labels"] = labels = [];
                labels[hashLabel] = hash;
                metadata["ownerReferences"] = OwnedBy(kind, owner);
                if (affinity is not null) pod["spec"]!["affinity"] = affinity.DeepClone();
                return Defaults.Apply(KubeKind.Pod, name, pod);
            });
        }
        return [.. _store.List(KubeKind.Pod, ns).Items.Where(pod => Owner(pod) == owner.Uid())];
    }

    private void Endpoints()
    {
        var services = _store.List(KubeKind.Service).Items;
        var podsOf = _store.List(KubeKind.Pod).Items.ToLookup(pod => pod.Namespace());
        foreach (var service in services.Where(service => service.Map("spec", "selector").Any()))
        {
            var pods = podsOf[service.Namespace()]
                .Where(pod => pod.Text("status", "podIP") is not null && service.Map("spec", "selector").All(pair => pod.Text("metadata", "labels", pair.Key) == pair.Value));
            // Pods that resolve a named port differently stand in subsets of their own.
            var subsets = new JsonArray();
            foreach (var group in pods.GroupBy(pod => Ports(service, pod).ToJsonString()).OrderBy(group => group.Key, StringComparer.Ordinal))
            {
                var subset = new JsonObject { ["ports"] = JsonNode.Parse(group.Key) };
                foreach (var (key, addressed) in new[] { ("addresses", group.Where(IsReady)), ("notReadyAddresses", group.Where(pod => !IsReady(pod))) })
                    if (addressed.Any())
                        subset[key] = new JsonArray([.. addressed.Select(Address)]);
                subsets.Add(subset);
            }
            if (!JsonNode.DeepEquals(_store.Get(KubeKind.Endpoints, service.Namespace(), service.Name())?["subsets"], subsets))
                _store.Write(KubeKind.Endpoints, service.Namespace(), service.Name(), existing => Changed(existing, "subsets", subsets));
        }
        var named = services.Select(service => (service.Namespace(), service.Name())).ToHashSet();
        foreach (var endpoints in _store.List(KubeKind.Endpoints).Items)
            if (!named.Contains((endpoints.Namespace(), endpoints.Name())))
                _store.Delete(KubeKind.Endpoints, endpoints.Namespace(), endpoints.Name());
    }

    private static JsonArray Ports(JsonObject service, JsonObject pod)
    {
        var ports = new JsonArray();
        foreach (var port in service.Objects("spec", "ports"))
        {
            var number = port.Number("targetPort") ?? pod.Objects("spec", "containers").SelectMany(container => container.Objects("ports"))
                .FirstOrDefault(declared => declared.Text("name") == port.Text("targetPort")).Number("containerPort");
            if (number is null) continue;
            var entry = new JsonObject { ["port"] = number, ["protocol"] = port.Text("protocol") };
            if (port.Text("name") is { } name) entry["name"] = name;
            ports.Add(entry);
        }
        return ports;
    }

    private static JsonObject Address(JsonObject pod) => new()
    {
        ["ip"] = pod.Text("status", "podIP"),
        ["nodeName"] = pod.Text("spec", "nodeName"),
        ["targetRef"] = new JsonObject { ["kind"] = "Pod", ["namespace"] = pod.Namespace(), ["name"] = pod.Name(), ["uid"] = pod.Uid() },
    };

    private static bool Runs(JsonObject set, JsonObject node)
    {
        var spec = set.At("spec", "template", "spec");
        if (!spec.Map("nodeSelector").All(pair => node.Text("metadata", "labels", pair.Key) == pair.Value)) return false;
        var terms = spec.Objects("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms").ToArray();
        return terms.Length == 0 || terms.Any(term => term.Objects("matchExpressions").All(expression => Selector.Requirement(
            expression.Text("operator") ?? "", node.Text("metadata", "labels", expression.Text("key") ?? ""), [.. expression.Texts("values")])));
    }

    private void Status(KubeKind kind, JsonObject owner, JsonObject status)
    {
        if (!JsonNode.DeepEquals(owner["status"], status)) Update(kind, owner, fresh => fresh["status"] = status);
    }

    /// <summary>Changes an object unless somebody else did since it was read; then the next pass sees to it.</summary>
    private void Update(KubeKind kind, JsonObject read, Action<JsonObject> change)
    {
        try
        {
            _store.Write(kind, read.Namespace(), read.Name(), existing =>
            {
                if (existing?.Text("metadata", "resourceVersion") != read.Text("metadata", "resourceVersion")) throw StatusException.Conflict(kind.ToString(), read.Name(), "changed meanwhile");
                var fresh = existing!.Copy();
                change(fresh);
                return fresh;
            });
        }
        catch (StatusException conflict) when (conflict.Code == 409)
        {
            WakeUp();
        }
    }

    private void CreateIfAbsent(KubeKind kind, string ns, string name, Func<JsonObject> create)
    {
        if (_store.Get(kind, ns, name) is null) _store.Write(kind, ns, name, existing => existing?.Copy() ?? create());
    }

    private static JsonObject Changed(JsonObject? existing, string key, JsonNode value)
    {
        var changed = existing?.Copy() ?? [];
        changed[key] = value.DeepClone();
        return changed;
    }

    private static JsonArray OwnedBy(KubeKind kind, JsonObject owner) => [new JsonObject
    {
        ["apiVersion"] = kind.ApiVersion, ["kind"] = kind.Name, ["name"] = owner.Name(), ["uid"] = owner.Uid(), ["controller"] = true, ["blockOwnerDeletion"] = true,
    }];

    private static string? Owner(JsonObject pod) => pod.Objects("metadata", "ownerReferences").FirstOrDefault().Text("uid");

    private static bool IsReady(JsonObject pod) =>
        pod.Objects("status", "conditions").Any(condition => condition.Text("type") == "Ready" && condition.Text("status") == "True");

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <summary>A stable name part in the alphabet that Kubernetes uses for generated names (no vowels, so no words).</summary>
    private static string Hash(string text)
    {
        const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";
        return string.Concat(SHA256.HashData(Encoding.UTF8.GetBytes(text)).Select(part => Alphabet[part % Alphabet.Length]));
    }
}
