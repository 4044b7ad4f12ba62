using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;
using Microsoft.AspNetCore.Http;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>Reading and writing objects: everything under <c>/api/v1/…</c> and <c>/apis/GROUP/VERSION/…</c> but the proxies and watches.</summary>
internal sealed class ResourceHandler(ObjectStore store, ServiceAccountTokens tokens, Reviews reviews)
{
    // What each field manager applied last, by the object's uid: that is how apply knows what to take away.
    private readonly ConcurrentDictionary<(string Uid, string Manager), JsonObject> _applied = new();

    public async Task HandleAsync(HttpContext context, User user, RequestInfo request)
    {
        if (reviews.For(user, request) is { } statusOf)
        {
            var review = await ReadAsync(context);
            review["status"] = statusOf(review);
            await WriteAsync(context, 201, review);
            return;
        }
        var kind = request.Kind ?? throw StatusException.UnknownPath();
        if (context.Request.Query.ContainsKey("dryRun")) throw StatusException.BadRequest("dryRun is not supported by the simulated API server");
        var ns = kind.Namespaced && request.Namespace.Length > 0 ? request.Namespace : null;
        if (kind.Namespaced && ns is null && request.Verb is not ("list" or "deletecollection")) throw StatusException.UnknownPath();
        switch (request.Verb, request.Subresource)
        {
            case ("list", _):
                await ListAsync(context, kind, ns);
                break;
            case ("get", "" or "status"):
                await WriteAsync(context, 200, Existing(kind, ns, request.Name));
                break;
            case ("create", ""):
                await WriteAsync(context, 201, Create(kind, ns, await ReadAsync(context)));
                break;
            case ("update", "" or "status"):
                await WriteAsync(context, 200, Replace(kind, ns, request, await ReadAsync(context)));
                break;
            case ("patch", "" or "status"):
                var (code, patched) = Patch(context.Request, kind, ns, request, await ReadAsync(context));
                await WriteAsync(context, code, patched);
                break;
            case ("delete", ""):
                await WriteAsync(context, 200, Success(kind, Delete(kind, ns, request.Name) ?? throw StatusException.NotFound(kind.ToString(), request.Name)));
                break;
            case ("deletecollection", ""):
                foreach (var obj in Selected(context.Request, kind, ns).Items) Delete(kind, obj.Namespace(), obj.Name());
                await WriteAsync(context, 200, new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Success" });
                break;
            case ("create", "binding") when kind == KubeKind.Pod:
                Bind(ns!, request.Name, await ReadAsync(context));
                await WriteAsync(context, 201, new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Success", ["code"] = 201 });
                break;
            case ("create", "token") when kind == KubeKind.ServiceAccount:
                await WriteAsync(context, 201, IssueToken(Existing(kind, ns, request.Name), await ReadAsync(context)));
                break;
            case (_, not ("" or "status")):
                throw StatusException.UnknownPath();
            default:
                throw StatusException.MethodNotAllowed();
        }
    }

    /// <summary>Answers with an object.</summary>
    public static async Task WriteAsync(HttpContext context, int code, JsonObject answer)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        var body = Encoding.UTF8.GetBytes(answer.ToJsonString());
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private async Task ListAsync(HttpContext context, KubeKind kind, string? ns)
    {
        var (items, version) = Selected(context.Request, kind, ns);
        var total = items.Count;
        var query = context.Request.Query;
        if (query["continue"].ToString() is { Length: > 0 } last)
        {
            // The token is the key of the last object delivered; pages are read from the present state.
            items = [.. items.Where(item => string.CompareOrdinal(KeyOf(item), Encoding.UTF8.GetString(Convert.FromBase64String(last))) > 0)];
            total = items.Count;
        }
        var limited = query["resourceVersion"] != "0" && int.TryParse(query["limit"], out var limit) && limit > 0 && limit < items.Count ? limit : items.Count;

        context.Response.ContentType = "application/json";
        await using (var writer = new Utf8JsonWriter(context.Response.BodyWriter))
        {
            writer.WriteStartObject();
            writer.WriteString("kind", kind.Name + "List");
            writer.WriteString("apiVersion", kind.ApiVersion);
            writer.WriteStartObject("metadata");
            writer.WriteString("resourceVersion", version.ToString(CultureInfo.InvariantCulture));
            if (limited < total)
            {
                writer.WriteString("continue", Convert.ToBase64String(Encoding.UTF8.GetBytes(KeyOf(items[limited - 1]))));
                writer.WriteNumber("remainingItemCount", total - limited);
            }
            writer.WriteEndObject();
            writer.WriteStartArray("items");
            foreach (var item in items.Take(limited)) item.WriteTo(writer);
            writer.WriteEndArray();
            writer.WriteEndObject();
            SentBytes.Add(context, writer.BytesCommitted + writer.BytesPending);
        }
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private (List<JsonObject> Items, long Version) Selected(HttpRequest request, KubeKind kind, string? ns)
    {
        var matches = Selector.Parse(kind, request.Query["labelSelector"], request.Query["fieldSelector"]);
        var (items, version) = store.List(kind, ns);
        items.RemoveAll(item => !matches(item));
        return (items, version);
    }

    // Ordered like the store's keys: '\u0001' sorts before everything that a namespace's name may hold.
    private static string KeyOf(JsonObject obj) => $"{obj.Namespace()}\u0001{obj.Name()}";

    private JsonObject Create(KubeKind kind, string? ns, JsonObject obj)
    {
        CheckIdentity(kind, ns, null, obj);
        var name = obj.Name();
        if (name.Length == 0 && obj.Text("metadata", "generateName") is { } prefix) name = prefix + Guid.NewGuid().ToString("N")[..5];
        if (name.Length == 0) throw StatusException.Invalid(kind.Name, "", "metadata.name: Required value: name or generateName is required");
        CheckNamespaceExists(ns);
        return store.Write(kind, ns, name, existing =>
            existing is null ? Fresh(kind, name, obj) : throw StatusException.AlreadyExists(kind.ToString(), name));
    }

    private JsonObject Replace(KubeKind kind, string? ns, RequestInfo request, JsonObject obj)
    {
        CheckIdentity(kind, ns, request.Name, obj);
        return store.Write(kind, ns, request.Name, existing =>
        {
            if (existing is null) throw StatusException.NotFound(kind.ToString(), request.Name);
            CheckVersion(kind, existing, obj);
            return Written(kind, request, existing, obj.Copy());
        });
    }

    private (int Code, JsonObject Object) Patch(HttpRequest http, KubeKind kind, string? ns, RequestInfo request, JsonObject patch)
    {
        var type = http.ContentType?.Split(';')[0].Trim();
        var applying = type == "application/apply-patch+yaml";
        if (!applying && type is not ("application/merge-patch+json" or "application/strategic-merge-patch+json"))
            throw new StatusException(415, "UnsupportedMediaType", $"the simulated API server takes apply, merge and strategic merge patches, not {type}");
        var manager = http.Query["fieldManager"].ToString();
        if (applying)
        {
            if (manager.Length == 0) throw StatusException.BadRequest("PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
            CheckIdentity(kind, ns, request.Name, patch);
            CheckNamespaceExists(ns);
        }
        var created = false;
        var written = store.Write(kind, ns, request.Name, existing =>
        {
            created = existing is null;
            if (existing is null) return applying ? Fresh(kind, request.Name, patch) : throw StatusException.NotFound(kind.ToString(), request.Name);
            CheckVersion(kind, existing, patch);
            var changed = applying
                ? Patches.Apply(existing, _applied.GetValueOrDefault((existing.Uid(), manager)), patch)
                : (JsonObject)Patches.Merge(existing, patch)!;
            return Written(kind, request, existing, changed);
        });
        if (applying) _applied[(written.Uid(), manager)] = patch;
        return (created ? 201 : 200, written);
    }

    private JsonObject? Delete(KubeKind kind, string? ns, string name)
    {
        if (kind == KubeKind.Namespace)
        {
            foreach (var inside in KubeKind.All.Where(inside => inside.Namespaced))
                foreach (var obj in store.List(inside, name).Items)
                    Delete(inside, name, obj.Name());
        }
        var deleted = store.Delete(kind, ns, name);
        if (deleted is not null)
            foreach (var key in _applied.Keys.Where(key => key.Uid == deleted.Uid()))
                _applied.TryRemove(key, out _);
        return deleted;
    }

    private void Bind(string ns, string name, JsonObject binding)
    {
        var node = binding.Text("target", "name") ?? throw StatusException.BadRequest("target.name: Required value");
        store.Write(KubeKind.Pod, ns, name, existing =>
        {
            if (existing is null) throw StatusException.NotFound("pods", name);
            if (existing.Text("spec", "nodeName") is { Length: > 0 } bound)
                throw StatusException.Conflict("pods/binding", name, $"pod {name} is already assigned to node \"{bound}\"");
            var pod = existing.Copy();
            pod["spec"]!["nodeName"] = node;
            return pod;
        });
    }

    private JsonObject IssueToken(JsonObject account, JsonObject request)
    {
        var lifetime = TimeSpan.FromSeconds(request.Number("spec", "expirationSeconds") ?? 3600);
        request["status"] = new JsonObject
        {
            ["token"] = tokens.Issue(account, null, lifetime),
            ["expirationTimestamp"] = DateTime.UtcNow.Add(lifetime).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        };
        return request;
    }

    private JsonObject Existing(KubeKind kind, string? ns, string name) =>
        store.Get(kind, ns, name) ?? throw StatusException.NotFound(kind.ToString(), name);

    private static JsonObject Fresh(KubeKind kind, string name, JsonObject obj)
    {
        var fresh = obj.Copy();
        // A node brings its status along; of all others it is a controller's to write.
        if (kind != KubeKind.Node) fresh.Remove("status");
        return Defaults.Apply(kind, name, fresh);
    }

    private static JsonObject Written(KubeKind kind, RequestInfo request, JsonObject existing, JsonObject changed)
    {
        if (request.Subresource == "status")
        {
            var result = existing.Copy();
            result["status"] = changed["status"]?.DeepClone();
            return result;
        }
        if (existing["status"] is { } status) changed["status"] = status.DeepClone();
        else changed.Remove("status");
        return Defaults.Apply(kind, request.Name, changed);
    }

    private void CheckNamespaceExists(string? ns)
    {
        if (ns is not null && store.Get(KubeKind.Namespace, null, ns) is null) throw StatusException.NotFound("namespaces", ns);
    }

    private static void CheckIdentity(KubeKind kind, string? ns, string? name, JsonObject obj)
    {
        if (obj.Text("kind") != kind.Name || obj.Text("apiVersion") != kind.ApiVersion)
            throw StatusException.BadRequest($"the API version and kind in the data ({obj.Text("apiVersion")}, {obj.Text("kind")}) do not match the expected ones ({kind.ApiVersion}, {kind.Name})");
        if (name is not null && obj.Name().Length > 0 && obj.Name() != name)
            throw StatusException.BadRequest($"the name of the object ({obj.Name()}) does not match the name on the URL ({name})");
        if (obj.Namespace() is { Length: > 0 } own && own != ns)
            throw StatusException.BadRequest($"the namespace of the provided object does not match the namespace sent on the request ({own}, {ns})");
    }

    private static void CheckVersion(KubeKind kind, JsonObject existing, JsonObject given)
    {
        if (given.Uid() is { Length: > 0 } uid && uid != existing.Uid())
            throw StatusException.Conflict(kind.ToString(), existing.Name(), $"Precondition failed: UID in precondition: {uid}, UID in object meta: {existing.Uid()}");
        if (given.Text("metadata", "resourceVersion") is { Length: > 0 } version && version != existing.Text("metadata", "resourceVersion"))
            throw StatusException.Conflict(kind.ToString(), existing.Name(), "the object has been modified; please apply your changes to the latest version and try again");
    }

    private static JsonObject Success(KubeKind kind, JsonObject deleted) => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = "Success",
        ["details"] = new JsonObject { ["name"] = deleted.Name(), ["group"] = kind.Group, ["kind"] = kind.Plural, ["uid"] = deleted.Uid() },
    };

    private static async Task<JsonObject> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentType?.Contains("protobuf", StringComparison.Ordinal) == true)
            throw new StatusException(415, "UnsupportedMediaType", "the simulated API server takes no protobuf: send application/json");
        using var reader = new StreamReader(context.Request.Body);
        return Patches.Parse(await reader.ReadToEndAsync(context.RequestAborted));
    }
}
