using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>What a list holds and from which version on a watch continues it.</summary>
public sealed record KubeList(IReadOnlyList<JsonObject> Items, string ResourceVersion);

/// <summary>One change reported by a watch.</summary>
/// <param name="Type"><c>ADDED</c>, <c>MODIFIED</c>, <c>DELETED</c> or <c>BOOKMARK</c>.</param>
/// <param name="Object">The object after the change; for a bookmark only its resourceVersion.</param>
public sealed record WatchEvent(string Type, JsonObject Object);

/// <summary>A small client of the Kubernetes API, for simulated and real API servers (1.20 and newer) alike.</summary>
public sealed class KubeClient : IDisposable
{
    /// <summary>The field manager of everything the lab applies.</summary>
    public const string FieldManager = "fleet-lab";

    private readonly HttpClient _http;
    private volatile X509Certificate2Collection _trusted;

    /// <param name="server">The API server's address.</param>
    /// <param name="caCertificate">The only CA that is trusted, PEM; several may follow one another.</param>
    /// <param name="token">A bearer token; or</param>
    /// <param name="clientCertificate">a client certificate with its key. Neither: anonymous.</param>
    public KubeClient(Uri server, string caCertificate, SecretText? token = null, X509Certificate2? clientCertificate = null)
    {
        Server = server;
        _trusted = Parse(caCertificate);
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.All };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsTrusted(certificate, errors);
        if (clientCertificate is not null) handler.SslOptions.ClientCertificates = [clientCertificate];
        _http = new HttpClient(handler) { BaseAddress = new Uri(server.AbsoluteUri.TrimEnd('/') + "/"), Timeout = Timeout.InfiniteTimeSpan };
        if (token is not null) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
    }

    /// <summary>The API server's address.</summary>
    public Uri Server { get; }

    /// <summary>How long one request may take, watches excepted. Default 30 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The status of the server's answer to a request whose path and query are sent as they stand, dot segments and escapes included.</summary>
    public async Task<HttpStatusCode> StatusAsync(HttpMethod method, string target, CancellationToken cancellation = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(RequestTimeout);
        var address = new Uri(Server.GetLeftPart(UriPartial.Authority) + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(method, address);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        return response.StatusCode;
    }

    /// <summary>Trusts another CA from the next connection on, as after a rotation.</summary>
    public void Trust(string caCertificate) => _trusted = Parse(caCertificate);

    /// <summary>Creates the object or makes it as given (server-side apply, conflicts overridden); returns what the server holds then.</summary>
    /// <exception cref="KubeException">The server refused.</exception>
    public Task<JsonObject> ApplyAsync(JsonObject obj, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Patch, PathToApply(obj), obj, "application/apply-patch+yaml", cancellation);

    /// <summary>Why the server would refuse to apply the object; null when it would not. Nothing is changed (a dry run).</summary>
    /// <param name="obj">The object.</param>
    /// <param name="manifest">The same as YAML, which is what is sent.</param>
    /// <param name="cancellation">Ends the request.</param>
    public async Task<string?> WhyRefusedAsync(JsonObject obj, string manifest, CancellationToken cancellation = default)
    {
        try
        {
            await SendTextAsync(HttpMethod.Patch, $"{PathToApply(obj)}&dryRun=All", manifest, "application/apply-patch+yaml", cancellation);
            return null;
        }
        catch (KubeException refusal)
        {
            return refusal.Message;
        }
    }

    /// <summary>Creates the object.</summary>
    /// <exception cref="KubeException">The server refused; 409 when it exists.</exception>
    public Task<JsonObject> CreateAsync(JsonObject obj, CancellationToken cancellation = default)
    {
        var kind = KubeKind.Of(obj);
        return SendAsync(HttpMethod.Post, kind.Path(kind.Namespaced ? obj.Namespace() ?? "default" : null), obj, "application/json", cancellation);
    }

    /// <summary>The object, or null when there is none.</summary>
    /// <exception cref="KubeException">The server refused for any reason but absence.</exception>
    public async Task<JsonObject?> GetAsync(KubeKind kind, string? ns, string name, CancellationToken cancellation = default)
    {
        try
        {
            return await SendTextAsync(HttpMethod.Get, kind.Path(ns, name), null, null, cancellation);
        }
        catch (KubeException refusal) when (refusal.Code == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>The objects of a namespace, or of all when <paramref name="ns"/> is null.</summary>
    /// <exception cref="KubeException">The server refused.</exception>
    public async Task<KubeList> ListAsync(
        KubeKind kind, string? ns = null, string? labelSelector = null, string? fieldSelector = null, CancellationToken cancellation = default)
    {
        var list = await SendTextAsync(HttpMethod.Get, kind.Path(ns) + Selectors('?', labelSelector, fieldSelector), null, null, cancellation);
        var items = list.Objects("items").Select(item => item.Copy()).ToList();
        foreach (var item in items)
        {
            // Items of a list do not repeat their kind; every other function here needs it.
            item["apiVersion"] = kind.ApiVersion;
            item["kind"] = kind.Name;
        }
        return new KubeList(items, list.Text("metadata", "resourceVersion") ?? "");
    }

    /// <summary>The changes after a version, until the server ends the watch (then list or watch again).</summary>
    /// <exception cref="KubeException">The server refused; 410 when it no longer knows that version.</exception>
    public async IAsyncEnumerable<WatchEvent> WatchAsync(
        KubeKind kind, string? ns, string resourceVersion, string? labelSelector = null, string? fieldSelector = null,
        [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var path = $"{kind.Path(ns)}?watch=true&allowWatchBookmarks=true&resourceVersion={resourceVersion}{Selectors('&', labelSelector, fieldSelector)}";
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        await ThrowIfRefused(response, cancellation);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation));
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            if (JsonNode.Parse(line) is not JsonObject change || change["object"] is not JsonObject obj) continue;
            var type = change.Text("type") ?? "";
            if (type == "ERROR") throw Refusal((HttpStatusCode)(obj.Number("code") ?? 500), obj);
            change.Remove("object");
            yield return new WatchEvent(type, obj);
        }
    }

    /// <summary>Deletes the object; false when there was none.</summary>
    /// <exception cref="KubeException">The server refused for any reason but absence.</exception>
    public async Task<bool> DeleteAsync(KubeKind kind, string? ns, string name, CancellationToken cancellation = default)
    {
        try
        {
            // Nothing outlives its pod in the lab, so there is nothing to wait a grace period for.
            await SendTextAsync(HttpMethod.Delete, kind.Path(ns, name) + (kind == KubeKind.Pod ? "?gracePeriodSeconds=0" : ""), null, null, cancellation);
            return true;
        }
        catch (KubeException refusal) when (refusal.Code == HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    /// <summary>Merges fields into the object (JSON merge patch).</summary>
    /// <exception cref="KubeException">The server refused.</exception>
    public Task<JsonObject> PatchAsync(KubeKind kind, string? ns, string name, JsonObject patch, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Patch, kind.Path(ns, name), patch, "application/merge-patch+json", cancellation);

    /// <summary>Merges fields into the object's status; lists are replaced.</summary>
    /// <param name="kind">The object's kind,</param>
    /// <param name="ns">its namespace,</param>
    /// <param name="name">and its name.</param>
    /// <param name="status">The fields.</param>
    /// <param name="uid">Which object of that name is meant; null for whichever there is.</param>
    /// <param name="cancellation">Ends the request.</param>
    /// <exception cref="KubeException">The server refused; 409 when the object of that name is another one by now.</exception>
    public Task<JsonObject> PatchStatusAsync(KubeKind kind, string? ns, string name, JsonObject status, string? uid = null, CancellationToken cancellation = default)
    {
        var patch = new JsonObject { ["status"] = status.DeepClone() };
        if (uid is not null) patch["metadata"] = new JsonObject { ["uid"] = uid };
        return SendAsync(HttpMethod.Patch, kind.Path(ns, name, "status"), patch, "application/merge-patch+json", cancellation);
    }

    /// <summary>Puts a pod on a node, as a scheduler does.</summary>
    /// <exception cref="KubeException">The server refused; 409 when the pod is bound already.</exception>
    public Task BindAsync(string ns, string pod, string node, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Post, KubeKind.Pod.Path(ns, pod, "binding"), new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Binding",
            ["metadata"] = new JsonObject { ["name"] = pod, ["namespace"] = ns },
            ["target"] = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Node", ["name"] = node },
        }, "application/json", cancellation);

    /// <summary>A token of a service account, valid for an hour, as its pods get one (TokenRequest).</summary>
    /// <exception cref="KubeException">The server refused.</exception>
    public async Task<SecretText> RequestTokenAsync(string ns, string serviceAccount, CancellationToken cancellation = default)
    {
        var request = new JsonObject
        {
            ["apiVersion"] = "authentication.k8s.io/v1",
            ["kind"] = "TokenRequest",
            ["spec"] = new JsonObject { ["expirationSeconds"] = 3600 },
        };
        var answer = await SendAsync(HttpMethod.Post, KubeKind.ServiceAccount.Path(ns, serviceAccount, "token"), request, "application/json", cancellation);
        return new SecretText(answer.Text("status", "token") ?? throw new KubeException(HttpStatusCode.OK, "", "the TokenRequest's answer holds no token"));
    }

    /// <summary>Whose token this is, with <c>username</c> and <c>groups</c> (TokenReview); null when it is nobody's.</summary>
    /// <exception cref="KubeException">The server refused.</exception>
    public async Task<JsonObject?> UserOfAsync(SecretText token, CancellationToken cancellation = default)
    {
        var answer = await SendAsync(HttpMethod.Post, "apis/authentication.k8s.io/v1/tokenreviews", new JsonObject
        {
            ["apiVersion"] = "authentication.k8s.io/v1",
            ["kind"] = "TokenReview",
            ["spec"] = new JsonObject { ["token"] = token.Reveal() },
        }, "application/json", cancellation);
        return answer.Flag("status", "authenticated") ? answer.At("status", "user") as JsonObject : null;
    }

    /// <summary>Whether a user, as <see cref="UserOfAsync"/> gives one, may do something with an object that is in no namespace (SubjectAccessReview).</summary>
    /// <exception cref="KubeException">The server refused.</exception>
    public async Task<bool> IsAllowedAsync(
        JsonObject user, string verb, string resource, string subresource, string name, CancellationToken cancellation = default)
    {
        var answer = await SendAsync(HttpMethod.Post, "apis/authorization.k8s.io/v1/subjectaccessreviews", new JsonObject
        {
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["kind"] = "SubjectAccessReview",
            ["spec"] = new JsonObject
            {
                ["user"] = user.Text("username"),
                ["groups"] = user.At("groups")?.DeepClone(),
                ["resourceAttributes"] = new JsonObject { ["verb"] = verb, ["resource"] = resource, ["subresource"] = subresource, ["name"] = name },
            },
        }, "application/json", cancellation);
        return answer.Flag("status", "allowed");
    }

    /// <summary>Whether the server serves this kind in this version; older ones lack some.</summary>
    /// <exception cref="KubeException">The server refused.</exception>
    public async Task<bool> ServesAsync(KubeKind kind, CancellationToken cancellation = default)
    {
        try
        {
            var resources = await SendTextAsync(HttpMethod.Get, kind.Root, null, null, cancellation);
            return resources.Objects("resources").Any(resource => resource.Text("name") == kind.Plural);
        }
        catch (KubeException refusal) when (refusal.Code == HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    /// <summary>Waits until the object exists and <paramref name="condition"/> holds; a server that cannot be reached is waited for, too.</summary>
    /// <exception cref="TimeoutException">It did not within <paramref name="timeout"/>.</exception>
    /// <exception cref="KubeException">The server refused for any reason but absence.</exception>
    public async Task<JsonObject> WaitForAsync(
        KubeKind kind, string? ns, string name, Predicate<JsonObject> condition, TimeSpan timeout, CancellationToken cancellation = default)
    {
        var deadline = DateTime.UtcNow + timeout;
        while (true)
        {
            try
            {
                if (await GetAsync(kind, ns, name, cancellation) is { } obj && condition(obj)) return obj;
            }
            catch (HttpRequestException) when (DateTime.UtcNow < deadline)
            {
            }
            if (DateTime.UtcNow >= deadline) throw new TimeoutException($"{kind} {ns}/{name} is not as awaited after {timeout.TotalSeconds:0.#} s");
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellation);
        }
    }

    /// <summary>The body at any path, such as <c>/metrics</c> or one behind a proxy.</summary>
    /// <exception cref="KubeException">The answer is no success.</exception>
    public async Task<string> ReadAsync(string path, CancellationToken cancellation = default)
    {
        using var timeout = Bounded(cancellation);
        using var response = await _http.GetAsync(path.TrimStart('/'), timeout.Token);
        await ThrowIfRefused(response, timeout.Token);
        return await response.Content.ReadAsStringAsync(timeout.Token);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static string PathToApply(JsonObject obj)
    {
        var kind = KubeKind.Of(obj);
        return $"{kind.Path(kind.Namespaced ? obj.Namespace() ?? "default" : null, obj.Name())}?fieldManager={FieldManager}&force=true";
    }

    private Task<JsonObject> SendAsync(HttpMethod method, string path, JsonObject body, string contentType, CancellationToken cancellation) =>
        SendTextAsync(method, path, body.ToJsonString(), contentType, cancellation);

    private async Task<JsonObject> SendTextAsync(HttpMethod method, string path, string? body, string? contentType, CancellationToken cancellation)
    {
        using var timeout = Bounded(cancellation);
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(contentType!));
        using var response = await _http.SendAsync(request, timeout.Token);
        await ThrowIfRefused(response, timeout.Token);
        return await JsonNode.ParseAsync(await response.Content.ReadAsStreamAsync(timeout.Token), cancellationToken: timeout.Token) as JsonObject
            ?? throw new KubeException(response.StatusCode, "", $"{method} {path}: the answer is no JSON object");
    }

    private CancellationTokenSource Bounded(CancellationToken cancellation)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        source.CancelAfter(RequestTimeout);
        return source;
    }

    private static async Task ThrowIfRefused(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.IsSuccessStatusCode) return;
        var text = await response.Content.ReadAsStringAsync(cancellation);
        try
        {
            if (JsonNode.Parse(text) is JsonObject status) throw Refusal(response.StatusCode, status);
        }
        catch (JsonException)
        {
        }
        throw new KubeException(response.StatusCode, "", $"HTTP {(int)response.StatusCode}: {text.Trim()}");
    }

    private static KubeException Refusal(HttpStatusCode code, JsonObject status) =>
        new(code, status.Text("reason") ?? "", status.Text("message") ?? $"HTTP {(int)code}");

    private static string Selectors(char separator, string? labels, string? fields)
    {
        var query = new StringBuilder();
        foreach (var (key, value) in new[] { ("labelSelector", labels), ("fieldSelector", fields) })
        {
            if (value is null) continue;
            query.Append(separator).Append(key).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }
        return query.ToString();
    }

    private static X509Certificate2Collection Parse(string pem)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(pem);
        return certificates;
    }

    private bool IsTrusted(X509Certificate? certificate, SslPolicyErrors errors)
    {
        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_trusted);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build((X509Certificate2)certificate);
    }
}
