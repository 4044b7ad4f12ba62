using FleetPrometheus.Central;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Targets;
using FleetPrometheus.Tests.Components;

namespace FleetPrometheus.Tests.Central;

/// <summary>The command lines of our containers are ones that the real programs know.</summary>
[Collection(PulumiCollection.Name)]
public class CommandLineTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Declare_Centre_IsUnderstood(int replicas)
    {
        var address = new Uri("https://x.example/path");
        var program = await DeclaredProgram.RunAsync(options => _ = new CentralMonitoring("central", new CentralMonitoringArgs
        {
            Clusters = [],
            Prometheus = new PrometheusOptions { Replicas = replicas, RetentionSize = "40GB", ExternalUrl = address },
            Alertmanager = new AlertmanagerOptions { Replicas = replicas, ExternalUrl = address },
        }, options));

        await AssertUnderstoodAsync(Tool.Prometheus, program.Named("StatefulSet", "prometheus"));
        await AssertUnderstoodAsync(Tool.Alertmanager, program.Named("StatefulSet", "alertmanager"));
    }

    [Fact]
    public async Task Declare_NodeExporter_IsUnderstood()
    {
        var program = await DeclaredProgram.RunAsync(options => _ = new NodeExporter("exporter", new NodeExporterArgs { Namespace = "place" }, options));

        await AssertUnderstoodAsync(Tool.NodeExporter, program.Only("DaemonSet"));
    }

    // With --version a program reads its whole command line, then ends; an unknown flag is an error.
    private static async Task AssertUnderstoodAsync(Tool tool, DeclaredResource workload) => await Tools.SucceedAsync(
        tool, Path.GetTempPath(), [.. workload.Texts("spec.template.spec.containers.0.args"), "--version"]);
}
