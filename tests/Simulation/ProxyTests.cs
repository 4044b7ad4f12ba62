using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Simulation;
using Microsoft.AspNetCore.Http;

namespace FleetPrometheus.Tests.Simulation;

public sealed class ProxyTests(ApiServerFixture fixture) : IClassFixture<ApiServerFixture>
{
    private const string Space = "/api/v1/namespaces/space";

    [Fact]
    public async Task PodProxy_PassesQueryAndAcceptOn_AndRemovesAuthorization()
    {
        var seen = new Dictionary<string, string>();
        await BackendAsync("echo", 0, 9100, async context =>
        {
            foreach (var (key, value) in context.Request.Headers) seen[key] = value.ToString();
            seen["target"] = context.Request.Path + context.Request.QueryString.Value;
            context.Response.Headers.ContentEncoding = "gzip";
            await using var gzip = new GZipStream(context.Response.Body, CompressionLevel.Fastest);
            await gzip.WriteAsync("lab_up 1\n"u8.ToArray());
        });
        using var http = fixture.HttpAsAdmin();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Space}/pods/http:echo:9100/proxy/metrics/deep?collect[]=cpu&x=%2F");
        request.Headers.TryAddWithoutValidation("Accept", "text/plain;version=0.0.4");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");
        using var response = await http.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("/metrics/deep?collect[]=cpu&x=%2F", seen["target"]);
        Assert.Equal("text/plain;version=0.0.4", seen["Accept"]);
        Assert.Equal("gzip", seen["Accept-Encoding"]);
        Assert.DoesNotContain("Authorization", seen.Keys);
        Assert.Contains("gzip", response.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task PodProxy_StreamingBackend_IsNotBuffered()
    {
        var release = new TaskCompletionSource();
        await BackendAsync("stream", 1, 9100, async context =>
        {
            await context.Response.WriteAsync("first\n");
            await context.Response.Body.FlushAsync();
            await release.Task;
        });
        using var http = fixture.HttpAsAdmin();
        using var response = await http.GetAsync($"{Space}/pods/stream:9100/proxy/", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("first", await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(5)));
        release.SetResult();
    }

    [Fact]
    public async Task PodProxy_NothingListens_Is503()
    {
        await fixture.PodAsync("silent", fixture.Addresses.Pod(0, 2), 9100, "silent");
        var (code, message) = await RefusalAsync($"{Space}/pods/http:silent:9100/proxy/metrics");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, code);
        Assert.StartsWith("error trying to reach service:", message);
    }

    [Fact]
    public async Task PodProxy_PortName_DropsTheStream()
    {
        await fixture.PodAsync("named", fixture.Addresses.Pod(0, 3), 9100, "named");
        using var http = fixture.HttpAsAdmin();
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync($"{Space}/pods/http:named:metrics/proxy/metrics"));
    }

    [Fact]
    public async Task ServiceProxy_SeveralPods_TakesAnyOfThem()
    {
        for (var i = 0; i < 3; i++)
        {
            var name = $"many-{i}";
            await BackendAsync(name, 10 + i, 9100, context => context.Response.WriteAsync(name), "many");
        }
        await ServiceAsync("many", """{"name":"metrics","port":80,"targetPort":"metrics"}""");
        await fixture.Admin.WaitForAsync(KubeKind.Endpoints, "space", "many", endpoints => endpoints.Objects("subsets").SelectMany(s => s.Objects("addresses")).Count() == 3, TimeSpan.FromSeconds(5));
        using var http = fixture.HttpAsAdmin();
        var byName = new HashSet<string>();
        for (var i = 0; i < 60; i++) byName.Add(await http.GetStringAsync($"{Space}/services/http:many:metrics/proxy/metrics"));
        Assert.Equal(["many-0", "many-1", "many-2"], byName.Order(StringComparer.Ordinal));
        Assert.StartsWith("many-", await http.GetStringAsync($"{Space}/services/many:80/proxy/metrics"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "no service port 9100 found for service \"many\""), await RefusalAsync($"{Space}/services/many:9100/proxy/metrics"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "no endpoints available for service \"many\""), await RefusalAsync($"{Space}/services/many/proxy/metrics"));
    }

    [Fact]
    public async Task NodeProxy_ReachesTheKubeletWithACertificate_AndOtherPortsOfTheNode()
    {
        var address = fixture.Addresses.Node(0, 0);
        await new NodeRegistrar(fixture.Admin).RegisterAsync("c", 0, address);
        using var authority = new CertificateAuthority("kubelets");
        var options = new KubeletOptions("c", fixture.Admin, fixture.Server.KubeletClientAuthority, authority, _ => []);
        await using var kubelets = await KubeletServer.StartAsync(options, new Dictionary<IPAddress, string> { [address] = "c-node-001" });
        using var http = fixture.HttpAsAdmin();
        Assert.Contains("kubelet_node_name{node=\"c-node-001\"} 1", await http.GetStringAsync("/api/v1/nodes/c-node-001/proxy/metrics"));
        Assert.Contains("machine_cpu_cores", await http.GetStringAsync("/api/v1/nodes/https:c-node-001:10250/proxy/metrics/cadvisor"));
        await fixture.BackendAsync(address, 9100, context => context.Response.WriteAsync("another port"));
        Assert.Equal("another port", await http.GetStringAsync("/api/v1/nodes/http:c-node-001:9100/proxy/"));
    }

    private async Task BackendAsync(string pod, int index, int port, RequestDelegate handle, string? app = null)
    {
        await fixture.BackendAsync(fixture.Addresses.Pod(0, index), port, handle);
        await fixture.PodAsync(pod, fixture.Addresses.Pod(0, index), port, app ?? pod);
    }

    private Task ServiceAsync(string name, string port) => fixture.ApplyAsync($$"""
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"{{name}}","namespace":"space"},"spec":{"selector":{"app":"{{name}}"},"ports":[{{port}}]} }
        """);

    private async Task<(HttpStatusCode, string?)> RefusalAsync(string path)
    {
        using var http = fixture.HttpAsAdmin();
        using var response = await http.GetAsync(path);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync()).Text("message"));
    }
}
