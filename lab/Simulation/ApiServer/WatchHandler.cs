using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;
using Microsoft.AspNetCore.Http;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>Watches, as client-go uses them: from a version on, from the present, or with the present objects first (WatchList).</summary>
internal sealed class WatchHandler(ObjectStore store)
{
    private const string InitialEventsEnd = "k8s.io/initial-events-end";

    /// <summary>How often a watch that asked for bookmarks gets one. Default one minute, like the real server.</summary>
    public TimeSpan BookmarkInterval { get; set; } = TimeSpan.FromMinutes(1);

    public async Task HandleAsync(HttpContext context, RequestInfo request)
    {
        var kind = request.Kind ?? throw StatusException.UnknownPath();
        var ns = kind.Namespaced && request.Namespace.Length > 0 ? request.Namespace : null;
        var query = context.Request.Query;
        var matches = Selector.Parse(kind, query["labelSelector"], query["fieldSelector"]);
        if (request.Name.Length > 0) matches = Both(matches, obj => obj.Name() == request.Name);
        var listFirst = query["sendInitialEvents"] == "true";
        if (listFirst && query["resourceVersionMatch"] != "NotOlderThan")
            throw StatusException.Invalid("ListOptions.meta.k8s.io", "", "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        if (!long.TryParse(query["resourceVersion"].ToString() is { Length: > 0 } given ? given : "0", CultureInfo.InvariantCulture, out var since))
            throw StatusException.BadRequest($"invalid resource version \"{query["resourceVersion"]}\"");

        context.Response.ContentType = "application/json";
        try
        {
            using var subscription = listFirst || since == 0 ? store.ListAndWatch(kind, ns) : store.Watch(kind, since);
            foreach (var obj in subscription.Initial.Where(obj => matches(obj))) Write(context, "ADDED", obj);
            if (listFirst) Write(context, "BOOKMARK", Bookmark(kind, subscription.Version, (InitialEventsEnd, "true")));
            await FlushAsync(context);
            await FollowAsync(context, kind, ns, matches, subscription);
        }
        catch (StatusException expired) when (expired.Code == 410)
        {
            Write(context, "ERROR", expired.ToStatus());
            await FlushAsync(context);
        }
    }

    private async Task FollowAsync(HttpContext context, KubeKind kind, string? ns, Predicate<JsonObject> matches, Subscription subscription)
    {
        var query = context.Request.Query;
        var bookmarks = query["allowWatchBookmarks"].ToString() is "true" or "1";
        // Spread like the real server's default, so that not all clients come back at once.
        var seconds = double.TryParse(query["timeoutSeconds"], CultureInfo.InvariantCulture, out var asked) && asked > 0 ? asked : Random.Shared.Next(1_800, 3_600);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        end.CancelAfter(TimeSpan.FromSeconds(seconds));
        while (true)
        {
            using var pause = CancellationTokenSource.CreateLinkedTokenSource(end.Token);
            pause.CancelAfter(BookmarkInterval);
            try
            {
                await subscription.Changes.WaitToReadAsync(pause.Token);
            }
            catch (OperationCanceledException)
            {
                if (context.RequestAborted.IsCancellationRequested) return;
                // Everything up to this version is in the channel already; an empty channel means it was all delivered.
                var version = store.Version;
                if (bookmarks && subscription.Changes.Count == 0) Write(context, "BOOKMARK", Bookmark(kind, version));
            }
            while (subscription.Changes.TryRead(out var change))
                if (TypeFor(change, ns, matches) is { } type)
                    Write(context, type, change.Object);
            await FlushAsync(context);
            if (end.IsCancellationRequested) return;
        }
    }

    /// <summary>What a change means to a watch that sees only part of the objects; null when nothing.</summary>
    private static string? TypeFor(Change change, string? ns, Predicate<JsonObject> matches)
    {
        if (ns is not null && change.Object.Namespace() != ns) return null;
        var before = change.Before is not null && matches(change.Before);
        var after = change.Type != "DELETED" && matches(change.Object);
        return (before, after) switch
        {
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
            _ => null,
        };
    }

    private static JsonObject Bookmark(KubeKind kind, long version, params ReadOnlySpan<(string Key, string Value)> annotations)
    {
        var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture), ["creationTimestamp"] = null };
        foreach (var (key, value) in annotations) metadata["annotations"] = new JsonObject { [key] = value };
        return new JsonObject { ["kind"] = kind.Name, ["apiVersion"] = kind.ApiVersion, ["metadata"] = metadata };
    }

    private static void Write(HttpContext context, string type, JsonObject obj)
    {
        using (var writer = new Utf8JsonWriter(context.Response.BodyWriter))
        {
            writer.WriteStartObject();
            writer.WriteString("type", type);
            writer.WritePropertyName("object");
            obj.WriteTo(writer);
            writer.WriteEndObject();
            SentBytes.Add(context, writer.BytesCommitted + writer.BytesPending);
        }
        context.Response.BodyWriter.GetSpan(1)[0] = (byte)'\n';
        context.Response.BodyWriter.Advance(1);
    }

    private static async Task FlushAsync(HttpContext context) => await context.Response.BodyWriter.FlushAsync(context.RequestAborted);

    private static Predicate<JsonObject> Both(Predicate<JsonObject> first, Predicate<JsonObject> second) => obj => first(obj) && second(obj);
}
