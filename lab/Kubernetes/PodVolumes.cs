namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>Where the pods of one cluster have their volumes. All of them hear of changes through one watch of ConfigMaps and one of Secrets.</summary>
/// <param name="client">May read the cluster's ConfigMaps and Secrets and request tokens; stays the caller's.</param>
/// <param name="directory">Where all clusters' pods have their volumes.</param>
public sealed class PodVolumes(KubeClient client, string directory) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private ObjectCache[] _caches = [];
    private Action? _changed;

    /// <summary>Called after every change of a ConfigMap or Secret, on a watch's own thread. The watches begin with who listens first.</summary>
    public event Action? Changed
    {
        add
        {
            lock (_lock)
            {
                _changed += value;
                if (_caches.Length == 0)
                {
                    _caches = [new ObjectCache(client, KubeKind.ConfigMap), new ObjectCache(client, KubeKind.Secret)];
                    foreach (var cache in _caches)
                    {
                        cache.Changed += () => _changed?.Invoke();
                    }
                }
            }
        }

        remove
        {
            lock (_lock)
            {
                _changed -= value;
            }
        }
    }

    /// <summary>The client given.</summary>
    public KubeClient Client => client;

    /// <summary>The directory given.</summary>
    public string Directory => directory;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var cache in _caches)
        {
            await cache.DisposeAsync();
        }
    }
}
