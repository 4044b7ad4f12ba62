using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Simulation;
using FleetPrometheus.Validation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace FleetPrometheus.Tests.Simulation;

/// <summary>A running simulated API server with the namespace <c>space</c>, and means to talk to it as anybody.</summary>
public sealed class ApiServerFixture : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _backends = [];

    public AddressPlan Addresses { get; } = AddressPlan.Loopback(1);

    public SimulatedApiServer Server { get; private set; } = null!;

    public KubeClient Admin { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Server = new SimulatedApiServer(Addresses.ApiServer(0));
        await Server.StartAsync();
        Admin = new KubeClient(Server.Address, Server.CaCertificate, Server.AdminToken);
        await ApplyAsync("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"space"}}""");
    }

    public async Task DisposeAsync()
    {
        foreach (var backend in _backends) await backend.DisposeAsync();
        Admin.Dispose();
        await Server.DisposeAsync();
        Addresses.Dispose();
    }

    public Task<JsonObject> ApplyAsync(string json) => Admin.ApplyAsync((JsonObject)JsonNode.Parse(json)!);

    /// <summary>A service account of <c>space</c> with a token from a Secret of its own.</summary>
    public async Task<SecretText> AccountAsync(string name)
    {
        await ApplyAsync($$"""{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"{{name}}","namespace":"space"} }""");
        await ApplyAsync($$"""
            {"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/service-account-token",
             "metadata":{"name":"{{name}}-token","namespace":"space","annotations":{"kubernetes.io/service-account.name":"{{name}}"} } }
            """);
        var secret = await Admin.WaitForAsync(KubeKind.Secret, "space", $"{name}-token", secret => secret.Text("data", "token") is not null, TimeSpan.FromSeconds(5));
        return new SecretText(Encoding.UTF8.GetString(Convert.FromBase64String(secret.Text("data", "token")!)));
    }

    /// <summary>Grants the rules to an account by a Role in <c>space</c>, or by a ClusterRole.</summary>
    public async Task GrantAsync(string account, string rules, bool cluster = false)
    {
        var prefix = cluster ? "Cluster" : "";
        var where = cluster ? "" : ""","namespace":"space" """;
        await ApplyAsync($$"""{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"{{prefix}}Role","metadata":{"name":"{{account}}"{{where}}},"rules":{{rules}}}""");
        await ApplyAsync($$"""
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"{{prefix}}RoleBinding","metadata":{"name":"{{account}}"{{where}}},
             "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"{{prefix}}Role","name":"{{account}}"},
             "subjects":[{"kind":"ServiceAccount","name":"{{account}}","namespace":"space"}]}
            """);
    }

    public HttpClient Http(SecretText? token)
    {
        // The certificate is KubeClient's concern; here it is about what is answered.
        var client = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } }) { BaseAddress = Server.Address };
        if (token is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
        return client;
    }

    public HttpClient HttpAsAdmin() => Http(Server.AdminToken);

    /// <summary>A plain HTTP server behind the proxies.</summary>
    public async Task BackendAsync(IPAddress address, int port, RequestDelegate handle)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.Listen(address, port));
        var application = builder.Build();
        application.Run(handle);
        await application.StartAsync();
        _backends.Add(application);
    }

    /// <summary>A ready pod in <c>space</c> at an address.</summary>
    public async Task PodAsync(string name, IPAddress address, int port, string app)
    {
        await ApplyAsync($$"""
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{name}}","namespace":"space","labels":{"app":"{{app}}"} },
             "spec":{"containers":[{"name":"main","image":"main:1","ports":[{"name":"metrics","containerPort":{{port}}}]}]} }
            """);
        await Admin.PatchStatusAsync(KubeKind.Pod, "space", name, (JsonObject)JsonNode.Parse($$"""
            {"phase":"Running","podIP":"{{address}}","conditions":[{"type":"Ready","status":"True"}]}
            """)!);
    }
}
