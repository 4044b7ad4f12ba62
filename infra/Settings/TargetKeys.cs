using System.Collections.Immutable;
using FleetPrometheus.Contract;
using FleetPrometheus.Scraping;
using FleetPrometheus.Targets;

namespace FleetPrometheus.Infra.Settings;

/// <summary>The keys of a target stack.</summary>
internal static class TargetKeys
{
    private const string OfThePreset = "the preset's; required without one";

    private static readonly Toleration NoToleration = new(null, "Equal", null, null);

    private static readonly Form<Toleration> TolerationForm = new ObjectForm<Toleration>(
        new Field<Toleration, string?>("key", Scalars.KubernetesLabelKey!, o => o.Key, (o, v) => o with { Key = v },
            "the taint's key") { WithoutIt = "every key" },
        new Field<Toleration, string>("operator", Scalars.OneOf("Exists", "Equal"), o => o.Operator, (o, v) => o with { Operator = v },
            "how the taint's value is compared"),
        new Field<Toleration, string?>("value", Scalars.KubernetesLabelValue!, o => o.Value, (o, v) => o with { Value = v },
            "the taint's value, for `Equal`"),
        new Field<Toleration, string?>("effect", Scalars.OneOf("NoSchedule", "PreferNoSchedule", "NoExecute")!,
            o => o.Effect, (o, v) => o with { Effect = v },
            "the taint's effect") { WithoutIt = "every effect" });

    private static readonly Form<NodeRelayOptions> NodeRelayForm = new ObjectForm<NodeRelayOptions>(
        new Field<NodeRelayOptions, string>("namespace", Scalars.DnsLabel, o => o.Namespace, (o, v) => o with { Namespace = v },
            "where it is installed; the token gets `get pods/proxy` there, so nothing but it and kube-state-metrics should be"),
        new Field<NodeRelayOptions, int>("port", Scalars.Integer(1024, 65535), o => o.Port, (o, v) => o with { Port = v },
            "the one port it listens on"),
        new Field<NodeRelayOptions, string>("image", Scalars.Image, o => o.Image, (o, v) => o with { Image = v }, "its image, which must be Caddy 2.11 or newer"),
        new Field<NodeRelayOptions, Resources>("resources", CommonKeys.Resources, o => o.Resources, (o, v) => o with { Resources = v },
            "CPU and memory of its container"),
        new Field<NodeRelayOptions, ImmutableArray<Toleration>>("tolerations", new ListForm<Toleration>(TolerationForm, NoToleration),
            o => o.Tolerations, (o, v) => o with { Tolerations = v },
            "the taints its pods tolerate") { WithoutIt = "every taint" },
        new Field<NodeRelayOptions, string?>("priorityClassName", Scalars.ClassName!, o => o.PriorityClassName, (o, v) => o with { PriorityClassName = v },
            "the priority class of its pods"));

    /// <summary>One of <c>scrapeJobs</c>.</summary>
    public static readonly Form<ScrapeJobSettings> ScrapeJobForm = new ObjectForm<ScrapeJobSettings>(
        new Field<ScrapeJobSettings, string?>("preset", Scalars.OneOf([.. JobPresets.All.Keys])!, o => o.Preset, (o, v) => o with { Preset = v },
            "where well-known programs usually are; the other keys change what differs"),
        new Field<ScrapeJobSettings, string?>("name", Scalars.DnsLabel!, o => o.Name, (o, v) => o with { Name = v },
            "the job's name, the value of the label `job`") { WithoutIt = OfThePreset },
        new Field<ScrapeJobSettings, string?>("namespace", Scalars.DnsLabel!, o => o.Namespace, (o, v) => o with { Namespace = v },
            "the namespace of the pods") { WithoutIt = OfThePreset },
        new Field<ScrapeJobSettings, ImmutableSortedDictionary<string, string>?>("labels", LabelForms.Kubernetes!, o => o.Labels, (o, v) => o with { Labels = v },
            "the labels that select the pods") { WithoutIt = OfThePreset },
        new Field<ScrapeJobSettings, int?>("port", new OptionalForm<int>(Scalars.Integer(1, 65535)), o => o.Port, (o, v) => o with { Port = v },
            "the number of the port, which the pods' container declares") { WithoutIt = OfThePreset },
        new Field<ScrapeJobSettings, string?>("path", Scalars.Path!, o => o.Path, (o, v) => o with { Path = v },
            "the path on that port") { WithoutIt = "the preset's, else `/metrics`" },
        new Field<ScrapeJobSettings, string?>("scheme", Scalars.OneOf("http", "https")!, o => o.Scheme, (o, v) => o with { Scheme = v },
            "what the pods speak") { WithoutIt = "the preset's, else `http`" },
        new Field<ScrapeJobSettings, InstanceFrom?>("instance",
            new OptionalForm<InstanceFrom>(Scalars.Choice(("pod", InstanceFrom.Pod), ("node", InstanceFrom.Node))), o => o.Instance, (o, v) => o with { Instance = v },
            "what the label `instance` names; `node` for one pod per node") { WithoutIt = "the preset's, else `pod`" },
        new Field<ScrapeJobSettings, bool?>("honorLabels", new OptionalForm<bool>(Scalars.Boolean), o => o.HonorLabels, (o, v) => o with { HonorLabels = v },
            "let exposed labels win over ours, all but the cluster's, as for a push gateway") { WithoutIt = "the preset's, else `false`" }) { Shorthand = "preset" };

    private static readonly Form<StaticJob> StaticTargetForm = new ObjectForm<StaticJob>(
        new Field<StaticJob, string>("name", Scalars.DnsLabel, o => o.Name, (o, v) => o with { Name = v },
            "the job's name, the value of the label `job`; `node-exporter` has the nodes' rules apply") { IsRequired = true },
        new Field<StaticJob, ImmutableArray<string>>("targets", new ListForm<string>(Scalars.HostAndPort, ""), o => o.Targets, (o, v) => o with { Targets = v },
            "the addresses, reached from the centre") { IsRequired = true },
        new Field<StaticJob, ImmutableSortedDictionary<string, string>>("labels", LabelForms.Prometheus, o => o.Labels, (o, v) => o with { Labels = v },
            "labels of their series beside the cluster's"),
        new Field<StaticJob, string>("path", Scalars.Path, o => o.MetricsPath, (o, v) => o with { MetricsPath = v },
            "the path"),
        new Field<StaticJob, string>("scheme", Scalars.OneOf("http", "https"), o => o.Scheme, (o, v) => o with { Scheme = v },
            "what they speak"),
        new Field<StaticJob, string?>("caCertificate", Scalars.CaCertificate!,
            o => o.CaCertificate, (o, v) => o with { CaCertificate = v == StackOutputs.SystemRoots ? null : v },
            "the CA that their certificates are checked with") { WithoutIt = "the system's roots" },
        new Field<StaticJob, bool>("insecureSkipVerify", Scalars.Boolean, o => o.InsecureSkipVerify, (o, v) => o with { InsecureSkipVerify = v },
            "don't check their certificates: whoever is in between can forge the metrics"));

    /// <summary>Settings of node-exporter.</summary>
    public static readonly Form<NodeExporterOptions> NodeExporter = Exporter<NodeExporterOptions>();

    /// <summary>Settings of kube-state-metrics.</summary>
    public static readonly Form<KubeStateMetricsOptions> KubeStateMetrics = Exporter(
        new Field<KubeStateMetricsOptions, int>("telemetryPort", Scalars.Integer(1, 65535),
            o => o.TelemetryPort, (o, v) => o with { TelemetryPort = v },
            "the port of its own metrics and readiness"),
        new Field<KubeStateMetricsOptions, ImmutableArray<string>>("exportedResources", new ListForm<string>(Scalars.Text, ""),
            o => o.ExportedResources, (o, v) => o with { ExportedResources = v },
            "the kinds of objects it exports; it may list and watch exactly these"));

    private static readonly Form<FederateJob?> FederateForm = new ObjectForm<FederateJob?>(
        new Field<FederateJob?, string>("namespace", Scalars.DnsLabel, o => Or(o).Namespace, (o, v) => Or(o) with { Namespace = v },
            "the namespace of the Service") { IsRequired = true },
        new Field<FederateJob?, string>("service", Scalars.DnsLabel, o => Or(o).Service, (o, v) => Or(o) with { Service = v },
            "the Service in front of the cluster's Prometheus, with one pod behind it") { IsRequired = true },
        new Field<FederateJob?, string>("port", Scalars.ServicePort, o => Or(o).Port, (o, v) => Or(o) with { Port = v },
            "a port that the Service declares") { IsRequired = true },
        new Field<FederateJob?, string>("scheme", Scalars.OneOf("http", "https"), o => Or(o).Scheme, (o, v) => Or(o) with { Scheme = v },
            "what it speaks"),
        new Field<FederateJob?, string>("path", Scalars.Path, o => Or(o).MetricsPath, (o, v) => Or(o) with { MetricsPath = v },
            "where it serves its series; behind a prefix of its own, that too"),
        new Field<FederateJob?, ImmutableArray<string>>("match", new ListForm<string>(Scalars.SeriesSelector, ""), o => Or(o).Matches, (o, v) => Or(o) with { Matches = v },
            "which series to take over; asking for everything warns") { WithoutIt = "the results of recording rules, and `up`" });

    private static readonly Form<PushOptions> PushForm = new ObjectForm<PushOptions>(
        new Field<PushOptions, Uri?>("url", Scalars.PushAddress!, o => o.Url, (o, v) => o with { Url = v },
            "the address of the centre's front; `/api/v1/write` is added") { WithoutIt = "required for `push`" },
        new Field<PushOptions, string?>("caCertificate", Scalars.CaCertificate!,
            o => o.CaCertificate, (o, v) => o with { CaCertificate = v == StackOutputs.SystemRoots ? null : v },
            "the CA that the front's certificate is checked with") { WithoutIt = "the system's roots" },
        new Field<PushOptions, TimeSpan>("scrapeInterval", Scalars.Duration(TimeSpan.FromSeconds(1)), o => o.ScrapeInterval, (o, v) => o with { ScrapeInterval = v },
            "how often everything is scraped"),
        new Field<PushOptions, string>("image", Scalars.Image, o => o.Image, (o, v) => o with { Image = v },
            "its image; some builds from 3.13 on don't follow the hourly renewal of their token, see docs/joining.md"),
        new Field<PushOptions, Resources>("resources", CommonKeys.Resources, o => o.Resources, (o, v) => o with { Resources = v },
            "CPU and memory of its container"));

    /// <summary>All keys.</summary>
    public static readonly ObjectForm<TargetSettings> Form = new(
    [
        .. CommonKeys.Stack<TargetSettings>(),
        new Field<TargetSettings, PushOptions>("push", PushForm, o => o.Push, (o, v) => o with { Push = v },
            "for `push`: the Prometheus agent, and where it sends to"),
        new Field<TargetSettings, Uri?>("apiServer", Scalars.ApiServer!, o => o.ApiServer, (o, v) => o with { ApiServer = v },
            "the address at which the centre reaches the cluster's API server") { WithoutIt = "the server in the kubeconfig" },
        new Field<TargetSettings, ImmutableArray<string>>("apiServers", new ListForm<string>(Scalars.HostAndPort, ""),
            o => o.ApiServers, (o, v) => o with { ApiServers = v },
            "the control plane's members, each scraped on its own; without them the balanced address is one target") { WithoutIt = "none" },
        new Field<TargetSettings, string?>("caCertificate", Scalars.CaCertificate!, o => o.CaCertificate, (o, v) => o with { CaCertificate = v },
            "the CA that the API server's certificate is checked with; `system` for a publicly trusted one") { WithoutIt = "the cluster's own CA" },
        new Field<TargetSettings, ImmutableSortedDictionary<string, string>>("clusterLabels", LabelForms.Prometheus,
            o => o.ClusterLabels, (o, v) => o with { ClusterLabels = v },
            "further labels on every series of the cluster, such as its environment"),
        new Field<TargetSettings, Collection>("collection", Scalars.Choice(("pull", Collection.Pull), ("push", Collection.Push), ("federate", Collection.Federate)),
            o => o.Collection, (o, v) => o with { Collection = v },
            "how the cluster's samples get to the centre: `pull` scrapes the cluster, `push` has an agent in it send them, `federate` takes aggregates from its own Prometheus"),
        new Field<TargetSettings, FederateJob?>("federate", FederateForm, o => o.Federate, (o, v) => o with { Federate = v },
            "for `federate`: where the cluster's own Prometheus is"),
        new Field<TargetSettings, NodeAccess>("nodeAccess",
            Scalars.Choice(("relay", NodeAccess.Relay), ("direct", NodeAccess.Direct), ("nodesProxy", NodeAccess.NodesProxy), ("off", NodeAccess.Off)),
            o => o.NodeAccess, (o, v) => o with { NodeAccess = v },
            "how kubelet and cadvisor are reached; `direct` needs a network in which the centre reaches the nodes' own addresses; "
            + "`nodesProxy` gives the token `get nodes/proxy`, in effect command execution on every node; `off` without the key where `collection` is `federate`"),
        new Field<TargetSettings, NodeRelayOptions>("nodeRelay", NodeRelayForm, o => o.NodeRelay, (o, v) => o with { NodeRelay = v },
            "the relay on each Linux node, with `nodeAccess: relay`"),
        new Field<TargetSettings, string?>("kubeletCa", Scalars.KubeletCa!, o => o.KubeletCa, (o, v) => o with { KubeletCa = v },
            "for `relay` and `direct`: the CA that kubelets' certificates are checked with; `insecure` checks nothing, which with `direct` shows the token to whoever is in between") { WithoutIt = "`relay`: not checked; `direct`: as the API server's certificate is" },
        new Field<TargetSettings, int>("tokenGeneration", Scalars.Integer(1), o => o.TokenGeneration, (o, v) => o with { TokenGeneration = v },
            "raise it by one to rotate the token; the one before stays valid until the next rotation"),
        new Field<TargetSettings, NodeExporterOptions>("nodeExporter", NodeExporter,
            o => o.NodeExporter, (o, v) => o with { NodeExporter = v },
            "node-exporter, one per Linux node"),
        new Field<TargetSettings, KubeStateMetricsOptions>("kubeStateMetrics", KubeStateMetrics, o => o.KubeStateMetrics, (o, v) => o with { KubeStateMetrics = v },
            "kube-state-metrics, one per cluster"),
        new Field<TargetSettings, ImmutableArray<ScrapeJobSettings>>("scrapeJobs", new ListForm<ScrapeJobSettings>(ScrapeJobForm, new ScrapeJobSettings()),
            o => o.ScrapeJobs, (o, v) => o with { ScrapeJobs = v },
            "further programs to scrape, each a job of its own, through the API server's pod proxy; the token gets `get pods/proxy` in their namespaces"),
        new Field<TargetSettings, ImmutableArray<string>>("annotatedPods", new ListForm<string>(Scalars.DnsLabel, ""),
            o => o.AnnotatedPods, (o, v) => o with { AnnotatedPods = v },
            "the namespaces whose pods are scraped when annotated `prometheus.io/scrape: \"true\"`; the token gets `get pods/proxy` in each"),
        new Field<TargetSettings, ImmutableArray<string>>("annotatedServices", new ListForm<string>(Scalars.DnsLabel, ""),
            o => o.AnnotatedServices, (o, v) => o with { AnnotatedServices = v },
            "the namespaces whose Services have their pods scraped when annotated `prometheus.io/scrape: \"true\"`; the token gets `get pods/proxy` in each, and lists services and endpoints"),
        new Field<TargetSettings, ImmutableArray<StaticJob>>("staticTargets", new ListForm<StaticJob>(StaticTargetForm, new StaticJob("") { Targets = [] }),
            o => o.StaticTargets, (o, v) => o with { StaticTargets = v },
            "things outside of Kubernetes that belong to the cluster; the centre asks them directly, without the cluster's token"),
        new Field<TargetSettings, MetricProfile>("metrics", JobsForm.Profile, o => o.Metrics, (o, v) => o with { Metrics = v },
            "what is stored of API server, kubelets, containers, nodes and objects: `usual` is all but what nobody looks at, `needed` just what the rules and dashboards here use, `all` is everything"),
        new Field<TargetSettings, ImmutableSortedDictionary<string, JobOptions>>("jobs", new JobsForm(), o => o.Jobs, (o, v) => o with { Jobs = v },
            "what differs for single jobs: `apiserver`, `kubelet`, `cadvisor`, `node-exporter`, `kube-state-metrics`, and any that other keys name") { WithoutIt = "nothing" },
    ]);

    /// <summary>What holds without any key but the one that changes the others' defaults.</summary>
    public static TargetSettings Defaults(string name, RawConfiguration raw)
    {
        var settings = new TargetSettings { ClusterName = name };
        return raw.Values.GetValueOrDefault("collection") == "federate"
            ? settings with { NodeAccess = NodeAccess.Off, NodeExporter = new NodeExporterOptions { Mode = ExporterMode.Off }, KubeStateMetrics = new KubeStateMetricsOptions { Mode = ExporterMode.Off } }
            : settings;
    }

    private static FederateJob Or(FederateJob? job) => job ?? new FederateJob { Namespace = "", Service = "", Port = "" };

    private static ObjectForm<T> Exporter<T>(params IEnumerable<Field<T>> further) where T : ExporterOptions => new(
    [
        new Field<T, ExporterMode>("mode", Scalars.Choice(("install", ExporterMode.Install), ("adopt", ExporterMode.Adopt), ("off", ExporterMode.Off)),
            o => o.Mode, (o, v) => o with { Mode = v },
            "install it, scrape the one that the cluster already runs, or neither; `off` without the key where `collection` is `federate`"),
        new Field<T, string>("namespace", Scalars.DnsLabel, o => o.Namespace, (o, v) => o with { Namespace = v },
            "where it is installed, or already lives"),
        new Field<T, ImmutableSortedDictionary<string, string>>("labels", LabelForms.Kubernetes, o => o.Labels, (o, v) => o with { Labels = v },
            "installed: further labels of its pods; adopted: the labels that select its pods"),
        new Field<T, int>("port", Scalars.Integer(1, 65535), o => o.Port, (o, v) => o with { Port = v },
            "the port it serves metrics on, which its container declares"),
        new Field<T, string>("image", Scalars.Image, o => o.Image, (o, v) => o with { Image = v }, "its image"),
        new Field<T, Resources>("resources", CommonKeys.Resources, o => o.Resources, (o, v) => o with { Resources = v },
            "CPU and memory of its container"),
        new Field<T, ImmutableArray<Toleration>>("tolerations", new ListForm<Toleration>(TolerationForm, NoToleration),
            o => o.Tolerations, (o, v) => o with { Tolerations = v },
            "the taints its pods tolerate") { WithoutIt = typeof(T) == typeof(NodeExporterOptions) ? "every taint" : "none" },
        new Field<T, string?>("priorityClassName", Scalars.ClassName!, o => o.PriorityClassName, (o, v) => o with { PriorityClassName = v },
            "the priority class of its pods"),
        new Field<T, ImmutableArray<string>>("extraArgs", new ListForm<string>(Scalars.Text, ""),
            o => o.ExtraArgs, (o, v) => o with { ExtraArgs = v },
            "further command-line arguments"),
        .. further,
    ]);
}
