using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>
/// What the centre's programs, which the lab runs outside of any cluster, would see of the central one in a pod of it: the way to the API server,
/// the credentials of Prometheus's account, and the names of Services.
/// </summary>
internal sealed class CentralPod : IAsyncDisposable
{
    private const string HostNames = "/etc/hosts";

    private readonly ILabCluster _cluster;
    private readonly string _directory;
    private readonly ObjectCache _endpoints;
    private readonly Lock _naming = new();
    private string _names = "";

    /// <param name="cluster">The central cluster, which runs.</param>
    /// <param name="directory">A directory of its own.</param>
    public CentralPod(ILabCluster cluster, string directory)
    {
        (_cluster, _directory) = (cluster, directory);
        Directory.CreateDirectory(directory);
        _endpoints = new ObjectCache(cluster.Admin, KubeKind.Endpoints);
        _endpoints.Changed += NameServices;
    }

    private string AccountDirectory => Path.Combine(_directory, "account");

    private string HostsFile => Path.Combine(_directory, "hosts");

    /// <summary>Brings the account's files up to date: a new token each time, as a kubelet does every hour.</summary>
    /// <param name="ns">The centre's namespace.</param>
    /// <param name="account">The account's name.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task SignInAsync(string ns, string account, CancellationToken cancellation)
    {
        Directory.CreateDirectory(AccountDirectory);
        await PutAsync("token", (await _cluster.Admin.RequestTokenAsync(ns, account, cancellation)).Reveal());
        await PutAsync("ca.crt", _cluster.CaCertificate);
        await PutAsync("namespace", ns);
        await _endpoints.Filled.WaitAsync(cancellation);
        NameServices();

        // As a whole, as a kubelet replaces them.
        async Task PutAsync(string name, string text)
        {
            await File.WriteAllTextAsync(Path.Combine(AccountDirectory, $".{name}"), text, cancellation);
            File.Move(Path.Combine(AccountDirectory, $".{name}"), Path.Combine(AccountDirectory, name), overwrite: true);
        }
    }

    /// <summary>A program as it would run in the pod.</summary>
    public ProcessSpec Within(ProcessSpec spec) => OwnFileSystem.Within(
        spec with
        {
            Environment = spec.Environment
                .SetItem("KUBERNETES_SERVICE_HOST", _cluster.ApiServer.Host)
                .SetItem("KUBERNETES_SERVICE_PORT", _cluster.ApiServer.Port.ToString(CultureInfo.InvariantCulture)),
        },
        ImmutableDictionary<string, string>.Empty.Add(ServiceAccountFiles.Directory, AccountDirectory).Add(HostNames, HostsFile),
        Path.Combine(_directory, spec.Name));

    public ValueTask DisposeAsync() => _endpoints.DisposeAsync();

    // Stands in for the cluster's DNS: a Service's name leads to its first ready endpoint, as soon as it has one.
    private void NameServices()
    {
        var lines = _endpoints.Objects.SelectMany(one => one.Objects("subsets").SelectMany(subset => subset.Objects("addresses")).Take(1)
            .Select(address => string.Create(CultureInfo.InvariantCulture, $"{address.Text("ip")} {one.Name()}.{one.Namespace()}.svc")));
        var names = $"127.0.0.1 localhost\n{string.Join('\n', lines)}\n";
        lock (_naming)
        {
            if (names != _names)
            {
                // In place: what is laid over a file is that file, not its name. And never empty, for someone may be reading.
                using var file = new FileStream(HostsFile, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
                file.Write(Encoding.UTF8.GetBytes(names));
                file.SetLength(file.Position);
                _names = names;
            }
        }
    }
}
