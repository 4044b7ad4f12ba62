using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>
/// A pod's volumes as directories of this host, which follow their ConfigMaps and Secrets as a kubelet's do and renew the tokens of projected
/// service accounts.
/// </summary>
/// <remarks>
/// Known are configMap, secret, projected, downwardAPI, emptyDir, hostPath and claims; <c>items</c> and <c>optional</c> as Kubernetes has them. A claim's
/// directory outlives the pod, an emptyDir ends with it.
/// </remarks>
public sealed class PodFiles : IAsyncDisposable
{
    // What changes within this time is written at once; after a failure, when to try again.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    // What the pod itself fills, or finds filled.
    private static readonly string[] Unwritten = ["emptyDir", "hostPath", "persistentVolumeClaim"];

    private readonly ContainerContext _container;
    private readonly PodVolumes _volumes;
    private readonly TimeSpan _tokenRenewal;
    private readonly Channel<bool> _wakeUp = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Dictionary<string, (DateTimeOffset Renew, string Token)> _tokens = [];
    private readonly CancellationTokenSource _end = new();
    private Task _following = Task.CompletedTask;

    private PodFiles(ContainerContext container, PodVolumes volumes, TimeSpan tokenRenewal) => (_container, _volumes, _tokenRenewal) = (container, volumes, tokenRenewal);

    /// <summary>The directories by the path at which the container mounts them.</summary>
    public IReadOnlyDictionary<string, string> Mounts =>
        _container.Container.Objects("volumeMounts").ToDictionary(mount => mount.Text("mountPath")!.TrimEnd('/'), mount => DirectoryOf(mount.Text("name")!));

    /// <summary>Writes the volumes that a container mounts and keeps them current.</summary>
    /// <param name="container">The container.</param>
    /// <param name="volumes">Where its cluster's pods have theirs; stays the caller's.</param>
    /// <param name="tokenRenewal">How old a projected token becomes. A kubelet renews at four fifths of a token's life, 48 minutes as a rule.</param>
    /// <param name="cancellation">Ends the preparation.</param>
    /// <exception cref="ExpectedFailure">An object is not there yet; the message names it.</exception>
    public static async Task<PodFiles> PrepareAsync(
        ContainerContext container, PodVolumes volumes, TimeSpan tokenRenewal, CancellationToken cancellation)
    {
        var files = new PodFiles(container, volumes, tokenRenewal);
        // Before the first look, so that no change falls between the two.
        volumes.Changed += files.WakeUp;
        try
        {
            await files.WriteAsync(cancellation);
        }
        catch
        {
            volumes.Changed -= files.WakeUp;
            throw;
        }

        files._following = Task.Run(files.FollowAsync, CancellationToken.None);
        return files;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _volumes.Changed -= WakeUp;
        await _end.CancelAsync();
        await _following;
        _end.Dispose();
    }

    private IEnumerable<JsonObject> Volumes => _container.Pod.Objects("spec", "volumes");

    private string DirectoryOf(string volume)
    {
        var source = Volumes.FirstOrDefault(candidate => candidate.Text("name") == volume);
        return source.Text("hostPath", "path") ?? Path.Combine(_volumes.Directory, _container.Cluster, source is null || source["persistentVolumeClaim"] is not null
            ? $"claims/{_container.Pod.Namespace()}-{source.Text("persistentVolumeClaim", "claimName") ?? $"{volume}-{_container.Pod.Name()}"}"
            : $"{_container.Pod.Uid()}/{volume}");
    }

    private void WakeUp() => _wakeUp.Writer.TryWrite(true);

    private async Task FollowAsync()
    {
        try
        {
            while (true)
            {
                await UntilSomethingIsDueAsync();
                try
                {
                    await WriteAsync(_end.Token);
                }
                catch (Exception error) when (error is HttpRequestException or IOException or KubeException or ExpectedFailure || (error is OperationCanceledException && !_end.IsCancellationRequested))
                {
                    // The API server is away or an object is gone: a running pod keeps the files it has, and looks again.
                    WakeUp();
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Waits for a change of any ConfigMap or Secret of the cluster, or until a token is to be renewed.</summary>
    private async Task UntilSomethingIsDueAsync()
    {
        using var due = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        if (_tokens.Count > 0)
        {
            var remaining = _tokens.Values.Min(token => token.Renew) - DateTimeOffset.UtcNow;
            due.CancelAfter(remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero);
        }

        try
        {
            await _wakeUp.Reader.ReadAsync(due.Token);
        }
        catch (OperationCanceledException) when (!_end.IsCancellationRequested)
        {
        }

        await Task.Delay(Pause, _end.Token);
    }

    private async Task WriteAsync(CancellationToken cancellation)
    {
        foreach (var name in _container.Container.Objects("volumeMounts").Select(mount => mount.Text("name")!).Distinct())
        {
            var directory = DirectoryOf(name);
            var volume = Volumes.FirstOrDefault(candidate => candidate.Text("name") == name);
            Directory.CreateDirectory(directory);
            if (volume is not null && !Unwritten.Any(volume.ContainsKey))
            {
                await WriteAsync(directory, await FilesOfAsync(volume, cancellation), cancellation);
            }
        }
    }

    private async Task<Dictionary<string, byte[]>> FilesOfAsync(JsonObject volume, CancellationToken cancellation)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var source in volume["projected"] is { } projected ? projected.Objects("sources") : [volume])
        {
            foreach (var (path, content) in await FilesOfSourceAsync(source, cancellation))
            {
                files[path] = content;
            }
        }

        return files;
    }

    private async Task<IEnumerable<KeyValuePair<string, byte[]>>> FilesOfSourceAsync(JsonObject source, CancellationToken cancellation)
    {
        if (source["configMap"] is { } configMap)
        {
            return Chosen(configMap, await DataAsync(KubeKind.ConfigMap, configMap.Text("name")!, configMap, cancellation), Encoding.UTF8.GetBytes);
        }

        if (source["secret"] is { } secret)
        {
            return Chosen(secret, await DataAsync(KubeKind.Secret, (secret.Text("secretName") ?? secret.Text("name"))!, secret, cancellation), Convert.FromBase64String);
        }

        if (source["serviceAccountToken"] is { } token)
        {
            return [new(token.Text("path")!, Encoding.UTF8.GetBytes(await TokenAsync(token.Text("path")!, cancellation)))];
        }

        return source["downwardAPI"] is { } downward
            ? downward.Objects("items").Select(item => KeyValuePair.Create(item.Text("path")!, Encoding.UTF8.GetBytes(_container.Field(item.Text("fieldRef", "fieldPath")))))
            : throw new ExpectedFailure($"the lab knows no volume of the kind {string.Join(", ", source.Select(pair => pair.Key).Where(key => key != "name"))}");
    }

    private async Task<JsonObject?> DataAsync(KubeKind kind, string name, JsonNode source, CancellationToken cancellation)
    {
        var found = await _volumes.Client.GetAsync(kind, _container.Pod.Namespace(), name, cancellation);
        return found is null && !source.Flag("optional") ? throw new ExpectedFailure($"{kind.Plural} \"{name}\" not found") : found?["data"] as JsonObject;
    }

    private static IEnumerable<KeyValuePair<string, byte[]>> Chosen(JsonNode source, JsonObject? data, Func<string, byte[]> decode)
    {
        var paths = source.Objects("items").ToDictionary(item => item.Text("key")!, item => item.Text("path")!);
        return from pair in data ?? []
               where paths.Count == 0 || paths.ContainsKey(pair.Key)
               select KeyValuePair.Create(paths.GetValueOrDefault(pair.Key, pair.Key), decode(pair.Value.Text() ?? ""));
    }

    private async Task<string> TokenAsync(string path, CancellationToken cancellation)
    {
        if (!_tokens.TryGetValue(path, out var known) || known.Renew < DateTimeOffset.UtcNow)
        {
            var account = _container.Pod.Text("spec", "serviceAccountName") ?? "default";
            var token = (await _volumes.Client.RequestTokenAsync(_container.Pod.Namespace()!, account, cancellation)).Reveal();
            _tokens[path] = known = (DateTimeOffset.UtcNow + _tokenRenewal, token);
        }

        return known.Token;
    }

    /// <summary>Makes the directory hold exactly these files; each is replaced as a whole, and only when it changed.</summary>
    private static async Task WriteAsync(string directory, Dictionary<string, byte[]> files, CancellationToken cancellation)
    {
        foreach (var gone in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Where(path => !files.ContainsKey(Path.GetRelativePath(directory, path))))
        {
            File.Delete(gone);
        }

        foreach (var (path, content) in files)
        {
            var file = Path.Combine(directory, path);
            if (!File.Exists(file) || !Enumerable.SequenceEqual(content, await File.ReadAllBytesAsync(file, cancellation)))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                await File.WriteAllBytesAsync(file + ".new", content, cancellation);
                File.Move(file + ".new", file, overwrite: true);
            }
        }
    }
}
