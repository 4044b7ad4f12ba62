using System.Collections.Immutable;
using System.Text.Json.Nodes;
using FleetPrometheus.Alerting;
using FleetPrometheus.Central;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Scraping;
using FleetPrometheus.Tests.Components;
using FleetPrometheus.Tests.Targets;
using FleetPrometheus.Validation;
using Pulumi;
using Pulumi.Utilities;

namespace FleetPrometheus.Tests.Central;

[Collection(PulumiCollection.Name)]
public class CentralMonitoringTests
{
    [Fact]
    public async Task Declare_Defaults_IsRestrictedAndUnprivileged()
    {
        var program = await DeclareAsync(Arguments("stage"));

        var place = program.Only("Namespace");
        Assert.Equal("monitoring", place.ObjectName);
        Assert.Equal("restricted", (string)place.At("metadata.labels")!["pod-security.kubernetes.io/enforce"]!);
        Assert.Equal(["alertmanager", "prometheus"], program.OfKind("StatefulSet").Select(set => set.ObjectName));
        Assert.All(program.OfKind("StatefulSet"), set =>
        {
            NodeExporterTests.AssertUnprivileged(set);
            Assert.Equal(65534, (int)set.At("spec.template.spec.securityContext.fsGroup")!);
            Assert.False((bool)set.At("spec.template.spec.automountServiceAccountToken")!);
        });
        Assert.All(program.OfKind("ServiceAccount"), account => Assert.False((bool)account.At("automountServiceAccountToken")!));
        Assert.All(program.All.Where(resource => resource.At("metadata") is not null && resource != place), resource =>
        {
            Assert.Equal("monitoring", (string)resource.At("metadata.namespace")!);
            Assert.NotEmpty(resource.ObjectName);
        });
    }

    [Fact]
    public async Task Declare_Components_FormATree()
    {
        var parents = (await DeclareAsync(Arguments("stage"))).All.ToDictionary(resource => resource.Name, resource => resource.Parent);

        Assert.Equal("central", parents["central-prometheus"]);
        Assert.Equal("central-prometheus", parents["central-prometheus-statefulset"]);
        Assert.Equal("central-prometheus", parents["central-prometheus-clusters-00"]);
        Assert.Equal("central-alertmanager", parents["central-alertmanager-config"]);
        Assert.Equal("central-web", parents["central-web-password"]);
    }

    [Fact]
    public async Task Declare_AnotherCluster_ChangesOneSecretAndTheListOfProbesAndNothingElse()
    {
        var before = await DeclareAsync(Arguments("stage"));
        var after = await DeclareAsync(Arguments("stage", "product"));

        Assert.Equal(before.All.Select(resource => resource.Name), after.All.Select(resource => resource.Name));
        var changed = before.All.Zip(after.All).Where(pair => pair.First.Inputs.ToJsonString() != pair.Second.Inputs.ToJsonString());
        Assert.Equal([ClusterSecrets.Name(ClusterSecrets.IndexOf("product")), "prometheus-config"], changed.Select(pair => pair.Second.ObjectName).Order(StringComparer.Ordinal));
        // Which Prometheus does not read, and the exporter reads again by itself.
        var (files, more) = (before.Named("ConfigMap", "prometheus-config").Files, after.Named("ConfigMap", "prometheus-config").Files);
        Assert.Equal([ConfigurationPaths.Blackbox], files.Keys.Where(name => files[name] != more[name]));
        Assert.Contains("--config.enable-auto-reload", after.Named("StatefulSet", "prometheus").Texts("spec.template.spec.containers.1.args"));
    }

    [Fact]
    public async Task Declare_ClustersInAnotherOrder_ChangesNothing()
    {
        var one = await DeclareAsync(Arguments("stage", "product"));
        var other = await DeclareAsync(Arguments("product", "stage"));

        Assert.Equal(one.All.Select(resource => resource.Inputs.ToJsonString()), other.All.Select(resource => resource.Inputs.ToJsonString()));
    }

    [Fact]
    public async Task Declare_NoClusters_MountsAllSecretsAlready()
    {
        var program = await DeclareAsync(Arguments());

        var secrets = program.OfKind("Secret").Where(secret => secret.ObjectName.StartsWith("prometheus-clusters-", StringComparison.Ordinal)).ToList();
        Assert.Equal(Enumerable.Range(0, 32).Select(index => ClusterSecrets.Name(index)), secrets.Select(secret => secret.ObjectName));
        Assert.All(secrets, secret => Assert.Empty(secret.Files));
        var sources = Volume(program, "clusters")["projected"]!["sources"]!.AsArray();
        Assert.Equal(secrets.Select(secret => $$$"""{"secret":{"name":"{{{secret.ObjectName}}}"}}"""), sources.Select(source => source!.ToJsonString()));
    }

    [Fact]
    public async Task Declare_Mounts_MakeOneTree()
    {
        var program = await DeclareAsync(Arguments("stage"));

        var mounts = program.Named("StatefulSet", "prometheus").At("spec.template.spec.containers.0.volumeMounts")!.AsArray()
            .ToDictionary(mount => (string)mount!["mountPath"]!, mount => (string)mount!["name"]!);
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["/etc/prometheus"] = "config",
                ["/etc/prometheus/rules"] = "rules",
                ["/etc/prometheus/web"] = "web",
                ["/etc/prometheus/clusters"] = "clusters",
                ["/prometheus"] = "data",
            },
            mounts);
        Assert.Equal("prometheus-config", (string)Volume(program, "config")["configMap"]!["name"]!);
        Assert.Equal("prometheus-rules", (string)Volume(program, "rules")["configMap"]!["name"]!);
        Assert.Equal("prometheus-web", (string)Volume(program, "web")["secret"]!["secretName"]!);
        Assert.Equal("""["ReadWriteOnce"]""", program.Named("StatefulSet", "prometheus").At("spec.volumeClaimTemplates.0.spec.accessModes")!.ToJsonString());
    }

    [Fact]
    public async Task Declare_Secrets_AreAllMarkedSecret()
    {
        var program = await DeclareAsync(Arguments("stage"));

        Assert.Empty(await program.UnmarkedSecretsAsync());
        Assert.Equal(32 + 3, program.OfKind("Secret").Length);
    }

    [Fact]
    public async Task Declare_Credentials_AreInSecretsOnly()
    {
        var arguments = Arguments("stage");
        arguments.Clusters = arguments.Clusters.Add(WatchedClusters.Rotated("product"));
        arguments.Routing = new AlertRouting { Receivers = [new Receiver { Name = "ops", Webhook = [new(new SecretText("https://hooks.example/secret-path"))] }] };

        var program = await DeclareAsync(arguments);

        string[] credentials = ["token-value-of-stage", "token-value-of-product", DeclaredProgram.Password, DeclaredProgram.PasswordHash, "secret-path"];
        Assert.All(program.All.Where(resource => !resource.Type.EndsWith(":Secret", StringComparison.Ordinal)), resource =>
            Assert.DoesNotContain(credentials, credential => resource.Inputs.ToJsonString().Contains(credential, StringComparison.Ordinal)));
        Assert.All(program.OfKind("Secret"), secret =>
            Assert.DoesNotContain(credentials, credential => secret.At("metadata")!.ToJsonString().Contains(credential, StringComparison.Ordinal)));
        Assert.DoesNotContain("secret-path", program.Named("Secret", "alertmanager-config").Files["alertmanager.yml"]);
        Assert.Contains("secret-path", program.Named("Secret", "alertmanager-config").Files["receiver-0.webhook-0"]);
        Assert.Contains(DeclaredProgram.PasswordHash, program.Named("Secret", "prometheus-web").Files["web.yml"]);
        Assert.Equal(DeclaredProgram.Password, program.Named("Secret", "prometheus-web").Files["password"]);
        Assert.Equal(program.Named("Secret", "prometheus-web").Files, program.Named("Secret", "alertmanager-web").Files);
    }

    [Fact]
    public async Task Declare_Prometheus_ReloadsByItselfAndOffersNoLifecycleEndpoint()
    {
        var arguments = (await DeclareAsync(Arguments("stage"))).Named("StatefulSet", "prometheus").Texts("spec.template.spec.containers.0.args");

        Assert.Contains("--enable-feature=auto-reload-config", arguments);
        Assert.Contains("--storage.tsdb.retention.time=15d", arguments);
        Assert.DoesNotContain(arguments, argument => argument.Contains("lifecycle") || argument.Contains("admin") || argument.Contains("retention.size"));
    }

    [Fact]
    public async Task Declare_ExternalUrlWithPath_MovesNoEndpoint()
    {
        var settings = Arguments("stage");
        settings.Prometheus = settings.Prometheus with { ExternalUrl = new Uri("https://x.example/prometheus"), RetentionSize = "40GB" };
        settings.Alertmanager = settings.Alertmanager with { ExternalUrl = new Uri("https://x.example/alerts") };

        var program = await DeclareAsync(settings);

        Assert.All(program.OfKind("StatefulSet"), set => Assert.Contains("--web.route-prefix=/", set.Texts("spec.template.spec.containers.0.args")));
        var arguments = program.Named("StatefulSet", "prometheus").Texts("spec.template.spec.containers.0.args");
        Assert.Contains("--web.external-url=https://x.example/prometheus", arguments);
        Assert.Contains("--storage.tsdb.retention.size=40GB", arguments);
    }

    [Fact]
    public async Task Declare_OneReplica_NeitherGossipsNorHasABudget()
    {
        var program = await DeclareAsync(Arguments("stage"));

        var arguments = program.Named("StatefulSet", "alertmanager").Texts("spec.template.spec.containers.0.args");
        Assert.Contains("--cluster.listen-address=", arguments);
        Assert.DoesNotContain(arguments, argument => argument.StartsWith("--cluster.peer", StringComparison.Ordinal));
        Assert.Empty(program.OfKind("PodDisruptionBudget"));
    }

    [Fact]
    public async Task Declare_Replicas_KnowEachOther()
    {
        var settings = Arguments("stage");
        settings.Prometheus = settings.Prometheus with { Replicas = 2 };
        settings.Alertmanager = settings.Alertmanager with { Replicas = 3 };

        var program = await DeclareAsync(settings);

        var alertmanager = program.Named("StatefulSet", "alertmanager");
        Assert.Equal(3, (int)alertmanager.At("spec.replicas")!);
        Assert.Equal(
            Enumerable.Range(0, 3).Select(number => $"--cluster.peer=alertmanager-{number}.alertmanager-replicas.monitoring.svc:9094"),
            alertmanager.Texts("spec.template.spec.containers.0.args").Where(argument => argument.StartsWith("--cluster.peer=", StringComparison.Ordinal)));
        var main = program.Named("ConfigMap", "prometheus-config").Files["prometheus.yml"];
        Assert.All(Enumerable.Range(0, 3), number => Assert.Contains($"alertmanager-{number}.alertmanager-replicas.monitoring.svc:9093", main));
        Assert.All(Enumerable.Range(0, 2), number => Assert.Contains($"prometheus-{number}.prometheus-replicas.monitoring.svc:9090", main));
        Assert.Equal(["alertmanager", "prometheus"], program.OfKind("PodDisruptionBudget").Select(budget => budget.ObjectName));
        Assert.All(program.OfKind("StatefulSet"), set =>
        {
            Assert.Equal($"{set.ObjectName}-replicas", (string)set.At("spec.serviceName")!);
            Assert.Equal("Parallel", (string)set.At("spec.podManagementPolicy")!);
            Assert.Equal("kubernetes.io/hostname", (string)set.At("spec.template.spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.0.podAffinityTerm.topologyKey")!);
            var headless = program.Named("Service", $"{set.ObjectName}-replicas");
            Assert.Equal("None", (string)headless.At("spec.clusterIP")!);
            Assert.True((bool)headless.At("spec.publishNotReadyAddresses")!);
            Assert.Null(program.Named("Service", set.ObjectName).At("spec.clusterIP"));
        });
        Assert.Equal("PROMETHEUS_REPLICA", (string)program.Named("StatefulSet", "prometheus").At("spec.template.spec.containers.0.env.0.name")!);
    }

    [Fact]
    public async Task Declare_OtherRouting_RollsAlertmanagerOnly()
    {
        var changed = Arguments("stage");
        changed.Routing = changed.Routing with { RepeatInterval = TimeSpan.FromHours(1) };

        var before = await DeclareAsync(Arguments("stage"));
        var after = await DeclareAsync(changed);

        Assert.Equal(
            ["alertmanager", "alertmanager-config"],
            before.All.Zip(after.All).Where(pair => pair.First.Inputs.ToJsonString() != pair.Second.Inputs.ToJsonString()).Select(pair => pair.First.ObjectName).Order());
    }

    [Fact]
    public async Task Declare_OtherCredentialOfAReceiver_RollsNothing()
    {
        CentralMonitoringArgs With(string url)
        {
            var arguments = Arguments("stage");
            arguments.Routing = new() { Receivers = [new() { Name = "ops", Webhook = [new(new SecretText(url))] }] };
            return arguments;
        }

        var before = await DeclareAsync(With("https://hooks.example/1"));
        var after = await DeclareAsync(With("https://hooks.example/2"));

        Assert.Equal(
            ["alertmanager-config"],
            before.All.Zip(after.All).Where(pair => pair.First.Inputs.ToJsonString() != pair.Second.Inputs.ToJsonString()).Select(pair => pair.First.ObjectName));
    }

    [Fact]
    public async Task StackOutputs_OnlyThePasswordIsSecret()
    {
        var outputs = (await DeclareAsync(Arguments("stage", "product"))).Outputs;

        Assert.Equal("http://prometheus.monitoring.svc:9090", outputs["prometheusUrl"]);
        Assert.Equal("http://alertmanager.monitoring.svc:9093", outputs["alertmanagerUrl"]);
        Assert.Equal("fleet", outputs["webUser"]);
        Assert.Equal(new object?[] { "product", "stage" }, outputs["clusters"]);
        var password = Assert.IsType<Output<string>>(outputs["webPassword"]);
        Assert.True(await Output.IsSecretAsync(password));
        Assert.Equal(DeclaredProgram.Password, await OutputUtilities.GetValueAsync(password));
        Assert.Equal(5, outputs.Count);
    }

    [Fact]
    public async Task Declare_Preview_NeedsNoPassword()
    {
        var program = await DeclaredProgram.RunAsync(options => new CentralMonitoring("central", Arguments("stage"), options).StackOutputs(), preview: true);

        Assert.Equal(2, program.OfKind("StatefulSet").Length);
        Assert.False(await OutputUtilities.GetIsKnownAsync((Output<string>)program.Outputs["webPassword"]!));
    }

    [Theory]
    [InlineData(179, null, true, false)]
    [InlineData(181, null, true, true)]
    [InlineData(91, 90.0, true, true)]
    [InlineData(500, 90.0, false, false)]
    public async Task Declare_OldToken_IsAWarningAndChangesNothing(int days, double? threshold, bool enabled, bool expected)
    {
        var warnings = new List<string>();
        CentralMonitoringArgs With(DateTimeOffset now)
        {
            var arguments = Arguments("stage");
            arguments.Alerting = new() { Alerts = arguments.Alerting.Alerts.Add("ClusterTokenOld", new() { Threshold = threshold, Enabled = enabled }) };
            arguments.Clock = new FixedClock(now);
            arguments.Warn = warnings.Add;
            return arguments;
        }

        var fresh = await DeclareAsync(With(WatchedClusters.Issued));
        var old = await DeclareAsync(With(WatchedClusters.Issued.AddDays(days)));

        Assert.Equal(expected ? [$"clusters: the token of 'stage' is {days} days old; rotate it: raise the tokenGeneration of its stack by one (or set alerts.ClusterTokenOld.threshold, now {threshold ?? 180} days)"] : [], warnings);
        Assert.Equal(fresh.All.Select(resource => resource.Inputs.ToJsonString()), old.All.Select(resource => resource.Inputs.ToJsonString()));
    }

    [Fact]
    public async Task Declare_WrongArguments_NamesAllOfThemAndDeclaresNothing()
    {
        var arguments = Arguments("stage", "stage");
        arguments.Namespace = "Nope!";
        arguments.WebUser = "a:b";
        arguments.Prometheus = arguments.Prometheus with { Replicas = 0, Retention = -TimeSpan.FromDays(1), Storage = new Storage("lots") };
        arguments.Alertmanager = arguments.Alertmanager with { Replicas = -1 };
        arguments.Routing = new AlertRouting { DefaultReceiver = "whoever" };

        var refusal = await Assert.ThrowsAsync<RunException>(() => DeclareAsync(arguments));

        foreach (var key in new[] { "namespace", "webUser", "alertmanager.defaultReceiver", "prometheus.replicas", "prometheus.retention", "prometheus.storage.size", "alertmanager.replicas", "clusters" })
        {
            Assert.Contains($"- {key}", refusal.Message);
        }
    }

    /// <summary>The mounted tree, as the pods see it, is one that the real programs load.</summary>
    [Fact]
    public async Task Declare_TwoClusters_LoadInPrometheusAndAlertmanager()
    {
        var arguments = Arguments("stage");
        arguments.Clusters = arguments.Clusters.Add(WatchedClusters.Rotated("product"));
        var program = await DeclareAsync(arguments);
        using var directory = new TemporaryDirectory();
        foreach (var (resource, place) in new[]
                 {
                     (program.Named("ConfigMap", "prometheus-config"), "."),
                     (program.Named("ConfigMap", "prometheus-rules"), "rules"),
                     (program.Named("Secret", "prometheus-web"), "web"),
                     (program.Named("Secret", "alertmanager-config"), "."),
                 }.Concat(program.OfKind("Secret").Where(secret => secret.Name.Contains("-clusters-")).Select(secret => (secret, "clusters"))))
        {
            foreach (var (name, content) in resource.Files)
            {
                directory.Write(Path.Combine(place, name), content);
            }
        }

        var checkedConfiguration = await Tools.SucceedAsync(Tool.Promtool, directory.Path, "check", "config", "prometheus.yml");
        await Tools.SucceedAsync(Tool.Promtool, directory.Path, "check", "web-config", "web/web.yml");
        await Tools.SucceedAsync(Tool.Amtool, directory.Path, "check-config", "alertmanager.yml");

        Assert.Contains("rules found", checkedConfiguration);
        await Tools.SucceedAsync(Tool.BlackboxExporter, directory.Path, "--config.check", "--config.file=blackbox.yml");
    }

    private static CentralMonitoringArgs Arguments(params string[] clusters) => new()
    {
        Clusters = [.. clusters.Select(WatchedClusters.Create)],
    };

    private static Task<DeclaredProgram> DeclareAsync(CentralMonitoringArgs arguments) =>
        DeclaredProgram.RunAsync(options => new CentralMonitoring("central", arguments, options).StackOutputs());

    private static JsonNode Volume(DeclaredProgram program, string name) => program.Named("StatefulSet", "prometheus")
        .At("spec.template.spec.volumes")!.AsArray().Single(volume => (string)volume!["name"]! == name)!;
}
