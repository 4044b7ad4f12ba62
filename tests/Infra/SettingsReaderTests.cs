using System.Collections.Immutable;
using FleetPrometheus.Alerting;
using FleetPrometheus.Infra.Settings;
using FleetPrometheus.Scraping;
using FleetPrometheus.Targets;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Infra;

public sealed class SettingsReaderTests
{
    [Fact]
    public void Read_SmallestTarget_TakesAddressFromKubeconfigAndDefaultsFromCode()
    {
        var settings = Given.Read<TargetSettings>(Given.Target());

        Assert.Equal("stage", settings.ClusterName);
        Assert.Equal(new Uri("https://10.0.0.1:6443"), settings.ApiServer);
        Assert.Equal("stage", settings.Access!.Context);
        Assert.Null(settings.CaCertificate);
        Assert.Equal(NodeAccess.Relay, settings.NodeAccess);
        Assert.Equal(1, settings.TokenGeneration);
        Assert.Equal(new NodeExporterOptions().Image, settings.NodeExporter.Image);
        Assert.Equal(new KubeStateMetricsOptions().Resources, settings.KubeStateMetrics.Resources);
    }

    [Fact]
    public void Read_ShardsAndStores_TakesEveryKey()
    {
        var settings = Given.Read<CentralSettings>(Given.Central(
            ("shards", "3"), ("globalQuery", """{"replicas": 2, "resources": {"memoryLimit": "3Gi"}}"""),
            ("remoteWrite", """
                [{"name": "long", "url": "https://store.example.com/push", "basicAuth": {"username": "u", "password": "p"}, "headers": {"X-Scope-OrgID": "t"}, "caCertificate": "system",
                  "insecureSkipVerify": true, "timeout": "9s", "keep": ["a.+"], "drop": ["b"], "replicaLabel": "__replica__", "pairLabel": "prometheus",
                  "queue": {"capacity": 1, "maxShards": 2, "maxSamplesPerSend": 3, "batchSendDeadline": "4s", "minBackoff": "5ms", "maxBackoff": "6s"}},
                 {"name": "other", "url": "http://vm:8428/api/v1/write", "bearerToken": "t", "replicaLabel": "none"}]
                """)));

        Assert.Equal((3, 2, "3Gi"), (settings.Shards, settings.GlobalQuery.Replicas, settings.GlobalQuery.Resources.MemoryLimit));
        var store = settings.RemoteWrite[0];
        Assert.Equal(("long", "https://store.example.com/push", "u", "p"), (store.Name, store.Url!.OriginalString, store.User!.Username, store.User.Password.Reveal()));
        Assert.Equal("t", store.Headers["X-Scope-OrgID"]);
        Assert.True(store is { CaCertificate: null, InsecureSkipVerify: true, Timeout.TotalSeconds: 9, ReplicaLabel: "__replica__", PairLabel: "prometheus" });
        Assert.Equal("a.+", Assert.Single(store.Keep));
        Assert.Equal("b", Assert.Single(store.Drop));
        Assert.Equal(
            new RemoteWriteQueue
            {
                Capacity = 1, MaxShards = 2, MaxSamplesPerSend = 3,
                BatchSendDeadline = TimeSpan.FromSeconds(4), MinBackoff = TimeSpan.FromMilliseconds(5), MaxBackoff = TimeSpan.FromSeconds(6),
            },
            store.Queue);
        Assert.Equal(("t", null), (settings.RemoteWrite[1].BearerToken!.Reveal(), settings.RemoteWrite[1].ReplicaLabel));
    }

    [Fact]
    public void Read_OwnCluster_TakesEveryKey()
    {
        var settings = Given.Read<CentralSettings>(Given.Central(("ownCluster", """
            {"enabled": true, "clusterLabels": {"environment": "ops"}, "kubeletCa": "insecure", "nodeExporter": {"port": 9101}, "kubeStateMetrics": {"mode": "off"},
             "scrapeJobs": ["coredns"], "annotatedPods": ["a"], "annotatedServices": ["b"], "probedServices": ["c"], "pushgateway": {"enabled": true, "image": "mirror.example.com/pushgateway:v1"}}
            """)));

        var options = settings.OwnCluster.Options;
        Assert.True(options.Enabled);
        Assert.Equal("ops", options.ClusterLabels["environment"]);
        Assert.Equal("insecure", options.KubeletCa);
        Assert.Equal(9101, options.NodeExporter.Port);
        Assert.Equal(ExporterMode.Off, options.KubeStateMetrics.Mode);
        Assert.Equal(JobPresets.CoreDns, Assert.Single(settings.OwnCluster.ScrapeJobs).ToJob());
        Assert.Equal(["a", "b", "c"], [.. options.AnnotatedPods, .. options.AnnotatedServices, .. options.ProbedServices]);
        Assert.True(options.Pushgateway.Enabled);
        Assert.Equal("mirror.example.com/pushgateway:v1", options.Pushgateway.Image);
    }

    [Fact]
    public void Read_OwnClusterWrong_NamesEveryKey()
    {
        var problems = Given.ProblemsOf(Given.Central(("ownCluster", """{"enabled": true, "annotatedPods": ["Shop"], "scrapeJobs": [{"name": "pushgateway"}], "probes": true}""")));

        Assert.Equal(
            ["ownCluster.annotatedPods[0]", "ownCluster.probes", "ownCluster.scrapeJobs[0].labels", "ownCluster.scrapeJobs[0].name", "ownCluster.scrapeJobs[0].namespace", "ownCluster.scrapeJobs[0].port"],
            problems.Select(problem => problem.Split(": ")[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Read_FullTarget_TakesEveryKey()
    {
        var settings = Given.Read<TargetSettings>(Given.Target(
            ("clusterName", "first"), ("context", "stage"), ("apiServer", "https://stage.example.com:6443/path"),
            ("apiServers", """["10.0.0.11:6443", "[fd00::1]:6443"]"""), ("caCertificate", "system"),
            ("clusterLabels", """{"environment": "stage", "region": "eu"}"""), ("nodeAccess", "nodesProxy"), ("tokenGeneration", "3"),
            ("nodeExporter", """
                {"mode": "install", "namespace": "nodes", "labels": {"example.com/team": "infra"}, "port": 9101, "image": "mirror.example.com:5000/node-exporter:v1",
                 "resources": {"cpuRequest": "none", "memoryLimit": "1Gi"},
                 "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}, {"key": "a", "value": "b"}], "extraArgs": ["--no-collector.wifi"]}
                """),
            ("kubeStateMetrics", """{"mode": "adopt", "namespace": "kube-system", "labels": {"app": "ksm"}, "port": "8081"}"""),
            ("scrapeJobs", """["coredns", {"preset": "traefik", "namespace": "edge"}, {"name": "shop", "namespace": "shop", "labels": {"app": "shop"}, "port": 8443, "path": "/m", "scheme": "https", "instance": "node", "honorLabels": true}]"""),
            ("annotatedPods", """["market"]"""),
            ("staticTargets", """[{"name": "node-exporter", "targets": ["10.9.0.1:9100"], "labels": {"rack": "r1"}, "scheme": "https", "path": "/m", "caCertificate": "system"}]""")));

        Assert.Equal("first", settings.ClusterName);
        Assert.Equal("https://stage.example.com:6443/path", settings.ApiServer!.OriginalString);
        Assert.Equal(["10.0.0.11:6443", "[fd00::1]:6443"], settings.ApiServers.AsEnumerable());
        Assert.Equal("system", settings.CaCertificate);
        Assert.Equal("eu", settings.ClusterLabels["region"]);
        Assert.Equal(NodeAccess.NodesProxy, settings.NodeAccess);
        Assert.Equal(3, settings.TokenGeneration);
        Assert.Equal("nodes", settings.NodeExporter.Namespace);
        Assert.Equal(9101, settings.NodeExporter.Port);
        Assert.Equal("infra", settings.NodeExporter.Labels["example.com/team"]);
        Assert.Equal(new Resources(null, "32Mi", null, "1Gi"), settings.NodeExporter.Resources);
        Assert.Equal([new Toleration("gpu", "Exists", null, "NoSchedule"), new Toleration("a", "Equal", "b", null)], settings.NodeExporter.Tolerations.AsEnumerable());
        Assert.Equal(["--no-collector.wifi"], settings.NodeExporter.ExtraArgs.AsEnumerable());
        Assert.Equal(ExporterMode.Adopt, settings.KubeStateMetrics.Mode);
        Assert.Equal(8081, settings.KubeStateMetrics.Port);
        var jobs = settings.ScrapeJobs.Select(job => job.ToJob()).ToArray();
        Assert.Equal(JobPresets.CoreDns, jobs[0]);
        Assert.Equal(JobPresets.Traefik with { Namespace = "edge" }, jobs[1]);
        Assert.Equal(
            ("shop", "shop", "app=shop", 8443, "/m", "https", InstanceFrom.Node, true),
            (jobs[2].Name, jobs[2].Namespace, string.Join(',', jobs[2].Selector.Select(label => $"{label.Key}={label.Value}")), jobs[2].Port, jobs[2].MetricsPath, jobs[2].Scheme, jobs[2].Instance, jobs[2].HonorLabels));
        Assert.Equal(["market"], settings.AnnotatedPods.AsEnumerable());
        var machines = Assert.Single(settings.StaticTargets);
        Assert.Equal(("node-exporter", "10.9.0.1:9100", "r1", "https", "/m", null), (machines.Name, machines.Targets.Single(), machines.Labels["rack"], machines.Scheme, machines.MetricsPath, machines.CaCertificate));
    }

    [Fact]
    public void Read_FullCentral_TakesEveryKey()
    {
        var settings = Given.Read<CentralSettings>(Given.Central(
            ("clusters", """
                ["stage", {"stack": "other/project/product", "optional": true, "insecureSkipVerify": true, "scrapeInterval": "1m",
                           "limits": {"samples": 5, "labels": 6, "labelValueLength": 7, "targets": 8, "bodySize": "9MB"}}]
                """),
            ("namespace", "watch"), ("webUser", "ops"), ("runbooks", "https://wiki.example.com/alerts"),
            ("alerts", """{"ClusterUnreachable": {"for": "90s"}, "TargetDown": {"threshold": 20.5}, "NodeFileDescriptorLimit/critical": {"enabled": false}}"""),
            ("prometheus", """
                {"image": "p:1", "replicas": 2, "retention": "30d", "retentionSize": "40GB", "storage": {"class": "fast"}, "resources": {"cpuLimit": "4"},
                 "externalUrl": "https://prometheus.example.com/p", "scrapeInterval": "15s", "scrapeTimeout": "15s", "evaluationInterval": "1m", "externalLabels": {"fleet": "a"}}
                """),
            ("alertmanager", """
                {"image": "a@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "replicas": 3, "storage": {"size": "2Gi"}, "resources": {"cpuRequest": "1"},
                 "externalUrl": "http://alerts.example.com", "receivers": [{"name": "ops", "webhook": "https://hooks.example.com/x?key=y"}], "defaultReceiver": "ops",
                 "groupWait": "1s", "groupInterval": "2m", "repeatInterval": "1h30m"}
                """)));

        Assert.Equal(["stage", "other/project/product"], settings.Clusters.Select(cluster => cluster.Stack));
        Assert.False(settings.Clusters[0].Optional);
        var product = settings.Clusters[1];
        Assert.True(product is { Optional: true, InsecureSkipVerify: true, ScrapeInterval.TotalMinutes: 1 });
        Assert.True(product.Limits is { Samples: 5, Labels: 6, LabelValueLength: 7, Targets: 8, BodyBytes: 9 << 20 });
        Assert.Equal(("watch", "ops", "https://wiki.example.com/alerts"), (settings.Namespace, settings.WebUser, settings.Alerting.Runbooks));
        Assert.Equal(
            [
                new("ClusterUnreachable", new AlertSetting { For = TimeSpan.FromSeconds(90) }),
                new("NodeFileDescriptorLimit/critical", new AlertSetting { Enabled = false }),
                new("TargetDown", new AlertSetting { Threshold = 20.5 }),
            ],
            settings.Alerting.Alerts.ToArray());
        Assert.True(settings.Prometheus is { Image: "p:1", Replicas: 2, Retention.TotalDays: 30, RetentionSize: "40GB" });
        Assert.Equal(new FleetPrometheus.Central.Storage("50Gi", "fast"), settings.Prometheus.Storage);
        Assert.Equal(new Resources("500m", "2Gi", "4", "4Gi"), settings.Prometheus.Resources);
        Assert.True(settings.Prometheus is { ScrapeInterval.TotalSeconds: 15, ScrapeTimeout.TotalSeconds: 15, EvaluationInterval.TotalMinutes: 1 });
        Assert.Equal("https://prometheus.example.com/p", settings.Prometheus.ExternalUrl!.OriginalString);
        Assert.Equal("a", settings.Prometheus.ExternalLabels["fleet"]);
        Assert.True(settings.Alertmanager is { Replicas: 3, Storage.Size: "2Gi", Resources.CpuRequest: "1" });
        Assert.Equal("https://hooks.example.com/x?key=y", Assert.Single(Assert.Single(settings.Routing.Receivers).Webhook).Url.Reveal());
        Assert.True(settings.Routing is { DefaultReceiver: "ops", GroupWait.TotalSeconds: 1, GroupInterval.TotalMinutes: 2, RepeatInterval.TotalMinutes: 90 });
    }

    [Fact]
    public void Read_Surroundings_TakesEveryKey()
    {
        var settings = Given.Read<CentralSettings>(Given.Central(
            ("networkPolicies", "false"), ("controlPlaneCidrs", """["10.0.0.0/28", "2001:db8::/64"]"""), ("imageRegistry", "mirror.example.com:5000/fleet")));

        Assert.False(settings.Network.Policies);
        Assert.Equal(["10.0.0.0/28", "2001:db8::/64"], settings.Network.ControlPlaneCidrs.AsEnumerable());
        Assert.Equal("mirror.example.com:5000/fleet", settings.ImageRegistry);
    }

    [Theory]
    [InlineData("controlPlaneCidrs", """["10.0.0.1"]""", "10.0.0.1")]
    [InlineData("controlPlaneCidrs", """["api.example.com/24"]""", "api.example.com/24")]
    [InlineData("imageRegistry", "https://mirror.example.com", "https://mirror.example.com")]
    [InlineData("imageRegistry", "mirror.example.com/", "mirror.example.com/")]
    [InlineData("imageRegistry", "mirror.example.com:x", "mirror.example.com:x")]
    public void Read_BadSurroundings_IsNamed(string key, string value, string shown)
    {
        var refusal = string.Join("\n", Given.ProblemsOf(Given.Central((key, value))));

        Assert.Contains(key, refusal, StringComparison.Ordinal);
        Assert.Contains(shown, refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_FullRouting_TakesEveryKey()
    {
        var routing = Given.Read<CentralSettings>(Given.Central(("alertmanager", """
            {"receivers": [
               {"name": "ops", "slack": [{"url": "https://slack.example.com/1", "channel": "#ops"}, "https://slack.example.com/2"],
                "pagerduty": {"routingKey": "k1", "url": "https://events.eu.pagerduty.com/v2/enqueue", "sendResolved": false}, "email": "ops@example.com, lead@example.com"},
               {"name": "shop", "msteams": "https://teams.example.com/1", "webhook": {"url": "https://shop.example.com/1", "sendResolved": false},
                "email": {"to": "shop@example.com", "sendResolved": false}, "pagerduty": "k2"}],
             "routes": [{"receiver": "shop", "clusters": ["product"], "severities": ["critical", "warning"], "matchers": ["team = \"shop\""], "continue": true,
                         "muteTimes": ["nights"], "activeTimes": ["advent"], "repeatInterval": "1h"}, {"receiver": "nobody", "clusters": ["stage"]}],
             "timeIntervals": [{"name": "nights", "times": ["22:00-24:00"], "location": "Europe/Berlin"},
                               {"name": "advent", "weekdays": ["sunday"], "daysOfMonth": ["1:24"], "months": ["december"]}],
             "watchdogReceiver": "ops", "watchdogInterval": "30s",
             "smtp": {"server": "smtp.example.com:587", "from": "alerts@example.com", "username": "alerts", "password": "p", "requireTls": false}}
            """))).Routing;

        var (ops, shop) = (routing.Receivers[0], routing.Receivers[1]);
        Assert.Equal([("https://slack.example.com/1", "#ops"), ("https://slack.example.com/2", null)], ops.Slack.Select(slack => (slack.Url.Reveal(), slack.Channel)));
        Assert.Equal(("k1", "events.eu.pagerduty.com", false), (ops.PagerDuty[0].RoutingKey.Reveal(), ops.PagerDuty[0].Url!.Host, ops.PagerDuty[0].SendResolved));
        Assert.Equal(("ops@example.com, lead@example.com", true), (ops.Email[0].To, ops.Email[0].SendResolved));
        Assert.Equal(("https://teams.example.com/1", "https://shop.example.com/1", false), (shop.MsTeams[0].Url.Reveal(), shop.Webhook[0].Url.Reveal(), shop.Webhook[0].SendResolved));
        Assert.Equal(("shop@example.com", false, "k2"), (shop.Email[0].To, shop.Email[0].SendResolved, shop.PagerDuty[0].RoutingKey.Reveal()));
        var route = routing.Routes[0];
        Assert.True(route is { Receiver: "shop", Clusters: ["product"], Severities: ["critical", "warning"], Matchers: ["team = \"shop\""], Continue: true });
        Assert.True(route is { MuteTimes: ["nights"], ActiveTimes: ["advent"], RepeatInterval.TotalHours: 1 });
        Assert.True(routing.TimeIntervals is [{ Name: "nights", Times: ["22:00-24:00"], Location: "Europe/Berlin" }, { Weekdays: ["sunday"], DaysOfMonth: ["1:24"], Months: ["december"] }]);
        Assert.True(routing is { WatchdogReceiver: "ops", WatchdogInterval.TotalSeconds: 30 });
        Assert.True(routing.Smtp is { Server: "smtp.example.com:587", From: "alerts@example.com", Username: "alerts", RequireTls: false });
        Assert.Equal("p", routing.Smtp.Password!.Reveal());
    }

    [Fact]
    public void Read_WebhookEncryptedInTheStackFile_IsAcceptedInARendering() =>
        Given.Read<CentralSettings>(Given.Central(("alertmanager", $$"""{"receivers": [{"name": "ops", "webhook": "{{FleetPrometheus.Evaluation.StackFile.EncryptedPlaceholder}}"}]}""")));

    public static TheoryData<string, string?, string[]> BadTargets => new()
    {
        { "tokn", "x", ["tokn: is not a key; docs/configuration.md lists them all"] },
        { "apiserver", "https://a", ["apiserver: is not a key; did you mean 'apiServer'?"] },
        { "clusters", "[]", ["clusters: belongs to central stacks, and this stack's role is target; remove it"] },
        { "namespace", "other", ["namespace: belongs to central stacks, and this stack's role is target; remove it"] },
        { "clusterName", "Stage_1", ["clusterName: 'Stage_1': must be a DNS label"] },
        { "apiServer", "http://stage.example.com", ["apiServer: 'http://stage.example.com': must begin with https://"] },
        { "apiServer", "stage.example.com", ["apiServer: 'stage.example.com': must be an absolute https address"] },
        { "apiServer", "https://user:hidden@stage.example.com", ["apiServer: must be an absolute https address without user"] },
        { "apiServer", "https://stage.example.com?a=b", ["apiServer: 'https://stage.example.com?a=b': must be an absolute https address without"] },
        { "apiServers", "10.0.0.11:6443", ["apiServers: '10.0.0.11:6443': must be a list (host:port)"] },
        { "apiServers", """["https://10.0.0.11:6443", "a:0", "a", "a:70000"]""", ["apiServers[0]: 'https://10.0.0.11:6443': must be host:port", "apiServers[1]: 'a:0': must", "apiServers[2]: 'a': must", "apiServers[3]: 'a:70000': must"] },
        { "apiServers", """["a:1", "b:1", "a:1"]""", ["apiServers[2]: 'a:1': is listed twice; list each member once"] },
        { "caCertificate", "rubbish", ["caCertificate: must be one or more PEM certificates"] },
        { "caCertificate", "-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----", ["caCertificate: must be one or more PEM certificates"] },
        { "caCertificate", "-----BEGIN PRIVATE KEY-----\nhidden\n-----END PRIVATE KEY-----", ["caCertificate: holds a private key"] },
        { "clusterLabels", """{"1st": "x", "__a": "x", "cluster": "x", "ok": 1.10, "empty": ""}""",
            ["clusterLabels.1st: must be a Prometheus label name", "clusterLabels.__a: belongs to Prometheus", "clusterLabels.cluster: belongs to Prometheus or to fleet-prometheus", "clusterLabels.ok: '1.10': must be text; put it in quotes", "clusterLabels.empty: '': must"] },
        { "clusterLabels", "[]", ["clusterLabels: '[]': must be a mapping (labels)"] },
        { "nodeAccess", "root", ["nodeAccess: 'root': must be one of relay, direct, nodesProxy, off"] },
        { "collection", "federate", ["federate: is missing; give namespace, service and port"] },
        { "collection", "scrape", ["collection: 'scrape': must be one of"] },
        { "federate", """{"namespace": "monitoring", "service": "prometheus", "port": 9090}""", ["collection: is missing; federate has a meaning only with"] },
        { "kubeletCa", "rubbish", ["kubeletCa: must be one or more PEM certificates"] },
        { "nodeRelay", """{"port": 80, "namespace": "fleet-node-exporter"}""", ["nodeRelay.port: '80': must be a whole number from 1024 to 65535", "nodeExporter.namespace: 'fleet-node-exporter': must be a namespace of its own"] },
        { "tokenGeneration", "0", ["tokenGeneration: '0': must be a whole number, at least 1"] },
        { "tokenGeneration", "two", ["tokenGeneration: 'two': must be a whole number, at least 1"] },
        { "nodeExporter", "install", ["nodeExporter: 'install': must be a mapping with the keys mode, namespace, labels, port, image, resources, tolerations, priorityClassName, extraArgs"] },
        { "nodeExporter", """{"mode": "keep", "prot": 1, "port": 65536, "image": "node-exporter", "namespace": null}""",
            ["nodeExporter.mode: 'keep': must be one of install, adopt, off", "nodeExporter.prot: is not a key; did you mean 'port'?", "nodeExporter.port: '65536': must be a whole number from 1 to 65535", "nodeExporter.image: 'node-exporter': must be an image with a tag or digest", "nodeExporter.namespace: has no value; write one or remove the key"] },
        { "nodeExporter", """{"resources": {"cpu": "1", "cpuLimit": "much", "memoryLimit": "-1Gi"}}""",
            ["nodeExporter.resources.cpu: is not a key; the keys are cpuRequest, memoryRequest, cpuLimit, memoryLimit", "nodeExporter.resources.cpuLimit: 'much': must be a Kubernetes quantity", "nodeExporter.resources.memoryLimit: '-1Gi': must be"] },
        { "nodeExporter", """{"tolerations": [{"operator": "In"}], "extraArgs": "--x", "labels": {"bad key": "x", "ok": "not ok"}}""",
            ["nodeExporter.tolerations[0].operator: 'In': must be one of Exists, Equal", "nodeExporter.extraArgs: '--x': must be a list (text)", "nodeExporter.labels.bad key: is not a Kubernetes label name", "nodeExporter.labels.ok: 'not ok': must be a Kubernetes label value"] },
        { "kubeStateMetrics", """{"mode": "adopt"}""", ["kubeStateMetrics.namespace: is missing; an adopted exporter needs", "kubeStateMetrics.labels: is missing; give the labels"] },
        { "kubeStateMetrics", """{"telemetryPort": 8080, "exportedResources": ["podz"]}""", ["kubeStateMetrics.telemetryPort: '8080': must differ", "kubeStateMetrics.exportedResources: 'podz': is not one of"] },
        { "kubeStateMetrics", """{"labels": {"app.kubernetes.io/name": "x"}}""", ["kubeStateMetrics.labels: 'app.kubernetes.io/name': is set by fleet-prometheus itself"] },
        { "nodeExporter", """{"namespace": "fleet-exporters"}""", ["nodeExporter.namespace: 'fleet-exporters': must be a namespace of its own"] },
        { "scrapeJobs", """["coredns", "corednz", {"name": "shop"}, {"preset": "traefik", "namespace": "Bad", "port": 0, "path": "/../x", "scheme": "ftp"}]""",
            ["scrapeJobs[1].preset: 'corednz': must be one of coredns, etcd, ingress-nginx, traefik", "scrapeJobs[2].namespace: is missing", "scrapeJobs[2].port: is missing", "scrapeJobs[2].labels: is missing",
             "scrapeJobs[3].namespace: 'Bad': must be a DNS label", "scrapeJobs[3].port: '0': must be a whole number", "scrapeJobs[3].path: '/../x': must be a path", "scrapeJobs[3].scheme: 'ftp': must be one of"] },
        { "scrapeJobs", """["coredns", "coredns", {"preset": "coredns", "name": "kubelet"}, {"preset": "etcd", "labels": {}}, {}]""",
            ["scrapeJobs[1].name: 'coredns': is the name of an earlier job", "scrapeJobs[2].name: 'kubelet': is a job of fleet-prometheus itself", "scrapeJobs[3].labels: is missing",
             "scrapeJobs[4].name: is missing", "scrapeJobs[4].namespace: is missing", "scrapeJobs[4].port: is missing", "scrapeJobs[4].labels: is missing"] },
        { "scrapeJobs", """[{"preset": "traefik", "labels": {"a.b": "x", "a_b": "y", "a-b": "y"}}, {"preset": "coredns", "labels": {"a.b": "x", "a_b": "x"}}]""",
            ["scrapeJobs[0].labels: 'a-b, a.b, a_b': are all __meta_kubernetes_pod_label_a_b to Prometheus"] },
        { "kubeStateMetrics", """{"mode": "adopt", "namespace": "monitoring", "labels": {"app/name": "x", "app.name": "y"}}""", ["kubeStateMetrics.labels: 'app.name, app/name': are all __meta_"] },
        { "kubeStateMetrics", """{"labels": {"team.a": "x", "team_a": "y"}, "port": 0}""", ["kubeStateMetrics.port: '0'"] },
        { "staticTargets", """[{"name": "vm", "targets": ["a:1", "http://b", "a:1"], "labels": {"cluster": "x", "pod": "x"}}, {"targets": ["a:1"]}, {"name": "vm", "targets": []}, {"name": "kubelet", "targets": ["a:1"], "insecureSkipVerify": true, "caCertificate": "rubbish"}]""",
            ["staticTargets[0].targets[1]: 'http://b': must be host:port", "staticTargets[0].targets[2]: 'a:1': is listed twice", "staticTargets[0].labels.cluster: belongs to Prometheus", "staticTargets[0].labels.pod: belongs to Prometheus",
             "staticTargets[1].name: is missing", "staticTargets[2].name: 'vm': is the name of an earlier job", "staticTargets[2].targets: is missing", "staticTargets[3].name: 'kubelet': is a job of", "staticTargets[3].scheme: 'http': checks no certificate", "staticTargets[3].caCertificate: must be one or more PEM"] },
        { "annotatedPods", """["market", "Shop"]""", ["annotatedPods[1]: 'Shop': must be a DNS label"] },
        { "context", "nowhere", ["context: 'nowhere': is not in the kubeconfig; its contexts are lost, stage", "apiServer: is missing; it cannot be taken from a kubeconfig either"] },
        { "context", "lost", ["context: 'lost': leads to a cluster without a server", "apiServer: is missing"] },
        { "kubeconfig", null, ["context: is missing, and so is kubeconfig", "apiServer: is missing"] },
        { "kubeconfig", "a: b\n c: d", ["kubeconfig: is not valid YAML (line 2, column ", "apiServer: is missing"] },
        { "kubeconfig", "- a\n- b\n", ["kubeconfig: is not a kubeconfig", "apiServer: is missing"] },
        { "kubeconfig", "/no/such/file", ["kubeconfig: the file it names cannot be read", "apiServer: is missing"] },
        { "kubeconfig", "", ["kubeconfig: must not be empty", "apiServer: is missing"] },
        { "kubeconfig", "contexts: []\n", ["context: is missing, and the kubeconfig has no current context; it has no contexts", "apiServer: is missing"] },
        { "kubeconfig", Given.Kubeconfig.Replace("https:", "http:", StringComparison.Ordinal), ["apiServer: is missing; the server in the kubeconfig must begin with https://"] },
        { "role", null, ["role: is missing; write target for a cluster to watch, or central for the centre that watches"] },
        { "role", "taget", ["role: 'taget': must be one of target, central"] },
    };

    [Theory]
    [MemberData(nameof(BadTargets))]
    public void Read_BadTarget_NamesEveryProblem(string key, string? value, string[] expected) => AssertProblems(expected, Given.ProblemsOf(Given.Target((key, value))));

    public static TheoryData<string, string?, string[]> BadCentrals => new()
    {
        { "apiServer", "https://a", ["apiServer: belongs to target stacks, and this stack's role is central; remove it"] },
        { "nodeAccess", "nodesProxy", ["nodeAccess: belongs to target stacks"] },
        { "clusters", null, ["clusters: is missing; list the stacks to watch"] },
        { "clusters", "stage", ["clusters: 'stage': must be a list (mapping, or just its stack)"] },
        { "clusters", """["stage", {"stack": "stage"}, "acme/fleet-prometheus/stage"]""", ["clusters[1].stack: 'stage': is the stack of clusters[0] too", "clusters[2].stack: 'acme/fleet-prometheus/stage': is the stack of clusters[0] too"] },
        { "clusters", """["central"]""", ["clusters[0].stack: 'central': is this central stack itself"] },
        { "clusters", """["a/b", "", {"optional": true}, 7, {"stack": "x", "optonal": true, "limits": {"samples": -1, "bodySize": 5}}]""",
            ["clusters[0].stack: 'a/b': must be the name of a stack", "clusters[1].stack: '': must be the name of a stack", "clusters[2].stack: is missing; the cluster's stack", "clusters[3]: '7': must be a mapping with the keys stack, optional", "clusters[4].optonal: is not a key; did you mean 'optional'?", "clusters[4].limits.samples: '-1': must be a whole number, at least 0", "clusters[4].limits.bodySize: '5': must be a size in B, KB"] },
        { "clusters", """[{"stack": "x", "scrapeInterval": "5s"}]""", ["clusters[0].scrapeInterval: '5s': is shorter than prometheus.scrapeTimeout"] },
        { "prometheus", """{"retention": "-15d", "retentionSize": "0B", "storage": {"size": "0Gi"}, "replicas": 0, "externalUrl": "ftp://x"}""",
            ["prometheus.retention: '-15d': must be a duration of at least 2h", "prometheus.retentionSize: '0B': must be a size in B", "prometheus.storage.size: '0Gi': must be", "prometheus.replicas: '0': must be a whole number from 1 to 10", "prometheus.externalUrl: 'ftp://x': must be an http or https address"] },
        { "prometheus", """{"retention": "15", "scrapeInterval": "0s", "evaluationInterval": 30}""",
            ["prometheus.retention: '15': must be a duration", "prometheus.scrapeInterval: '0s': must be a duration of at least 1s", "prometheus.evaluationInterval: '30': must be text; put it in quotes"] },
        { "prometheus", """{"scrapeTimeout": "31s"}""", ["prometheus.scrapeTimeout: '31s': is longer than prometheus.scrapeInterval"] },
        { "prometheus", """{"externalLabels": {"replica": "a"}}""", ["prometheus.externalLabels.replica: belongs to Prometheus or"] },
        { "prometheus", """{"image": "a:1", "image": "a:2"}""", ["prometheus: '{\"image\": \"a:1\", \"image\": \"a:2\"}': must be a mapping with the keys"] },
        { "alertmanager", """{"receivers": [{"name": "a", "webhook": "hidden"}, {"webhook": "https://a"}], "defaultReceiver": "b"}""",
            ["alertmanager.receivers[0].webhook.url: must be an http or https address", "alertmanager.receivers[1].name: is missing; its name, unique"] },
        { "alertmanager", """{"receivers": [{"name": "a", "webhook": "https://a"}, {"name": "a", "webhook": "https://b"}], "defaultReceiver": "b"}""",
            ["alertmanager.receivers[1].name: 'a': is the name of another receiver too", "alertmanager.defaultReceiver: 'b': is not the name of a receiver"] },
        { "alertmanager", """{"receivers": [{"name": "nobody", "webhook": "https://a"}]}""", ["alertmanager.receivers[0].name: 'nobody': stands for nobody"] },
        { "alertmanager", """{"receivers": [{"name": "a", "slack": {"channel": "#a"}, "pagerduty": "", "email": "me", "webhok": "https://a"}], "smtp": {"server": "smtp"}}""",
            ["alertmanager.receivers[0].slack.url: is missing", "alertmanager.receivers[0].pagerduty.routingKey: must not be empty", "alertmanager.receivers[0].email.to: 'me': must be an e-mail address",
             "alertmanager.receivers[0].webhok: is not a key; did you mean 'webhook'?", "alertmanager.smtp.server: 'smtp': must be host:port", "alertmanager.smtp.from: is missing"] },
        { "alertmanager", """{"receivers": [{"name": "a"}, {"name": "b", "email": "b@example.com"}], "watchdogReceiver": "c", "routes": [{"receiver": "d"}, {"receiver": "nobody", "muteTimes": ["e"]}]}""",
            ["alertmanager.receivers[0]: 'a': tells nobody", "alertmanager.receivers[1].email: 'b@example.com': needs the server", "alertmanager.watchdogReceiver: 'c': is not the name",
             "alertmanager.routes[0].receiver: 'd': is not the name", "alertmanager.routes[1].muteTimes[0]: 'e': is not the name of a time interval"] },
        { "alertmanager", """{"routes": [{"receiver": "nobody", "severities": ["fatal"], "matchers": ["team"]}], "timeIntervals": [{"name": "a", "times": ["22:00-06:00"], "weekdays": ["friday:monday"]}]}""",
            ["alertmanager.routes[0].severities[0]: 'fatal': must be one of", "alertmanager.routes[0].matchers[0]: 'team': must be a label", "alertmanager.timeIntervals[0].times[0]: '22:00-06:00': must be a range within one day",
             "alertmanager.timeIntervals[0].weekdays[0]: 'friday:monday': must be a day"] },
        { "webUser", "a:b", ["webUser: 'a:b': must consist of letters"] },
        { "runbooks", "no page", ["runbooks: 'no page': must be an address"] },
        { "alerts", "[]", ["alerts: '[]': must be a mapping from alerts"] },
        { "alerts", """{"TargetDwn": {}, "Nonsense": {"enabled": false}, "NodeFileDescriptorLimit": {"for": "1m"}}""",
            ["alerts.TargetDwn: is not an alert; did you mean 'TargetDown'?", "alerts.Nonsense: is not an alert; docs/alerts.md lists them all",
             "alerts.NodeFileDescriptorLimit: stands for several rules; write NodeFileDescriptorLimit/warning or NodeFileDescriptorLimit/critical"] },
        { "alerts", """{"Watchdog": {"threshold": 1}, "TargetDown": {"for": "soon", "threshold": "much", "treshold": 1}}""",
            ["alerts.Watchdog: has no threshold to set", "alerts.TargetDown.for: 'soon': must be a duration of at least 0s",
             "alerts.TargetDown.threshold: 'much': must be a number", "alerts.TargetDown.treshold: is not a key; did you mean 'threshold'?"] },
    };

    [Theory]
    [MemberData(nameof(BadCentrals))]
    public void Read_BadCentral_NamesEveryProblem(string key, string? value, string[] expected) => AssertProblems(expected, Given.ProblemsOf(Given.Central((key, value))));

    [Fact]
    public void Read_StackNameNoDnsLabel_AsksForClusterName() =>
        AssertProblems(["clusterName: 'Stage_1': is the stack's name and not a DNS label"], Given.ProblemsOf(Given.Target(), new StackIdentity("acme", "p", "Stage_1")));

    [Fact]
    public void Read_ManyProblems_NamesAllAtOnce() =>
        AssertProblems(
            ["apiServer: 'http://a'", "kubeconfg: is not a key; did you mean 'kubeconfig'?", "nodeExporter.port", "tokenGeneration", "context: is missing, and so is kubeconfig"],
            Given.ProblemsOf(Given.Target(("apiServer", "http://a"), ("tokenGeneration", "x"), ("nodeExporter", """{"port": 0}"""), ("kubeconfig", null), ("kubeconfg", "x"))));

    [Fact]
    public void Read_NoRole_StillChecksTheOtherKeys() =>
        AssertProblems(
            ["role: is missing", "apiServer: 'http://a'", "bogus: is not a key", "webUser: 'a:b'"],
            Given.ProblemsOf(Given.Target(("role", null), ("apiServer", "http://a"), ("bogus", "x"), ("webUser", "a:b"), ("clusterLabels", "{}"))));

    [Fact]
    public void Read_BadFederation_NamesEveryProblem() => AssertProblems(
        ["federate.service: is missing", "federate.namespace: 'Monitoring': must be a DNS label", "federate.port: 'Web': must be the number of a port", "federate.match[1]: '{job=~\".*\"}': selects nothing in particular", "federate.match[2]: 'rate(up)': must be a name"],
        Given.ProblemsOf(Given.Target(("collection", "federate"), ("federate", """{"namespace": "Monitoring", "port": "Web", "match": ["up", "{job=~\".*\"}", "rate(up)"]}"""))));

    [Fact]
    public void Read_Federation_InstallsNothingUnlessWritten()
    {
        (string, string?)[] federation = [("collection", "federate"), ("federate", """{"namespace": "monitoring", "service": "prometheus", "port": 9090}""")];
        var settings = Given.Read<TargetSettings>(Given.Target(federation));
        Assert.Equal((ExporterMode.Off, ExporterMode.Off, "9090"), (settings.NodeExporter.Mode, settings.KubeStateMetrics.Mode, settings.Federate!.Port));
        Assert.Equal(FederateJob.DefaultMatches, settings.Federate.Matches);

        settings = Given.Read<TargetSettings>(Given.Target([.. federation, ("nodeExporter", """{"mode": "install"}"""), ("kubeStateMetrics", """{"port": 8082}""")]));
        Assert.Equal((ExporterMode.Install, ExporterMode.Off), (settings.NodeExporter.Mode, settings.KubeStateMetrics.Mode));
    }

    [Fact]
    public void Read_DirectBehindAPublicCertificate_AsksForTheCaOfKubelets()
    {
        (string, string?)[] direct = [("nodeAccess", "direct"), ("caCertificate", "system")];
        AssertProblems(["kubeletCa: is missing; no public CA signs kubelets' certificates"], Given.ProblemsOf(Given.Target(direct)));
        Assert.Equal("insecure", Given.Read<TargetSettings>(Given.Target([.. direct, ("kubeletCa", "insecure")])).KubeletCa);
    }

    [Fact]
    public void Read_PrivateKeyAsCaOfKubelets_IsNotShown() =>
        Assert.DoesNotContain(
            Given.ProblemsOf(Given.Target(("nodeAccess", "direct"), ("kubeletCa", "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----"))),
            problem => problem.Contains("hunter2", StringComparison.Ordinal));

    [Theory]
    [InlineData("off")]
    [InlineData("false")]
    public void Read_OffInYamlsTwoReadings_MeansOff(string off) =>
        Assert.Equal(ExporterMode.Off, Given.Read<TargetSettings>(Given.Target(("nodeExporter", $$"""{"mode": {{(off == "off" ? "\"off\"" : off)}}}"""), ("nodeAccess", off))).NodeExporter.Mode);

    [Fact]
    public void Read_DefaultsOfTheOtherRoleFromPulumiYaml_AreAccepted()
    {
        Given.Read<CentralSettings>(Given.Central(("nodeAccess", "relay"), ("tokenGeneration", "1"), ("namespace", "monitoring")));
        Given.Read<TargetSettings>(Given.Target(("nodeAccess", "relay"), ("tokenGeneration", "1"), ("namespace", "monitoring")));
    }

    [Theory]
    [InlineData("caCertificate", "hunter2")]
    [InlineData("apiServer", "http://hunter2")]
    [InlineData("apiServers", """["hunter2", "a:1"]""")]
    [InlineData("clusterLabels", """{"a": 12, "ok": "hunter2", "b": ["hunter2"]}""")]
    [InlineData("clusterName", "hunter2!")]
    [InlineData("nodeExporter", """{"mode": "hunter2", "image": "hunter2", "labels": {"x": "hunter2!"}}""")]
    [InlineData("nodeExporter", """{"namespace": "fleet-exporters"}""")]
    [InlineData("kubeconfig", "a: hunter2: b")]
    [InlineData("kubeconfig", "hunter2")]
    [InlineData("context", "hunter2")]
    [InlineData("clusterLabels", """{"hunter2!": "x"}""")]
    [InlineData("kubeStateMetrics", """{"hunter2": "x"}""")]
    [InlineData("mistyped", "hunter2")]
    public void Read_BadSecretValue_NeverShowsIt(string key, string value)
    {
        var raw = Given.Target((key, value)) with { SecretKeys = [key] };
        var problems = Given.ProblemsOf(raw);
        Assert.NotEmpty(problems);
        Assert.DoesNotContain(problems, problem => problem.Contains("hunter2", StringComparison.Ordinal) || problem.Contains("'fleet-exporters'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("nodeExporter", """{"priorityClassName": "High Priority"}""", "nodeExporter.priorityClassName")]
    [InlineData("nodeExporter", """{"resources": {"memoryRequest": "1Gi"}}""", "nodeExporter.resources.memoryRequest")]
    [InlineData("nodeRelay", """{"resources": {"cpuRequest": "2", "cpuLimit": "1500m"}}""", "nodeRelay.resources.cpuRequest")]
    [InlineData("nodeExporter", """{"tolerations": [{"operator": "Equal"}]}""", "nodeExporter.tolerations[0]")]
    [InlineData("nodeExporter", """{"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]}""", "nodeExporter.tolerations[0]")]
    [InlineData("nodeExporter", """{"tolerations": [{"key": "a b", "operator": "Exists"}]}""", "nodeExporter.tolerations[0].key")]
    [InlineData("controlPlaneCidrs", """["0/0"]""", "controlPlaneCidrs[0]")]
    public void Read_WhatTheApiServerWouldRefuse_IsToldAtItsKey(string key, string value, string problem) =>
        Assert.StartsWith($"{problem}: ", Assert.Single(Given.ProblemsOf(Given.Target((key, value)))), StringComparison.Ordinal);

    [Fact]
    public void Read_BadSecretReceivers_NeverShowsThem()
    {
        var raw = Given.Central(("alertmanager", """{"receivers": [{"name": "hunter2", "webhook": "https://a"}, {"name": "hunter2", "webhook": "https://b"}], "defaultReceiver": "hunter3"}""")) with { SecretKeys = ["alertmanager"] };
        AssertProblems(["alertmanager.receivers[1].name: is the name of another", "alertmanager.defaultReceiver: is not the name"], Given.ProblemsOf(raw));
    }

    /// <summary>Whatever stands in a configuration, reading it ends in settings or in problems that don't show the secret.</summary>
    [Fact]
    public void Read_RandomMutations_EndInSettingsOrProblems()
    {
        var random = new Random(20260101);
        string[] pieces = ["", " ", "\"", "{", "}", "[", "]", ":", ",", "null", "true", "off", "-1", "1e99", "99999999999999999999", "\\ud800", "\"\\ud800\"", "\n", "\0", "é", "🦊", "http://", "https://", "[[[[[[[[", "\"a\":1,", "15d", "*a", "&a [*a]", "!!binary x", "? {", "../.."];
        var good = new[]
        {
            Given.Target(("apiServer", "https://a:1"), ("apiServers", """["a:1"]"""), ("clusterLabels", """{"a": "b"}"""), ("nodeAccess", "off"), ("tokenGeneration", "2"), ("caCertificate", "system"),
                ("nodeExporter", """{"mode": "adopt", "namespace": "x", "labels": {"a": "b"}, "port": 1, "tolerations": [{"key": "a"}], "extraArgs": ["x"], "resources": {"cpuLimit": "1"}}""")),
            Given.Central(("prometheus", """{"retention": "1d", "storage": {"size": "1Gi"}, "externalLabels": {"a": "b"}}"""), ("alertmanager", """{"receivers": [{"name": "a", "webhook": "http://a"}]}"""), ("webUser", "a")),
        };
        var refused = 0;
        for (var round = 0; round < 5_000; round++)
        {
            var raw = good[round % good.Length];
            var values = raw.Values.ToBuilder();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                var key = values.Keys.ElementAt(random.Next(values.Count));
                var text = values[key];
                var at = random.Next(text.Length + 1);
                var piece = pieces[random.Next(pieces.Length)];
                values[key] = random.Next(3) switch
                {
                    0 => text.Insert(at, piece),
                    1 => string.Concat(text.AsSpan(0, at), piece, text.AsSpan(Math.Min(text.Length, at + random.Next(8)))),
                    _ => piece,
                };
            }
            var problems = new Problems();
            var settings = SettingsReader.Read(new RawConfiguration(values.ToImmutable(), ["kubeconfig"]), Given.Stage, [], problems);

            Assert.True(problems.Count > 0 || settings is { Access: not null } and (CentralSettings or TargetSettings { ApiServer: not null }));
            Assert.DoesNotContain("kubeconfig-token", problems.Describe(""), StringComparison.Ordinal);
            refused += problems.Count > 0 ? 1 : 0;
        }
        Assert.InRange(refused, 1_000, 4_999);
    }

    private static void AssertProblems(string[] expected, string[] actual)
    {
        // Rows hold the telling beginning of each line; the order is that of the configuration and no matter.
        var unexpected = actual.Where(line => !expected.Any(beginning => line.StartsWith(beginning, StringComparison.Ordinal))).ToImmutableArray();
        var missing = expected.Where(beginning => !actual.Any(line => line.StartsWith(beginning, StringComparison.Ordinal))).ToImmutableArray();
        Assert.True(unexpected.IsEmpty && missing.IsEmpty && actual.Length == expected.Length, $"missing: {string.Join(" | ", missing)}\nactual: {string.Join("\n        ", actual)}");
    }
}
