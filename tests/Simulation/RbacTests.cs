using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Tests.Simulation;

public sealed class RbacTests(ApiServerFixture fixture) : IClassFixture<ApiServerFixture>
{
    private const string Pods = "/api/v1/namespaces/space/pods";
    private static int s_accounts;

    [Theory]
    [InlineData("""{"apiGroups":[""],"resources":["pods"],"verbs":["list"]}""", Pods, 200)]
    [InlineData("""{"apiGroups":[""],"resources":["pods"],"verbs":["get","watch"]}""", Pods, 403)]
    [InlineData("""{"apiGroups":[""],"resources":["pods"],"verbs":["list"]}""", Pods + "?watch=true&timeoutSeconds=1", 403)]
    [InlineData("""{"apiGroups":[""],"resources":["pods"],"verbs":["watch"]}""", Pods + "?watch=true&timeoutSeconds=1", 200)]
    [InlineData("""{"apiGroups":[""],"resources":["pods"],"verbs":["list"]}""", "/api/v1/namespaces/default/pods", 403)]
    [InlineData("""{"apiGroups":[""],"resources":["pods"],"verbs":["list"]}""", "/api/v1/pods", 403)]
    [InlineData("""{"apiGroups":["apps"],"resources":["pods"],"verbs":["list"]}""", Pods, 403)]
    [InlineData("""{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}""", Pods, 200)]
    [InlineData("""{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}""", "/api/v1/namespaces/space/secrets", 200)]
    [InlineData("""{"apiGroups":["apps"],"resources":["daemonsets"],"verbs":["list"]}""", "/apis/apps/v1/namespaces/space/daemonsets", 200)]
    [InlineData("""{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}""", Pods + "/http:absent:9100/proxy/metrics", 403)]
    [InlineData("""{"apiGroups":[""],"resources":["pods/proxy"],"verbs":["create","list"]}""", Pods + "/http:absent:9100/proxy/metrics", 403)]
    [InlineData("""{"apiGroups":[""],"resources":["pods/proxy"],"verbs":["get"]}""", Pods + "/http:absent:9100/proxy/metrics", 404)]
    [InlineData("""{"apiGroups":[""],"resources":["*/proxy"],"verbs":["get"]}""", Pods + "/http:absent:9100/proxy/metrics", 404)]
    [InlineData("""{"apiGroups":[""],"resources":["pods/proxy"],"verbs":["get"],"resourceNames":["http:absent:9100"]}""", Pods + "/http:absent:9100/proxy/metrics", 404)]
    [InlineData("""{"apiGroups":[""],"resources":["pods/proxy"],"verbs":["get"],"resourceNames":["absent"]}""", Pods + "/http:absent:9100/proxy/metrics", 403)]
    [InlineData("""{"apiGroups":[""],"resources":["secrets"],"verbs":["list"],"resourceNames":["one"]}""", "/api/v1/namespaces/space/secrets", 403)]
    [InlineData("""{"apiGroups":[""],"resources":["secrets"],"verbs":["list"],"resourceNames":["one"]}""", "/api/v1/namespaces/space/secrets?fieldSelector=metadata.name%3Done", 200)]
    public async Task Role_OneRule_AllowsExactlyThat(string rule, string path, int expected) => Assert.Equal(expected, await StatusAsync(rule, path, cluster: false));

    [Theory]
    [InlineData("""{"nonResourceURLs":["/metrics"],"verbs":["get"]}""", "/metrics", 200)]
    [InlineData("""{"nonResourceURLs":["/metr*"],"verbs":["get"]}""", "/metrics", 200)]
    [InlineData("""{"nonResourceURLs":["/metrics/*"],"verbs":["get"]}""", "/metrics", 403)]
    [InlineData("""{"nonResourceURLs":["/metrics"],"verbs":["post"]}""", "/metrics", 403)]
    [InlineData("""{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}""", "/metrics", 403)]
    [InlineData("""{"apiGroups":[""],"resources":["nodes"],"verbs":["list"]}""", "/api/v1/nodes", 200)]
    [InlineData("""{"apiGroups":[""],"resources":["nodes/metrics","nodes/stats","nodes"],"verbs":["get"]}""", "/api/v1/nodes/absent/proxy/metrics", 403)]
    [InlineData("""{"apiGroups":[""],"resources":["nodes/proxy"],"verbs":["get"]}""", "/api/v1/nodes/absent/proxy/metrics", 404)]
    [InlineData("""{"apiGroups":[""],"resources":["pods"],"verbs":["list"]}""", "/api/v1/namespaces/default/pods", 200)]
    [InlineData("""{"apiGroups":[""],"resources":["pods"],"verbs":["list"]}""", "/version", 200)]
    [InlineData("""{"apiGroups":[""],"resources":["pods"],"verbs":["list"]}""", "/apis/apps/v1", 200)]
    public async Task ClusterRole_OneRule_AllowsExactlyThat(string rule, string path, int expected) => Assert.Equal(expected, await StatusAsync(rule, path, cluster: true));

    [Theory]
    [InlineData("/version", 200)]
    [InlineData("/healthz", 200)]
    [InlineData("/api", 403)]
    [InlineData("/metrics", 403)]
    [InlineData("/api/v1/nodes", 403)]
    public async Task Anonymous_MayReadOnlyWhatIsPublic(string path, int expected)
    {
        using var http = fixture.Http(null);
        using var response = await http.GetAsync(path);
        Assert.Equal(expected, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("/api/v1/namespaces/space/pods/http:x:9100/proxy/metrics", "pods \"http:x:9100\" is forbidden: User \"system:anonymous\" cannot get resource \"pods/proxy\" in API group \"\" in the namespace \"space\"")]
    [InlineData("/apis/apps/v1/daemonsets", "daemonsets.apps is forbidden: User \"system:anonymous\" cannot list resource \"daemonsets\" in API group \"apps\" at the cluster scope")]
    [InlineData("/metrics", "forbidden: User \"system:anonymous\" cannot get path \"/metrics\"")]
    public async Task Refusal_SaysWhatTheRealServerSays(string path, string message)
    {
        using var http = fixture.Http(null);
        var status = JsonNode.Parse(await (await http.GetAsync(path)).Content.ReadAsStringAsync());
        Assert.Equal(message, status.Text("message"));
        Assert.Equal("Forbidden", status.Text("reason"));
        Assert.Equal(403, status.Number("code"));
    }

    [Fact]
    public async Task Binding_Deleted_NoLongerAllows()
    {
        var token = await fixture.AccountAsync("fleeting");
        await fixture.GrantAsync("fleeting", """[{"apiGroups":[""],"resources":["pods"],"verbs":["list"]}]""");
        using var http = fixture.Http(token);
        Assert.Equal(200, (int)(await http.GetAsync(Pods)).StatusCode);
        await fixture.Admin.DeleteAsync(KubeKind.RoleBinding, "space", "fleeting");
        Assert.Equal(403, (int)(await http.GetAsync(Pods)).StatusCode);
    }

    private async Task<int> StatusAsync(string rule, string path, bool cluster)
    {
        var account = $"account-{Interlocked.Increment(ref s_accounts)}";
        var token = await fixture.AccountAsync(account);
        await fixture.GrantAsync(account, $"[{rule}]", cluster);
        using var http = fixture.Http(token);
        using var response = await http.GetAsync(path);
        return (int)response.StatusCode;
    }
}
