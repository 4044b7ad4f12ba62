using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Validation;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Caching.Memory;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>A refusal in the kubelet's words.</summary>
internal sealed class KubeletRefusal(int code, string message) : Exception(message)
{
    public int Code => code;
}

/// <summary>
/// Who gets in at a kubelet in webhook mode, without anonymous access: callers with the API server's client certificate, and those
/// whose bearer token the API server knows and whom it allows what they ask for.
/// </summary>
internal sealed class KubeletAccess(KubeClient apiServer) : IDisposable
{
    // Minutes in a real kubelet; here a revoked token or right is to be seen soon.
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(5);

    private readonly MemoryCache _answers = new(new MemoryCacheOptions());

    /// <summary>Lets the request pass or not.</summary>
    /// <param name="request">The request.</param>
    /// <param name="node">The kubelet's node.</param>
    /// <exception cref="KubeletRefusal">401 or 403; 500 when the API server cannot be asked about the right.</exception>
    public async Task AuthorizeAsync(HttpRequest request, string node)
    {
        if (request.HttpContext.Connection.ClientCertificate is not null) return;
        var user = await UserAsync(request) ?? throw new KubeletRefusal(StatusCodes.Status401Unauthorized, "Unauthorized");
        var name = user.Text("username") ?? "";
        var verb = VerbOf(request.Method);
        var subresource = SubresourceOf(request.Path);
        bool allowed;
        try
        {
            allowed = await AskOnceAsync((name, node, verb, subresource), () => apiServer.IsAllowedAsync(user, verb, "nodes", subresource, node));
        }
        catch (Exception error) when (error is HttpRequestException or KubeException or OperationCanceledException)
        {
            throw new KubeletRefusal(StatusCodes.Status500InternalServerError, $"Authorization error (user={name}, verb={verb}, resource=nodes, subresource={subresource})");
        }
        if (!allowed)
            throw new KubeletRefusal(StatusCodes.Status403Forbidden, $"Forbidden (user={name}, verb={verb}, resource=nodes, subresource(s)=[{subresource}])");
    }

    /// <inheritdoc/>
    public void Dispose() => _answers.Dispose();

    /// <summary>Who sent it; null for nobody known. An API server that cannot be asked knows nobody.</summary>
    private async Task<JsonObject?> UserAsync(HttpRequest request)
    {
        if (!AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var header) || header is not { Scheme: "Bearer", Parameter.Length: > 0 }) return null;
        try
        {
            return await AskOnceAsync(header.Parameter, () => apiServer.UserOfAsync(new SecretText(header.Parameter)));
        }
        catch (Exception error) when (error is HttpRequestException or KubeException or OperationCanceledException)
        {
            return null;
        }
    }

    private Task<T?> AskOnceAsync<T>(object question, Func<Task<T>> ask) => _answers.GetOrCreateAsync(question, entry =>
    {
        entry.AbsoluteExpirationRelativeToNow = Remembered;
        return ask();
    });

    private static string VerbOf(string method) => method switch
    {
        "POST" => "create",
        "PUT" => "update",
        _ => method.ToLowerInvariant(),
    };

    // Reading metrics has a right of its own, which the general one does not contain; everything else here needs the general one.
    private static string SubresourceOf(PathString path) => path.StartsWithSegments("/metrics", StringComparison.Ordinal) ? "metrics" : "proxy";
}
