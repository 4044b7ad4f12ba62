using System.Text;
using FleetPrometheus.Central;
using FleetPrometheus.Dashboards;
using FleetPrometheus.Tests.Components;
using FleetPrometheus.Tests.Targets;
using Pulumi;

namespace FleetPrometheus.Tests.Dashboards;

[Collection(PulumiCollection.Name)]
public sealed class GrafanaTests
{
    private static readonly GrafanaOptions Wanted = new() { Enabled = true };

    [Fact]
    public async Task Declare_Defaults_ShipsEveryDashboardForTheSidecarAndNoGrafana()
    {
        var program = await DeclareAsync(new());

        var maps = Dashboards(program);
        Assert.Equal(FleetDashboards.Render().Select(file => file.Name).Order(StringComparer.Ordinal), maps.SelectMany(map => map.Files.Keys));
        Assert.All(maps, map =>
        {
            Assert.Equal("1", (string)map.At("metadata.labels")!["grafana_dashboard"]!);
            Assert.Equal("monitoring", (string)map.At("metadata.namespace")!);
            Assert.Equal("central-dashboards", map.Parent);
            Assert.InRange(Encoding.UTF8.GetByteCount(map.Inputs.ToJsonString()), 1, 1 << 20);
        });
        Assert.DoesNotContain(program.OfKind("StatefulSet"), set => set.ObjectName == "grafana");
        Assert.DoesNotContain(program.Outputs.Keys, output => output.StartsWith("grafana", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Declare_DashboardsOff_ShipsNone() => Assert.Empty(Dashboards(await DeclareAsync(new(), dashboards: false)));

    [Fact]
    public async Task Declare_Grafana_IsRestrictedAndWritesOnlyToItsVolumes()
    {
        var program = await DeclareAsync(Wanted);

        var set = program.Named("StatefulSet", "grafana");
        NodeExporterTests.AssertUnprivileged(set);
        var mounts = set.At("spec.template.spec.containers.0.volumeMounts")!.AsArray();
        Assert.Equal(
            ["/tmp", "/var/lib/grafana"],
            mounts.Where(mount => (bool?)mount!["readOnly"] is not true).Select(mount => (string)mount!["mountPath"]!).Order(StringComparer.Ordinal));
        foreach (var probe in new[] { "livenessProbe", "readinessProbe" })
        {
            Assert.Equal("/api/health", (string)set.At($"spec.template.spec.containers.0.{probe}.httpGet.path")!);
        }

        Assert.Equal("grafana", program.Named("Service", "grafana").ObjectName);
    }

    /// <summary>Followed from what Grafana reads to what is really mounted there.</summary>
    [Fact]
    public async Task Declare_Grafana_FindsSourceDashboardsAndPasswords()
    {
        var program = await DeclareAsync(Wanted);

        var pod = program.Named("StatefulSet", "grafana").At("spec.template.spec")!;
        string Mount(string path) => (string)pod["containers"]![0]!["volumeMounts"]!.AsArray().Single(mount => (string)mount!["mountPath"]! == path)!["name"]!;
        System.Text.Json.Nodes.JsonNode Volume(string name) => pod["volumes"]!.AsArray().Single(volume => (string)volume!["name"]! == name)!;

        var provisioning = Volume(Mount("/etc/grafana/provisioning"))["configMap"]!;
        var files = program.Named("ConfigMap", (string)provisioning["name"]!).Files;
        var byPath = provisioning["items"]!.AsArray().ToDictionary(item => (string)item!["path"]!, item => files[(string)item!["key"]!]);
        Assert.Equal(["dashboards/fleet.yaml", "datasources/fleet.yaml"], byPath.Keys.Order(StringComparer.Ordinal));

        var secrets = program.Named("Secret", (string)Volume(Mount("/etc/grafana/fleet-secrets"))["secret"]!["secretName"]!).Files;
        Assert.Equal(["admin-password", "prometheus-password"], secrets.Keys);
        Assert.Contains("basicAuthPassword: '$__file{/etc/grafana/fleet-secrets/prometheus-password}'", byPath["datasources/fleet.yaml"]);
        Assert.Contains("url: http://prometheus.monitoring.svc:9090", byPath["datasources/fleet.yaml"]);
        Assert.Equal(DeclaredProgram.Password, secrets["prometheus-password"]);
        var environment = pod["containers"]![0]!["env"]!.AsArray().ToDictionary(variable => (string)variable!["name"]!, variable => (string)variable!["value"]!);
        Assert.Equal("/etc/grafana/fleet-secrets/admin-password", environment["GF_SECURITY_ADMIN_PASSWORD__FILE"]);
        Assert.Equal("fleet", environment["GF_SECURITY_ADMIN_USER"]);

        Assert.Contains("path: /etc/grafana/fleet-dashboards", byPath["dashboards/fleet.yaml"]);
        Assert.Equal(
            Dashboards(program).Select(map => map.ObjectName),
            Volume(Mount("/etc/grafana/fleet-dashboards"))["projected"]!["sources"]!.AsArray().Select(source => (string)source!["configMap"]!["name"]!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Declare_Grafana_KeepsPasswordsInSecrets()
    {
        var program = await DeclareAsync(Wanted);

        Assert.Empty(await program.UnmarkedSecretsAsync());
        Assert.All(program.All.Where(resource => !resource.Type.EndsWith(":Secret", StringComparison.Ordinal)), resource =>
            Assert.DoesNotContain(DeclaredProgram.Password, resource.Inputs.ToJsonString()));
        Assert.Equal("http://grafana.monitoring.svc:3000", program.Outputs["grafanaUrl"]);
        Assert.True(await Output.IsSecretAsync((Output<string>)program.Outputs["grafanaPassword"]!));
    }

    [Fact]
    public async Task Declare_WhatItReadsOnlyAtItsStartChanges_ReplacesThePod()
    {
        static string Annotation(DeclaredProgram program) => (string)program.Named("StatefulSet", "grafana").At("spec.template.metadata.annotations")!["fleet-prometheus/configuration"]!;

        var hash = Annotation(await DeclareAsync(Wanted));

        Assert.Equal(hash, Annotation(await DeclareAsync(Wanted, dashboards: false)));
        Assert.NotEqual(hash, Annotation(await DeclareAsync(Wanted, webUser: "somebody")));
    }

    [Fact]
    public async Task Declare_ExternalUrl_IsItsRoot()
    {
        var program = await DeclareAsync(Wanted with { ExternalUrl = new Uri("https://grafana.example.com/") });

        Assert.Contains("""{"name":"GF_SERVER_ROOT_URL","value":"https://grafana.example.com/"}""", program.Named("StatefulSet", "grafana").Inputs.ToJsonString());
    }

    [Fact]
    public void DataSource_UserWithDollar_IsNotTakenForAVariable() =>
        Assert.Contains("basicAuthUser: 'a$$b'\n", GrafanaProvisioning.DataSource("http://p:9090", "a$b", "/password", TimeSpan.FromSeconds(30)));

    [Fact]
    public void Provisioning_IsAsReviewed()
    {
        Golden.Check("datasource.yml", GrafanaProvisioning.DataSource("http://prometheus.monitoring.svc:9090", "fleet", "/etc/grafana/fleet-secrets/prometheus-password", TimeSpan.FromSeconds(30)));
        Golden.Check("provider.yml", GrafanaProvisioning.Dashboards("/etc/grafana/fleet-dashboards"));
    }

    private static DeclaredResource[] Dashboards(DeclaredProgram program) =>
        [.. program.OfKind("ConfigMap").Where(map => map.At("metadata.labels")?["grafana_dashboard"] is not null).OrderBy(map => map.ObjectName, StringComparer.Ordinal)];

    private static Task<DeclaredProgram> DeclareAsync(GrafanaOptions grafana, bool dashboards = true, string webUser = "fleet") =>
        DeclaredProgram.RunAsync(options => new CentralMonitoring(
            "central",
            new CentralMonitoringArgs { Clusters = [], Grafana = grafana, Dashboards = dashboards, WebUser = webUser },
            options).StackOutputs());
}
