using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FleetPrometheus.Alerting;
using FleetPrometheus.Central;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Rendering;
using FleetPrometheus.Infra.Settings;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Simulation;
using FleetPrometheus.Scraping;
using FleetPrometheus.Targets;
using FleetPrometheus.Tests.Scraping;
using FleetPrometheus.Validation;
using Xunit.Abstractions;
using YamlDotNet.RepresentationModel;
using PodFiles = FleetPrometheus.Evaluation.Rendering.PodFiles;

namespace FleetPrometheus.Tests.Fuzz;

/// <summary>What is accepted becomes configuration in which each value is what was written, and which the real programs accept.</summary>
[Collection("Pulumi")]
public sealed partial class AcceptedFuzzTests(ITestOutputHelper output)
{
    private const int RoutingSeed = 20261124;
    private const int Routings = 150;

    [Fact]
    public async Task Evaluate_AcceptedStacks_YieldsSoundObjects()
    {
        var all = await AcceptedStacks.All;
        var targets = all.Targets.Select(target => (TargetSettings)target.Settings).ToList();
        var centres = all.Centres.Select(centre => (CentralSettings)centre.Settings).ToList();
        (string Kind, int Count)[] kinds =
        [
            .. Enum.GetValues<Collection>().Select(collection => ($"collection {collection}", targets.Count(target => target.Collection == collection))),
            .. Enum.GetValues<NodeAccess>().Select(access => ($"nodeAccess {access}", targets.Count(target => target.NodeAccess == access))),
            ("with jobs of their own", targets.Count(target => !target.ScrapeJobs.IsEmpty)),
            ("centres that watch their own cluster", all.Centres.Count(centre => Has(centre, "ownCluster"))),
            ("centres with Alertmanager's routing", all.Centres.Count(centre => Has(centre, "alertmanager"))),
            ("centres that speak HTTPS", all.Centres.Count(centre => Has(centre, "webTls"))),
            ("centres that let clusters send", all.Centres.Count(centre => centre.Stack.Manifests.Any(manifest => manifest.Kind == "Secret" && File(manifest, PushFiles.Users) is not null))),
        ];
        output.WriteLine($"{all.Tried}: {all.Stacks.Sum(stack => stack.Manifests.Length)} objects; {string.Join(", ", kinds.Select(kind => $"{kind.Kind} {kind.Count}"))}");

        Assert.All(kinds, kind => Assert.True(kind.Count >= 5, $"only {kind.Count} are {kind.Kind}: {all.Tried}"));
        Assert.Empty(all.Stacks.SelectMany(stack => ObjectRules.Broken(stack).Select(what => $"{stack.Stack}: {what}")));
    }

    [Fact]
    public async Task Render_AcceptedClusters_HoldEachValueWhereItBelongs() => Assert.Empty((await AcceptedStacks.All).Targets.SelectMany(Misplaced));

    /// <summary>What the real one makes of labels full of quotes, templates, references and expressions, as if it had discovered pods and nodes.</summary>
    [Fact]
    public async Task Prometheus_AcceptedClusters_KnowsEveryLabelAsWritten()
    {
        var pulled = (await AcceptedStacks.All).Targets.Where(target => target.Connection is not null).ToList();
        await using var prometheus = await RunningPrometheus.StartAsync(pulled.Select(target => Model(target) with { ApiServer = new("https://127.0.0.1:1"), ScrapeInterval = null }), Samples.KubeletCa, render: AsIfDiscovered);
        using var api = new PrometheusApi(prometheus.Address, "", "");
        // It takes new targets into account within some seconds.
        await prometheus.UntilAsync("api/v1/targets?state=active", data => data.GetProperty("activeTargets").EnumerateArray()
            .Select(one => one.GetProperty("labels").GetProperty("cluster").GetString()).Where(cluster => cluster != "central").Distinct().Count() == pulled.Count);
        var known = (await api.TargetsAsync(default)).ToLookup(target => target["cluster"]);
        var (compared, discovered) = (0, 0);
        foreach (var target in pulled)
        {
            var found = known[target.Stack.Stack].ToList();
            Assert.Contains(found, one => one["job"] == "apiserver");
            var outside = (target.Written("staticTargets")?.AsArray() ?? []).SelectMany(job => job!["targets"]!.AsArray()).Select(address => (string?)address).ToHashSet();
            foreach (var jobs in target.Connection!.Jobs.Where(IsDiscovered).GroupBy(job => job.Name))
            {
                // The pod that is chosen, not the one beside it; and its path leads to where the job says.
                Assert.Equal(jobs.Count(), found.Count(one => one["job"] == jobs.Key && !outside.Contains(one["instance"])));
                Assert.All(jobs, job => Assert.Contains(found, one => one["job"] == jobs.Key && Uri.UnescapeDataString(new Uri(one.Url).AbsolutePath).EndsWith(PathOf(job), StringComparison.Ordinal)));
                discovered += jobs.Count();
            }

            foreach (var (name, value) in target.Written("clusterLabels")?.AsObject() ?? [])
            {
                Assert.All(found, one => Assert.Equal((string?)value, one[name]));
                compared += found.Count;
            }

            foreach (var job in target.Written("staticTargets")?.AsArray() ?? [])
            {
                foreach (var address in job!["targets"]!.AsArray())
                {
                    var one = found.Single(one => one["job"] == (string?)job["name"] && one["instance"] == (string?)address);
                    Assert.All(job["labels"]?.AsObject() ?? [], label => Assert.Equal((string?)label.Value, one[label.Key]));
                    compared += job["labels"]?.AsObject().Count ?? 0;
                }
            }
        }

        output.WriteLine($"{compared} labels of targets of {pulled.Count} clusters are as they were written; {discovered} jobs chose the pod or node that they name");
        Assert.InRange(compared, 500, int.MaxValue);
        Assert.InRange(discovered, 200, int.MaxValue);
    }

    private static bool IsDiscovered(ScrapeJob job) => job is PodJob or NodeProxyJob or NodeDirectJob;

    private static string PathOf(ScrapeJob job) => job switch { PodJob pods => pods.MetricsPath, NodeProxyJob node => node.MetricsPath, _ => ((NodeDirectJob)job).MetricsPath };

    /// <summary>The cluster's file with the very pods and nodes written into it that its jobs are to discover, and beside each pod one that differs in a letter.</summary>
    private static string AsIfDiscovered(Cluster cluster) => ScrapeConfigFile.Render(
    [
        .. ClusterScrapeFile.ScrapeConfigs(cluster).Zip(cluster.Jobs, (config, job) => !IsDiscovered(job) ? config : config with
        {
            KubernetesSdConfigs = [],
            StaticConfigs = [.. new[] { "", "x" }.Take(job is PodJob ? 2 : 1).Select(stray => new StaticConfig { Targets = [$"10.0.0.1{stray.Length}:1"], Labels = [.. Discovered(job, stray)] })],
        }),
    ]);

    private static IEnumerable<KeyValuePair<string, string>> Discovered(ScrapeJob job, string stray)
    {
        const string Meta = "__meta_kubernetes_";
        Dictionary<string, string> labels = new()
        {
            [$"{Meta}node_name"] = "node-1", [$"{Meta}node_address_InternalIP"] = "10.0.0.1", [$"{Meta}pod_node_name"] = "node-1", [$"{Meta}pod_name"] = "pod-1", [$"{Meta}pod_ip"] = "10.0.0.1",
            [$"{Meta}pod_container_init"] = "false", [$"{Meta}pod_phase"] = "Running",
        };
        if (job is PodJob pods)
        {
            labels[$"{Meta}namespace"] = pods.Namespace + stray;
            labels[$"{Meta}pod_container_port_number"] = pods.Port.ToString(CultureInfo.InvariantCulture);
            foreach (var (name, value) in pods.Selector)
            {
                labels[$"{Meta}pod_label_{NotInLabels().Replace(name, "_")}"] = value;
            }
        }

        return labels.OrderBy(label => label.Key, StringComparer.Ordinal);
    }

    [GeneratedRegex("[^a-zA-Z0-9_]")]
    private static partial Regex NotInLabels();

    [Fact]
    public async Task Render_AcceptedStacks_IsTakenByTheRealPrograms()
    {
        var all = await AcceptedStacks.All;
        using var directory = new TemporaryDirectory();
        using var authority = new CertificateAuthority("web");
        using var server = authority.IssueServer("web", []);
        using var key = server.GetECDsaPrivateKey()!;
        ConfigurationTree.Write(directory, Samples.Central, all.Targets.Where(target => target.Connection is not null).Select(Model), Samples.KubeletCa);
        var (mains, webs, alerting, probes) = (new List<string>(), new List<string>(), new List<string>(), new List<string>());
        // Of the account that a centre watches its own cluster with.
        directory.Write("account/token", "token");
        directory.Write("account/ca.crt", Samples.KubeletCa);
        foreach (var (number, stack) in all.Centres.Select(centre => centre.Stack).Index())
        {
            mains.Add(Write("prometheus", ConfigurationPaths.Main));
            webs.Add(Path.Combine(Path.GetDirectoryName(mains[^1])!, ConfigurationPaths.Web));
            Keep(webs[^1]);
            probes.Add(Path.Combine(Path.GetDirectoryName(mains[^1])!, ConfigurationPaths.Blackbox));
            alerting.Add(Write("alertmanager", "alertmanager.yml"));

            string Write(string program, string main)
            {
                var place = $"centre-{number}/{program}";
                foreach (var file in PodFiles.Under($"/etc/{program}", program, stack.Manifests))
                {
                    directory.Write($"{place}/{file.Path}", file.Content.Replace($"/etc/{program}/", $"{directory.Path}/{place}/", StringComparison.Ordinal)
                        .Replace($"{ServiceAccountFiles.Directory}/", $"{directory.Path}/account/", StringComparison.Ordinal));
                }

                return Path.Combine(directory.Path, place, main);
            }
        }

        var agents = Files(all.Targets, AgentFile.Name);
        var relays = Files(all.Targets, "Caddyfile");
        var users = Files(all.Centres, PushFiles.Users);
        output.WriteLine($"taken: {mains.Count} trees of a central Prometheus, their web configurations, probe modules and Alertmanagers' configurations; {agents.Count} agents', {relays.Count} relays', {users.Count} push receivers' files");
        Assert.All([mains, alerting, agents, relays, users], files => Assert.InRange(files.Count, 4, int.MaxValue));

        await Tools.SucceedAsync(Tool.Promtool, "/", ["check", "config", "--lint=all", "--lint-fatal", Path.Combine(directory.Path, ConfigurationPaths.Main), .. mains]);
        // What else an agent's pod sees is not here.
        await Tools.SucceedAsync(Tool.Promtool, "/", ["check", "config", "--syntax-only", "--agent", .. agents]);
        await Tools.SucceedAsync(Tool.Promtool, "/", ["check", "web-config", .. webs]);
        await Tools.SucceedAsync(Tool.Amtool, "/", ["check-config", .. alerting]);
        await EachAsync(probes, file => Tools.SucceedAsync(Tool.BlackboxExporter, "/", "--config.check", $"--config.file={file}"));
        await EachAsync(relays, file => Tools.SucceedAsync(Tool.Caddy, "/", "adapt", "--adapter=caddyfile", $"--config={file}"));
        await EachAsync(users, file => Tools.SucceedAsync(Tool.Vmauth, "/", "-dryRun", $"-auth.config={file}"));

        // Each text once, as many are alike.
        List<string> Files(IEnumerable<AcceptedStack> stacks, string name) =>
        [
            .. stacks.SelectMany(stack => stack.Stack.Manifests).Where(manifest => manifest.Kind is "ConfigMap" or "Secret")
                .Select(manifest => File(manifest, name)).OfType<string>().Distinct().Index().Select(text => directory.Write($"of-stacks/{name}/{text.Index}", text.Item)),
        ];

        // A centre's own certificate is in a Secret that somebody else keeps.
        void Keep(string web)
        {
            foreach (Match file in ServerFile().Matches(System.IO.File.ReadAllText(web)))
            {
                var (isKey, path) = (file.Groups["kind"].Value == "key", Path.Combine(Path.GetDirectoryName(web)!, file.Groups["path"].Value));
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                System.IO.File.WriteAllText(path, isKey ? key.ExportPkcs8PrivateKeyPem() : server.ExportCertificatePem());
            }
        }

        static Task EachAsync(IEnumerable<string> files, Func<string, Task> check) => Parallel.ForEachAsync(files, async (file, _) => await check(file));
    }

    [Fact]
    public async Task Render_AcceptedRoutingsAndRules_AreTakenByTheRealProgramsAsWritten()
    {
        var draw = new Draw(RoutingSeed);
        using var directory = new TemporaryDirectory();
        var (routings, rules, changed, tried) = (new List<string>(), new List<string>(), 0, 0);
        for (; routings.Count < Routings; tried++)
        {
            var values = draw.Central("product");
            if (!values.ContainsKey("alertmanager") || AcceptedStacks.Read(values) is not CentralSettings settings)
            {
                continue;
            }

            var text = AlertmanagerConfiguration.Render(settings.Routing, "/etc/alertmanager");
            AssertRouting(Yaml(text), JsonNode.Parse(values["alertmanager"])!);
            Assert.DoesNotContain(Draw.Secret, text, StringComparison.Ordinal);
            routings.Add(directory.Write($"alertmanager-{routings.Count}.yml", text));
            if (values.TryGetValue("alerts", out var alerts))
            {
                var files = AlertingRules.Render(settings.Alerting);
                changed += AssertRules(files, JsonNode.Parse(alerts)!.AsObject(), settings.Alerting.Runbooks);
                rules.AddRange(files.Select(file => directory.Write($"rules-{routings.Count}/{file.Name}", file.Text)));
            }
        }

        output.WriteLine($"{tried} central configurations (seed {RoutingSeed}): {routings.Count} accepted routings checked by amtool, {rules.Count} rule files with {changed} changed alerts by promtool");
        Assert.InRange(changed, 30, int.MaxValue);
        await Tools.SucceedAsync(Tool.Amtool, "/", ["check-config", .. routings]);
        await Tools.SucceedAsync(Tool.Promtool, "/", ["check", "rules", .. rules]);
    }

    [GeneratedRegex("^ *(?<kind>cert|key)_file: '?(?<path>[^'\\n]+)", RegexOptions.Multiline)]
    private static partial Regex ServerFile();

    private static Cluster Model(AcceptedStack target) => ClusterFiles.Model(new() { Connection = target.Connection! });

    private static bool Has(AcceptedStack stack, string key) => stack.Configuration.ContainsKey(key);

    /// <summary>A text in a ConfigMap or Secret.</summary>
    private static string? File(KubernetesManifest manifest, string key) => manifest.Content.Text("data", key) is { } text
        ? manifest.Kind == "Secret" ? Encoding.UTF8.GetString(Convert.FromBase64String(text)) : text
        : null;

    /// <summary>Which of a cluster's values are not in its scrape file as they were written.</summary>
    private static IEnumerable<string> Misplaced(AcceptedStack target)
    {
        if (target.Connection is not { } connection)
        {
            yield break;
        }

        var labels = ((TargetSettings)target.Settings).ClusterLabels;
        foreach (var (name, value) in target.Written("clusterLabels")?.AsObject() ?? [])
        {
            if (labels.GetValueOrDefault(name) != (string?)value)
            {
                yield return $"{connection.ClusterName}: clusterLabels.{name}";
            }
        }

        var root = Yaml(ClusterScrapeFile.Render(Model(target)));
        var scrapes = (YamlSequenceNode)root["scrape_configs"];
        if (root.Children.Count != 1 || scrapes.Children.Count != connection.Jobs.Length)
        {
            yield return $"{connection.ClusterName}: {scrapes.Children.Count} scrapes of {connection.Jobs.Length} jobs";
        }

        foreach (var (scrape, job) in scrapes.Cast<YamlMappingNode>().Zip(connection.Jobs))
        {
            foreach (var what in Misplaced(scrape, job, labels.Append(new("cluster", connection.ClusterName)).Append(new("job", job.Name))))
            {
                yield return $"{connection.ClusterName}/{job.Name}: {what}";
            }
        }
    }

    private static IEnumerable<string> Misplaced(YamlMappingNode scrape, ScrapeJob job, IEnumerable<KeyValuePair<string, string>> labels)
    {
        var steps = Items(scrape, "relabel_configs").Concat(Items(scrape, "metric_relabel_configs")).ToList();
        var fixedLabels = Items(scrape, "static_configs").SelectMany(targets => ((YamlMappingNode)targets["labels"]).Children).ToDictionary(label => Text(label.Key)!, label => Text(label.Value));
        foreach (var (name, value) in labels)
        {
            var set = steps.Any(step => Text(step, "target_label") == name && Text(step, "replacement") == value.Replace("$", "$$", StringComparison.Ordinal) && !step.Children.ContainsKey("source_labels") && !step.Children.ContainsKey("regex"));
            if (!(fixedLabels.Count > 0 ? fixedLabels.GetValueOrDefault(name) == value : set))
            {
                yield return $"label {name}";
            }
        }

        // A step that no job of its kind has.
        foreach (var key in steps.SelectMany(step => step.Children.Keys).Select(Text).Except(["source_labels", "regex", "target_label", "replacement", "action"]))
        {
            yield return $"key {key}";
        }

        if (job is PodJob pods)
        {
            var keep = Items(scrape, "relabel_configs").Single(step => Text(step, "action") == "keep");
            string[] values = [pods.Namespace, .. pods.Selector.Where(label => label.Key != FleetLabels.PartOf).Select(label => label.Value), $"{pods.Port}", "false", "Running"];
            var expression = new Regex($@"\A(?:{Text(keep, "regex")})\z");
            var exact = string.Join(';', values);
            if (!expression.IsMatch(exact) || (exact.Contains('.', StringComparison.Ordinal) && expression.IsMatch(exact.Replace('.', '!'))))
            {
                yield return "the choice of pods";
            }
        }

        var path = job switch { PodProxyJob proxied => proxied.MetricsPath, NodeProxyJob node => node.MetricsPath, _ => null };
        if (path is not null && !steps.Any(step => Text(step, "target_label") == "__metrics_path__" && Text(step, "replacement")!.EndsWith($"/proxy{path.Replace("$", "$$", StringComparison.Ordinal)}", StringComparison.Ordinal)))
        {
            yield return "path";
        }

        if (job is PodDirectJob or StaticJob && Text(scrape, "metrics_path") is var literal && literal != (job is PodDirectJob direct ? direct.MetricsPath : ((StaticJob)job).MetricsPath))
        {
            yield return $"path {literal}";
        }

        if (job is FederateJob federate && !((YamlSequenceNode)scrape["params"]["match[]"]).Select(Text).SequenceEqual(federate.Matches))
        {
            yield return "match[]";
        }
    }

    /// <summary>Alerts are as their files say but for what was written; returns how many of them were changed.</summary>
    private static int AssertRules(IEnumerable<RuleFile> files, JsonObject written, string runbooks)
    {
        var rendered = files.SelectMany(file => Items(Yaml(file.Text), "groups")).SelectMany(group => Items(group, "rules")).Where(rule => rule.Children.ContainsKey("alert"))
            .ToDictionary(rule => (Text(rule, "alert"), Text((YamlMappingNode)rule["labels"], "severity")));
        var changed = 0;
        foreach (var alert in AlertingRules.Alerts)
        {
            var setting = written[alert.Id];
            changed += setting is JsonObject { Count: > 0 } ? 1 : 0;
            var there = rendered.Remove((alert.Name, alert.Severity), out var rule);
            Assert.Equal((bool?)setting?["enabled"] ?? true, there);
            if (!there)
            {
                continue;
            }

            Assert.True(PrometheusDuration.TryParse(Text(rule!, "for"), out var duration));
            PrometheusDuration.TryParse((string?)setting?["for"], out var given);
            Assert.Equal(setting?["for"] is null ? alert.For : given, duration);
            var different = Words(alert.Expression).Zip(Words(Text(rule!, "expr")!)).Where(pair => pair.First != pair.Second).ToList();
            Assert.Equal(Words(alert.Expression).Length, Words(Text(rule!, "expr")!).Length);
            if (different.Count > 0)
            {
                Assert.Equal((double)setting!["threshold"]!, double.Parse(Assert.Single(different).Second, CultureInfo.InvariantCulture));
            }
            else
            {
                Assert.Equal((double?)setting?["threshold"] ?? alert.Threshold, alert.Threshold);
            }

            var annotations = (YamlMappingNode)rule!["annotations"];
            Assert.Equal([alert.Summary, alert.Description, alert.Runbook.Replace(AlertingRules.RunbookPage, runbooks, StringComparison.Ordinal)], new[] { "summary", "description", "runbook_url" }.Select(key => Text(annotations, key)));
        }

        Assert.Empty(rendered);
        return changed;

        static string[] Words(string expression) => expression.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }

    private static void AssertRouting(YamlMappingNode root, JsonNode written)
    {
        var receivers = Items(root, "receivers").Skip(1).ToList();
        Assert.Equal(written["receivers"]!.AsArray().Select(receiver => (string?)receiver!["name"]), receivers.Select(receiver => Text(receiver, "name")));
        foreach (var (receiver, given) in receivers.Zip(written["receivers"]!.AsArray()))
        {
            AssertLiteral((string?)given!["email"]?["to"], Items(receiver, "email_configs"), "to");
            AssertLiteral((string?)given["slack"]?["channel"], Items(receiver, "slack_configs"), "channel");
        }

        Assert.Equal((written["routes"]?.AsArray() ?? []).Select(route => (string?)route!["receiver"]), Items((YamlMappingNode)root["route"], "routes").TakeLast(written["routes"]?.AsArray().Count ?? 0).Select(route => Text(route, "receiver")));
        Assert.Equal((written["timeIntervals"]?.AsArray() ?? []).Select(time => (string?)time!["name"]), Items(root, "time_intervals").Select(time => Text(time, "name")));
        Assert.Equal(
            ["group_by", "group_interval", "group_wait", "receiver", "repeat_interval", "routes"],
            ((YamlMappingNode)root["route"]).Children.Keys.Select(Text).Order(StringComparer.Ordinal));
    }

    // The one template in it is the one that yields the two braces.
    private static void AssertLiteral(string? given, IEnumerable<YamlMappingNode> configs, string key)
    {
        if (given is not null)
        {
            const string Braces = "{{ \"{{\" }}";
            var text = Text(Assert.Single(configs), key)!;
            Assert.Equal(given, text.Replace(Braces, "{{", StringComparison.Ordinal));
            Assert.DoesNotContain("{{", text.Replace(Braces, "", StringComparison.Ordinal), StringComparison.Ordinal);
        }
    }

    private static YamlMappingNode Yaml(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return (YamlMappingNode)Assert.Single(stream.Documents).RootNode;
    }

    private static IEnumerable<YamlMappingNode> Items(YamlMappingNode map, string key) =>
        map.Children.TryGetValue(key, out var list) && list is YamlSequenceNode items ? items.Cast<YamlMappingNode>() : [];

    private static string? Text(YamlMappingNode map, string key) => map.Children.TryGetValue(key, out var value) ? Text(value) : null;

    private static string? Text(YamlNode node) => ((YamlScalarNode)node).Value;
}
