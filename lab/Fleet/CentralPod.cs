using System.Collections.Immutable;
using System.Globalization;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>
/// What the centre's programs, which the lab runs outside of any cluster, would see of the central one in a pod of it: the way to the API server,
/// the credentials of Prometheus's account, and the names of Services.
/// </summary>
/// <param name="cluster">The central cluster.</param>
/// <param name="directory">A directory of its own.</param>
internal sealed class CentralPod(ILabCluster cluster, string directory)
{
    private const string HostNames = "/etc/hosts";

    private string AccountDirectory => Path.Combine(directory, "account");

    private string HostsFile => Path.Combine(directory, "hosts");

    /// <summary>Brings the account's files up to date: a new token each time, as a kubelet does every hour.</summary>
    /// <param name="ns">The centre's namespace.</param>
    /// <param name="account">The account's name.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task SignInAsync(string ns, string account, CancellationToken cancellation)
    {
        Directory.CreateDirectory(AccountDirectory);
        await PutAsync("token", (await cluster.Admin.RequestTokenAsync(ns, account, cancellation)).Reveal());
        await PutAsync("ca.crt", cluster.CaCertificate);
        await PutAsync("namespace", ns);
        await NameServicesAsync(cancellation);

        // As a whole, as a kubelet replaces them.
        async Task PutAsync(string name, string text)
        {
            await File.WriteAllTextAsync(Path.Combine(AccountDirectory, $".{name}"), text, cancellation);
            File.Move(Path.Combine(AccountDirectory, $".{name}"), Path.Combine(AccountDirectory, name), overwrite: true);
        }
    }

    /// <summary>Stands in for the cluster's DNS: a Service's name leads to its first endpoint.</summary>
    public async Task NameServicesAsync(CancellationToken cancellation)
    {
        var endpoints = (await cluster.Admin.ListAsync(KubeKind.Endpoints, cancellation: cancellation)).Items;
        var lines = endpoints.SelectMany(one => one.Objects("subsets").SelectMany(subset => subset.Objects("addresses")).Take(1)
            .Select(address => string.Create(CultureInfo.InvariantCulture, $"{address.Text("ip")} {one.Name()}.{one.Namespace()}.svc")));
        // In place: what is laid over a file is that file, not its name.
        await File.WriteAllTextAsync(HostsFile, $"127.0.0.1 localhost\n{string.Join('\n', lines)}\n", cancellation);
    }

    /// <summary>A program as it would run in the pod.</summary>
    public ProcessSpec Within(ProcessSpec spec) => OwnFileSystem.Within(
        spec with
        {
            Environment = spec.Environment
                .SetItem("KUBERNETES_SERVICE_HOST", cluster.ApiServer.Host)
                .SetItem("KUBERNETES_SERVICE_PORT", cluster.ApiServer.Port.ToString(CultureInfo.InvariantCulture)),
        },
        ImmutableDictionary<string, string>.Empty.Add(ServiceAccountFiles.Directory, AccountDirectory).Add(HostNames, HostsFile),
        Path.Combine(directory, spec.Name));
}
