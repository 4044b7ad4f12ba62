using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Validation;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>
/// A Kubernetes API server with its controllers, in memory: TLS with a CA of its own, bearer tokens, RBAC, list and watch, and the proxies.
/// Objects, address and credentials outlive <see cref="StopAsync"/>.
/// </summary>
public sealed class SimulatedApiServer : IAsyncDisposable
{
    private readonly ObjectStore _store = new();
    private readonly ServiceAccountTokens _tokens;
    private readonly Rbac _rbac;
    private readonly ResourceHandler _resources;
    private readonly WatchHandler _watches;
    private readonly ProxyHandler _proxy;
    private readonly ApiServerMetrics _metrics;
    private readonly Controllers _controllers;
    private readonly SentBytes _sent = new();
    private CertificateAuthority _authority = new("kubernetes");
    private X509Certificate2 _certificate;
    private WebServer? _server;

    /// <param name="endpoints">Where it listens, always the same: one for each member of the control plane, which all answer with the same objects.</param>
    public SimulatedApiServer(params ImmutableArray<IPEndPoint> endpoints)
    {
        Endpoints = endpoints;
        _certificate = IssueCertificate();
        _tokens = new ServiceAccountTokens(_store);
        _rbac = new Rbac(_store);
        _resources = new ResourceHandler(_store, _tokens, new Reviews(UserOf, _rbac));
        _watches = new WatchHandler(_store);
        _proxy = new ProxyHandler(_store, KubeletClientAuthority.IssueClient("kube-apiserver-kubelet-client", "system:masters"));
        _metrics = new ApiServerMetrics(_store);
        Bootstrap.Fill(_store, endpoints);
        _controllers = new Controllers(_store, _tokens, () => CaCertificate);
    }

    /// <summary>The server's https address.</summary>
    public Uri Address => new($"https://{Endpoints[0]}");

    /// <summary>Where the members of the control plane listen.</summary>
    public ImmutableArray<IPEndPoint> Endpoints { get; }

    /// <summary>The CA that signed the server's certificate, PEM.</summary>
    public string CaCertificate => _authority.CertificatePem;

    /// <summary>Signs the certificate with which the server shows itself to kubelets.</summary>
    public CertificateAuthority KubeletClientAuthority { get; } = new("kubelet-clients");

    /// <summary>The token of an administrator (group <c>system:masters</c>).</summary>
    public SecretText AdminToken { get; } = new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24)));

    /// <summary>What is wrong with this server.</summary>
    public Faults Faults { get; } = new();

    /// <summary>How often a watch that asked for bookmarks gets one. Default one minute.</summary>
    public TimeSpan BookmarkInterval
    {
        get => _watches.BookmarkInterval;
        set => _watches.BookmarkInterval = value;
    }

    /// <summary>Listens.</summary>
    /// <exception cref="IOException">The address is taken.</exception>
    public async Task StartAsync(CancellationToken cancellation = default) =>
        _server ??= await WebServer.StartAsync(
            options =>
            {
                foreach (var endpoint in Endpoints) options.Listen(endpoint, listen => listen.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificateSelector = (_, _) => _certificate }));
            },
            HandleAsync, cancellation);

    /// <summary>Drops every connection and stops listening; nothing is forgotten.</summary>
    public async Task StopAsync()
    {
        if (_server is { } server) await server.DisposeAsync();
        _server = null;
    }

    /// <summary>Replaces the CA and the server's certificate. Secrets and ConfigMaps get the new CA; clients must reconnect.</summary>
    public async Task RotateCaAsync()
    {
        using var old = _authority;
        _authority = new CertificateAuthority("kubernetes");
        _certificate = IssueCertificate();
        _controllers.WakeUp();
        if (_server is null) return;
        await StopAsync();
        await StartAsync();
    }

    /// <summary>Stores an object as it stands, its status included and without asking anybody: for clusters that are full from the start.</summary>
    internal void Put(JsonObject obj)
    {
        var kind = KubeKind.Of(obj);
        _store.Write(kind, obj.Namespace(), obj.Name(), _ => obj);
    }

    /// <summary>Makes every watch from an older version fail with 410 Gone, as after a restart of the real server.</summary>
    public void ForgetWatchHistory() => _store.ForgetHistory();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _controllers.DisposeAsync();
        _proxy.Dispose();
        _certificate.Dispose();
        _authority.Dispose();
        KubeletClientAuthority.Dispose();
    }

    private X509Certificate2 IssueCertificate() =>
        _authority.IssueServer("kube-apiserver", Endpoints.Select(endpoint => endpoint.Address), "kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost");

    private async Task HandleAsync(HttpContext context)
    {
        var request = RequestInfo.Parse(context.Request);
        var measurement = _metrics.Begin(request);
        try
        {
            if (Faults.Delay is { Ticks: > 0 } delay) await Task.Delay(delay, context.RequestAborted);
            if (Faults.Status is > 0 and var status) throw new StatusException(status, "InternalError", "an error made on purpose");
            if (request.Verb is "list" or "watch") _sent.Count(context);
            var user = Authenticate(context.Request);
            _rbac.Authorize(user, request);
            await ServeAsync(context, user, request);
        }
        catch (StatusException refusal) when (!context.Response.HasStarted)
        {
            await ResourceHandler.WriteAsync(context, refusal.Code, refusal.ToStatus());
        }
        catch (Exception error) when (context.RequestAborted.IsCancellationRequested || (context.Response.HasStarted && error is IOException or HttpRequestException))
        {
            // Either side went away in the middle of an answer; the other one must see that it is incomplete.
            context.Abort();
        }
        finally
        {
            measurement.End(context.Response.StatusCode);
        }
    }

    private User Authenticate(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.Length == 0) return User.Anonymous;
        var token = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : "";
        var user = UserOf(token);
        _metrics.CountAuthentication(user is not null);
        return user ?? throw StatusException.Unauthorized();
    }

    private User? UserOf(string token) => token == AdminToken.Reveal() ? User.Admin : _tokens.Check(token);

    /// <summary>Which member was asked. Real ones differ in their counters; these share them.</summary>
    private static Exposition Identified(Exposition metrics, ConnectionInfo connection) => metrics
        .Family("lab_apiserver_identity", "gauge", "The member of the control plane that was asked, known from the connection and never from a request.")
        .Sample(1, ("member", new IPEndPoint(connection.LocalIpAddress!, connection.LocalPort).ToString()));

    private Task ServeAsync(HttpContext context, User user, RequestInfo request)
    {
        if (request.IsResource)
        {
            return request.Subresource == "proxy" ? _proxy.HandleAsync(context, request)
                : request.Verb == "watch" ? _watches.HandleAsync(context, request)
                : _resources.HandleAsync(context, user, request);
        }
        switch (request.Path)
        {
            case "/metrics":
                return _sent.Write(Identified(_metrics.Write(), context.Connection)).AnswerAsync(context);
            case "/healthz" or "/livez" or "/readyz":
                context.Response.ContentType = "text/plain; charset=utf-8";
                return context.Response.WriteAsync("ok", context.RequestAborted);
            default:
                return ResourceHandler.WriteAsync(context, 200, Discovery.Answer(request.Path) ?? throw StatusException.UnknownPath());
        }
    }
}
