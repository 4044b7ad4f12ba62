using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>The API server's proxies to nodes, pods and services, with the real one's manners.</summary>
/// <param name="store">Where nodes, pods, services and endpoints are looked up.</param>
/// <param name="kubeletClient">The certificate shown to kubelets; pods and services are shown nothing.</param>
internal sealed class ProxyHandler(ObjectStore store, X509Certificate2 kubeletClient) : IDisposable
{
    private static readonly HashSet<string> NotPassedOn = new(StringComparer.OrdinalIgnoreCase)
    {
        "Authorization", "Connection", "Host", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
    };

    private readonly HttpMessageInvoker _kubelets = Client(kubeletClient);
    private readonly HttpMessageInvoker _others = Client(null);

    public async Task HandleAsync(HttpContext context, RequestInfo request)
    {
        var (scheme, name, port) = Split(request);
        if (request is not { Group: "", Version: "v1" }) throw StatusException.UnknownPath();
        var backend = request.Resource switch
        {
            "nodes" => Node(scheme, name, port),
            "pods" => Pod(request.Namespace, scheme, name, port),
            "services" => Service(request.Namespace, scheme, request.Name, name, port),
            _ => throw StatusException.UnknownPath(),
        };
        if (!int.TryParse(backend.Port, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            // The real server builds an address from it that cannot be dialled, and drops the stream.
            context.Abort();
            return;
        }
        await ForwardAsync(context, request, backend);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _kubelets.Dispose();
        _others.Dispose();
    }

    private static (string Scheme, string Name, string Port) Split(RequestInfo request)
    {
        var (scheme, name, port) = request.Name.Split(':') switch
        {
            [var only] => ("", only, ""),
            [var host, var its] => ("", host, its),
            [("" or "http" or "https") and var with, var host, var its] => (with, host, its),
            _ => ("", "", ""),
        };
        return name.Length > 0 ? (scheme, name, port) : throw StatusException.BadRequest($"invalid {request.Resource.TrimEnd('s')} request \"{request.Name}\"");
    }

    private Backend Node(string scheme, string name, string port)
    {
        var node = store.Get(KubeKind.Node, null, name) ?? throw StatusException.NotFound("nodes", name);
        var address = node.Objects("status", "addresses").FirstOrDefault(entry => entry.Text("type") == "InternalIP").Text("address")
            ?? throw StatusException.Unavailable($"node {name} has no address");
        var kubelet = (node.Number("status", "daemonEndpoints", "kubeletEndpoint", "Port") ?? 10250).ToString(CultureInfo.InvariantCulture);
        return port.Length == 0 || port == kubelet
            ? new Backend(_kubelets, "https", address, kubelet)
            : new Backend(_others, scheme, address, port);
    }

    private Backend Pod(string ns, string scheme, string name, string port)
    {
        var pod = store.Get(KubeKind.Pod, ns, name) ?? throw StatusException.NotFound("pods", name);
        var address = pod.Text("status", "podIP") ?? throw StatusException.BadRequest("address not allowed");
        if (port.Length == 0)
        {
            var declared = pod.Objects("spec", "containers").SelectMany(container => container.Objects("ports")).FirstOrDefault().Number("containerPort");
            port = (declared ?? (scheme == "https" ? 443 : 80)).ToString(CultureInfo.InvariantCulture);
        }
        return new Backend(_others, scheme, address, port);
    }

    private Backend Service(string ns, string scheme, string segment, string name, string port)
    {
        var service = store.Get(KubeKind.Service, ns, name) ?? throw StatusException.NotFound("services", name);
        if (int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            var declared = service.Objects("spec", "ports").FirstOrDefault(entry => entry.Number("port") == number)
                ?? throw StatusException.Unavailable($"no service port {number} found for service \"{name}\"");
            port = declared.Text("name") ?? "";
        }
        var candidates = (
            from subset in (store.Get(KubeKind.Endpoints, ns, name) ?? []).Objects("subsets")
            from entry in subset.Objects("ports")
            where (entry.Text("name") ?? "") == port
            from address in subset.Objects("addresses")
            select new Backend(_others, scheme, address.Text("ip") ?? "", (entry.Number("port") ?? 0).ToString(CultureInfo.InvariantCulture))).ToArray();
        return candidates.Length > 0
            ? candidates[Random.Shared.Next(candidates.Length)]
            : throw StatusException.Unavailable($"no endpoints available for service \"{segment}\"");
    }

    private static async Task ForwardAsync(HttpContext context, RequestInfo request, Backend backend)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var scheme = backend.Scheme.Length > 0 ? backend.Scheme : "http";
        using var message = new HttpRequestMessage(new HttpMethod(context.Request.Method), $"{scheme}://{backend.Address}:{backend.Port}{Rest(target, request.SegmentsBeforeRest)}");
        if (context.Request.ContentLength > 0 || context.Request.Headers.TransferEncoding.Count > 0) message.Content = new StreamContent(context.Request.Body);
        foreach (var (key, values) in context.Request.Headers)
        {
            if (NotPassedOn.Contains(key) || key.StartsWith(':')) continue;
            if (!message.Headers.TryAddWithoutValidation(key, (IEnumerable<string?>)values)) message.Content?.Headers.TryAddWithoutValidation(key, (IEnumerable<string?>)values);
        }
        message.Headers.TryAddWithoutValidation("X-Forwarded-Uri", target);
        message.Headers.TryAddWithoutValidation("X-Forwarded-Host", context.Request.Host.Value);
        message.Headers.TryAddWithoutValidation("X-Forwarded-Proto", "https");

        HttpResponseMessage response;
        try
        {
            response = await backend.Client.SendAsync(message, context.RequestAborted);
        }
        catch (HttpRequestException error)
        {
            throw StatusException.Unavailable($"error trying to reach service: {error.InnerException?.Message ?? error.Message}");
        }
        using (response)
        {
            context.Response.StatusCode = (int)response.StatusCode;
            foreach (var (key, values) in response.Headers.Concat(response.Content.Headers))
                if (!NotPassedOn.Contains(key))
                    context.Response.Headers[key] = values.ToArray();
            await using var body = await response.Content.ReadAsStreamAsync(context.RequestAborted);
            var buffer = new byte[32 * 1024];
            // Flushed piece by piece: what the backend streams must not wait for its end.
            while (await body.ReadAsync(buffer, context.RequestAborted) is > 0 and var read)
            {
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
    }

    /// <summary>What follows the first <paramref name="segments"/> segments of a raw path, query included, exactly as it was sent.</summary>
    private static string Rest(string target, int segments)
    {
        var position = 0;
        for (var i = 0; i <= segments; i++)
        {
            position = target.AsSpan(position).IndexOfAny('/', '?') is >= 0 and var found ? position + found : target.Length;
            if (position == target.Length || target[position] == '?' || i == segments) break;
            position++;
        }
        var rest = target[position..];
        return rest.StartsWith('/') ? rest : "/" + rest;
    }

    private static HttpMessageInvoker Client(X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false, UseCookies = false, AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(30),
            // Removed nodes and pods give their addresses away.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90),
        };
        // Like the real one, which does not verify kubelets' self-signed certificates unless told to.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        if (certificate is not null) handler.SslOptions.ClientCertificates = [certificate];
        return new HttpMessageInvoker(handler);
    }

    private sealed record Backend(HttpMessageInvoker Client, string Scheme, string Address, string Port);
}
