using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>One change of one object, as a watch needs it.</summary>
/// <param name="Version">The version of the state after it.</param>
/// <param name="Type"><c>ADDED</c>, <c>MODIFIED</c> or <c>DELETED</c>.</param>
/// <param name="Object">The object after the change; for a deletion its last state.</param>
/// <param name="Before">The object before it, for watches whose selector it leaves or enters.</param>
internal sealed record Change(long Version, string Type, JsonObject Object, JsonObject? Before);

/// <summary>All objects of a cluster. Objects in it are never changed in place: readers may keep them, but must not write to them.</summary>
internal sealed class ObjectStore
{
    private const int HistoryPerKind = 1_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<KubeKind, Shelf> _shelves = KubeKind.All.ToDictionary(kind => kind, _ => new Shelf());
    private long _version = 1;

    /// <summary>Called after every change, outside the lock.</summary>
    public event Action<KubeKind, Change>? Changed;

    public JsonObject? Get(KubeKind kind, string? ns, string name)
    {
        lock (_lock) return _shelves[kind].Objects.GetValueOrDefault(new Key(ns ?? "", name));
    }

    /// <summary>The objects of a namespace (null: of all) in the order of their keys, and the version of this state.</summary>
    public (List<JsonObject> Items, long Version) List(KubeKind kind, string? ns = null)
    {
        lock (_lock)
        {
            var all = _shelves[kind].Objects;
            return (ns is null ? [.. all.Values] : [.. all.Where(pair => pair.Key.Namespace == ns).Select(pair => pair.Value)], _version);
        }
    }

    /// <summary>Counts the objects of a kind.</summary>
    public int Count(KubeKind kind)
    {
        lock (_lock) return _shelves[kind].Objects.Count;
    }

    /// <summary>
    /// Reads, changes and writes one object as a whole. <paramref name="change"/> gets the present object (null: there is none) and returns
    /// a new one, never the one it got, modified. What changes nothing raises no version and no event.
    /// </summary>
    public JsonObject Write(KubeKind kind, string? ns, string name, Func<JsonObject?, JsonObject> change)
    {
        Change written;
        lock (_lock)
        {
            var shelf = _shelves[kind];
            var key = new Key(ns ?? "", name);
            var before = shelf.Objects.GetValueOrDefault(key);
            var after = change(before);
            Stamp(kind, ns, name, before, after);
            if (before is not null && JsonNode.DeepEquals(before, after)) return before;
            after["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
            shelf.Objects[key] = after;
            written = new Change(_version, before is null ? "ADDED" : "MODIFIED", after, before);
            shelf.Publish(written);
        }
        Changed?.Invoke(kind, written);
        return written.Object;
    }

    /// <summary>Deletes one object; null when there is none.</summary>
    public JsonObject? Delete(KubeKind kind, string? ns, string name)
    {
        Change deleted;
        lock (_lock)
        {
            var shelf = _shelves[kind];
            if (!shelf.Objects.Remove(new Key(ns ?? "", name), out var before)) return null;
            var last = before.Copy();
            last["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
            deleted = new Change(_version, "DELETED", last, before);
            shelf.Publish(deleted);
        }
        Changed?.Invoke(kind, deleted);
        return deleted.Object;
    }

    /// <summary>The changes after <paramref name="since"/> and all further ones, until disposed.</summary>
    /// <exception cref="StatusException">410: the history no longer reaches back that far.</exception>
    public Subscription Watch(KubeKind kind, long since)
    {
        lock (_lock)
        {
            var shelf = _shelves[kind];
            if (since < shelf.Floor) throw StatusException.Expired(since, shelf.Floor);
            return Subscribe(shelf, shelf.History.Where(change => change.Version > since), []);
        }
    }

    /// <summary>The present objects and all changes after them, until disposed.</summary>
    public Subscription ListAndWatch(KubeKind kind, string? ns)
    {
        lock (_lock) return Subscribe(_shelves[kind], [], List(kind, ns).Items);
    }

    /// <summary>Forgets all history, as an API server does when it restarts with an empty watch cache.</summary>
    public void ForgetHistory()
    {
        lock (_lock)
        {
            _version++;
            foreach (var shelf in _shelves.Values)
            {
                shelf.History.Clear();
                shelf.Floor = _version;
            }
        }
    }

    /// <summary>The version of the present state.</summary>
    public long Version
    {
        get
        {
            lock (_lock) return _version;
        }
    }

    private Subscription Subscribe(Shelf shelf, IEnumerable<Change> history, List<JsonObject> initial)
    {
        var channel = Channel.CreateUnbounded<Change>(new UnboundedChannelOptions { SingleReader = true });
        foreach (var change in history) channel.Writer.TryWrite(change);
        shelf.Watchers.Add(channel.Writer);
        return new Subscription(initial, _version, channel.Reader, () =>
        {
            lock (_lock) shelf.Watchers.Remove(channel.Writer);
        });
    }

    private static void Stamp(KubeKind kind, string? ns, string name, JsonObject? before, JsonObject after)
    {
        after["apiVersion"] = kind.ApiVersion;
        after["kind"] = kind.Name;
        if (after["metadata"] is not JsonObject metadata) after["metadata"] = metadata = [];
        metadata["name"] = name;
        if (kind.Namespaced) metadata["namespace"] = ns;
        metadata["uid"] = before?.Uid() ?? Guid.NewGuid().ToString();
        metadata["creationTimestamp"] = before?.Text("metadata", "creationTimestamp") ?? Timestamp.Now();
        metadata["resourceVersion"] = before?.Text("metadata", "resourceVersion");
        var generation = before?.Number("metadata", "generation") ?? 0;
        if (after["spec"] is not null) metadata["generation"] = JsonNode.DeepEquals(before?["spec"], after["spec"]) ? generation : generation + 1;
    }

    private readonly record struct Key(string Namespace, string Name) : IComparable<Key>
    {
        public int CompareTo(Key other)
        {
            var byNamespace = string.CompareOrdinal(Namespace, other.Namespace);
            return byNamespace != 0 ? byNamespace : string.CompareOrdinal(Name, other.Name);
        }
    }

    private sealed class Shelf
    {
        public SortedDictionary<Key, JsonObject> Objects { get; } = [];

        public Queue<Change> History { get; } = [];

        public HashSet<ChannelWriter<Change>> Watchers { get; } = [];

        /// <summary>The newest version that the history no longer tells of.</summary>
        public long Floor { get; set; }

        public void Publish(Change change)
        {
            History.Enqueue(change);
            if (History.Count > HistoryPerKind) Floor = History.Dequeue().Version;
            foreach (var watcher in Watchers) watcher.TryWrite(change);
        }
    }
}

/// <summary>A running watch: what there was when it began (if asked for) and what happened since.</summary>
internal sealed class Subscription(List<JsonObject> initial, long version, ChannelReader<Change> changes, Action end) : IDisposable
{
    public List<JsonObject> Initial => initial;

    public long Version => version;

    public ChannelReader<Change> Changes => changes;

    public void Dispose() => end();
}
