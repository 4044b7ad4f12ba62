using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Host;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Tests.Components;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Host;

/// <summary>What <c>./dev host</c> writes, and what it refuses to.</summary>
[Collection(PulumiCollection.Name)]
public class HostBundleTests
{
    private const string ReceiverFile = "alertmanager/receiver-0.webhook-0";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public async Task Write_WithoutOutputs_NamesEveryMissingStackAndTheCommand()
    {
        using var scenario = await HostScenario.CreateAsync();
        scenario.Outputs = scenario.Outputs.Clear();

        var refusal = await scenario.RefusalAsync();

        Assert.Contains("missing: stage, product", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("pulumi stack output --json --show-secrets --stack product > product.json", refusal.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(scenario.Bundle));
    }

    [Fact]
    public async Task Write_OptionalStackWithoutOutputs_IsLeftOut()
    {
        using var scenario = await HostScenario.CreateAsync();
        scenario.Outputs = scenario.Outputs.Remove("product");
        scenario.Change(central => central.With("clusters", """["stage",{"stack":"product","optional":true}]"""));

        await scenario.WriteAsync();

        Assert.Contains("prometheus/clusters/stage.yml", scenario.Files());
        Assert.DoesNotContain("prometheus/clusters/product.yml", scenario.Files());
    }

    [Fact]
    public async Task Write_OutputsOfAStackThatIsNotWatched_IsRefused()
    {
        using var scenario = await HostScenario.CreateAsync();
        scenario.Outputs = scenario.Outputs.Add("stagee", scenario.Outputs["stage"]);

        Assert.Contains("does not watch: stagee", (await scenario.RefusalAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_OwnCluster_IsRefusedForAHostIsInNone()
    {
        using var scenario = await HostScenario.CreateAsync();
        scenario.Change(central => central.With("ownCluster", """{"enabled":true}"""));

        Assert.StartsWith("ownCluster: a host is in no cluster", (await scenario.RefusalAsync()).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(scenario.Bundle));
    }

    [Fact]
    public async Task Write_SeveralShards_AreRefusedForAHostIsOneMachine()
    {
        using var scenario = await HostScenario.CreateAsync();
        scenario.Change(central => central.With("shards", "2"));

        Assert.StartsWith("shards: a host is one machine", (await scenario.RefusalAsync()).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(scenario.Bundle));
    }

    [Fact]
    public async Task Write_SecretWithTheCertificate_IsRefusedForAHostHasNone()
    {
        using var scenario = await HostScenario.CreateAsync();
        scenario.Change(central => central.With("webTls", """{"tlsSecret":"web"}"""));

        Assert.StartsWith("webTls.tlsSecret: a host has no Secrets", (await scenario.RefusalAsync()).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(scenario.Bundle));
    }

    [Fact]
    public async Task Write_Certificate_IsThereForItsOwnerOnlyAndVerified()
    {
        using var scenario = await HostScenario.CreateAsync();
        var issued = IssuedCertificate.For(IssuedCertificate.CentralNames);
        scenario.Serve(issued);
        await scenario.WriteAsync();

        Assert.All(["prometheus", "alertmanager"], program =>
        {
            Assert.Equal(issued.Key.Trim(), scenario.Read($"{program}/tls/tls.key").Trim());
            Assert.Equal(Private, File.GetUnixFileMode(Path.Combine(scenario.Bundle, program, "tls/tls.key")));
        });
        Assert.Contains("server_name: alertmanager.monitoring.svc", scenario.Read("prometheus/prometheus.yml"), StringComparison.Ordinal);
        Assert.Equal(["alertmanager/tls/tls.key", "prometheus/tls/tls.key"], scenario.Files().Where(file => scenario.Read(file).Contains("PRIVATE KEY", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Write_IncompleteOutputs_SaysWhatIsMissing()
    {
        using var scenario = await HostScenario.CreateAsync();
        scenario.Outputs = scenario.Outputs.SetItem("stage", scenario.Outputs["stage"] with { Values = scenario.Outputs["stage"].Values.Remove("token") });

        Assert.Contains("stack stage, output token", (await scenario.RefusalAsync()).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(scenario.Bundle));
    }

    [Fact]
    public async Task Write_EncryptedReceiver_NeedsTheDecryptedConfiguration()
    {
        using var scenario = await HostScenario.CreateAsync();
        scenario.Change(central => central.With("alertmanager", $$"""{"receivers":[{"name":"team","webhook":"{{StackFile.EncryptedPlaceholder}}"}]}"""));

        var refusal = await scenario.RefusalAsync();
        scenario.ConfigurationFile = Path.Combine(scenario.Directory, "config.json");
        File.WriteAllText(scenario.ConfigurationFile, new JsonObject
        {
            ["fleet-prometheus:alertmanager"] = new JsonObject { ["value"] = """{"receivers":[{"name":"team","webhook":"https://hook.example/real"}]}""", ["secret"] = true },
        }.ToJsonString());
        await scenario.WriteAsync();

        Assert.Contains("fleet-prometheus:alertmanager", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("pulumi config --json --show-secrets --stack central", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("https://hook.example/real", scenario.Read(ReceiverFile));
    }

    [Fact]
    public async Task Write_ConfigurationWithHiddenSecrets_IsRefused()
    {
        using var scenario = await HostScenario.CreateAsync();
        scenario.ConfigurationFile = Path.Combine(scenario.Directory, "config.json");
        File.WriteAllText(scenario.ConfigurationFile, """{"fleet-prometheus:alertmanager":{"secret":true}}""");

        Assert.Contains("--show-secrets", (await scenario.RefusalAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_IntoSomebodyElsesDirectory_IsRefused()
    {
        using var scenario = await HostScenario.CreateAsync();
        Directory.CreateDirectory(Path.Combine(scenario.Bundle, "prometheus"));
        File.WriteAllText(Path.Combine(scenario.Bundle, "prometheus/precious.yml"), "mine");

        await scenario.RefusalAsync();

        Assert.Equal(["prometheus/precious.yml"], scenario.Files());
    }

    [Fact]
    public async Task Write_Twice_ChangesNothing()
    {
        using var scenario = await HostScenario.CreateAsync();
        await scenario.WriteAsync();
        var before = scenario.Files().ToDictionary(file => file, file => (scenario.Read(file), File.GetLastWriteTimeUtc(Path.Combine(scenario.Bundle, file))));

        var changed = await scenario.WriteAsync();

        Assert.Empty(changed);
        Assert.Equal(before, scenario.Files().ToDictionary(file => file, file => (scenario.Read(file), File.GetLastWriteTimeUtc(Path.Combine(scenario.Bundle, file)))));
    }

    [Fact]
    public async Task Write_TwoBundles_HaveDifferentPasswords()
    {
        using var one = await HostScenario.CreateAsync();
        using var other = await HostScenario.CreateAsync();

        await one.WriteAsync();
        await other.WriteAsync();

        Assert.Equal(32, one.Read("prometheus/web/password").Length);
        Assert.NotEqual(one.Read("prometheus/web/password"), other.Read("prometheus/web/password"));
    }

    [Fact]
    public async Task Write_RotatedTokenAndRemovedCluster_ChangesOnlyTheirFiles()
    {
        using var scenario = await HostScenario.CreateAsync();
        await scenario.WriteAsync();
        var stage = scenario.Outputs["stage"];
        var oldId = stage.Text("tokenId")!;
        scenario.Outputs = scenario.Outputs.Remove("product").SetItem("stage", stage with
        {
            Values = stage.Values
                .SetItem("token", JsonValue.Create("next-token-of-stage")).SetItem("tokenId", JsonValue.Create("abcdef"))
                .SetItem("previousToken", JsonValue.Create(HostScenario.StageToken)).SetItem("previousTokenId", JsonValue.Create(oldId)),
        });
        scenario.Change(central => central.With("clusters", """["stage"]"""));

        var changed = await scenario.WriteAsync();

        Assert.All(changed.Where(path => path != "prometheus/blackbox.yml"), path => Assert.StartsWith("prometheus/clusters/", path, StringComparison.Ordinal));
        Assert.Contains("prometheus/clusters/product.yml", changed);
        Assert.DoesNotContain(scenario.Files(), path => path.Contains("product", StringComparison.Ordinal));
        Assert.Equal("next-token-of-stage", scenario.Read("prometheus/clusters/stage.token.abcdef"));
        Assert.Equal(HostScenario.StageToken, scenario.Read($"prometheus/clusters/stage.token.{oldId}"));
    }

    [Fact]
    public async Task Write_EveryFile_IsForItsOwnerOnly()
    {
        using var scenario = await HostScenario.CreateAsync();
        await scenario.WriteAsync();
        File.SetUnixFileMode(Path.Combine(scenario.Bundle, "prometheus/web/password"), Private | UnixFileMode.OtherRead);

        var changed = await scenario.WriteAsync();

        Assert.Equal(["prometheus/web/password"], changed);
        Assert.All(scenario.Files().Where(file => !file.StartsWith("systemd/", StringComparison.Ordinal) && file != HostBundle.Installer), file =>
            Assert.Equal((file, Private), (file, File.GetUnixFileMode(Path.Combine(scenario.Bundle, file)))));
        Assert.Equal(BundleFile.Executable, File.GetUnixFileMode(Path.Combine(scenario.Bundle, HostBundle.Installer)));
        Assert.All(
            Directory.GetDirectories(scenario.Bundle, "*", SearchOption.AllDirectories).Append(scenario.Bundle),
            directory => Assert.Equal(Private | UnixFileMode.UserExecute, File.GetUnixFileMode(directory)));
    }

    [Fact]
    public async Task Write_Credentials_AreInTheFilesMadeForThemOnly()
    {
        using var scenario = await HostScenario.CreateAsync();
        scenario.Change(central => central.With("alertmanager", """{"receivers":[{"name":"team","webhook":"https://hook.example/secret-path"}]}"""));
        await scenario.WriteAsync();
        string[] credentials = [HostScenario.StageToken, HostScenario.ProductToken, scenario.Read("prometheus/web/password"), "secret-path"];

        var holders = scenario.Files().Where(file => credentials.Any(credential => scenario.Read(file).Contains(credential, StringComparison.Ordinal)));

        Assert.All(holders, file => Assert.True(
            file.Contains(".token", StringComparison.Ordinal) || file is ReceiverFile or "alertmanager/web/password" or "alertmanager/web/client.yml" or "prometheus/web/password" or "prometheus/web/client.yml",
            $"{file} holds a credential"));
        Assert.Contains(ReceiverFile, holders);
        // The configuration names them where the host has them.
        Assert.Contains($"/etc/fleet-prometheus/{ReceiverFile}", scenario.Read("alertmanager/alertmanager.yml"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_Addresses_AreTheHostsOwn()
    {
        using var scenario = await HostScenario.CreateAsync();
        scenario.Options = scenario.Options with { PrometheusListen = "0.0.0.0:9190", AlertmanagerListen = "10.1.2.3:9193", BlackboxListen = "127.0.0.2:9195" };
        // More replicas than one host has, and addresses that are to be told apart.
        scenario.Change(central => central.WithFields("alertmanager", ("replicas", JsonValue.Create(3))).WithFields("prometheus", ("replicas", JsonValue.Create(2))));

        await scenario.WriteAsync();

        var main = scenario.Read("prometheus/prometheus.yml");
        Assert.Contains("127.0.0.1:9190", main, StringComparison.Ordinal);
        Assert.Contains("10.1.2.3:9193", main, StringComparison.Ordinal);
        Assert.Contains("127.0.0.2:9195", main, StringComparison.Ordinal);
        Assert.Contains("--web.listen-address=127.0.0.2:9195", scenario.Read("systemd/fleet-blackbox-exporter.service"), StringComparison.Ordinal);
        Assert.All(scenario.Files(), file => Assert.DoesNotContain(".svc:", scenario.Read(file), StringComparison.Ordinal));
        Assert.Contains("--web.listen-address=0.0.0.0:9190", scenario.Read("systemd/fleet-prometheus.service"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_Configuration_IsAcceptedByBothCheckTools()
    {
        using var scenario = await HostScenario.CreateAsync();
        await scenario.WriteAsync();

        await Tools.SucceedAsync(Tool.Promtool, scenario.Bundle, "check", "config", "prometheus/prometheus.yml");
        await Tools.SucceedAsync(Tool.Promtool, scenario.Bundle, "check", "web-config", "prometheus/web/web.yml");
        await Tools.SucceedAsync(Tool.Amtool, scenario.Bundle, "check-config", "alertmanager/alertmanager.yml");
        await Tools.SucceedAsync(Tool.BlackboxExporter, scenario.Bundle, "--config.check", "--config.file=prometheus/blackbox.yml");
    }

    [Fact]
    public void Check_WrongOptions_NamesAllOfThem()
    {
        var problems = new Problems();

        new HostOptions { PrometheusListen = "9090", AlertmanagerListen = "127.0.0.1:93", BlackboxListen = "0.0.0.0:9115", Programs = "bin" }.Check(problems);

        Assert.Equal(["--prometheus-listen", "--alertmanager-listen", "--blackbox-listen", "--programs"], problems.Select(problem => problem.Key));
    }

    [Fact]
    public void Check_Defaults_AreGood()
    {
        var problems = new Problems();

        new HostOptions().Check(problems);

        Assert.Empty(problems);
    }
}
