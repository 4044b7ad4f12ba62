using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation.Host;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Scraping;
using FleetPrometheus.Tests.Components;

namespace FleetPrometheus.Tests.Host;

/// <summary>The bundle's script, run below a directory, and the real programs as the installed units start them.</summary>
[Collection(PulumiCollection.Name)]
public class HostInstallTests
{
    [Fact]
    public async Task Install_Host_HoldsTheBundleForItsOwnersOnly()
    {
        using var scenario = await HostScenario.CreateAsync();
        await scenario.WriteAsync();

        var (exitCode, output) = scenario.Install();

        Assert.True(exitCode == 0, output);
        var configuration = Path.Combine(scenario.Host, "etc/fleet-prometheus");
        Assert.Equal(
            scenario.Files().Where(file => file.StartsWith("prometheus/", StringComparison.Ordinal) || file.StartsWith("alertmanager/", StringComparison.Ordinal)),
            HostScenario.Under(configuration));
        Assert.All(HostScenario.Under(configuration), file => Assert.Equal(BundleFile.Private, File.GetUnixFileMode(Path.Combine(configuration, file))));
        Assert.Equal(BundleFile.Public, File.GetUnixFileMode(Path.Combine(scenario.Host, "etc/systemd/system/fleet-prometheus.service")));
        Assert.Equal(["daemon-reload", "enable", "restart fleet-alertmanager", "restart fleet-blackbox-exporter", "restart fleet-prometheus"], Asked(output));
    }

    [Fact]
    public async Task Install_Again_ChangesNothing()
    {
        using var scenario = await HostScenario.CreateAsync();
        await scenario.WriteAsync();
        scenario.Install();

        var (exitCode, output) = scenario.Install();

        Assert.True(exitCode == 0, output);
        Assert.DoesNotContain(scenario.Host, output, StringComparison.Ordinal);
        Assert.Equal(["start fleet-alertmanager", "start fleet-blackbox-exporter", "start fleet-prometheus"], Asked(output));
    }

    [Fact]
    public async Task Install_OneClusterLess_RestartsNothing()
    {
        using var scenario = await HostScenario.CreateAsync();
        await scenario.WriteAsync();
        scenario.Install();
        scenario.Outputs = scenario.Outputs.Remove("product");
        scenario.Change(central => central.With("clusters", """["stage"]"""));
        await scenario.WriteAsync();

        var output = scenario.Install().Output;

        Assert.Equal(["start fleet-alertmanager", "start fleet-blackbox-exporter", "start fleet-prometheus"], Asked(output));
        Assert.DoesNotContain(HostScenario.Under(scenario.Host), file => file.Contains("product", StringComparison.Ordinal));
        // The configuration that names the credentials goes first.
        var removed = output.Split('\n').Where(line => line.EndsWith(" removed", StringComparison.Ordinal)).ToList();
        Assert.Contains("product.yml", removed[0], StringComparison.Ordinal);
        Assert.True(removed.Count > 2);
    }

    [Fact]
    public async Task Install_OtherReceiver_ReloadsAlertmanagerOnly()
    {
        using var scenario = await HostScenario.CreateAsync();
        await scenario.WriteAsync();
        scenario.Install();
        scenario.Change(central => central.With("alertmanager", """{"receivers":[{"name":"team","webhook":"https://hook.example/"}]}"""));
        await scenario.WriteAsync();

        Assert.Equal(["reload-or-restart fleet-alertmanager", "start fleet-blackbox-exporter", "start fleet-prometheus"], Asked(scenario.Install().Output));
    }

    [Fact]
    public async Task Install_OtherFlag_RestartsItsProgramOnly()
    {
        using var scenario = await HostScenario.CreateAsync();
        await scenario.WriteAsync();
        scenario.Install();
        scenario.Options = scenario.Options with { RemoteWriteReceiver = true };
        await scenario.WriteAsync();

        Assert.Equal(["daemon-reload", "enable", "start fleet-alertmanager", "start fleet-blackbox-exporter", "restart fleet-prometheus"], Asked(scenario.Install().Output));
    }

    [Fact]
    public async Task Install_BrokenConfiguration_ChangesNothing()
    {
        using var scenario = await HostScenario.CreateAsync();
        await scenario.WriteAsync();
        File.AppendAllText(Path.Combine(scenario.Bundle, "prometheus/clusters/stage.yml"), "nonsense: [\n");

        var (exitCode, output) = scenario.Install();

        Assert.Equal(1, exitCode);
        Assert.Contains("promtool", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(scenario.Host));
    }

    [Fact]
    public async Task Install_ProgramMissingOrOld_SaysSo()
    {
        using var scenario = await HostScenario.CreateAsync();
        await scenario.WriteAsync();
        var prometheus = Path.Combine(scenario.Options.Programs, "prometheus");
        File.Delete(prometheus);

        var missing = scenario.Install();
        File.WriteAllText(prometheus, "#!/bin/sh\necho 'prometheus, version 2.53.3 (branch: x)'\n");
        File.SetUnixFileMode(prometheus, BundleFile.Executable);
        var old = scenario.Install();

        Assert.Equal((1, 1), (missing.ExitCode, old.ExitCode));
        Assert.Contains($"{prometheus} is missing", missing.Output, StringComparison.Ordinal);
        Assert.Contains("is version 2.53.3; at least 3.5 is needed", old.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task Start_AsTheUnitsSay_BothAreReadyAndKnowEachOther(bool receiver, bool tls)
    {
        using var scenario = await HostScenario.CreateAsync();
        var issued = IssuedCertificate.For(IssuedCertificate.CentralNames);
        var scheme = tls ? "https" : "http";
        scenario.Change(central => central.WithFields("prometheus", ("scrapeInterval", "2s"), ("scrapeTimeout", "2s")));
        if (tls)
        {
            scenario.Serve(issued);
        }

        scenario.Options = scenario.Options with
        {
            PrometheusListen = $"127.0.0.1:{FreePort.Find()}", AlertmanagerListen = $"127.0.0.1:{FreePort.Find()}", RemoteWriteReceiver = receiver,
        };
        await scenario.WriteAsync();
        scenario.Install();
        using var client = new HttpClient(TrustingHandler.Of(issued.Ca));
        client.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"fleet:{scenario.Read("prometheus/web/password")}")));
        await using var supervisor = new ProcessSupervisor();

        await StartAsync(Tool.Alertmanager, "fleet-alertmanager.service", scenario.Options.AlertmanagerListen);
        await StartAsync(Tool.Prometheus, "fleet-prometheus.service", scenario.Options.PrometheusListen);

        var prometheus = new Uri($"{scheme}://{scenario.Options.PrometheusListen}");
        var alertmanagers = await EventuallyAsync(client, new Uri(prometheus, "/api/v1/alertmanagers"), data => data["activeAlertmanagers"]!.AsArray() is [_]);
        Assert.Contains(scenario.Options.AlertmanagerListen, alertmanagers.ToJsonString(), StringComparison.Ordinal);
        var targets = await EventuallyAsync(client, new Uri(prometheus, "/api/v1/targets?state=active"), data => data["activeTargets"]!.AsArray().Any(target => (string?)target!["labels"]!["cluster"] == "stage"));
        Assert.Contains(targets["activeTargets"]!.AsArray(), target => (string?)target!["labels"]!["cluster"] == "product");
        var configuration = await EventuallyAsync(client, new Uri(prometheus, "/api/v1/status/config"), _ => true);
        Assert.Contains("replica: here", (string)configuration["yaml"]!, StringComparison.Ordinal);
        await EventuallyAsync(client, new Uri(prometheus, "/api/v1/targets?state=active"), data => data["activeTargets"]!.AsArray()
            .Count(target => (string?)target!["labels"]!["job"] is "prometheus" or "alertmanager" && (string?)target["health"] == "up") == 2);
        using var stranger = new HttpClient(TrustingHandler.Of(issued.Ca));
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync(prometheus)).StatusCode);
        using var write = await client.PostAsync(new Uri(prometheus, "/api/v1/write"), new ByteArrayContent([]));
        Assert.Equal(receiver, write.StatusCode is not (HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed));

        async Task StartAsync(Tool tool, string unit, string address)
        {
            var command = scenario.ExecStart(unit);
            Assert.Equal(Path.Combine(scenario.Options.Programs, tool.Name), command[0]);
            Directory.CreateDirectory(Path.Combine(scenario.Host, "var/lib", Path.GetFileNameWithoutExtension(unit)));
            var process = supervisor.Start(await Tools.RunOfAsync(tool, [.. command[1..]]) with
            {
                Environment = ImmutableSortedDictionary<string, string>.Empty.Add(PrometheusMainFile.ReplicaVariable, "here"),
            });
            await process.UntilReadyAsync(client, new Uri($"{scheme}://{address}/-/ready"), TimeSpan.FromSeconds(30));
        }
    }

    // What the script would ask of systemd, in short.
    private static IEnumerable<string> Asked(string output) => output.Split('\n')
        .Where(line => line.StartsWith("would run: systemctl ", StringComparison.Ordinal))
        .Select(line => line["would run: systemctl ".Length..].Replace(".service", "", StringComparison.Ordinal))
        .Select(line => line.StartsWith("enable", StringComparison.Ordinal) ? "enable" : line);

    private static async Task<JsonNode> EventuallyAsync(HttpClient client, Uri address, Func<JsonNode, bool> wanted)
    {
        var deadline = DateTime.UtcNow + TimeSpan.FromSeconds(20);
        while (true)
        {
            var data = JsonNode.Parse(await client.GetStringAsync(address))!["data"]!;
            if (wanted(data))
            {
                return data;
            }

            Assert.True(DateTime.UtcNow < deadline, $"{address} still answers {data.ToJsonString()}");
            await Task.Delay(200);
        }
    }
}
