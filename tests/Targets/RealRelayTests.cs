using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Lab.Simulation;
using FleetPrometheus.Targets;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace FleetPrometheus.Tests.Targets;

/// <summary>What the real program makes of the relay's configuration, between a caller who means ill and a node that writes down what it was asked.</summary>
public class RealRelayTests
{
    private const int Port = 9190;

    private static readonly string[] ServedPaths = ["/kubelet/metrics", "/kubelet/metrics/cadvisor", "/node-exporter/metrics"];

    private static readonly string[] OtherAddresses =
    [
        "/",
        "/metrics",
        "/exec/default/pod/container?command=id",
        "/kubelet/",
        "/kubelet/exec",
        "/kubelet/metrics/",
        "/kubelet/metrics/probes",
        "/kubelet/metrics?command=id",
        "/kubelet/metrics;command=id",
        "/kubelet/metrics%3fcommand=id",
        "/KUBELET/metrics",
        "//kubelet/metrics",
        "/kubelet//metrics",
        "/kubelet/./metrics",
        "/kubelet/%2e/metrics",
        "/kubelet/%6detrics",
        "/kubelet/metrics/../../exec",
        "/kubelet/metrics/%2e%2e/%2e%2e/exec",
        "/kubelet/metrics/..%2f..%2fexec",
        "/kubelet/metrics/..;/exec",
        "/kubelet/metrics%2f..%2f..%2fexec",
        "/kubelet/metrics%00",
        "/kubelet\\metrics",
        "/node-exporter/metrics/../../kubelet/metrics",
        "/node-exporter/debug/pprof/",
        "/config/",
        "http://127.0.0.1:10250/exec",
        "https://kubernetes.default.svc/api/v1/secrets",
    ];

    private static readonly string[] OtherMethods = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get"];

    [Fact]
    public async Task Get_ListedAddresses_AskTheirOwnOfTheNode()
    {
        await using var relay = await Scenario.StartAsync();

        foreach (var path in ServedPaths)
        {
            Assert.Equal((200, "200 OK"), await relay.SendAsync($"GET {path} HTTP/1.1\r\nAccept: text/plain\r\nAccept-Encoding: gzip"));
        }

        Assert.Equal(["10250 GET /metrics", "10250 GET /metrics/cadvisor", "9100 GET /metrics"], relay.Asked.Select(asked => asked.Line));
        Assert.All(relay.Asked, asked => Assert.Equal(("text/plain", "gzip"), (asked.Headers["Accept"], asked.Headers["Accept-Encoding"])));
        Assert.Equal(["Bearer first", "Bearer first", ""], relay.Asked.Select(asked => asked.Headers.GetValueOrDefault("Authorization", "")));
    }

    [Fact]
    public async Task Get_AnyOtherAddress_IsRefusedAndTheNodeHearsNothing()
    {
        await using var relay = await Scenario.StartAsync();

        foreach (var target in OtherAddresses)
        {
            var (status, _) = await relay.SendAsync($"GET {target} HTTP/1.1");
            Assert.True(status is 400 or 404, $"{target}: {status}");
            Assert.Empty(relay.Asked);
        }
    }

    [Fact]
    public async Task Send_AnyOtherMethod_IsRefusedAndTheNodeHearsNothing()
    {
        await using var relay = await Scenario.StartAsync();

        foreach (var request in OtherMethods.SelectMany(method => ServedPaths.Select(path => $"{method} {path}")))
        {
            var (status, _) = await relay.SendAsync($"{request} HTTP/1.1\r\nX-HTTP-Method-Override: GET\r\nContent-Length: 0");
            Assert.True(status is 400 or 405, $"{request}: {status}");
            Assert.Empty(relay.Asked);
        }
    }

    [Fact]
    public async Task Get_HeadersOfTheCaller_DontReachTheNode()
    {
        await using var relay = await Scenario.StartAsync();

        foreach (var path in ServedPaths)
        {
            // The handshake with which a kubelet would run a command, for a pod's exec; and every header that might steer a proxy.
            Assert.Equal((200, "200 OK"), await relay.SendAsync(
                $"GET {path} HTTP/1.1\r\nConnection: Upgrade, Authorization\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Protocol: v4.channel.k8s.io\r\nAuthorization: Bearer stolen\r\nImpersonate-User: admin\r\nX-Remote-User: admin\r\nX-Original-URL: /exec\r\n"
                + "X-Forwarded-For: 127.0.0.1\r\nForwarded: for=127.0.0.1\r\nCookie: a=b\r\nRange: bytes=0-1\r\nExpect: 100-continue"));
        }

        Assert.Equal(3, relay.Asked.Count);
        Assert.All(relay.Asked, asked => Assert.Subset(
            new HashSet<string>(["Accept", "Accept-Encoding", "Authorization", "Host"], StringComparer.OrdinalIgnoreCase),
            new HashSet<string>(asked.Headers.Keys, StringComparer.OrdinalIgnoreCase)));
        Assert.All(relay.Asked, asked => Assert.DoesNotContain("stolen", string.Join(' ', asked.Headers.Values), StringComparison.Ordinal));
        Assert.All(relay.Asked, asked => Assert.StartsWith(relay.NodeAddress, asked.Headers["Host"], StringComparison.Ordinal));
    }

    [Fact]
    public async Task Get_NodeRedirects_IsAnErrorWithoutItsAddress()
    {
        await using var relay = await Scenario.StartAsync();
        relay.Answer = context =>
        {
            context.Response.StatusCode = StatusCodes.Status307TemporaryRedirect;
            context.Response.Headers.Location = "https://elsewhere.example/";
            return Task.CompletedTask;
        };

        foreach (var path in ServedPaths)
        {
            var (status, answer) = await relay.SendAsync($"GET {path} HTTP/1.1");
            Assert.Equal(502, status);
            Assert.DoesNotContain("elsewhere", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Get_TokenWasReplaced_TheNextRequestCarriesTheNewOne()
    {
        await using var relay = await Scenario.StartAsync();
        await relay.SendAsync("GET /kubelet/metrics HTTP/1.1");

        await relay.ReplaceTokenAsync("second");
        await relay.SendAsync("GET /kubelet/metrics HTTP/1.1");

        Assert.Equal(["Bearer first", "Bearer second"], relay.Asked.Select(asked => asked.Headers["Authorization"]));
    }

    [Theory]
    [InlineData(true, 200)]
    [InlineData(false, 502)]
    public async Task Get_CaOfKubeletsIsGiven_OnlyItsCertificatesAreTaken(bool theirs, int expected)
    {
        await using var relay = await Scenario.StartAsync(authority =>
        {
            using var other = new CertificateAuthority("other");
            return theirs ? authority.CertificatePem : other.CertificatePem;
        });

        Assert.Equal(expected, (await relay.SendAsync("GET /kubelet/metrics HTTP/1.1")).Status);
        // A kubelet that is not believed is not shown the token either.
        Assert.Equal(theirs ? 1 : 0, relay.Asked.Count);
    }

    [Fact]
    public async Task Start_ListensAtOnePortAlone()
    {
        await using var relay = await Scenario.StartAsync();

        var open = new List<int>();
        await Parallel.ForEachAsync(Enumerable.Range(1, 65535), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (port, cancellation) =>
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(relay.PodAddress), port), cancellation);
                lock (open)
                {
                    open.Add(port);
                }
            }
            catch (SocketException)
            {
                // closed
            }
        });

        // What listens at all of this host's addresses listens at this one too.
        Assert.Equal([Port], open.Except(AnyAddressPorts()));

        static IEnumerable<int> AnyAddressPorts() => System.Net.NetworkInformation.IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners()
            .Where(listener => listener.Address.Equals(IPAddress.Any) || listener.Address.Equals(IPAddress.IPv6Any)).Select(listener => listener.Port);
    }

    private sealed record Question(string Line, IReadOnlyDictionary<string, string> Headers);

    private sealed class Scenario : IAsyncDisposable
    {
        private static int _scenarios;

        private readonly ProcessSupervisor _processes = new();
        private readonly CertificateAuthority _authority = new("kubelets");
        private readonly ConcurrentQueue<Question> _asked = [];
        private readonly int _number = Interlocked.Increment(ref _scenarios);
        private WebServer? _node;

        // Addresses of this process's own, since the kubelet's port is fixed.
        private string Address(int last) => $"127.{32 + (Environment.ProcessId % 16)}.{Environment.ProcessId / 16 % 256}.{(_number * 2) + last}";

        public string NodeAddress => Address(0);

        public string PodAddress => Address(1);

        public IReadOnlyCollection<Question> Asked => _asked;

        public RequestDelegate Answer { get; set; } = context => context.Response.WriteAsync("up 1\n");

        public static async Task<Scenario> StartAsync(Func<CertificateAuthority, string>? kubeletCa = null)
        {
            var scenario = new Scenario();
            try
            {
                await scenario.BeginAsync(kubeletCa);
                return scenario;
            }
            catch
            {
                await scenario.DisposeAsync();
                throw;
            }
        }

        public Task ReplaceTokenAsync(string token) => File.WriteAllTextAsync(PathOf("token"), token);

        /// <summary>Sends a request's head as it is, to which nothing is added but the host and the end; the answer's status and all of it.</summary>
        public async Task<(int Status, string Answer)> SendAsync(string head)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Parse(PodAddress), Port);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.Latin1.GetBytes($"{head}\r\nHost: {PodAddress}:{Port}\r\n\r\n"));
            using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            var buffer = new byte[4096];
            var read = await stream.ReadAsync(buffer, bound.Token);
            var answer = Encoding.Latin1.GetString(buffer, 0, read);
            var status = int.Parse(answer.Split(' ')[1]);
            return (status, status == 200 ? answer.Split("\r\n")[0]["HTTP/1.1 ".Length..] : answer);
        }

        public async ValueTask DisposeAsync()
        {
            await _processes.DisposeAsync();
            if (_node is not null)
            {
                await _node.DisposeAsync();
            }

            _authority.Dispose();
        }

        private async Task BeginAsync(Func<CertificateAuthority, string>? kubeletCa)
        {
            var node = IPAddress.Parse(NodeAddress);
            _node = await WebServer.StartAsync(options =>
            {
                options.Listen(node, 9100);
                options.Listen(node, 10250, listen => listen.UseHttps(_authority.IssueServer("kubelet", [node])));
            }, context =>
            {
                _asked.Enqueue(new(
                    $"{context.Connection.LocalPort} {context.Request.Method} {context.Request.Path}{context.Request.QueryString}",
                    context.Request.Headers.Where(header => !header.Key.StartsWith(':')).ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
                return Answer(context);
            });
            await ReplaceTokenAsync("first");
            if (kubeletCa is not null)
            {
                await File.WriteAllTextAsync(PathOf("kubelet-ca.crt"), kubeletCa(_authority));
            }

            await File.WriteAllTextAsync(PathOf("Caddyfile"), NodeRelayConfiguration.Render(Port, 9100, PathOf("token"), kubeletCa is null ? null : PathOf("kubelet-ca.crt")));
            var caddy = await Tools.RunOfAsync(Tool.Caddy, "run", "--adapter=caddyfile", $"--config={PathOf("Caddyfile")}");
            var process = _processes.Start(caddy with
            {
                Environment = caddy.Environment.SetItem(NodeRelayConfiguration.PodAddress, PodAddress).SetItem(NodeRelayConfiguration.NodeAddress, NodeAddress),
            });
            await UntilListeningAsync(process);
        }

        private async Task UntilListeningAsync(SupervisedProcess process)
        {
            for (var deadline = DateTime.UtcNow.AddSeconds(20); ;)
            {
                try
                {
                    using var client = new TcpClient();
                    await client.ConnectAsync(IPAddress.Parse(PodAddress), Port);
                    return;
                }
                catch (SocketException) when (DateTime.UtcNow < deadline && !process.Exited.IsCompleted)
                {
                    await Task.Delay(50);
                }
                catch (SocketException)
                {
                    Assert.Fail($"the relay does not listen:\n{process.LogTail()}");
                }
            }
        }

        private string PathOf(string name) => Path.Combine(_processes.DirectoryPath, name);
    }
}
