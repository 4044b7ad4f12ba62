using System.CommandLine;
using System.Net;
using System.Text.Json;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Simulation;

namespace FleetPrometheus.Bench.Clusters;

/// <summary>How to reach an API server that runs in a process of its own.</summary>
/// <param name="CaCertificate">The CA of its certificate, PEM.</param>
/// <param name="AdminToken">An administrator's token.</param>
/// <param name="KubeletClientCa">The CA of the certificate that it shows to kubelets, PEM.</param>
internal sealed record ApiServerAccess(string CaCertificate, string AdminToken, string KubeletClientCa);

/// <summary>
/// <c>api-server</c> (hidden): a simulated API server alone in its process, so that its processor time is told from that of the nodes and of what
/// measures.
/// </summary>
internal static class ApiServerCommand
{
    private const string Name = "api-server";

    public static Command Create()
    {
        var address = new Argument<string>("address");
        var cluster = new Argument<string>("cluster");
        var nodes = new Argument<int>("nodes");
        var pods = new Argument<int>("pods");
        var services = new Argument<int>("services");
        var access = new Argument<string>("access");
        var command = new Command(Name, "Run a simulated API server, full of objects.") { address, cluster, nodes, pods, services, access };
        command.Hidden = true;
        command.SetAction(async (result, cancellation) =>
        {
            var endpoint = IPEndPoint.Parse(result.GetValue(address)!);
            await using var server = new SimulatedApiServer(endpoint);
            var population = new Population(result.GetValue(nodes), result.GetValue(pods), result.GetValue(services));
            population.AddNodes(server, result.GetValue(cluster)!, AddressPlan.Of(endpoint));
            await server.StartAsync(cancellation);
            // Whoever sees the file can reach the server; it is in a directory that only this user may read.
            var file = result.GetValue(access)!;
            await File.WriteAllTextAsync($"{file}.new", JsonSerializer.Serialize(new ApiServerAccess(server.CaCertificate, server.AdminToken.Reveal(), server.KubeletClientAuthority.CertificatePem)), cancellation);
            File.Move($"{file}.new", file);
            while (!File.Exists(FillFile(file)))
            {
                await Task.Delay(100, cancellation);
            }

            population.AddPods(server, result.GetValue(cluster)!, AddressPlan.Of(endpoint));
            File.Delete(FillFile(file));
            await Task.Delay(Timeout.Infinite, cancellation);
        });
        return command;
    }

    /// <summary>Whoever makes this file wants the pods and Services to be there; when they are, it is gone.</summary>
    /// <param name="access">The file that says how to reach the server.</param>
    public static string FillFile(string access) => $"{access}.fill";

    /// <summary>The arguments that start one.</summary>
    public static string[] Arguments(IPEndPoint address, string cluster, Population population, string access) =>
        [Name, $"{address}", cluster, $"{population.Nodes}", $"{population.Pods}", $"{population.Services}", access];
}
