using System.Text.Json.Nodes;

namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>
/// An always current copy of all objects of one kind, kept by list and watch. While the API server cannot be reached it holds what was known last.
/// </summary>
public sealed class ObjectCache : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly KubeClient _client;
    private readonly KubeKind _kind;
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _filled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly Task _loop;
    private Dictionary<(string? Namespace, string Name), JsonObject> _objects = [];
    private List<JsonObject>? _sorted;

    public ObjectCache(KubeClient client, KubeKind kind)
    {
        (_client, _kind) = (client, kind);
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>Called after every change, on the cache's own thread.</summary>
    public event Action? Changed;

    /// <summary>Ends with the first complete list.</summary>
    public Task Filled => _filled.Task;

    /// <summary>The objects there are now, ordered by namespace and name. Do not modify them.</summary>
    public IReadOnlyList<JsonObject> Objects
    {
        get
        {
            lock (_lock)
            {
                return _sorted ??= [.. _objects.OrderBy(pair => pair.Key.Namespace, StringComparer.Ordinal)
                    .ThenBy(pair => pair.Key.Name, StringComparer.Ordinal).Select(pair => pair.Value)];
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _loop;
        _end.Dispose();
    }

    private async Task LoopAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                var list = await _client.ListAsync(_kind, cancellation: _end.Token);
                lock (_lock)
                {
                    _objects = list.Items.ToDictionary(obj => (obj.Namespace(), obj.Name()));
                    _sorted = null;
                }
                _filled.TrySetResult();
                Changed?.Invoke();
                await FollowAsync(list.ResourceVersion);
            }
            catch (OperationCanceledException) when (_end.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is HttpRequestException or IOException or KubeException or OperationCanceledException)
            {
                // Unreachable, refused, or the version is too old: list again, after a breath.
                await Task.Delay(Pause, _end.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }
    }

    private async Task FollowAsync(string version)
    {
        while (true)
        {
            await foreach (var change in _client.WatchAsync(_kind, null, version, cancellation: _end.Token))
            {
                version = change.Object.Text("metadata", "resourceVersion") ?? version;
                if (change.Type == "BOOKMARK") continue;
                var key = (change.Object.Namespace(), change.Object.Name());
                lock (_lock)
                {
                    if (change.Type == "DELETED") _objects.Remove(key);
                    else _objects[key] = change.Object;
                    _sorted = null;
                }
                Changed?.Invoke();
            }
        }
    }
}
