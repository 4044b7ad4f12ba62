using System.Text.Json.Nodes;
using FleetPrometheus.Central;
using FleetPrometheus.Scraping;
using FleetPrometheus.Tests.Components;

namespace FleetPrometheus.Tests.Central;

/// <summary>With a certificate the centre's programs speak HTTPS, and verify it of each other.</summary>
[Collection(PulumiCollection.Name)]
public sealed class WebTlsTests
{
    private static readonly IssuedCertificate Issued = IssuedCertificate.For(IssuedCertificate.CentralNames);

    [Fact]
    public async Task Declare_NoCertificate_HasNothingOfIt()
    {
        var program = await DeclareAsync(new());

        Assert.DoesNotContain(program.OfKind("Secret"), secret => secret.ObjectName == WebTlsOptions.OwnTlsSecret);
        Assert.DoesNotContain("ca_file", program.Named("ConfigMap", "prometheus-config").Files["prometheus.yml"], StringComparison.Ordinal);
        Assert.Equal("http://prometheus.monitoring.svc:9090", program.Outputs["prometheusUrl"]);
    }

    [Fact]
    public async Task Declare_Certificate_IsServedByAllAndItsKeyIsInOneSecretOnly()
    {
        var program = await DeclareAsync(Issued.WebTls);

        var secret = program.Named("Secret", WebTlsOptions.OwnTlsSecret);
        Assert.Equal("kubernetes.io/tls", (string)secret.At("type")!);
        Assert.Equal([Issued.Certificate, Issued.Key], [secret.Files["tls.crt"], secret.Files["tls.key"]]);
        Assert.All(program.All.Where(resource => resource != secret), resource =>
        {
            Assert.DoesNotContain(Issued.Key.Trim(), string.Concat(resource.Type.EndsWith(":Secret", StringComparison.Ordinal) ? resource.Files.Values : [resource.Inputs.ToJsonString()]), StringComparison.Ordinal);
            Assert.DoesNotContain("PRIVATE KEY", resource.Inputs.ToJsonString(), StringComparison.Ordinal);
        });
        Assert.All(["prometheus", "alertmanager", "push-forwarder"], name =>
        {
            var pod = program.Named("StatefulSet", name).At("spec.template.spec")!;
            var volume = pod["volumes"]!.AsArray().Single(volume => (string)volume!["name"]! == "tls")!;
            Assert.Equal("""{"defaultMode":288,"secretName":"web-tls"}""", Sorted(volume["secret"]!));
            var holders = pod["containers"]!.AsArray().Where(container => container!["volumeMounts"]!.AsArray().Any(mount => (string)mount!["name"]! == "tls")).ToList();
            Assert.Equal([name], holders.Select(container => (string)container!["name"]!));
            Assert.True((bool)holders[0]!["volumeMounts"]!.AsArray().Single(mount => (string)mount!["name"]! == "tls")!["readOnly"]!);
        });
    }

    [Fact]
    public async Task Declare_Certificate_IsVerifiedByEverybody()
    {
        var program = await DeclareAsync(Issued.WebTls);

        Golden.Check("web-tls-prometheus.yml", program.Named("ConfigMap", "prometheus-config").Files["prometheus.yml"]);
        Golden.Check("web-tls-datasource.yml", program.Named("ConfigMap", "grafana-provisioning").Files["datasources-fleet.yaml"]);
        foreach (var name in new[] { "prometheus-web", "alertmanager-web" })
        {
            var web = program.Named("Secret", name).Files;
            Golden.Check("web-tls-web.yml", web["web.yml"]);
            Golden.Check("web-tls-client.yml", web["client.yml"]);
            Assert.Equal(Issued.Ca, web["ca.crt"]);
        }

        var forwarder = program.Named("StatefulSet", "push-forwarder").Texts("spec.template.spec.containers.0.args");
        Assert.Equal(2, forwarder.Count(argument => argument == "-remoteWrite.tlsCAFile=/etc/push-forwarder/ca.crt"));
        Assert.Equal(2, forwarder.Count(argument => argument == "-remoteWrite.tlsServerName=prometheus.monitoring.svc"));
        Assert.Contains("-backend.TLSServerName=push-forwarder.monitoring.svc", program.Named("StatefulSet", "push-front").Texts("spec.template.spec.containers.0.args"));
        Assert.All(["push-front", "push-forwarder"], name => Assert.Equal(Issued.Ca, program.Named("Secret", name).Files["ca.crt"]));
        Assert.Equal(Issued.Ca, program.Named("Secret", "grafana-secrets").Files["prometheus-ca.crt"]);
        Assert.Equal(
            ["https://prometheus.monitoring.svc:9090", "https://alertmanager.monitoring.svc:9093"],
            [program.Outputs["prometheusUrl"], program.Outputs["alertmanagerUrl"]]);
    }

    [Fact]
    public async Task Declare_AnyCertificate_ItsEndIsLookedAt()
    {
        var all = (await DeclareAsync(Issued.WebTls)).Named("ConfigMap", "prometheus-config").Files;
        var frontOnly = (await DeclareAsync(new())).Named("ConfigMap", "prometheus-config").Files;
        var none = (await DeclaredProgram.RunAsync(options => new CentralMonitoring("central", new CentralMonitoringArgs { Clusters = [] }, options).StackOutputs()))
            .Named("ConfigMap", "prometheus-config").Files;

        Assert.Equal(["prometheus-0", "prometheus-1", "alertmanager-0", "alertmanager-1", "push-front-0", "push-forwarder-0"], Looked(all));
        Assert.Equal(["push-front-0"], Looked(frontOnly));
        Assert.Empty(Looked(none));
        Assert.All([all, frontOnly], files => Assert.Contains($"  {CertificateProbe.Module}:\n    prober: tcp\n", files[ConfigurationPaths.Blackbox], StringComparison.Ordinal));
        Assert.DoesNotContain(CertificateProbe.Module, none[ConfigurationPaths.Blackbox], StringComparison.Ordinal);

        static IEnumerable<string> Looked(IReadOnlyDictionary<string, string> files) => files[ConfigurationPaths.Main].Split("job_name: ").Where(job => job.StartsWith(CertificateProbe.Job, StringComparison.Ordinal))
            .SelectMany(job => job.Split('\n')).Where(line => line.Contains("instance: ", StringComparison.Ordinal)).Select(line => line[(line.IndexOf("instance: ", StringComparison.Ordinal) + 10)..]);
    }

    [Fact]
    public async Task Declare_Certificate_LeavesNoPlainAddressOfThem()
    {
        var program = await DeclareAsync(Issued.WebTls);

        var everything = string.Concat(program.All.Select(resource => resource.Type.EndsWith(":Secret", StringComparison.Ordinal) ? string.Concat(resource.Files.Values) : resource.Inputs.ToJsonString()));
        Assert.All(["http://prometheus", "http://alertmanager", "http://push-forwarder", "http://localhost"], address => Assert.DoesNotContain(address, everything, StringComparison.Ordinal));
        Assert.Contains("https://localhost:9090", everything, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Declare_ExporterOnLoopback_StaysAsItWas()
    {
        var program = await DeclareAsync(Issued.WebTls);

        Assert.Contains("--web.config.file=/etc/prometheus/web/loopback.yml", program.Named("StatefulSet", "prometheus").Texts("spec.template.spec.containers.1.args"));
        Assert.Equal((await DeclareAsync(new())).Named("Secret", "prometheus-web").Files["web.yml"], program.Named("Secret", "prometheus-web").Files["loopback.yml"]);
    }

    [Fact]
    public async Task Declare_SecretOfSomebodyElse_IsMountedAndNotMade()
    {
        var program = await DeclareAsync(new WebTlsOptions { TlsSecret = "from-cert-manager", CaCertificate = Issued.Ca, ServerName = "monitoring.example.com" });

        Assert.DoesNotContain(program.OfKind("Secret"), secret => secret.ObjectName is WebTlsOptions.OwnTlsSecret or "from-cert-manager");
        Assert.Equal("from-cert-manager", (string)program.Named("StatefulSet", "alertmanager").At("spec.template.spec.volumes")!.AsArray().Single(volume => (string)volume!["name"]! == "tls")!["secret"]!["secretName"]!);
        Assert.Contains("server_name: monitoring.example.com", program.Named("ConfigMap", "prometheus-config").Files["prometheus.yml"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Declare_NewCertificate_RestartsNothing()
    {
        var other = IssuedCertificate.For(IssuedCertificate.CentralNames);
        var both = Issued.Ca + other.Ca;

        var before = await DeclareAsync(Issued.WebTls with { CaCertificate = both }, grafana: false);
        var after = await DeclareAsync(other.WebTls with { CaCertificate = both }, grafana: false);

        Assert.Equal(
            [WebTlsOptions.OwnTlsSecret],
            before.All.Zip(after.All).Where(pair => pair.First.Inputs.ToJsonString() != pair.Second.Inputs.ToJsonString()).Select(pair => pair.Second.ObjectName));
    }

    [Theory]
    [InlineData(-2, "begins on 2")]
    [InlineData(364 - 20, "ends on 2")]
    [InlineData(400, "ended on 2")]
    public async Task Declare_CertificateOutOfItsTime_IsAWarning(int days, string expected)
    {
        var warnings = new List<string>();

        await DeclareAsync(Issued.WebTls, warn: warnings.Add, clock: new FixedClock(DateTimeOffset.UtcNow.AddDays(days)));

        Assert.StartsWith($"webTls.certificate: {expected}", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(364 - 22)]
    public async Task Declare_CertificateInItsTime_IsNone(int days)
    {
        var warnings = new List<string>();

        await DeclareAsync(Issued.WebTls, warn: warnings.Add, clock: new FixedClock(DateTimeOffset.UtcNow.AddDays(days)));

        Assert.Empty(warnings);
    }

    private static string Sorted(JsonNode node) => new JsonObject(node.AsObject().OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone()))).ToJsonString();

    private static Task<DeclaredProgram> DeclareAsync(WebTlsOptions tls, bool grafana = true, Action<string>? warn = null, TimeProvider? clock = null) =>
        DeclaredProgram.RunAsync(options => new CentralMonitoring("central", new CentralMonitoringArgs
        {
            Clusters = [],
            Prometheus = new PrometheusOptions { Replicas = 2 },
            Alertmanager = new AlertmanagerOptions { Replicas = 2 },
            PushFront = new PushReceiverOptions { TlsSecret = "push-tls" },
            Grafana = new GrafanaOptions { Enabled = grafana },
            WebTls = tls,
            Warn = warn ?? (_ => { }),
            Clock = clock ?? TimeProvider.System,
        }, options).StackOutputs());
}
