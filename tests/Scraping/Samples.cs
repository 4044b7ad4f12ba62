using System.Collections.Immutable;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Tests.Scraping;

/// <summary>Clusters and a centre to test with.</summary>
internal static class Samples
{
    public static PodProxyJob NodeExporter { get; } = new("node-exporter")
    {
        Namespace = "fleet-node-exporter",
        Selector = Labels((FleetLabels.PartOf, FleetLabels.PartOfFleet), ("app.kubernetes.io/name", "node-exporter")),
        Port = 9100,
        Instance = InstanceFrom.Node,
    };

    public static PodProxyJob KubeStateMetrics { get; } = new("kube-state-metrics")
    {
        Namespace = "fleet-exporters",
        Selector = Labels((FleetLabels.PartOf, FleetLabels.PartOfFleet), ("app.kubernetes.io/name", "kube-state-metrics")),
        Port = 8080,
        HonorLabels = true,
    };

    /// <summary>Without the nodes' own metrics.</summary>
    public static Cluster Default { get; } = new()
    {
        Name = "stage",
        ApiServer = new("https://stage.example.org:6443"),
        TokenId = "0123456789abcdef",
        Labels = Labels(("environment", "stage"), ("region", "eu-1")),
        Jobs = [new ApiServerJob(), NodeExporter, KubeStateMetrics],
    };

    /// <summary>Kubelet and cadvisor through the node proxy.</summary>
    public static Cluster NodesProxy { get; } = Default with
    {
        Name = "product",
        ApiServer = new("https://product.example.org"),
        Labels = Labels(("environment", "product")),
        Jobs = [new ApiServerJob(), new NodeProxyJob("kubelet", "/metrics"), Usual(new NodeProxyJob("kubelet", NodeProxyJob.CadvisorPath)), NodeExporter, KubeStateMetrics],
    };

    /// <summary>What the program makes by default: everything of a node through its relay.</summary>
    public static Cluster Relay { get; } = Default with
    {
        Name = "relay",
        Jobs =
        [
            new ApiServerJob(),
            Relayed("kubelet", "/kubelet/metrics") with { KubeletPath = "/metrics" },
            Usual(Relayed("kubelet", "/kubelet/metrics/cadvisor") with { KubeletPath = NodeProxyJob.CadvisorPath }),
            Relayed("node-exporter", "/node-exporter/metrics"),
            KubeStateMetrics,
        ],
    };

    /// <summary>With every choice of metrics and times.</summary>
    public static Cluster Thrifty { get; } = Default with
    {
        Name = "thrifty",
        Jobs =
        [
            new ApiServerJob { Metrics = new() { Drop = ["a_.+", "b|c"], DropBuckets = ["d_bucket;0\\.5"], Keep = ["a_1", "(?i)A_2"] } },
            new NodeProxyJob("kubelet", "/metrics") { Metrics = new() { Only = ["e", "f_.+"], Drop = ["f_2"] }, ScrapeInterval = TimeSpan.FromSeconds(60) },
            new NodeProxyJob("kubelet", NodeProxyJob.CadvisorPath)
            {
                Metrics = new() { Only = ["e"], Drop = ["g.*", "e"], Keep = ["g"] },
                ScrapeInterval = TimeSpan.FromMinutes(2),
                ScrapeTimeout = TimeSpan.FromSeconds(20),
            },
            NodeExporter with { Metrics = new() { DropBuckets = ["d_bucket;0\\.5"] }, ScrapeInterval = TimeSpan.FromSeconds(5) },
            KubeStateMetrics with { Metrics = new() { Only = ["h"] } },
        ],
    };

    /// <summary>A certificate that is the same in every run, of a key that nobody has.</summary>
    public const string KubeletCa = """
        -----BEGIN CERTIFICATE-----
        MIIBajCCARCgAwIBAgIBATAKBggqhkjOPQQDAjATMREwDwYDVQQDDAhrdWJlbGV0
        czAgFw0yNjExMjEwNzI0NDVaGA8yMTI2MTAyODA3MjQ0NVowEzERMA8GA1UEAwwI
        a3ViZWxldHMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASbRsyIM9/TKJVlPbij
        PlemYnlPzprjAfHpwNvFnY/GhGwL4DjNYvQvkWlRBnrEk2vI20EQzrW3JlY3YVIb
        vAV/o1MwUTAdBgNVHQ4EFgQUagRYblg+Vv2leJFW6jqsOzCfxWIwHwYDVR0jBBgw
        FoAUagRYblg+Vv2leJFW6jqsOzCfxWIwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjO
        PQQDAgNIADBFAiB1N9CVGC8cQ4FxQpAAE1baBFZLp5hwBJkimxX+0mKTHAIhAOk9
        +SNnQ/hlmJBvBiWShMb15stwghePCTSkqyLnAMey
        -----END CERTIFICATE-----

        """;

    /// <summary>Kubelets and node-exporter at the nodes' own addresses.</summary>
    public static Cluster Direct { get; } = Default with
    {
        Name = "direct",
        ApiServer = new("https://direct.example.org:6443"),
        Jobs =
        [
            new ApiServerJob(),
            new NodeDirectJob("kubelet", "/metrics") { CaCertificate = KubeletCa },
            Usual(new NodeDirectJob("kubelet", NodeProxyJob.CadvisorPath)),
            new NodeDirectJob("kubelet", "/metrics/probes") { InsecureSkipVerify = true },
            new PodDirectJob("node-exporter") { Namespace = NodeExporter.Namespace, Selector = NodeExporter.Selector, Port = 9100, Instance = InstanceFrom.Node },
            KubeStateMetrics,
        ],
    };

    /// <summary>With a Prometheus of its own.</summary>
    public static Cluster Federated { get; } = Default with
    {
        Name = "federated",
        ApiServer = new("https://gateway.example.org/k8s/clusters/c-2"),
        Labels = Labels(("environment", "product")),
        Jobs = [new ApiServerJob(), new FederateJob { Namespace = "monitoring", Service = "prometheus-k8s", Port = "web" }],
    };

    /// <summary>Behind a gateway with a path, publicly trusted, with members, adopted exporters and jobs of its own.</summary>
    public static Cluster Gateway { get; } = Default with
    {
        Name = "gateway",
        ApiServer = new("https://gateway.example.org/k8s/clusters/c-1/"),
        Trust = Trust.SystemRoots,
        ScrapeInterval = TimeSpan.FromSeconds(90),
        Limits = new() { Samples = 0, Labels = 0, LabelValueLength = 0, Targets = 100, BodyBytes = 1 << 20 },
        Jobs =
        [
            new ApiServerJob { Members = ["10.0.0.1:6443", "[fd00::2]:6443"], Metrics = new() { Drop = ["apiserver_request_duration_seconds_bucket", "etcd_.+"] } },
            new PodProxyJob("node-exporter")
            {
                Namespace = "monitoring",
                Selector = Labels(("app", "node-exporter"), ("release", "")),
                Port = 9100,
                Instance = InstanceFrom.Node,
            },
            new PodProxyJob("coredns") { Namespace = "kube-system", Selector = Labels(("k8s-app", "kube-dns")), Port = 9153 },
            new PodProxyJob("shop") { Namespace = "shop", Selector = Labels(("app", "shop")), Port = 8443, Scheme = "https", MetricsPath = "/actuator/prometheus" },
            new PodProxyJob("shop") { Namespace = "shop-eu", Selector = Labels(("app", "shop")), Port = 8443, Scheme = "https", MetricsPath = "/actuator/prometheus" },
            new StaticJob("node-exporter") { Targets = ["10.9.0.1:9100", "[fd00::9]:9100"], Labels = Labels(("region", "forged"), ("rack", "r1")) },
            new StaticJob("router") { Targets = ["router.example.org:443"], Scheme = "https", InsecureSkipVerify = true, MetricsPath = "/snmp" },
            new AnnotatedPodsJob { Namespaces = ImmutableSortedSet.Create(StringComparer.Ordinal, "shop", "market") },
            new AnnotatedServicesJob { Namespaces = ImmutableSortedSet.Create(StringComparer.Ordinal, "shop", "store") },
        ],
    };

    /// <summary>An IPv6 address, nothing verified, and labels that would act if they were not taken literally.</summary>
    public static Cluster Hostile { get; } = Default with
    {
        Name = "true",
        ApiServer = new("https://[fd00::1]:6443"),
        TokenId = "00112233",
        Trust = Trust.Insecure,
        Labels = Labels(
            ("dollar", "$1 ${1} $$ ${PROMETHEUS_REPLICA}"), ("expression", ".*|(a"), ("line", "a\nb: [c]\u2028\u0007"), ("no", "no"),
            ("number", "0123"), ("quote", "it's \"q\" \\ # {{ $x }}"), ("space", " a: b "), ("unicode", "Zürich 東京 🏔")),
        Jobs = [new ApiServerJob(), new NodeProxyJob("kubelet", "/metrics"), KubeStateMetrics],
    };

    /// <summary>Every kind of job that there is inside of a cluster.</summary>
    public static InsideCluster Inside { get; } = new()
    {
        Name = "central",
        Labels = Labels(("environment", "central")),
        TokenFile = "/etc/prometheus/token.0123456789abcdef",
        ScrapeInterval = TimeSpan.FromSeconds(45),
        Jobs =
        [
            new ApiServerJob(),
            new NodeDirectJob("kubelet", "/metrics"),
            // As a target stack has it: here it is reached directly too.
            Usual(new NodeProxyJob("kubelet", NodeProxyJob.CadvisorPath)),
            NodeExporter,
            KubeStateMetrics,
            new PodProxyJob("shop") { Namespace = "shop", Selector = Labels(("app", "shop")), Port = 8443, Scheme = "https", MetricsPath = "/actuator/prometheus" },
            new AnnotatedPodsJob { Namespaces = ImmutableSortedSet.Create(StringComparer.Ordinal, "shop", "market") },
            new AnnotatedServicesJob { Namespaces = ImmutableSortedSet.Create(StringComparer.Ordinal, "shop", "store") },
            new ProbedServicesJob { Namespaces = ImmutableSortedSet.Create(StringComparer.Ordinal, "shop"), Prober = "127.0.0.1:9115" },
            new StaticJob("router") { Targets = ["router.example.org:443"], Scheme = "https", InsecureSkipVerify = true, MetricsPath = "/snmp" },
        ],
    };

    public static ImmutableArray<Cluster> All { get; } = [Default, NodesProxy, Relay, Thrifty, Direct, Federated, Gateway, Hostile];

    public static PrometheusConfiguration Central { get; } = new()
    {
        CentralName = "central",
        Prometheuses = ["prometheus-0.prometheus.monitoring.svc:9090", "prometheus-1.prometheus.monitoring.svc:9090"],
        Alertmanagers = ["alertmanager-0.alertmanager.monitoring.svc:9093"],
        BlackboxExporter = "127.0.0.1:9115",
        ExternalLabels = Labels(("fleet", "a $5 ${HOME} fleet"), ("zone", "1e3")),
        WebUser = "fleet",
    };

    /// <summary>One Prometheus on this machine, unprotected, that tells nobody.</summary>
    public static PrometheusConfiguration Local { get; } = new() { CentralName = "central", Prometheuses = ["127.0.0.1:9090", "127.0.0.1:9091"], Alertmanagers = [] };

    private static T Usual<T>(T job) where T : ScrapeJob => job with { Metrics = MetricProfiles.Select(MetricProfile.Usual, job.Key, [], []) };

    private static PodProxyJob Relayed(string name, string path) => new(name)
    {
        Namespace = "fleet-exporters",
        Selector = Labels((FleetLabels.PartOf, FleetLabels.PartOfFleet), ("app.kubernetes.io/name", "node-relay")),
        Port = 9190,
        MetricsPath = path,
        Instance = InstanceFrom.Node,
    };

    public static ImmutableSortedDictionary<string, string> Labels(params (string Key, string Value)[] labels) =>
        labels.ToImmutableSortedDictionary(label => label.Key, label => label.Value, StringComparer.Ordinal);
}
