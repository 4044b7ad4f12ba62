using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Lab.Simulation;

namespace FleetPrometheus.Lab.RealKube;

/// <summary>The three programs of one real control plane, at an address of its own.</summary>
internal sealed class ControlPlane : IAsyncDisposable
{
    // Cluster IPs are given out but lead nowhere: nothing in the lab uses them, so clusters may share the range.
    private const string ServiceRange = "10.255.0.0/16";
    private const string FirstServiceAddress = "10.255.0.1";

    // Signs service-account tokens; any https address serves as the name of their issuer.
    private const string Issuer = "https://kubernetes.default.svc";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly KubeAssets _assets;
    private readonly ProcessSupervisor _processes;
    private readonly CertificateAuthority _authority;
    private readonly string _name;
    private readonly IPEndPoint _endpoint;
    private readonly string _directory;
    private CertificateAuthority _serverAuthority;
    private SupervisedProcess? _etcd;
    private SupervisedProcess? _apiServer;
    private SupervisedProcess? _controllerManager;

    /// <param name="assets">The programs.</param>
    /// <param name="processes">Where they run.</param>
    /// <param name="authority">The cluster's CA: of its clients, and of its server until <see cref="RotateCaAsync"/>; stays the caller's.</param>
    /// <param name="name">The cluster's name.</param>
    /// <param name="endpoint">Where the API server listens; the others use further ports of that address, which is not on 127.0.0.0/8.</param>
    public ControlPlane(KubeAssets assets, ProcessSupervisor processes, CertificateAuthority authority, string name, IPEndPoint endpoint)
    {
        _assets = assets;
        _processes = processes;
        _authority = authority;
        _serverAuthority = authority;
        _name = name;
        _endpoint = endpoint;
        _directory = Path.Combine(processes.DirectoryPath, name, "control-plane");
        Server = new Uri($"https://{endpoint}");
        AdminCertificate = authority.IssueClient("fleet-lab", "system:masters");
    }

    /// <summary>The API server's address.</summary>
    public Uri Server { get; }

    /// <summary>The CA of the API server's certificate, PEM.</summary>
    public string CaCertificate => _serverAuthority.CertificatePem;

    /// <summary>A cluster administrator's client certificate, with its key.</summary>
    public X509Certificate2 AdminCertificate { get; }

    /// <summary>A cluster administrator's kubeconfig.</summary>
    public string AdminKubeconfig => Kubeconfig(AdminCertificate);

    /// <summary>Starts everything and waits until the API server is ready.</summary>
    /// <exception cref="ExpectedFailure">A program ended, or was not ready in time.</exception>
    public async Task StartAsync(CancellationToken cancel)
    {
        Directory.CreateDirectory(_directory);
        WriteServerFiles();
        Write("client-ca.crt", _authority.CertificatePem);
        Write("kubelet-client", _authority.IssueClient("kube-apiserver-kubelet-client", "system:masters"));
        using (var key = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        {
            Write("service-accounts.key", key.ExportECPrivateKeyPem() + "\n");
        }

        _etcd = StartEtcd();
        await StartApiServerAsync(cancel);
        _controllerManager = StartControllerManager();
    }

    /// <summary>Replaces the CA of the API server's certificate; returns when the API server is ready with the new one.</summary>
    /// <exception cref="ExpectedFailure">It ended, or was not ready in time.</exception>
    public async Task RotateCaAsync(CancellationToken cancel)
    {
        _serverAuthority = new CertificateAuthority("kubernetes");
        WriteServerFiles();
        await KillApiServerAsync();
        await KillAsync(_controllerManager);
        await StartApiServerAsync(cancel);
        _controllerManager = StartControllerManager();
    }

    /// <summary>Stops the API server where it is: the system takes connections for it, but nothing is answered.</summary>
    public void SuspendApiServer() => Signals.Send(_apiServer!.Id, Signals.Stop);

    /// <summary>Ends <see cref="SuspendApiServer"/>.</summary>
    public void ResumeApiServer() => Signals.Send(_apiServer!.Id, Signals.Continue);

    /// <summary>Starts the API server (again) on the same objects and waits until it is ready.</summary>
    /// <exception cref="ExpectedFailure">It ended, or was not ready in time.</exception>
    public async Task StartApiServerAsync(CancellationToken cancel)
    {
        _apiServer = _processes.Start(Program("kube-apiserver", _assets.ApiServer, [
            $"--etcd-servers=http://{_endpoint.Address}:2379",
            $"--bind-address={_endpoint.Address}",
            $"--advertise-address={_endpoint.Address}",
            $"--secure-port={_endpoint.Port.ToString(CultureInfo.InvariantCulture)}",
            $"--tls-cert-file={PathOf("apiserver.crt")}",
            $"--tls-private-key-file={PathOf("apiserver.key")}",
            $"--client-ca-file={PathOf("client-ca.crt")}",
            $"--service-account-issuer={Issuer}",
            $"--service-account-key-file={PathOf("service-accounts.key")}",
            $"--service-account-signing-key-file={PathOf("service-accounts.key")}",
            $"--service-cluster-ip-range={ServiceRange}",
            $"--kubelet-client-certificate={PathOf("kubelet-client.crt")}",
            $"--kubelet-client-key={PathOf("kubelet-client.key")}",
            "--kubelet-preferred-address-types=InternalIP",
            "--authorization-mode=RBAC",
            "--allow-privileged=true",
            // It would taint new nodes until the node lifecycle controller, which does not run here, finds them ready.
            "--disable-admission-plugins=TaintNodesByCondition",
        ]));
        // Readiness is public and the probe carries no credential, so there is nothing to protect by checking the certificate.
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        using var client = new HttpClient(handler);
        await _apiServer.UntilReadyAsync(client, new Uri(Server, "/readyz"), Patience, cancel);
    }

    /// <summary>Kills the API server; the rest goes on.</summary>
    public Task KillApiServerAsync() => KillAsync(_apiServer);

    /// <summary>Ends all programs at once; nobody needs their data any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await KillApiServerAsync();
        await Task.WhenAll(KillAsync(_etcd), KillAsync(_controllerManager));
        AdminCertificate.Dispose();
        if (_serverAuthority != _authority)
        {
            _serverAuthority.Dispose();
        }
    }

    private static async Task KillAsync(SupervisedProcess? process)
    {
        if (process is not null)
        {
            await process.KillAsync();
        }
    }

    private void WriteServerFiles()
    {
        Write("ca.crt", CaCertificate);
        Write("apiserver", _serverAuthority.IssueServer("kube-apiserver", [_endpoint.Address, IPAddress.Parse(FirstServiceAddress)], "kubernetes.default.svc", "localhost"));
        Write("controller-manager.conf", AdminKubeconfig);
    }

    private SupervisedProcess StartEtcd() => _processes.Start(Program("etcd", _assets.Etcd, [
        "--name=default",
        $"--data-dir={PathOf("etcd")}",
        $"--listen-client-urls=http://{_endpoint.Address}:2379",
        $"--advertise-client-urls=http://{_endpoint.Address}:2379",
        $"--listen-peer-urls=http://{_endpoint.Address}:2380",
        $"--initial-advertise-peer-urls=http://{_endpoint.Address}:2380",
        $"--initial-cluster=default=http://{_endpoint.Address}:2380",
        "--logger=zap",
        "--log-level=warn",
    ]));

    private SupervisedProcess StartControllerManager() => _processes.Start(Program("kube-controller-manager", _assets.ControllerManager, [
        $"--kubeconfig={PathOf("controller-manager.conf")}",
        $"--service-account-private-key-file={PathOf("service-accounts.key")}",
        $"--root-ca-file={PathOf("ca.crt")}",
        $"--bind-address={_endpoint.Address}",
        $"--cert-dir={PathOf("controller-manager")}",
        "--leader-elect=false",
        "--kube-api-qps=200",
        "--kube-api-burst=400",
        // Simulated kubelets send no heartbeats.
        "--controllers=*,-nodelifecycle",
        // Before 1.24 there is also a port without TLS, which several on one host would fight for.
        .. _assets.Version < new Version(1, 24) ? ["--port=0"] : Array.Empty<string>(),
    ]));

    private ProcessSpec Program(string program, string path, string[] arguments) => new($"{_name}-{program}", path, [.. arguments]);

    // The name is quoted, as YAML takes some names for something else ("y" is true).
    private string Kubeconfig(X509Certificate2 certificate) => $"""
        apiVersion: v1
        kind: Config
        current-context: "{_name}"
        clusters:
          - name: "{_name}"
            cluster:
              server: {Server.AbsoluteUri.TrimEnd('/')}
              certificate-authority-data: {Base64(CaCertificate)}
        users:
          - name: admin
            user:
              client-certificate-data: {Base64(certificate.ExportCertificatePem())}
              client-key-data: {Base64(KeyPem(certificate))}
        contexts:
          - name: "{_name}"
            context:
              cluster: "{_name}"
              user: admin

        """;

    private void Write(string name, X509Certificate2 certificate)
    {
        Write(name + ".crt", certificate.ExportCertificatePem() + "\n");
        Write(name + ".key", KeyPem(certificate));
    }

    // The run directory is closed to other users, so its files need no mode of their own.
    private void Write(string name, string text) => File.WriteAllText(PathOf(name), text);

    private string PathOf(string name) => Path.Combine(_directory, name);

    private static string KeyPem(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return key.ExportECPrivateKeyPem() + "\n";
    }

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));
}
