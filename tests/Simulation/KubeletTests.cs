using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using FleetPrometheus.Lab.Simulation;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Simulation;

/// <summary>The kubelet asked directly, past its API server: who gets in is decided by that server's tokens and roles.</summary>
public sealed class KubeletTests(ApiServerFixture fixture) : IClassFixture<ApiServerFixture>, IAsyncLifetime
{
    private const string Node = "c-node-001";

    private readonly CertificateAuthority _authority = new("kubelets");
    private KubeletServer _kubelet = null!;

    private IPAddress Address => fixture.Addresses.Node(0, 0);

    public async Task InitializeAsync() => _kubelet = await KubeletServer.StartAsync(
        new KubeletOptions("c", fixture.Admin, fixture.Server.KubeletClientAuthority, _authority, _ => []), new Dictionary<IPAddress, string> { [Address] = Node });

    public async Task DisposeAsync()
    {
        await _kubelet.DisposeAsync();
        _authority.Dispose();
    }

    [Theory]
    [InlineData("/metrics", HttpStatusCode.OK)]
    [InlineData("/metrics/cadvisor", HttpStatusCode.OK)]
    [InlineData("/healthz", HttpStatusCode.Forbidden)]
    [InlineData("/exec/space/pod/container", HttpStatusCode.Forbidden)]
    [InlineData("/metricsx", HttpStatusCode.Forbidden)]
    public async Task NodesMetrics_OpensTheMetricsOnly(string path, HttpStatusCode expected) =>
        Assert.Equal(expected, (await AskAsync(await TokenAsync("metrics-reader", "nodes/metrics"), path)).Code);

    [Theory]
    [InlineData("/healthz", HttpStatusCode.OK)]
    [InlineData("/metrics", HttpStatusCode.Forbidden)]
    public async Task NodesProxy_OpensAllButTheMetrics(string path, HttpStatusCode expected) =>
        Assert.Equal(expected, (await AskAsync(await TokenAsync("proxy-user", "nodes/proxy"), path)).Code);

    [Fact]
    public async Task NoRight_IsRefusedInTheKubeletsWords()
    {
        var (code, body) = await AskAsync(await fixture.AccountAsync("nobody"), "/metrics");
        Assert.Equal(HttpStatusCode.Forbidden, code);
        Assert.Equal("Forbidden (user=system:serviceaccount:space:nobody, verb=get, resource=nodes, subresource(s)=[metrics])", body);
    }

    [Fact]
    public async Task RightOnAnotherNode_DoesNotCount()
    {
        var token = await fixture.AccountAsync("neighbour");
        await fixture.GrantAsync("neighbour", """[{"apiGroups":[""],"resources":["nodes/metrics"],"resourceNames":["c-node-002"],"verbs":["get"]}]""", cluster: true);
        Assert.Equal(HttpStatusCode.Forbidden, (await AskAsync(token, "/metrics")).Code);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("a.b.c")]
    public async Task NoKnownToken_IsNotAuthorized(string? token) =>
        Assert.Equal((HttpStatusCode.Unauthorized, "Unauthorized"), await AskAsync(token is null ? null : new SecretText(token), "/metrics"));

    [Fact]
    public async Task ApiServerOfAnotherCluster_ItsTokensDoNotCount()
    {
        var other = new ApiServerFixture();
        await other.InitializeAsync();
        var foreign = await other.AccountAsync("foreign");
        await other.DisposeAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(foreign, "/metrics")).Code);
    }

    [Fact]
    public async Task Certificate_IsOfTheKubeletsOwnAuthority()
    {
        var token = await TokenAsync("metrics-reader", "nodes/metrics");
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(token, "/metrics", _authority.CertificatePem)).Code);
        await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(token, "/metrics", fixture.Server.CaCertificate));
    }

    [Theory]
    [InlineData("gzip", true)]
    [InlineData("zstd;q=0.9, gzip;q=0.5", true)]
    [InlineData("gzip;q=0", false)]
    [InlineData("identity", false)]
    public async Task Metrics_AreCompressedForWhoAsksForIt(string accepted, bool expected)
    {
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        using var http = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"https://{Address}:{KubeletServer.Port}/metrics"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (await TokenAsync("metrics-reader", "nodes/metrics")).Reveal());
        request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        using var response = await http.SendAsync(request);
        var body = await response.Content.ReadAsStreamAsync();
        using var text = new StreamReader(expected ? new GZipStream(body, CompressionMode.Decompress) : body);

        Assert.Equal(expected ? ["gzip"] : [], response.Content.Headers.ContentEncoding);
        Assert.StartsWith("# HELP ", await text.ReadToEndAsync(), StringComparison.Ordinal);
    }

    private async Task<SecretText> TokenAsync(string account, string resource)
    {
        var token = await fixture.AccountAsync(account);
        await fixture.GrantAsync(account, $$"""[{"apiGroups":[""],"resources":["{{resource}}"],"verbs":["get"]}]""", cluster: true);
        return token;
    }

    private async Task<(HttpStatusCode Code, string Body)> AskAsync(SecretText? token, string path, string? ca = null)
    {
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.ImportFromPem(ca ?? _authority.CertificatePem);
        using var http = new HttpClient(handler);
        if (token is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
        using var response = await http.GetAsync(new Uri($"https://{Address}:{KubeletServer.Port}{path}"));
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
