using System.Collections.Immutable;
using FleetPrometheus.Alerting;
using FleetPrometheus.Central;
using FleetPrometheus.Scraping;
using FleetPrometheus.Targets;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Infra.Settings;

/// <summary>The keys of the central stack.</summary>
internal static class CentralKeys
{
    private static readonly Form<ImmutableArray<string>> Namespaces = new ListForm<string>(Scalars.DnsLabel, "");
    private static readonly Form<TimeSpan> Interval = Scalars.Duration(TimeSpan.FromSeconds(1));

    private static readonly Form<ScrapeLimits> Limits = new ObjectForm<ScrapeLimits>(
        new Field<ScrapeLimits, int>("samples", Scalars.Integer(0), o => o.Samples, (o, v) => o with { Samples = v },
            "samples per scrape; 0: no limit"),
        new Field<ScrapeLimits, int>("labels", Scalars.Integer(0), o => o.Labels, (o, v) => o with { Labels = v },
            "labels per series; 0: no limit"),
        new Field<ScrapeLimits, int>("labelValueLength", Scalars.Integer(0), o => o.LabelValueLength, (o, v) => o with { LabelValueLength = v },
            "characters of a label's value; 0: no limit"),
        new Field<ScrapeLimits, int>("targets", Scalars.Integer(0), o => o.Targets, (o, v) => o with { Targets = v },
            "targets per job; more fail the whole job; 0: no limit"),
        new Field<ScrapeLimits, long>("bodySize", Scalars.ByteLimit, o => o.BodyBytes, (o, v) => o with { BodyBytes = v },
            "size of an uncompressed response; 0: no limit"));

    private static readonly Form<ClusterReference> ClusterForm = new ObjectForm<ClusterReference>(
        new Field<ClusterReference, string>("stack", Scalars.StackName, o => o.Stack, (o, v) => o with { Stack = v },
            "the cluster's stack: the name of one in this project, or organization/project/stack") { IsRequired = true },
        new Field<ClusterReference, bool>("optional", Scalars.Boolean, o => o.Optional, (o, v) => o with { Optional = v },
            "leave the cluster out, with a warning, while its stack has no outputs"),
        new Field<ClusterReference, bool>("insecureSkipVerify", Scalars.Boolean,
            o => o.InsecureSkipVerify, (o, v) => o with { InsecureSkipVerify = v },
            "don't check the API server's certificate: whoever is in between can read the token"),
        new Field<ClusterReference, TimeSpan?>("scrapeInterval", new OptionalForm<TimeSpan>(Interval),
            o => o.ScrapeInterval, (o, v) => o with { ScrapeInterval = v },
            "how often the cluster is scraped") { WithoutIt = "`prometheus.scrapeInterval`" },
        new Field<ClusterReference, ScrapeLimits>("limits", Limits, o => o.Limits, (o, v) => o with { Limits = v },
            "bounds that protect the centre from this cluster; a scrape beyond one fails")) { Shorthand = "stack" };

    private static readonly Form<PrometheusOptions> Prometheus = new ObjectForm<PrometheusOptions>(
        new Field<PrometheusOptions, string>("image", Scalars.Image, o => o.Image, (o, v) => o with { Image = v },
            "its image, version 3.5 or newer"),
        new Field<PrometheusOptions, int>("replicas", Scalars.Integer(1, 10), o => o.Replicas, (o, v) => o with { Replicas = v },
            "identical replicas, each scraping everything; 2 for high availability"),
        new Field<PrometheusOptions, TimeSpan>("retention", Scalars.Duration(TimeSpan.FromHours(2)),
            o => o.Retention, (o, v) => o with { Retention = v },
            "how long samples are kept"),
        new Field<PrometheusOptions, string?>("retentionSize", Scalars.ByteSizeText!, o => o.RetentionSize, (o, v) => o with { RetentionSize = v },
            "how much is kept at most; leave a tenth of the volume free") { WithoutIt = "no bound" },
        new Field<PrometheusOptions, Storage>("storage", CommonKeys.Storage, o => o.Storage, (o, v) => o with { Storage = v }, "its volumes"),
        new Field<PrometheusOptions, Resources>("resources", CommonKeys.Resources, o => o.Resources, (o, v) => o with { Resources = v },
            "CPU and memory of its container"),
        new Field<PrometheusOptions, Uri?>("externalUrl", Scalars.WebAddress!, o => o.ExternalUrl, (o, v) => o with { ExternalUrl = v },
            "the address people use, for links in alerts"),
        new Field<PrometheusOptions, TimeSpan>("scrapeInterval", Interval, o => o.ScrapeInterval, (o, v) => o with { ScrapeInterval = v },
            "how often clusters are scraped"),
        new Field<PrometheusOptions, TimeSpan>("scrapeTimeout", Interval, o => o.ScrapeTimeout, (o, v) => o with { ScrapeTimeout = v },
            "how long a scrape may take, at most the interval"),
        new Field<PrometheusOptions, TimeSpan>("evaluationInterval", Interval, o => o.EvaluationInterval, (o, v) => o with { EvaluationInterval = v },
            "how often rules are evaluated"),
        new Field<PrometheusOptions, ImmutableSortedDictionary<string, string>>("externalLabels", LabelForms.Prometheus,
            o => o.ExternalLabels, (o, v) => o with { ExternalLabels = v },
            "labels on everything that leaves Prometheus"));

    private static readonly Form<GlobalQueryOptions> GlobalQuery = new ObjectForm<GlobalQueryOptions>(
        new Field<GlobalQueryOptions, int>("replicas", Scalars.Integer(1, 10), o => o.Replicas, (o, v) => o with { Replicas = v },
            "its replicas"),
        new Field<GlobalQueryOptions, Resources>("resources", CommonKeys.Resources, o => o.Resources, (o, v) => o with { Resources = v },
            "CPU and memory of its container"));

    private static readonly Form<BlackboxExporterOptions> Blackbox = new ObjectForm<BlackboxExporterOptions>(
        new Field<BlackboxExporterOptions, string>("image", Scalars.Image, o => o.Image, (o, v) => o with { Image = v },
            "its image, version 0.28 or newer"),
        new Field<BlackboxExporterOptions, Resources>("resources", CommonKeys.Resources, o => o.Resources, (o, v) => o with { Resources = v },
            "CPU and memory of its container"));

    private static readonly Form<GrafanaOptions> Grafana = new ObjectForm<GrafanaOptions>(
        new Field<GrafanaOptions, bool>("enabled", Scalars.Boolean, o => o.Enabled, (o, v) => o with { Enabled = v },
            "install one; not needed where a Grafana with the usual sidecar watches the namespace"),
        new Field<GrafanaOptions, string>("image", Scalars.Image, o => o.Image, (o, v) => o with { Image = v },
            "its image"),
        new Field<GrafanaOptions, Storage>("storage", CommonKeys.Storage, o => o.Storage, (o, v) => o with { Storage = v },
            "its volume, for users and dashboards made by hand"),
        new Field<GrafanaOptions, Resources>("resources", CommonKeys.Resources, o => o.Resources, (o, v) => o with { Resources = v },
            "CPU and memory of its container"),
        new Field<GrafanaOptions, Uri?>("externalUrl", Scalars.WebAddress!, o => o.ExternalUrl, (o, v) => o with { ExternalUrl = v },
            "the address people use, for links and redirects"));

    private static readonly Form<PushgatewayOptions> Pushgateway = new ObjectForm<PushgatewayOptions>(
        new Field<PushgatewayOptions, bool>("enabled", Scalars.Boolean, o => o.Enabled, (o, v) => o with { Enabled = v },
            "install one, in the centre's namespace"),
        new Field<PushgatewayOptions, string>("image", Scalars.Image, o => o.Image, (o, v) => o with { Image = v },
            "its image"),
        new Field<PushgatewayOptions, Resources>("resources", CommonKeys.Resources, o => o.Resources, (o, v) => o with { Resources = v },
            "CPU and memory of its container"));

    private static readonly Form<OwnClusterSettings> OwnCluster = new ObjectForm<OwnClusterSettings>(
        Own("enabled", Scalars.Boolean, o => o.Enabled, (o, v) => o with { Enabled = v },
            "watch it: API servers, kubelets, exporters, and what the other keys name"),
        Own("clusterLabels", LabelForms.Prometheus, o => o.ClusterLabels, (o, v) => o with { ClusterLabels = v },
            "further labels on every series of the cluster"),
        Own<string?>("kubeletCa", Scalars.KubeletCa!, o => o.KubeletCa, (o, v) => o with { KubeletCa = v },
            "the CA that kubelets' certificates are checked with; `insecure` checks nothing, which shows Prometheus's token to whoever is in between", "the cluster's CA"),
        Own("nodeExporter", TargetKeys.NodeExporter, o => o.NodeExporter, (o, v) => o with { NodeExporter = v },
            "node-exporter, one per Linux node"),
        Own("kubeStateMetrics", TargetKeys.KubeStateMetrics, o => o.KubeStateMetrics, (o, v) => o with { KubeStateMetrics = v },
            "kube-state-metrics"),
        new Field<OwnClusterSettings, ImmutableArray<ScrapeJobSettings>>("scrapeJobs", new ListForm<ScrapeJobSettings>(TargetKeys.ScrapeJobForm, new ScrapeJobSettings()),
            o => o.ScrapeJobs, (o, v) => o with { ScrapeJobs = v },
            "further programs to scrape, each a job of its own, at their pods' addresses"),
        Own("annotatedPods", Namespaces, o => o.AnnotatedPods, (o, v) => o with { AnnotatedPods = v },
            "the namespaces whose pods are scraped when annotated `prometheus.io/scrape: \"true\"`"),
        Own("annotatedServices", Namespaces, o => o.AnnotatedServices, (o, v) => o with { AnnotatedServices = v },
            "the namespaces whose Services have their pods scraped when annotated `prometheus.io/scrape: \"true\"`"),
        Own("probedServices", Namespaces, o => o.ProbedServices, (o, v) => o with { ProbedServices = v },
            "the namespaces whose Services are called by the blackbox exporter when annotated `prometheus.io/probe: \"true\"`"),
        Own("metrics", JobsForm.Profile, o => o.Metrics, (o, v) => o with { Metrics = v },
            "what is stored of API servers, kubelets, containers, nodes and objects, as in a target stack"),
        Own("jobs", new JobsForm(), o => o.JobOptions, (o, v) => o with { JobOptions = v },
            "what differs for single jobs, as in a target stack", "nothing"),
        Own("pushgateway", Pushgateway, o => o.Pushgateway, (o, v) => o with { Pushgateway = v },
            "a pushgateway for jobs that end before a scrape finds them"));

    private static readonly Form<PushReceiverOptions> Push = new ObjectForm<PushReceiverOptions>([
        .. Certificate<PushReceiverOptions>("the address that clusters send to"),
        new Field<PushReceiverOptions, int>("replicas", Scalars.Integer(1, 10), o => o.Replicas, (o, v) => o with { Replicas = v },
            "replicas of the front and of the forwarder; 2 for high availability"),
        new Field<PushReceiverOptions, string>("serviceType", Scalars.OneOf("ClusterIP", "LoadBalancer", "NodePort"), o => o.ServiceType, (o, v) => o with { ServiceType = v },
            "the type of the Service `push-front`; `ClusterIP` for an ingress or gateway that passes TLS on"),
        new Field<PushReceiverOptions, string>("image", Scalars.Image, o => o.Image, (o, v) => o with { Image = v },
            "the front's image, vmauth"),
        new Field<PushReceiverOptions, Resources>("resources", CommonKeys.Resources, o => o.Resources, (o, v) => o with { Resources = v },
            "CPU and memory of the front's container"),
        new Field<PushReceiverOptions, PushForwarderOptions>("forwarder", new ObjectForm<PushForwarderOptions>(
            new Field<PushForwarderOptions, string>("image", Scalars.Image, o => o.Image, (o, v) => o with { Image = v },
                "its image, vmagent"),
            new Field<PushForwarderOptions, Resources>("resources", CommonKeys.Resources, o => o.Resources, (o, v) => o with { Resources = v },
                "CPU and memory of its container"),
            new Field<PushForwarderOptions, Storage>("storage", CommonKeys.Storage, o => o.Storage, (o, v) => o with { Storage = v },
                "its volumes, for what a Prometheus could not take yet; they must hold `queueSize` for each"),
            new Field<PushForwarderOptions, string>("queueSize", Scalars.ByteSizeText, o => o.QueueSize, (o, v) => o with { QueueSize = v },
                "how much is kept for each Prometheus; beyond, the oldest goes")), o => o.Forwarder, (o, v) => o with { Forwarder = v },
            "what forces the clusters' labels and passes their samples on to every Prometheus"),
    ]);

    private static readonly Form<WebTlsOptions> WebTls = new ObjectForm<WebTlsOptions>([
        .. Certificate<WebTlsOptions>("`prometheus.NAMESPACE.svc` and `alertmanager.NAMESPACE.svc` (with `pushFront` `push-forwarder.NAMESPACE.svc` too), or for `serverName`"),
        new Field<WebTlsOptions, string?>("caCertificate", Scalars.CaCertificates!, o => o.CaCertificate, (o, v) => o with { CaCertificate = v },
            "what the centre's own programs check the certificate with; several for a change of the CA") { WithoutIt = "the last of `certificate`; required with `tlsSecret`" },
        new Field<WebTlsOptions, string?>("serverName", Scalars.HostName!, o => o.ServerName, (o, v) => o with { ServerName = v },
            "the one name that they check in it") { WithoutIt = "that of each program's Service" },
    ]);

    /// <summary>All keys.</summary>
    public static readonly ObjectForm<CentralSettings> Form = new(
    [
        .. CommonKeys.Stack<CentralSettings>(),
        new Field<CentralSettings, ImmutableArray<ClusterReference>>("clusters", new ListForm<ClusterReference>(ClusterForm, new ClusterReference()),
            o => o.Clusters, (o, v) => o with { Clusters = v },
            "the clusters to watch"),
        new Field<CentralSettings, string>("namespace", Scalars.DnsLabel, o => o.Namespace, (o, v) => o with { Namespace = v },
            "the namespace of everything central"),
        new Field<CentralSettings, string>("webUser", Scalars.UserName, o => o.WebUser, (o, v) => o with { WebUser = v },
            "the user of the web pages; the password is generated"),
        new Field<CentralSettings, ImmutableSortedDictionary<string, AlertSetting>>("alerts", new AlertsForm(),
            o => o.Alerting.Alerts, (o, v) => o with { Alerting = o.Alerting with { Alerts = v } },
            "what is changed of single alerts, by the names in docs/alerts.md") { WithoutIt = "every alert is as docs/alerts.md says" },
        new Field<CentralSettings, string>("runbooks", AlertsForm.Runbooks, o => o.Alerting.Runbooks, (o, v) => o with { Alerting = o.Alerting with { Runbooks = v } },
            "the address of docs/runbooks.md, or of a page of your own with the same anchors, for the links in alerts"),
        new Field<CentralSettings, PrometheusOptions>("prometheus", Prometheus, o => o.Prometheus, (o, v) => o with { Prometheus = v },
            "the central Prometheus"),
        new Field<CentralSettings, int>("shards", Scalars.Integer(1, ClusterShards.Most), o => o.Shards, (o, v) => o with { Shards = v },
            "how many Prometheus share the clusters, each with everything that `prometheus` says; see docs/scale.md"),
        new Field<CentralSettings, GlobalQueryOptions>("globalQuery", GlobalQuery, o => o.GlobalQuery, (o, v) => o with { GlobalQuery = v },
            "the Prometheus that asks all shards at once; there is one when `shards` is above 1"),
        new Field<CentralSettings, ImmutableArray<RemoteWrite>>("remoteWrite", new ListForm<RemoteWrite>(RemoteWriteKeys.Form, new RemoteWrite()),
            o => o.RemoteWrite, (o, v) => o with { RemoteWrite = v },
            "stores that every Prometheus sends everything to, such as Mimir, Thanos Receive or VictoriaMetrics; see docs/scale.md"),
        new Field<CentralSettings, BlackboxExporterOptions>("blackboxExporter", Blackbox, o => o.BlackboxExporter, (o, v) => o with { BlackboxExporter = v },
            "the exporter beside each Prometheus that asks every cluster's API server for a small page, to say why one is down"),
        new Field<CentralSettings, AlertmanagerSettings>("alertmanager", AlertmanagerKeys.Form,
            o => new AlertmanagerSettings(o.Alertmanager, o.Routing), (o, v) => o with { Alertmanager = v.Server, Routing = v.Routing },
            "the central Alertmanager and who is told"),
        new Field<CentralSettings, OwnClusterSettings>("ownCluster", OwnCluster, o => o.OwnCluster, (o, v) => o with { OwnCluster = v },
            "the cluster that the centre runs in, watched from inside with Prometheus's own account"),
        new Field<CentralSettings, PushReceiverOptions>("pushFront", Push, o => o.PushFront, (o, v) => o with { PushFront = v },
            "the way in for clusters that send by themselves; there is one once it has a certificate or a tlsSecret"),
        new Field<CentralSettings, WebTlsOptions>("webTls", WebTls, o => o.WebTls, (o, v) => o with { WebTls = v },
            "TLS for the centre's own endpoints; once there is a certificate or a tlsSecret, Prometheus, Alertmanager and the push forwarder speak HTTPS only"),
        new Field<CentralSettings, bool>("dashboards", Scalars.Boolean, o => o.Dashboards, (o, v) => o with { Dashboards = v },
            "ship the dashboards as ConfigMaps with the label `grafana_dashboard: \"1\"`"),
        new Field<CentralSettings, GrafanaOptions>("grafana", Grafana, o => o.Grafana, (o, v) => o with { Grafana = v },
            "a Grafana that knows Prometheus and the dashboards"),
    ]);

    private static ImmutableArray<Field<T>> Certificate<T>(string address) where T : CertificateOptions =>
    [
        new Field<T, string?>("certificate", Scalars.ServerCertificate!, o => o.Certificate, (o, v) => o with { Certificate = v },
            $"the server's certificate with its chain, for {address}"),
        new Field<T, SecretText?>("privateKey", Scalars.StoredSecret!, o => o.PrivateKey, (o, v) => o with { PrivateKey = v },
            "its key (store it with `--secret`)"),
        new Field<T, string?>("tlsSecret", Scalars.DnsLabel!, o => o.TlsSecret, (o, v) => o with { TlsSecret = v },
            "in the place of both, the name of a `kubernetes.io/tls` Secret in the centre's namespace, such as cert-manager's; a new certificate in it is taken up by itself"),
    ];

    private static Field<OwnClusterSettings, T> Own<T>(
        string name, Form<T> form, Func<OwnClusterOptions, T> get, Func<OwnClusterOptions, T, OwnClusterOptions> set, string meaning, string withoutIt = "none") =>
        new(name, form, o => get(o.Options), (o, v) => o with { Options = set(o.Options, v) }, meaning) { WithoutIt = withoutIt };
}
