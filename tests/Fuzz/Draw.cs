using System.Collections.Immutable;
using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Infra.Settings;
using FleetPrometheus.Tests.Infra;
using FleetPrometheus.Tests.Scraping;

namespace FleetPrometheus.Tests.Fuzz;

/// <summary>
/// Random configurations, the same for the same seed. Most are such as a stack accepts; their values are such as mean something to YAML, PromQL, relabelling,
/// templates, expressions or the Kubernetes API wherever they are not taken literally.
/// </summary>
internal sealed class Draw(int seed)
{
    /// <summary>Part of every credential, and of nothing else.</summary>
    public const string Secret = "hunter2";

    private static readonly string[] Meaningful =
    [
        "a", "B", "7", " ", "$1", "${1}", "$$", "${HOME}", "{{ $labels.x }}", "{{", "}}", "'", "\"", "\\", ": ", " #", "- ", "[", "]", "{", "}", "*", "&a", "!!str", "|", ">", "%", "@", "`",
        "(.*)", ".+", ")", ";", ",", "=~", "true", "null", "~", "0x1f", "1e3", "<<", "---", "é", "東", "🏔", "\u200b", "\ufeff",
    ];

    private static readonly string[] Unprintable = ["\n", "\0", "\r\n", "\u0085", "\u2028", "\ufffe", "\u0007", "\t"];

    private readonly Random _random = new(seed);

    public int Below(int bound) => _random.Next(bound);

    public bool Maybe(double probability = 0.5) => _random.NextDouble() < probability;

    public T Of<T>(params ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];

    /// <summary>Text on one line, hardly ever with something that has no place in one.</summary>
    public string Line() => string.Concat(_random.GetItems(Meaningful, 1 + Below(5))) + (Maybe(0.005) ? Of(Unprintable) : "");

    /// <summary>Any text.</summary>
    public string Anything() => string.Concat(Enumerable.Range(0, Below(4)).Select(_ => Maybe() ? Of(Meaningful) : Of(Unprintable)));

    /// <summary>A target stack's configuration.</summary>
    public ImmutableSortedDictionary<string, string> Target(string clusterName)
    {
        var collection = Of("pull", "pull", "pull", "push", "federate");
        var access = collection == "push" ? Of("direct", "off") : Of("relay", "relay", "direct", "nodesProxy", "off");
        var config = Stack("target", clusterName);
        config["collection"] = collection;
        Some(config,
            ("apiServer", () => Of("https://10.0.0.1:6443", "https://[fd00::1]:443/k8s/$1/(a)", "https://gateway.example.com/c-1/", "https://a.example.com")),
            ("apiServers", () => List(Address)),
            ("clusterLabels", () => SeriesLabels(0)),
            ("tokenGeneration", () => $"{1 + Below(9)}"),
            ("nodeRelay", () => Some(new(), ("namespace", Name), ("port", () => 1024 + Below(9000)), ("image", Image), ("resources", Resources), ("tolerations", () => List(Toleration)), ("priorityClassName", ClassName))),
            ("nodeExporter", () => Exporter("nodes")),
            ("kubeStateMetrics", () => Some(Exporter("state"), ("telemetryPort", () => 9000 + Below(99)), ("exportedResources", () => new JsonArray("pods", "nodes")))),
            ("scrapeJobs", () => List(ScrapeJob)),
            ("annotatedPods", () => List(Name)),
            ("annotatedServices", () => List(Name)),
            ("metrics", () => Of("usual", "needed", "all")),
            ("jobs", Jobs),
            ("staticTargets", () => List(StaticTarget)));
        if (Maybe())
        {
            config["nodeAccess"] = access;
        }

        if (access is "relay" or "direct" && config.ContainsKey("nodeAccess"))
        {
            Some(config, ("kubeletCa", () => Of("insecure", Samples.KubeletCa)));
        }

        switch (collection)
        {
            case "push":
                config["push"] = Some(new() { ["url"] = Of("https://push.example.com:8427", "https://[fd00::1]/a/$1") }, ("caCertificate", () => Of("system", Samples.KubeletCa)), ("scrapeInterval", Duration), ("image", Image), ("resources", Resources));
                break;
            case "federate":
                config["federate"] = Some(new() { ["namespace"] = Name(), ["service"] = Name(), ["port"] = Of("9090", "web", "1-a") }, ("scheme", () => Of("http", "https")), ("path", Path), ("match", () => List(Selector)));
                goto default;
            default:
                Some(config, ("caCertificate", () => Of("system", Samples.KubeletCa)));
                break;
        }

        return Written(config);
    }

    /// <summary>A central stack's configuration.</summary>
    /// <param name="stacks">The stacks that it watches.</param>
    public ImmutableSortedDictionary<string, string> Central(params IReadOnlyCollection<string> stacks)
    {
        var config = Stack("central", "central");
        config["clusters"] = new JsonArray([.. stacks.Select(stack => Maybe() ? (JsonNode)stack : Some(new() { ["stack"] = stack },
            ("optional", Flag), ("insecureSkipVerify", Flag), ("scrapeInterval", () => Of("60s", "2m")),
            ("limits", () => Some(new(), ("samples", () => Below(9999)), ("labels", () => $"{Below(99)}"), ("labelValueLength", () => Below(99)), ("targets", () => Below(99)), ("bodySize", () => Of("0", "1MB", "7TB"))))))]);
        config["pushFront"] = Some(new() { ["tlsSecret"] = Name() }, ("replicas", () => 1 + Below(3)), ("serviceType", () => Of("ClusterIP", "LoadBalancer", "NodePort")), ("image", Image), ("resources", Resources),
            ("forwarder", () => Some(new(), ("image", Image), ("resources", Resources), ("storage", Storage), ("queueSize", () => Of("1GB", "512MB")))));
        Some(config,
            ("namespace", () => Of("monitoring", "true", "1e3")),
            ("shards", () => 1 + Below(3)),
            ("remoteWrite", () => new JsonArray([.. Enumerable.Range(0, 1 + Below(2)).Select(RemoteWrite)])),
            ("webTls", () => Some(new() { ["tlsSecret"] = Name(), ["caCertificate"] = Samples.KubeletCa }, ("serverName", () => Of("p.example.com", "true", "1e3.x")))),
            ("webUser", () => Of("true", "null", "0x1f", "a.b_c-d", "~", "007")),
            ("alerts", Alerts),
            ("runbooks", () => Of("https://wiki.example.com/$1", "docs/[x]", "./$labels", "a:", "https://a/&b*c|d>e%20", "a\u0007b", "a\u200bb")),
            ("prometheus", () => Some(new(), ("image", Image), ("replicas", () => 1 + Below(2)), ("retention", () => Of("2h", "15d", "1y")), ("retentionSize", () => Of("40GB", "1TB")), ("storage", Storage), ("resources", Resources),
                ("externalUrl", () => Of("https://p.example.com/$1/{{x}}", "http://a:1")), ("scrapeInterval", () => Of("30s", "1m")), ("scrapeTimeout", () => Of("5s", "30s")), ("evaluationInterval", Duration), ("externalLabels", () => SeriesLabels(1)))),
            ("blackboxExporter", () => Some(new(), ("image", Image), ("resources", Resources))),
            ("alertmanager", Alertmanager),
            ("ownCluster", () => Some(new() { ["enabled"] = true }, ("clusterLabels", () => SeriesLabels(2)), ("kubeletCa", () => Of("insecure", Samples.KubeletCa)), ("nodeExporter", () => Exporter("nodes")), ("kubeStateMetrics", () => Exporter("state")),
                ("scrapeJobs", () => List(ScrapeJob)), ("annotatedPods", () => List(Name)), ("annotatedServices", () => List(Name)), ("probedServices", () => List(Name)), ("metrics", () => Of("usual", "needed", "all")), ("jobs", Jobs),
                ("pushgateway", () => Some(new(), ("enabled", Flag), ("image", Image), ("resources", Resources))))),
            ("dashboards", () => Of("true", "false")),
            ("grafana", () => Some(new(), ("enabled", Flag), ("image", Image), ("storage", Storage), ("resources", Resources), ("externalUrl", () => Of("https://g.example.com/$1", "http://a:1")))));
        if ((int?)config["shards"] > 1)
        {
            Some(config, ("globalQuery", () => Some(new(), ("replicas", () => 1 + Below(2)), ("resources", Resources))));
        }

        return Written(config);
    }

    /// <summary>The configuration as the program reads it; what holds credentials is stored as a secret.</summary>
    public static RawConfiguration Raw(ImmutableSortedDictionary<string, string> values) => new(values, ["kubeconfig", "alertmanager", "pushFront", "remoteWrite"]);

    /// <summary>The same as a stack file.</summary>
    public static StackFile File(string stack, ImmutableSortedDictionary<string, string> values) => new(
        stack,
        values.ToImmutableSortedDictionary(entry => $"fleet-prometheus:{entry.Key}", entry => entry.Value, StringComparer.Ordinal),
        ["fleet-prometheus:kubeconfig", "fleet-prometheus:alertmanager", "fleet-prometheus:pushFront", "fleet-prometheus:remoteWrite"]);

    private JsonObject Stack(string role, string clusterName) => Some(
        new() { ["role"] = role, ["kubeconfig"] = Given.Kubeconfig.Replace("kubeconfig-token", Secret, StringComparison.Ordinal), ["context"] = "stage", ["clusterName"] = clusterName },
        ("networkPolicies", () => Of("true", "false")),
        ("controlPlaneCidrs", () => List(() => Maybe(0.05) ? Of("0/0", "010.0.0.0/8", "0x0a.0.0.0/8", "fe80::%1/64", "10.0.0.1/8") : Of("10.0.0.0/28", "0.0.0.0/0", "2001:db8::/64", "::/0", "10.1.2.3/32"))),
        ("imageRegistry", () => Of("mirror.example.com:5000/fleet", "a", "localhost:1")));

    private JsonObject Exporter(string ns) => Some(
        new() { ["mode"] = Of("install", "install", "install", "adopt", "off"), ["labels"] = Maybe(0.7) ? PodLabels() : new JsonObject { ["app"] = "x" } },
        ("namespace", () => Of(ns, $"{Name()}", "true")), ("port", () => 1024 + Below(7000)), ("image", Image), ("resources", Resources), ("tolerations", () => List(Toleration)),
        ("priorityClassName", ClassName), ("extraArgs", () => List(() => $"--x={Line()}")));

    private JsonNode ScrapeJob() => Maybe(0.1) ? "coredns" : Some(
        new() { ["name"] = Of(Name(), $"job-{Below(1000)}"), ["namespace"] = Name(), ["labels"] = PodLabels(), ["port"] = 1 + Below(65535) },
        ("path", Path), ("scheme", () => Of("http", "https")), ("instance", () => Of("node", "pod")), ("honorLabels", Flag));

    // Of the jobs only this one is there whatever else is drawn.
    private JsonNode Jobs() => new JsonObject
    {
        ["apiserver"] = Some(
            new() { ["keep"] = List(Metric) },
            ("scrapeInterval", () => Of("15s", "90s", "2m")), ("metrics", () => Of("usual", "needed", "all")), ("drop", () => List(Metric))),
    };

    private JsonNode Metric() => Of("up", "go_.+", "(?i)X_(a|b)", "[a-z]+_total");

    private JsonNode StaticTarget() => Some(
        new() { ["name"] = Of("node-exporter", $"static-{Below(1000)}", Name()), ["targets"] = List(Address), ["scheme"] = "https" },
        ("labels", () => SeriesLabels(3)), ("path", Path), ("caCertificate", () => Of("system", Samples.KubeletCa)), ("insecureSkipVerify", Flag));

    private JsonNode Alertmanager()
    {
        string[] receivers = [.. Enumerable.Range(0, 1 + Below(3)).Select(number => $"{Line()} {number}")];
        string[] times = [.. Enumerable.Range(0, Below(3)).Select(number => $"{Line()} {number}")];
        return Some(
            new() { ["receivers"] = new JsonArray([.. receivers.Select(Receiver)]), ["smtp"] = Some(new() { ["server"] = "mail.example.com:587", ["from"] = Email(), ["username"] = Line(), ["password"] = Secret }, ("requireTls", Flag)) },
            ("image", Image), ("replicas", () => 1 + Below(3)), ("storage", Storage), ("resources", Resources), ("externalUrl", () => Of("https://a.example.com/$1", "http://a:1")),
            ("defaultReceiver", () => Of(receivers)), ("watchdogReceiver", () => Of(receivers)), ("watchdogInterval", Duration), ("groupWait", () => Of("0", "30s")), ("groupInterval", Duration), ("repeatInterval", Duration),
            ("timeIntervals", () => new JsonArray([.. times.Select(Time)])),
            ("routes", () => List(() => Some(new() { ["receiver"] = Of("nobody", Of(receivers)), ["matchers"] = List(Matcher) }, ("clusters", () => List(Name)), ("severities", () => List(() => Of("critical", "warning", "info"))), ("continue", Flag), ("repeatInterval", Duration)))));
    }

    private JsonNode Receiver(string name) => Some(
        new() { ["name"] = name, ["webhook"] = $"https://a.example.com/{Secret}" },
        ("slack", () => Some(new() { ["url"] = $"https://slack.example.com/{Secret}" }, ("channel", () => Line()), ("sendResolved", Flag))),
        ("pagerduty", () => Some(new() { ["routingKey"] = Secret }, ("url", () => Of("https://eu.example.com/$1", "http://a")))),
        ("email", () => Some(new() { ["to"] = Email() }, ("sendResolved", Flag))),
        ("msteams", () => $"https://teams.example.com/{Secret}"));

    private JsonNode RemoteWrite(int number) => Some(
        new() { ["name"] = $"store-{number}", ["url"] = Of("https://store.example.com/api/v1/push", "http://a:1/$1") },
        ("bearerToken", () => Secret), ("headers", () => new JsonObject { ["X-Scope-OrgID"] = Of("team", "a b", "$1", "{{x}}", "'") }), ("caCertificate", () => Of("system", Samples.KubeletCa)), ("timeout", () => Of("10s", "1m")),
        ("queue", () => Some(new(), ("capacity", () => 10_000 + Below(10_000)), ("maxShards", () => 1 + Below(99)))), ("keep", () => List(Metric)), ("drop", () => List(Metric)), ("pairLabel", () => Of("pair", "_p")));

    private JsonNode Time(string name) => Some(
        new() { ["name"] = name, ["times"] = new JsonArray("18:00-24:00") },
        ("weekdays", () => List(() => Of("saturday", "monday:friday"))), ("daysOfMonth", () => List(() => Of("1:7", "-3:-1", "-1", "31"))), ("months", () => List(() => Of("june:august", "december"))), ("location", () => Of("Europe/Berlin", "UTC", "Etc/GMT+3")));

    private JsonNode Alerts()
    {
        var all = FleetPrometheus.Alerting.AlertingRules.Alerts;
        var settings = new JsonObject();
        for (var count = Below(6); count > 0; count--)
        {
            var alert = all[Below(all.Length)];
            settings[alert.Id] = alert.Threshold is null
                ? Some(new(), ("enabled", Flag), ("for", Duration))
                : Some(new(), ("enabled", Flag), ("for", Duration), ("threshold", () => JsonNode.Parse(Of("0", "-5", "1e300", "1e-7", "12.5", "0.000001", "-1E3"))!));
        }

        return settings;
    }

    private string Matcher() => Maybe(0.8) ? Of("environment = \"product\"", "namespace =~ \"shop-.+|a{2}\"", "a != \"{{ $x }} # : \\\\ \\\" ' \"", "a=b") : Of(
        "a !~ \"x{1001}\"", "a =~ \"(?=x)\"", "a =~ \"[a-z-[aeiou]]\"", "a =~ \"(?x)a #b\"", "a =~ \"\\\\p{IsGreek}\"",
        "a =~ \"\\\\u0041\"", "a =~ \"(?'n'x)\"", "a =~ \"(?#c)x\"", "a =~ \"\\\\e\"", "a =~ \"\\\\Z\"", "a =~ \"\\\\cA\"", "a =~ \"(a{500}){500}\"", "a =~ x|y", "a =~ \"(?i)x\"", "a =~ \"x**\"", "a =~ \"a{,5}\"", "a =~ \"\\\\pL\"", "a =~ \"(?<n>x)\"", "a =~ \"a++\"");

    private string Selector() => Of("up", "{__name__=~\".+:.+\"}", "{a=~\"x{2}|\\\\$1\",b!=\"{{ $y }}\"}", "{job=\"a'b: #\"}", "x{n=~\"y{1001}\"}", "true{null=\"~\"}");

    private string Email() => Of("oncall@example.com", "a@b, c@d", "{{x}}@y", "{{.CommonLabels.a}}@b", "'a'@$1", "é@東");

    private string Name() => Of("true", "null", "n", "1e3", "0x1f", "no", "012", "a--b", new string('z', 63), $"ns-{Below(1000)}", $"n{Below(1000)}", Maybe(0.01) ? Line() : "x");

    private string ClassName() => Of("high", "a.b", "system-node-critical", "true", Maybe(0.05) ? Line() : "x");

    private string Address() => Of($"10.0.{Below(255)}.{Below(255)}:{1 + Below(65535)}", $"[fd00::{Below(9999)}]:6443", $"h{Below(9999)}.example.com:1", $"n{Below(99)}:443");

    private string Path() => Of("/metrics", "/m/$1", "/(a+b)*", "/a;b", "/'x'", "/a:b@c", "/$$", "/!*", "/", Maybe(0.05) ? $"/{Line()}" : "/x");

    private string Image() => Of("mirror.example.com:5000/a/b:v1", "a:1", $"q.io/x@sha256:{new string('a', 64)}");

    private string Duration() => Of("30s", "1h30m", "15d", "1s", "1y");

    private JsonNode Flag() => Maybe();

    private JsonObject Resources() => Some(new(), ("cpuRequest", Reserved), ("memoryRequest", Reserved), ("cpuLimit", Most), ("memoryLimit", Most));

    private string Reserved() => Maybe(0.01) ? "5E" : Of("10m", "1", "0.5", "1n", "0", "none");

    private string Most() => Maybe(0.01) ? "1u" : Of("2Gi", "1Ti", "none", "3000M", "99999999999");

    private JsonObject Storage() => Some(new(), ("size", () => Of("1Gi", "10G", "0.5Ti")), ("class", ClassName));

    private JsonNode Toleration() => Maybe(0.97)
        ? Some(new() { ["key"] = Of("gpu", "example.com/a", "true"), ["operator"] = Of("Exists", "Equal") }, ("effect", () => Of("NoSchedule", "NoExecute")))
        : Some(new(), ("key", () => Of("a", "b c", "/x")), ("operator", () => Of("Exists", "Equal")), ("value", () => Of("", "x")), ("effect", () => Of("NoSchedule", "NoExecute")));

    /// <param name="place">Sets of different places have no name in common.</param>
    private JsonObject SeriesLabels(int place)
    {
        var labels = new JsonObject();
        for (var count = Below(4); count > 0; count--)
        {
            labels[$"{Of("environment", "true", "n", "_x", "Region", "null", "y")}{(place == 0 ? "" : $"_{place}")}"] = Line();
        }

        return labels;
    }

    private JsonObject PodLabels()
    {
        var labels = new JsonObject();
        for (var count = 1 + Below(3); count > 0; count--)
        {
            labels[Of("app", "example.com/a.b-c_d", "true", "a_b", "x.y", "1", "A")] = Of("a.b", "true", "1e3", "x_y-z", "null", "0x1f", "", new string('v', 63));
        }

        return labels;
    }

    private JsonArray List(Func<object> item) => [.. Enumerable.Range(0, 1 + Below(3)).Select(_ => Node(item()))];

    private static JsonNode Node(object value) => value switch { JsonNode node => node, int number => number, _ => (string)value };

    private JsonObject Some(JsonObject map, params ReadOnlySpan<(string Key, Func<object> Value)> fields)
    {
        foreach (var (key, value) in fields)
        {
            if (Maybe(0.4))
            {
                map[key] = Node(value());
            }
        }

        return map;
    }

    // Pulumi hands texts over as they are, anything else as JSON.
    private static ImmutableSortedDictionary<string, string> Written(JsonObject config) => config.ToImmutableSortedDictionary(
        entry => entry.Key,
        entry => entry.Value is JsonValue value && value.TryGetValue<string>(out var text) ? text : entry.Value!.ToJsonString(),
        StringComparer.Ordinal);
}
