using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Host;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>The project's stack files, as the lab runs them: on its own clusters, at its own pace, and more of them when asked.</summary>
internal static class StackFiles
{
    /// <summary>How often a group is looked at in pairs, see <see cref="InPairs"/>: one Alertmanager waits a part of it for the other.</summary>
    public static readonly TimeSpan PairsGroupInterval = TimeSpan.FromSeconds(4);

    /// <summary>The receiver of what no route takes.</summary>
    public const string OnCall = "lab";

    /// <summary>The receiver of the alert that always fires.</summary>
    public const string Heartbeat = "heartbeat";

    /// <summary>The receiver of one cluster's alerts, see <see cref="InPairs"/>.</summary>
    public const string Team = "team";

    /// <summary>Reads the project and adds targets until there are <paramref name="clusters"/> (0: just those of the project).</summary>
    /// <exception cref="EvaluationException">There is not exactly one central stack, or no target, or a file is malformed.</exception>
    public static (StackFile Central, ImmutableArray<StackFile> Targets) Read(string project, int clusters)
    {
        var stacks = StackFile.ReadAll(project);
        // A stack without a role is kept among the targets, so that the program itself says what is wrong with it.
        var targets = stacks.Where(stack => !stack.IsCentral).ToImmutableArray();
        var centrals = stacks.Where(stack => stack.IsCentral).ToList();
        if (centrals is not [var central] || targets.IsEmpty)
        {
            throw new EvaluationException(
                $"The lab runs one central stack and at least one target; {project} has {centrals.Count} with role central and {targets.Length} others.");
        }

        var watched = JsonNode.Parse(central.Get("clusters") ?? "[]") as JsonArray ?? [];
        for (var i = 1; targets.Length < clusters; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"edge-{i:000}");
            if (targets.Any(target => target.Name == name))
            {
                continue;
            }

            targets = targets.Add((targets[0] with { Name = name })
                .With("clusterName", name)
                .With("clusterLabels", """{"environment":"edge"}"""));
            watched.Add(JsonValue.Create(name));
        }

        return (central.With("clusters", watched.ToJsonString()), targets);
    }

    /// <summary>Writes the files of clusters that are made up, as copies of another, so that each can be changed by itself.</summary>
    /// <param name="project">Where the stack files are.</param>
    /// <param name="clusters">How many clusters there are to be at least.</param>
    public static void MakeUp(string project, int clusters)
    {
        var (central, targets) = Read(project, 0);
        for (var i = 1; i <= clusters - targets.Length; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"edge-{i:000}");
            File.Copy(FileOf(project, targets[0].Name), FileOf(project, name));
            Watch(project, central.Name, name);
        }
    }

    /// <summary>Adds a cluster to those that the central stack watches, as README tells: by one line.</summary>
    public static void Watch(string project, string central, string stack)
    {
        var lines = File.ReadAllLines(FileOf(project, central)).ToList();
        var clusters = lines.FindIndex(line => line.TrimEnd().EndsWith("fleet-prometheus:clusters:", StringComparison.Ordinal));
        var indent = lines[clusters + 1][..lines[clusters + 1].IndexOf('-')];
        lines.Insert(clusters + 1, $"{indent}- {stack}");
        File.WriteAllLines(FileOf(project, central), lines);
    }

    /// <summary>Writes keys into a stack's file, as a user would; they take the place of those that stand there already.</summary>
    /// <param name="project">Where the stack files are.</param>
    /// <param name="stack">The stack's name.</param>
    /// <param name="keys">Each key, without the project's name, and what to write after its colon.</param>
    public static void Write(string project, string stack, params ReadOnlySpan<(string Key, string Yaml)> keys)
    {
        var lines = File.ReadAllLines(FileOf(project, stack)).ToList();
        foreach (var (key, yaml) in keys)
        {
            var entry = $"  fleet-prometheus:{key}:";
            var start = lines.FindIndex(line => line.StartsWith(entry, StringComparison.Ordinal));
            if (start >= 0)
            {
                // What belongs to a key is indented further than the key.
                var length = lines.Skip(start + 1).TakeWhile(line => line.StartsWith("   ", StringComparison.Ordinal)).Count();
                lines.RemoveRange(start, length + 1);
            }

            lines.AddRange($"{entry} {yaml}".Split('\n'));
        }

        File.WriteAllLines(FileOf(project, stack), lines);
    }

    /// <summary>A stack's file.</summary>
    public static string FileOf(string project, string stack) => Path.Combine(project, $"Pulumi.{stack}.yaml");

    /// <summary>The names of the stacks that the centre watches.</summary>
    public static ImmutableArray<string> Watched(StackFile central) => [.. HostCentre.Watched(central).Select(watched => watched.Stack)];

    /// <summary>Whether the centre watches its own cluster too.</summary>
    public static bool WatchesItself(StackFile central) => central.Get("ownCluster") is { } json && JsonNode.Parse(json)?["enabled"]?.ToString() == "true";

    /// <summary>The centre's configuration with the CA of the lab's kubelets, if it watches its own cluster.</summary>
    public static StackFile Trusting(ILabCluster cluster, StackFile central) =>
        WatchesItself(central) && JsonNode.Parse(central.Get("ownCluster")!)!["kubeletCa"] is null ? central.WithFields("ownCluster", ("kubeletCa", cluster.KubeletCa)) : central;

    /// <summary>The namespace of everything central.</summary>
    public static string CentralNamespace(StackFile central) => central.Get("namespace") ?? "monitoring";

    /// <summary>How many members the control plane of a target's cluster has: those that its configuration lists.</summary>
    public static int ApiServers(StackFile target) => target.Get("apiServers") is { } json && JsonNode.Parse(json) is JsonArray { Count: > 0 } members ? members.Count : 1;

    /// <summary>A target's configuration with the lab's cluster in the place of the real one.</summary>
    public static StackFile On(ILabCluster cluster, StackFile target)
    {
        var ours = Within(cluster, target with { Values = target.Values.Remove("fleet-prometheus:caCertificate") })
            .With("apiServer", cluster.ApiServer.AbsoluteUri.TrimEnd('/'));
        if (target.Get("apiServers") is not null)
        {
            ours = ours.With("apiServers", new JsonArray([.. cluster.ApiServers.Select(member => (JsonNode)member)]).ToJsonString());
        }

        // The lab's kubelets have a CA of their own.
        return (target.Get("nodeAccess") == "direct" || (JoinWay.Pushes(target) && JoinWay.ReachesNodes(target))) && target.Get("kubeletCa") is null ? ours.With("kubeletCa", cluster.KubeletCa) : ours;
    }

    /// <summary>A stack's configuration with the lab's cluster as the one that its objects go to.</summary>
    public static StackFile Within(ILabCluster cluster, StackFile stack) =>
        (stack with
        {
            Values = stack.Values.Remove("fleet-prometheus:context"),
            SecretKeys = stack.SecretKeys.Add("fleet-prometheus:kubeconfig"),
        }).With("kubeconfig", cluster.Kubeconfig);

    /// <summary>The centre's configuration at the lab's pace, with the lab's receiver.</summary>
    public static StackFile AtPace(StackFile central, TimeSpan interval, Uri receiver)
    {
        var pace = Seconds(interval);
        return central
            .WithFields("prometheus", ("scrapeInterval", pace), ("scrapeTimeout", pace.DeepClone()), ("evaluationInterval", pace.DeepClone()))
            .WithFields(
                "alertmanager",
                ("receivers", new JsonArray(Receiver(OnCall), Receiver(Heartbeat))),
                ("defaultReceiver", OnCall),
                ("watchdogReceiver", Heartbeat),
                ("watchdogInterval", Seconds(interval)),
                ("groupWait", "1s"),
                ("groupInterval", "1s"))
            .WithFields("alerts", ("ClusterUnreachable", new JsonObject { ["for"] = Seconds(3 * interval) }));

        JsonObject Receiver(string name) => new() { ["name"] = name, ["webhook"] = receiver.AbsoluteUri };
    }

    /// <summary>The centre's configuration with two of each program, and with a receiver of its own for the alerts of one cluster.</summary>
    public static StackFile InPairs(StackFile central, string cluster, Uri receiver)
    {
        var receivers = JsonNode.Parse(central.Get("alertmanager")!)!["receivers"]!.DeepClone().AsArray();
        receivers.Add(new JsonObject { ["name"] = Team, ["webhook"] = receiver.AbsoluteUri });
        return central
            .WithFields("prometheus", ("replicas", 2))
            .WithFields(
                "alertmanager",
                ("replicas", 2),
                ("groupInterval", Seconds(PairsGroupInterval)),
                ("receivers", receivers),
                ("routes", new JsonArray(new JsonObject { ["receiver"] = Team, ["clusters"] = new JsonArray(cluster) })));
    }

    /// <summary>A target's configuration with the lab's way in at the lab's pace, if it sends by itself and to somewhere else.</summary>
    public static StackFile SendingTo(PushEntrance? entrance, TimeSpan interval, StackFile target)
    {
        var url = $"https://{entrance?.Address}";
        return entrance is null || !JoinWay.Pushes(target) || JsonNode.Parse(target.Get("push") ?? "{}")?["url"]?.ToString() == url ? target
            : target.WithFields("push", ("url", url), ("caCertificate", entrance.CaCertificate), ("scrapeInterval", Seconds(interval)));
    }

    /// <summary>The centre's configuration with two Prometheus and a way in for clusters that send by themselves.</summary>
    public static StackFile TakingPushes(StackFile central, PushEntrance entrance)
    {
        var taking = central
            .WithFields("prometheus", ("replicas", 2))
            .WithFields("pushFront", ("certificate", entrance.Certificate), ("privateKey", entrance.PrivateKey.Reveal()));
        return taking with { SecretKeys = taking.SecretKeys.Add("fleet-prometheus:pushFront") };
    }

    /// <summary>Whether the centre is told to speak HTTPS.</summary>
    public static bool ServesTls(StackFile central) => central.Get("webTls") is not null;

    /// <summary>The centre's configuration with the lab's certificate for its web endpoints.</summary>
    public static StackFile ServingTls(StackFile central, WebCertificate certificate)
    {
        var serving = central.With("webTls", new JsonObject
        {
            ["certificate"] = certificate.Certificate,
            ["privateKey"] = certificate.PrivateKey.Reveal(),
            ["caCertificate"] = certificate.CaCertificate,
        }.ToJsonString());
        return serving with { SecretKeys = serving.SecretKeys.Add("fleet-prometheus:webTls") };
    }

    private static JsonValue Seconds(TimeSpan time) => JsonValue.Create(string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMilliseconds}ms"));
}
