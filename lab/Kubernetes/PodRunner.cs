using System.Net;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>
/// Scheduler and kubelet in one: binds pods to nodes, runs the containers whose image it knows, and reports status. Containers of unknown images
/// count as running with nothing behind them. Uses only the API, so it serves simulated and real API servers alike.
/// </summary>
public sealed class PodRunner : IAsyncDisposable
{
    /// <summary>How long a container that failed to start waits for its next attempt.</summary>
    private static readonly TimeSpan RestartDelay = TimeSpan.FromSeconds(5);

    private readonly string _cluster;
    private readonly KubeClient _client;
    private readonly Func<int, IPAddress> _podAddress;
    private readonly IReadOnlyDictionary<string, IContainerRuntime> _runtimes;
    private readonly ObjectCache _pods;
    private readonly ObjectCache _nodes;
    private readonly Dictionary<string, RunningPod> _running = [];
    private readonly SortedSet<int> _freed = [];
    private readonly Channel<bool> _wakeUp = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _end = new();
    private readonly Task _loop;
    private int _addresses;
    private int _next;

    /// <param name="cluster">The cluster's name.</param>
    /// <param name="client">A client with an administrator's rights; stays the caller's.</param>
    /// <param name="podAddress">The i-th address for pods that are not on the host network.</param>
    /// <param name="runtimes">Who runs which image, by the image's name without registry, path and tag.</param>
    public PodRunner(string cluster, KubeClient client, Func<int, IPAddress> podAddress, IReadOnlyDictionary<string, IContainerRuntime> runtimes)
    {
        (_cluster, _client, _podAddress, _runtimes) = (cluster, client, podAddress, runtimes);
        _pods = new ObjectCache(client, KubeKind.Pod);
        _nodes = new ObjectCache(client, KubeKind.Node);
        _pods.Changed += WakeUp;
        _nodes.Changed += WakeUp;
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>Called with the pod and the reason when a container could not be started.</summary>
    public event Action<string, string>? Failed;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _loop;
        await _pods.DisposeAsync();
        await _nodes.DisposeAsync();
        await Task.WhenAll(_running.Values.Select(pod => pod.StopAsync()));
        _end.Dispose();
    }

    private void WakeUp() => _wakeUp.Writer.TryWrite(true);

    private async Task LoopAsync()
    {
        try
        {
            await Task.WhenAll(_pods.Filled, _nodes.Filled).WaitAsync(_end.Token);
            await foreach (var _ in _wakeUp.Reader.ReadAllAsync(_end.Token))
            {
                try
                {
                    await PassAsync();
                }
                catch (Exception error) when (error is HttpRequestException or IOException or KubeException || (error is OperationCanceledException && !_end.IsCancellationRequested))
                {
                    // The API server is away, or somebody was faster. Pods run on meanwhile; the caches tell when to look again.
                    await Task.Delay(500, _end.Token);
                    WakeUp();
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task PassAsync()
    {
        var pods = _pods.Objects;
        // A node is of no use before it has said where it is.
        var nodes = _nodes.Objects.Where(node => Address(node) is not null).ToDictionary(node => node.Name());
        var present = pods.Select(pod => pod.Uid()).ToHashSet();
        foreach (var (uid, gone) in _running.Where(pair => !present.Contains(pair.Key)).ToList())
        {
            _running.Remove(uid);
            if (gone.AddressIndex is { } index) _freed.Add(index);
            await gone.StopAsync();
        }
        foreach (var pod in pods)
        {
            if (pod.Text("metadata", "deletionTimestamp") is not null)
            {
                // A real API server waits for the kubelet to confirm.
                await _client.DeleteAsync(KubeKind.Pod, pod.Namespace(), pod.Name(), _end.Token);
            }
            else if (pod.Text("spec", "nodeName") is not { Length: > 0 } bound)
            {
                if (Choose(pod, nodes) is { } node) await _client.BindAsync(pod.Namespace()!, pod.Name(), node, _end.Token);
            }
            else if (!_running.ContainsKey(pod.Uid()) && !IsRunBySomebodyElse(pod) && nodes.TryGetValue(bound, out var node))
            {
                _running[pod.Uid()] = Run(pod, node);
            }
        }
    }

    /// <summary>The node a pod asks for by affinity, else the next in turn.</summary>
    private string? Choose(JsonObject pod, Dictionary<string, JsonObject> nodes)
    {
        var terms = pod.At("spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution").Objects("nodeSelectorTerms");
        if (terms.SelectMany(term => term.Objects("matchFields")).FirstOrDefault(field => field.Text("key") == "metadata.name") is { } field)
            return field.Texts("values").FirstOrDefault(nodes.ContainsKey);
        var fitting = nodes.Values.Where(node => pod.Map("spec", "nodeSelector").All(pair => node.Text("metadata", "labels", pair.Key) == pair.Value))
            .Select(node => node.Name()).Order(StringComparer.Ordinal).ToArray();
        return fitting.Length == 0 ? null : fitting[_next++ % fitting.Length];
    }

    // Pods that a cluster was filled with say that they run from the start.
    private static bool IsRunBySomebodyElse(JsonObject pod) => pod.Text("status", "phase") == "Running";

    private RunningPod Run(JsonObject pod, JsonObject node)
    {
        var nodeAddress = IPAddress.Parse(Address(node)!);
        var index = pod.Flag("spec", "hostNetwork") ? (int?)null : TakeIndex();
        return new RunningPod(this, pod, nodeAddress, index is { } i ? _podAddress(i) : nodeAddress, index);
    }

    private static string? Address(JsonObject node) =>
        node.Objects("status", "addresses").FirstOrDefault(entry => entry.Text("type") == "InternalIP").Text("address");

    private int TakeIndex()
    {
        if (_freed.Count == 0) return _addresses++;
        var index = _freed.Min;
        _freed.Remove(index);
        return index;
    }

    /// <summary>An image's name: <c>quay.io/prometheus/node-exporter:v1.11.1</c> is <c>node-exporter</c>.</summary>
    private static string ImageName(string image) => image.Split('@')[0].Split('/')[^1].Split(':')[0];

    /// <summary>One pod on its node, from its start to its end.</summary>
    private sealed class RunningPod
    {
        private readonly PodRunner _runner;
        private readonly JsonObject _pod;
        private readonly IPAddress _nodeAddress;
        private readonly IPAddress _address;
        private readonly CancellationTokenSource _end = new();
        private readonly List<IAsyncDisposable> _containers = [];
        private readonly Task _work;

        public RunningPod(PodRunner runner, JsonObject pod, IPAddress nodeAddress, IPAddress address, int? addressIndex)
        {
            (_runner, _pod, _nodeAddress, _address, AddressIndex) = (runner, pod, nodeAddress, address, addressIndex);
            _work = Task.Run(WorkAsync);
        }

        public int? AddressIndex { get; }

        public async Task StopAsync()
        {
            await _end.CancelAsync();
            await _work;
            foreach (var container in _containers) await container.DisposeAsync();
            _end.Dispose();
        }

        private async Task WorkAsync()
        {
            try
            {
                for (var restarts = 0; ; restarts++)
                {
                    var failure = await StartContainersAsync();
                    await ReportAsync(failure, restarts);
                    if (failure is null) return;
                    _runner.Failed?.Invoke($"{_pod.Namespace()}/{_pod.Name()}", failure);
                    await Task.Delay(RestartDelay, _end.Token);
                }
            }
            catch (OperationCanceledException)
            {
            }
        }

        /// <summary>Starts all containers; what failed, in words, or null.</summary>
        private async Task<string?> StartContainersAsync()
        {
            try
            {
                foreach (var container in _pod.Objects("spec", "containers"))
                    if (_runner._runtimes.TryGetValue(ImageName(container.Text("image") ?? ""), out var runtime))
                        _containers.Add(await runtime.StartAsync(new ContainerContext(_runner._cluster, _pod, container, _address, _nodeAddress), _end.Token));
                return null;
            }
            catch (Exception error) when (error is ExpectedFailure or IOException or KubeException or HttpRequestException)
            {
                foreach (var started in _containers) await started.DisposeAsync();
                _containers.Clear();
                return error.Message;
            }
        }

        private async Task ReportAsync(string? failure, int restarts)
        {
            while (true)
            {
                try
                {
                    await _runner._client.PatchStatusAsync(KubeKind.Pod, _pod.Namespace(), _pod.Name(), Status(failure, restarts), _pod.Uid(), _end.Token);
                    return;
                }
                catch (Exception error) when (error is HttpRequestException or IOException or KubeException || (error is OperationCanceledException && !_end.IsCancellationRequested))
                {
                    await Task.Delay(500, _end.Token);
                    // A pod that is gone, or has a successor of its name, is nobody's to report on; its own end is under way.
                    if (error is KubeException && !_runner._pods.Objects.Any(pod => pod.Uid() == _pod.Uid())) return;
                }
            }
        }

        private JsonObject Status(string? failure, int restarts)
        {
            var now = Timestamp.Now();
            var ready = failure is null;
            JsonObject Condition(string type, bool holds) => new() { ["type"] = type, ["status"] = holds ? "True" : "False", ["lastTransitionTime"] = now };
            return new JsonObject
            {
                ["phase"] = "Running",
                ["hostIP"] = _nodeAddress.ToString(),
                ["podIP"] = _address.ToString(),
                ["podIPs"] = new JsonArray(new JsonObject { ["ip"] = _address.ToString() }),
                ["startTime"] = now,
                ["qosClass"] = "Burstable",
                ["conditions"] = new JsonArray(Condition("PodScheduled", true), Condition("Initialized", true), Condition("ContainersReady", ready), Condition("Ready", ready)),
                ["containerStatuses"] = new JsonArray([.. _pod.Objects("spec", "containers").Select(container => new JsonObject
                {
                    ["name"] = container.Text("name"),
                    ["image"] = container.Text("image"),
                    ["imageID"] = container.Text("image"),
                    ["containerID"] = $"containerd://{_pod.Uid().Replace("-", "", StringComparison.Ordinal)}{container.Text("name")}",
                    ["ready"] = ready,
                    ["started"] = ready,
                    ["restartCount"] = restarts,
                    ["state"] = failure is null
                        ? new JsonObject { ["running"] = new JsonObject { ["startedAt"] = now } }
                        : new JsonObject { ["waiting"] = new JsonObject { ["reason"] = "CrashLoopBackOff", ["message"] = failure } },
                })]),
            };
        }
    }
}
