using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>
/// The kubelets of several nodes in one server: which node is asked follows from the address the request came in at, never from its path.
/// Answers only callers with a client certificate of the API server's.
/// </summary>
public sealed class KubeletServer : IAsyncDisposable
{
    /// <summary>The kubelet's port.</summary>
    public const int Port = 10250;

    private readonly ConcurrentDictionary<IPAddress, KubeletExposition> _nodes;
    private readonly Func<string, IReadOnlyList<JsonObject>> _podsOf;
    private readonly CertificateAuthority _authority = new("kubelet");
    private WebServer? _server;

    private KubeletServer(string cluster, IReadOnlyDictionary<IPAddress, string> nodes, Func<string, IReadOnlyList<JsonObject>> podsOf)
    {
        _nodes = new(nodes.Select(pair => KeyValuePair.Create(pair.Key, new KubeletExposition(cluster, pair.Value))));
        _podsOf = podsOf;
    }

    /// <summary>Starts the kubelets.</summary>
    /// <param name="cluster">The cluster's name.</param>
    /// <param name="nodes">The nodes' names by address.</param>
    /// <param name="clients">Who signs the certificates of callers that are let in.</param>
    /// <param name="podsOf">The pods that are bound to a node.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <exception cref="IOException">An address is taken.</exception>
    public static async Task<KubeletServer> StartAsync(
        string cluster, IReadOnlyDictionary<IPAddress, string> nodes, CertificateAuthority clients,
        Func<string, IReadOnlyList<JsonObject>> podsOf, CancellationToken cancellation = default)
    {
        var kubelets = new KubeletServer(cluster, nodes, podsOf);
        var https = new HttpsConnectionAdapterOptions
        {
            ServerCertificate = kubelets._authority.IssueServer("kubelet", nodes.Keys, nodes.Values),
            ClientCertificateMode = ClientCertificateMode.AllowCertificate,
            ClientCertificateValidation = (certificate, _, _) => clients.Signed(certificate),
        };
        kubelets._server = await WebServer.StartAsync(options =>
        {
            foreach (var address in nodes.Keys)
            {
                options.Listen(address, Port, listen =>
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
        _authority.Dispose();
    }

    private Task HandleAsync(HttpContext context)
    {
        if (!_nodes.TryGetValue(context.Connection.LocalIpAddress!, out var node))
        {
            context.Abort();
            return Task.CompletedTask;
        }
        if (context.Connection.ClientCertificate is null)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return context.Response.WriteAsync("Unauthorized", context.RequestAborted);
        }
        switch (context.Request.Path.Value)
        {
            case "/metrics":
                context.Response.ContentType = Exposition.ContentType;
                return context.Response.WriteAsync(node.Metrics(_podsOf(node.Node)), context.RequestAborted);
            case "/metrics/cadvisor":
                context.Response.ContentType = Exposition.ContentType;
                return context.Response.WriteAsync(node.Cadvisor(_podsOf(node.Node)), context.RequestAborted);
            case "/healthz":
                return context.Response.WriteAsync("ok", context.RequestAborted);
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return context.Response.WriteAsync("404 page not found\n", context.RequestAborted);
        }
    }
}
