using System.Globalization;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Simulation;

namespace FleetPrometheus.Bench.Clusters;

/// <summary>What a cluster holds beside what is installed to watch it.</summary>
/// <param name="Nodes">How many nodes; they are registered and ready.</param>
/// <param name="Pods">How many pods; they run, each on a node.</param>
/// <param name="Services">How many Services; each selects some of the pods.</param>
internal sealed record Population(int Nodes, int Pods, int Services)
{
    private const int PodsPerNamespace = 50;

    /// <summary>Registers the nodes.</summary>
    public void AddNodes(SimulatedApiServer server, string cluster, AddressPlan addresses)
    {
        for (var node = 0; node < Nodes; node++)
        {
            server.Put(NodeRegistrar.Registered(cluster, node, addresses.Node(0, node)));
        }
    }

    /// <summary>Adds everything else. Objects are about as large as real ones: 4 kB for a pod, half of it what the server keeps about field managers.</summary>
    public void AddPods(SimulatedApiServer server, string cluster, AddressPlan addresses)
    {
        var namespaces = (Pods + PodsPerNamespace - 1) / PodsPerNamespace;
        for (var ns = 0; ns < namespaces; ns++)
        {
            server.Put(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = Namespace(ns) }, ["status"] = new JsonObject { ["phase"] = "Active" } });
        }

        var apps = Math.Max(1, Services / Math.Max(1, namespaces));
        for (var service = 0; service < Services; service++)
        {
            server.Put(Service(Namespace(service % namespaces), App(service / namespaces)));
        }

        for (var pod = 0; pod < Pods; pod++)
        {
            server.Put(Pod(Namespace(pod % namespaces), App(pod / namespaces % apps), pod, NodeRegistrar.NameOf(cluster, pod % Nodes), addresses.Node(0, pod % Nodes).ToString()));
        }
    }

    private static string Namespace(int number) => string.Create(CultureInfo.InvariantCulture, $"team-{number:000}");

    private static string App(int number) => string.Create(CultureInfo.InvariantCulture, $"service-{number:00}");

    private static JsonObject Labels(string app) => new()
    {
        ["app.kubernetes.io/name"] = app, ["app.kubernetes.io/instance"] = app, ["app.kubernetes.io/managed-by"] = "Helm", ["app.kubernetes.io/version"] = "1.14.2", ["helm.sh/chart"] = $"{app}-4.2.0",
    };

    private static JsonObject Service(string ns, string app) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Service",
        ["metadata"] = new JsonObject
        {
            ["name"] = app,
            ["namespace"] = ns,
            ["labels"] = Labels(app),
            ["annotations"] = new JsonObject { ["meta.helm.sh/release-name"] = app, ["meta.helm.sh/release-namespace"] = ns },
            ["managedFields"] = Managed("helm", "metadata.annotations metadata.labels spec.internalTrafficPolicy spec.ports spec.selector spec.sessionAffinity spec.type"),
        },
        ["spec"] = new JsonObject
        {
            ["type"] = "ClusterIP",
            ["selector"] = new JsonObject { ["app.kubernetes.io/name"] = app, ["app.kubernetes.io/instance"] = app },
            ["ports"] = new JsonArray(new JsonObject { ["name"] = "http", ["port"] = 80, ["protocol"] = "TCP", ["targetPort"] = 8080 }),
            ["sessionAffinity"] = "None",
        },
    };

    private static JsonObject Pod(string ns, string app, int number, string node, string nodeAddress)
    {
        var hash = string.Create(CultureInfo.InvariantCulture, $"{number * 2654435761 % 0xfffff:x5}");
        var address = string.Create(CultureInfo.InvariantCulture, $"10.{number / 62500}.{number / 250 % 250}.{(number % 250) + 1}");
        var labels = Labels(app);
        labels["pod-template-hash"] = "6d4cf56db6";
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{app}-6d4cf56db6-{hash}",
                ["generateName"] = $"{app}-6d4cf56db6-",
                ["namespace"] = ns,
                ["labels"] = labels,
                ["annotations"] = new JsonObject
                {
                    ["checksum/config"] = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    ["kubectl.kubernetes.io/restartedAt"] = "2026-03-02T09:12:44Z",
                },
                ["managedFields"] = new JsonArray([
                    .. Managed("kube-controller-manager",
                        "metadata.annotations metadata.generateName metadata.labels spec.containers.image spec.containers.imagePullPolicy spec.containers.env spec.containers.livenessProbe "
                        + "spec.containers.ports spec.containers.readinessProbe spec.containers.resources spec.containers.terminationMessagePath spec.dnsPolicy spec.enableServiceLinks spec.restartPolicy "
                        + "spec.schedulerName spec.securityContext spec.serviceAccount spec.terminationGracePeriodSeconds").Select(entry => entry!.DeepClone()),
                    .. Managed("kubelet",
                        "status.conditions.ContainersReady status.conditions.Initialized status.conditions.Ready status.containerStatuses status.hostIP status.hostIPs status.phase status.podIP status.podIPs status.startTime")
                        .Select(entry => entry!.DeepClone()),
                ]),
            },
            ["spec"] = new JsonObject
            {
                ["nodeName"] = node,
                ["serviceAccountName"] = app,
                ["restartPolicy"] = "Always",
                ["dnsPolicy"] = "ClusterFirst",
                ["schedulerName"] = "default-scheduler",
                ["terminationGracePeriodSeconds"] = 30,
                ["enableServiceLinks"] = true,
                ["preemptionPolicy"] = "PreemptLowerPriority",
                ["priority"] = 0,
                ["securityContext"] = new JsonObject { ["runAsNonRoot"] = true, ["runAsUser"] = 1000, ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" } },
                ["tolerations"] = new JsonArray(Toleration("not-ready"), Toleration("unreachable")),
                ["containers"] = new JsonArray(new JsonObject
                {
                    ["name"] = app,
                    ["image"] = $"registry.example/shop/{app}:1.14.2",
                    ["imagePullPolicy"] = "IfNotPresent",
                    ["ports"] = new JsonArray(new JsonObject { ["name"] = "http", ["containerPort"] = 8080, ["protocol"] = "TCP" }),
                    ["env"] = new JsonArray(
                        new JsonObject { ["name"] = "LOG_LEVEL", ["value"] = "info" },
                        new JsonObject { ["name"] = "DATABASE_URL", ["valueFrom"] = new JsonObject { ["secretKeyRef"] = new JsonObject { ["name"] = $"{app}-database", ["key"] = "url" } } },
                        new JsonObject { ["name"] = "POD_NAME", ["valueFrom"] = new JsonObject { ["fieldRef"] = new JsonObject { ["apiVersion"] = "v1", ["fieldPath"] = "metadata.name" } } }),
                    ["livenessProbe"] = Probe("/healthz"),
                    ["readinessProbe"] = Probe("/ready"),
                    ["resources"] = new JsonObject
                    {
                        ["requests"] = new JsonObject { ["cpu"] = "100m", ["memory"] = "128Mi" }, ["limits"] = new JsonObject { ["memory"] = "256Mi" },
                    },
                    ["securityContext"] = new JsonObject { ["allowPrivilegeEscalation"] = false, ["readOnlyRootFilesystem"] = true, ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") } },
                    ["terminationMessagePath"] = "/dev/termination-log",
                    ["terminationMessagePolicy"] = "File",
                    ["volumeMounts"] = new JsonArray(new JsonObject { ["name"] = "kube-api-access-x7k2p", ["mountPath"] = "/var/run/secrets/kubernetes.io/serviceaccount", ["readOnly"] = true }),
                }),
                ["volumes"] = new JsonArray(new JsonObject
                {
                    ["name"] = "kube-api-access-x7k2p",
                    ["projected"] = new JsonObject
                    {
                        ["defaultMode"] = 420,
                        ["sources"] = new JsonArray(
                            new JsonObject { ["serviceAccountToken"] = new JsonObject { ["expirationSeconds"] = 3607, ["path"] = "token" } },
                            new JsonObject { ["configMap"] = new JsonObject { ["name"] = "kube-root-ca.crt", ["items"] = new JsonArray(new JsonObject { ["key"] = "ca.crt", ["path"] = "ca.crt" }) } }),
                    },
                }),
            },
            ["status"] = new JsonObject
            {
                ["phase"] = "Running",
                ["hostIP"] = nodeAddress,
                ["hostIPs"] = new JsonArray(new JsonObject { ["ip"] = nodeAddress }),
                ["podIP"] = address,
                ["podIPs"] = new JsonArray(new JsonObject { ["ip"] = address }),
                ["startTime"] = "2026-03-02T09:12:44Z",
                ["qosClass"] = "Burstable",
                ["conditions"] = new JsonArray(Condition("PodReadyToStartContainers"), Condition("Initialized"), Condition("Ready"), Condition("ContainersReady"), Condition("PodScheduled")),
                ["containerStatuses"] = new JsonArray(new JsonObject
                {
                    ["name"] = app,
                    ["image"] = $"registry.example/shop/{app}:1.14.2",
                    ["imageID"] = $"registry.example/shop/{app}@sha256:4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a",
                    ["containerID"] = "containerd://e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                    ["ready"] = true,
                    ["started"] = true,
                    ["restartCount"] = 0,
                    ["lastState"] = new JsonObject(),
                    ["state"] = new JsonObject { ["running"] = new JsonObject { ["startedAt"] = "2026-03-02T09:12:46Z" } },
                }),
            },
        };
    }

    private static JsonObject Toleration(string what) => new()
    {
        ["key"] = $"node.kubernetes.io/{what}", ["operator"] = "Exists", ["effect"] = "NoExecute", ["tolerationSeconds"] = 300,
    };

    private static JsonObject Probe(string path) => new()
    {
        ["httpGet"] = new JsonObject { ["path"] = path, ["port"] = "http", ["scheme"] = "HTTP" }, ["periodSeconds"] = 10, ["timeoutSeconds"] = 1, ["failureThreshold"] = 3, ["successThreshold"] = 1,
    };

    private static JsonObject Condition(string type) => new()
    {
        ["type"] = type, ["status"] = "True", ["lastProbeTime"] = null, ["lastTransitionTime"] = "2026-03-02T09:12:50Z",
    };

    private static JsonArray Managed(string manager, string fields)
    {
        var owned = new JsonObject();
        foreach (var field in fields.Split(' '))
        {
            var place = owned;
            foreach (var part in field.Split('.'))
            {
                if (place[$"f:{part}"] is not JsonObject inner)
                {
                    place[$"f:{part}"] = inner = new JsonObject();
                }

                place = inner;
            }
        }

        return [new JsonObject { ["manager"] = manager, ["operation"] = "Update", ["apiVersion"] = "v1", ["time"] = "2026-03-02T09:12:50Z", ["fieldsType"] = "FieldsV1", ["fieldsV1"] = owned }];
    }
}
