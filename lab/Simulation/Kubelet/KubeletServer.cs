using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>What the kubelets of one cluster have in common; everything stays the caller's.</summary>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="ApiServer">A client of their API server that may review tokens and access.</param>
/// <param name="Clients">Signs the certificate with which the API server shows itself to them.</param>
/// <param name="Authority">Signs their own certificates; as with most clusters not the CA of the API server.</param>
/// <param name="PodsOf">The pods that are bound to a node.</param>
public sealed record KubeletOptions(
    string Cluster, KubeClient ApiServer, CertificateAuthority Clients, CertificateAuthority Authority, Func<string, IReadOnlyList<JsonObject>> PodsOf);

/// <summary>
/// The kubelets of several nodes in one server: which node is asked follows from the address the request came in at, never from its path.
/// Lets callers in as a real one in webhook mode does.
/// </summary>
public sealed class KubeletServer : IAsyncDisposable
{
    /// <summary>The kubelet's port.</summary>
    public const int Port = 10250;

    private readonly ConcurrentDictionary<IPAddress, KubeletExposition> _nodes;
    private readonly Func<string, IReadOnlyList<JsonObject>> _podsOf;
    private readonly KubeletAccess _access;
    private WebServer? _server;

    private KubeletServer(KubeletOptions options, IReadOnlyDictionary<IPAddress, string> nodes)
    {
        _nodes = new(nodes.Select(pair => KeyValuePair.Create(pair.Key, new KubeletExposition(options.Cluster, pair.Value))));
        _podsOf = options.PodsOf;
        _access = new KubeletAccess(options.ApiServer);
    }

    /// <summary>Starts the kubelets.</summary>
    /// <param name="options">What they have in common.</param>
    /// <param name="nodes">The nodes' names by address.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <exception cref="IOException">An address is taken.</exception>
    public static async Task<KubeletServer> StartAsync(
        KubeletOptions options, IReadOnlyDictionary<IPAddress, string> nodes, CancellationToken cancellation = default)
    {
        var kubelets = new KubeletServer(options, nodes);
        var https = new HttpsConnectionAdapterOptions
        {
            ServerCertificate = options.Authority.IssueServer("kubelet", nodes.Keys, nodes.Values),
            ClientCertificateMode = ClientCertificateMode.AllowCertificate,
            ClientCertificateValidation = (certificate, _, _) => options.Clients.Signed(certificate),
        };
        kubelets._server = await WebServer.StartAsync(server =>
        {
            foreach (var address in nodes.Keys)
            {
                server.Listen(address, Port, listen =>
                {
                    // A node that is gone answers nobody, though its neighbours in this server still do.
                    listen.Use(next => connection => kubelets._nodes.ContainsKey(address) ? next(connection) : Task.CompletedTask);
                    listen.UseHttps(https);
                });
            }
        }, kubelets.HandleAsync, cancellation);
        return kubelets;
    }

    /// <summary>Lets the node at this address fall silent.</summary>
    public bool Forget(IPAddress address) => _nodes.TryRemove(address, out _);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _access.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        if (!_nodes.TryGetValue(context.Connection.LocalIpAddress!, out var node))
        {
            context.Abort();
            return;
        }
        try
        {
            await _access.AuthorizeAsync(context.Request, node.Node);
            await ServeAsync(context, node);
        }
        catch (KubeletRefusal refusal)
        {
            context.Response.StatusCode = refusal.Code;
            await context.Response.WriteAsync(refusal.Message, context.RequestAborted);
        }
    }

    private Task ServeAsync(HttpContext context, KubeletExposition node)
    {
        switch (context.Request.Path.Value)
        {
            case "/metrics":
                return node.Metrics(_podsOf(node.Node)).AnswerAsync(context);
            case "/metrics/cadvisor":
                return node.Cadvisor(_podsOf(node.Node)).AnswerAsync(context);
            case "/healthz":
                return context.Response.WriteAsync("ok", context.RequestAborted);
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return context.Response.WriteAsync("404 page not found\n", context.RequestAborted);
        }
    }
}
