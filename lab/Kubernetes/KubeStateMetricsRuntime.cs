using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>
/// Runs <c>kube-state-metrics</c> containers in-process. Like the real one it reads the API with its own service account, so what its
/// ClusterRole does not allow is missing from its metrics.
/// </summary>
/// <param name="server">The API server's address.</param>
/// <param name="caCertificate">The CA of that server, PEM, at the time of asking.</param>
/// <param name="admin">A client that may request tokens for service accounts.</param>
public sealed class KubeStateMetricsRuntime(Uri server, Func<string> caCertificate, KubeClient admin) : IContainerRuntime
{
    /// <inheritdoc/>
    public async Task<IAsyncDisposable> StartAsync(ContainerContext container, CancellationToken cancellation)
    {
        var account = container.Pod.Text("spec", "serviceAccountName") ?? "default";
        var token = await admin.RequestTokenAsync(container.Pod.Namespace()!, account, cancellation);
        var instance = new Instance(
            new KubeClient(server, caCertificate(), token), Kinds(Argument(container, "--resources")), container.Arguments.Contains("--enable-gzip-encoding"));
        try
        {
            await instance.ListenAsync(container.PodAddress, Port(container, "--port", 8080), Port(container, "--telemetry-port", 8081), cancellation);
            return instance;
        }
        catch
        {
            await instance.DisposeAsync();
            throw;
        }
    }

    private static int Port(ContainerContext container, string option, int standard) =>
        int.TryParse(Argument(container, option), CultureInfo.InvariantCulture, out var port) ? port : standard;

    private static string? Argument(ContainerContext container, string option) =>
        container.Arguments.LastOrDefault(argument => argument.StartsWith(option + "=", StringComparison.Ordinal))?[(option.Length + 1)..];

    private static IEnumerable<KubeKind> Kinds(string? resources) =>
        KubeStateExposition.Kinds.Where(kind => resources is null || resources.Split(',', StringSplitOptions.TrimEntries).Contains(kind.Plural));

    /// <param name="client">Reads the API.</param>
    /// <param name="kinds">What is told of.</param>
    /// <param name="compresses">Whether the objects' metrics are compressed, unlike usually; its own always are.</param>
    private sealed class Instance(KubeClient client, IEnumerable<KubeKind> kinds, bool compresses) : IAsyncDisposable
    {
        private readonly Dictionary<KubeKind, ObjectCache> _caches = kinds.ToDictionary(kind => kind, kind => new ObjectCache(client, kind));
        private readonly double _started = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
        private WebServer? _server;

        public async Task ListenAsync(IPAddress address, int port, int telemetryPort, CancellationToken cancellation) =>
            _server = await WebServer.StartAsync(options =>
            {
                options.Listen(address, port);
                if (telemetryPort != port) options.Listen(address, telemetryPort);
            }, context => HandleAsync(context, telemetryPort), cancellation);

        public async ValueTask DisposeAsync()
        {
            if (_server is not null) await _server.DisposeAsync();
            foreach (var cache in _caches.Values) await cache.DisposeAsync();
            client.Dispose();
        }

        private Task HandleAsync(HttpContext context, int telemetryPort)
        {
            var own = context.Connection.LocalPort == telemetryPort;
            switch (context.Request.Path.Value)
            {
                case "/metrics":
                    return own ? Telemetry().AnswerAsync(context) : KubeStateExposition.Write(_caches).AnswerAsync(context, compresses);
                case "/healthz" or "/livez" or "/readyz":
                    return context.Response.WriteAsync("OK", context.RequestAborted);
                default:
                    context.Response.StatusCode = 404;
                    return Task.CompletedTask;
            }
        }

        private Exposition Telemetry()
        {
            var exposition = new Exposition();
            exposition.Family("kube_state_metrics_build_info", "gauge", "A metric with a constant '1' value labeled by version, revision, branch, goversion from which kube_state_metrics was built, and the goos and goarch for the build.")
                .Sample(1, ("branch", ""), ("goarch", "amd64"), ("goos", "linux"), ("goversion", "go1.24.5"), ("revision", ""), ("version", "v2.19.0"));
            exposition.Family("kube_state_metrics_list_total", "counter", "Number of total resource list in kube-state-metrics");
            foreach (var (kind, cache) in _caches)
                exposition.Sample(1, ("resource", $"*{kind.ApiVersion}.{kind.Name}"), ("result", cache.Filled.IsCompletedSuccessfully ? "success" : "error"));
            ProcessMetrics.Write(exposition, _started);
            return exposition;
        }
    }
}
