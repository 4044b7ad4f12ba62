using System.Globalization;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>
/// What one kubelet exposes. Levels and rates are invented, but the same on every run for the same cluster, node, pod and container;
/// counters grow with the time since the container started.
/// </summary>
internal sealed class KubeletExposition(string cluster, string node)
{
    private const double Mebibyte = 1 << 20;
    private const string RootCgroup = "/";

    private static readonly string[] RuntimeOperations =
    [
        "container_status", "create_container", "exec_sync", "image_status", "list_containers", "list_images", "list_podsandbox", "podsandbox_status",
        "pull_image", "remove_container", "run_podsandbox", "start_container", "status", "stop_container", "version",
    ];

    private static readonly (string Name, string Type, string Help)[] Disks =
    [
        ("inodes_free", "gauge", "Number of available Inodes"),
        ("inodes_total", "gauge", "Number of Inodes"),
        ("io_current", "gauge", "Number of I/Os currently in progress"),
        ("io_time_seconds_total", "counter", "Cumulative count of seconds spent doing I/Os"),
        ("io_time_weighted_seconds_total", "counter", "Cumulative weighted I/O time in seconds"),
        ("limit_bytes", "gauge", "Number of bytes that can be consumed by the container on this filesystem."),
        ("read_seconds_total", "counter", "Cumulative count of seconds spent reading"),
        ("reads_merged_total", "counter", "Cumulative count of reads merged"),
        ("sector_reads_total", "counter", "Cumulative count of sector reads completed"),
        ("sector_writes_total", "counter", "Cumulative count of sector writes completed"),
        ("usage_bytes", "gauge", "Number of bytes that are consumed by the container on this filesystem."),
        ("write_seconds_total", "counter", "Cumulative count of seconds spent writing"),
        ("writes_merged_total", "counter", "Cumulative count of writes merged"),
    ];

    private static readonly string[] HistogramBounds = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10"];

    private readonly double _started = Now();

    public string Node => node;

    /// <summary>The kubelet's own metrics, <c>/metrics</c>.</summary>
    public Exposition Metrics(IReadOnlyList<JsonObject> pods)
    {
        var e = new Exposition();
        var uptime = Now() - _started;
        var containers = pods.SelectMany(pod => pod.Objects("status", "containerStatuses")).ToList();
        var running = containers.Count(container => container.At("state", "running") is not null);
        e.Family("kubelet_node_name", "gauge", "[ALPHA] The node's name. The count is always 1.").Sample(1, ("node", node));
        e.Family("kubelet_running_pods", "gauge", "[ALPHA] Number of pods that have a running pod sandbox").Sample(pods.Count);
        e.Family("kubelet_running_containers", "gauge", "[ALPHA] Number of containers currently running")
            .Sample(containers.Count - running, ("container_state", "exited"))
            .Sample(running, ("container_state", "running"));
        e.Family("kubelet_desired_pods", "gauge", "[ALPHA] The number of pods the kubelet is being instructed to run.").Sample(pods.Count, ("static", ""));
        e.Family("kubelet_started_pods_total", "counter", "[ALPHA] Cumulative number of pods started").Sample(pods.Count);
        e.Family("kubelet_runtime_operations_total", "counter", "[ALPHA] Cumulative number of runtime operations by operation type.");
        foreach (var operation in RuntimeOperations) e.Sample(Math.Floor(uptime * Between(0.01, 2, operation)), ("operation_type", operation));
        e.Family("kubelet_runtime_operations_errors_total", "counter", "[ALPHA] Cumulative number of runtime operation errors by operation type.");
        foreach (var operation in RuntimeOperations) e.Sample(0, ("operation_type", operation));
        Histogram(e, "kubelet_pleg_relist_duration_seconds", "[ALPHA] Duration in seconds for relisting pods in PLEG.", Math.Floor(uptime), 3);
        Histogram(e, "kubelet_pod_worker_duration_seconds", "[ALPHA] Duration in seconds to sync a single pod.", Math.Floor(uptime * pods.Count / 60), 5, ("operation_type", "sync"));
        e.Family("kubelet_evictions", "counter", "[ALPHA] Cumulative number of pod evictions by eviction signal");
        foreach (var signal in new[] { "memory.available", "nodefs.available" }) e.Sample(0, ("eviction_signal", signal));
        Histogram(e, "kubelet_cgroup_manager_duration_seconds", "[ALPHA] Duration in seconds for cgroup manager operations.", Math.Floor(uptime / 5), 2, ("operation_type", "update"));
        e.Family("kubelet_certificate_manager_client_ttl_seconds", "gauge", "[ALPHA] Gauge of the TTL (time-to-live) of the Kubelet's client certificate.").Sample(31_536_000 - uptime);
        e.Family("kubelet_certificate_manager_client_expiration_renew_errors", "counter", "[ALPHA] Counter of certificate renewal errors.").Sample(0);
        e.Family("kubelet_certificate_manager_server_ttl_seconds", "gauge", "[ALPHA] Gauge of the shortest TTL (time-to-live) of the Kubelet's serving certificate.").Sample(31_536_000 - uptime);
        e.Family("kubelet_server_expiration_renew_errors", "counter", "[ALPHA] Counter of certificate renewal errors.").Sample(0);
        Volumes(e, pods);
        e.Family("rest_client_requests_total", "counter", "[ALPHA] Number of HTTP requests, partitioned by status code, method, and host.")
            .Sample(Math.Floor(uptime * Between(0.5, 2, "get")), ("code", "200"), ("host", "kubernetes"), ("method", "GET"))
            .Sample(Math.Floor(uptime / 10), ("code", "200"), ("host", "kubernetes"), ("method", "PATCH"));
        e.Family("kubernetes_build_info", "gauge", "[ALPHA] A metric with a constant '1' value labeled by major, minor, git version and others.")
            .Sample(1, ("git_version", Discovery.GitVersion), ("go_version", "go1.24.5"), ("major", "1"), ("minor", "33"), ("platform", "linux/amd64"));
        ProcessMetrics.Write(e, _started);
        return e;
    }

    /// <summary>The containers' metrics, <c>/metrics/cadvisor</c>.</summary>
    public Exposition Cadvisor(IReadOnlyList<JsonObject> pods)
    {
        var e = new Exposition();
        var cgroups = Cgroups(pods);
        var now = Now();
        e.Family("cadvisor_version_info", "gauge", "A metric with a constant '1' value labeled by kernel version, OS version, docker version, cadvisor version & cadvisor revision.")
            .Sample(1, ("cadvisorRevision", ""), ("cadvisorVersion", ""), ("dockerVersion", ""), ("kernelVersion", Environment.OSVersion.Version.ToString()), ("osVersion", "fleet-lab"));
        e.Family("machine_cpu_cores", "gauge", "Number of logical CPU cores.").Sample(NodeRegistrar.Cores, ("boot_id", ""), ("machine_id", node), ("system_uuid", node));
        e.Family("machine_memory_bytes", "gauge", "Amount of memory installed on the machine.").Sample(NodeRegistrar.MemoryMebibytes * Mebibyte, ("boot_id", ""), ("machine_id", node), ("system_uuid", node));

        void Family(string name, string type, string help, Func<Cgroup, double?> value, params (string, string?)[] more)
        {
            e.Family(name, type, help);
            Series(value, more);
        }
        void Series(Func<Cgroup, double?> value, params (string, string?)[] more)
        {
            foreach (var cgroup in cgroups)
                if (value(cgroup) is { } number)
                    e.Sample(number, [.. cgroup.Labels, .. more]);
        }
        double Age(Cgroup cgroup) => Math.Max(0, now - cgroup.Started);

        Family("container_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed in seconds.", c => Age(c) * c.Cores, ("cpu", "total"));
        Family("container_cpu_user_seconds_total", "counter", "Cumulative user cpu time consumed in seconds.", c => Age(c) * c.Cores * 0.7);
        Family("container_cpu_system_seconds_total", "counter", "Cumulative system cpu time consumed in seconds.", c => Age(c) * c.Cores * 0.3);
        Family("container_cpu_cfs_periods_total", "counter", "Number of elapsed enforcement period intervals.", c => c.CpuLimit is null ? null : Math.Floor(Age(c) * 10));
        Family("container_cpu_cfs_throttled_periods_total", "counter", "Number of throttled period intervals.", c => c.CpuLimit is null ? null : Math.Floor(Age(c) * 10 * 0.002));
        Family("container_cpu_cfs_throttled_seconds_total", "counter", "Total time duration the container has been throttled.", c => c.CpuLimit is null ? null : Age(c) * 0.0001);
        Family("container_spec_cpu_quota", "gauge", "CPU quota of the container.", c => c.CpuLimit * 100_000);
        Family("container_spec_cpu_period", "gauge", "CPU period of the container.", c => c.CpuLimit is null ? null : 100_000);
        Family("container_spec_memory_limit_bytes", "gauge", "Memory limit for the container.", c => c.MemoryLimit ?? 0);
        Family("container_memory_working_set_bytes", "gauge", "Current working set in bytes.", c => Breathe(c, now) * c.Memory);
        Family("container_memory_usage_bytes", "gauge", "Current memory usage in bytes, including all memory regardless of when it was accessed", c => Breathe(c, now) * c.Memory * 1.2);
        Family("container_memory_rss", "gauge", "Size of RSS in bytes.", c => Breathe(c, now) * c.Memory * 0.8);
        Family("container_memory_cache", "gauge", "Number of bytes of page cache memory.", c => c.Memory * 0.2);
        Family("container_memory_swap", "gauge", "Container swap usage in bytes.", _ => 0);
        Family("container_memory_failcnt", "counter", "Number of memory usage hits limits", _ => 0);
        Family("container_memory_kernel_usage", "gauge", "Size of kernel memory allocated in bytes.", c => c.Memory * 0.05);
        Family("container_memory_mapped_file", "gauge", "Size of memory mapped files in bytes.", c => c.Memory * 0.1);
        Family("container_memory_max_usage_bytes", "gauge", "Maximum memory usage recorded in bytes", c => c.Memory * 1.5);
        Family("container_memory_total_active_file_bytes", "gauge", "Current total active file in bytes.", c => c.Memory * 0.1);
        Family("container_memory_total_inactive_file_bytes", "gauge", "Current total inactive file in bytes.", c => c.Memory * 0.1);
        e.Family("container_memory_failures_total", "counter", "Cumulative count of memory allocation failures.");
        foreach (var failure in new[] { "pgfault", "pgmajfault" })
        {
            foreach (var scope in new[] { "container", "hierarchy" }) Series(c => Math.Floor(Age(c) * c.Between(0, 5, failure)), ("failure_type", failure), ("scope", scope));
        }
        Family("container_oom_events_total", "counter", "Count of out of memory events observed for the container", _ => 0);
        Family("container_start_time_seconds", "gauge", "Start time of the container since unix epoch in seconds.", c => Math.Floor(c.Started));
        foreach (var resource in new[] { "cpu", "io", "memory" })
        {
            foreach (var state in new[] { "waiting", "stalled" })
                Family($"container_pressure_{resource}_{state}_seconds_total", "counter", $"Total time duration tasks in the container have been {state} due to {resource} pressure.", c => Age(c) * 0.0001);
        }
        Family("container_cpu_load_average_10s", "gauge", "Value of container cpu load average over the last 10 seconds.", _ => 0);
        Family("container_cpu_load_d_average_10s", "gauge", "Value of container cpu load.d average over the last 10 seconds.", _ => 0);
        e.Family("container_tasks_state", "gauge", "Number of tasks in given state");
        foreach (var state in new[] { "iowaiting", "running", "sleeping", "stopped", "uninterruptible" }) Series(_ => 0, ("state", state));
        Family("container_spec_cpu_shares", "gauge", "CPU share of the container.", _ => 1024);
        Family("container_spec_memory_reservation_limit_bytes", "gauge", "Memory reservation limit for the container.", _ => 0);
        Family("container_spec_memory_swap_limit_bytes", "gauge", "Memory swap limit for the container.", _ => 0);
        Family("container_file_descriptors", "gauge", "Number of open file descriptors for the container.", c => c.IsContainer ? Math.Floor(c.Between(8, 200, "files")) : null);
        Family("container_sockets", "gauge", "Number of open sockets for the container.", c => c.IsContainer ? Math.Floor(c.Between(1, 20, "sockets")) : null);
        Family("container_threads_max", "gauge", "Maximum number of threads allowed inside the container, infinity if value is zero", _ => 0);
        Family("container_ulimits_soft", "gauge", "Soft ulimit values for the container root process. Unlimited if -1, except priority and nice", c => c.IsContainer ? 1_048_576 : null, ("ulimit", "max_open_files"));
        Family("container_last_seen", "gauge", "Last time a container was seen by the exporter", _ => Math.Floor(now));
        Family("container_processes", "gauge", "Number of processes running inside the container.", c => c.IsContainer ? 1 : null);
        Family("container_threads", "gauge", "Number of threads running inside the container", c => c.IsContainer ? Math.Floor(c.Between(4, 24, "threads")) : null);
        e.Family("container_blkio_device_usage_total", "counter", "Blkio Device bytes usage");
        foreach (var operation in new[] { "Read", "Write" })
            Series(c => Math.Floor(Age(c) * c.Between(0, 30_000, operation)), ("device", "/dev/vda"), ("major", "252"), ("minor", "0"), ("operation", operation));
        foreach (var (name, type, help) in Disks)
            Family($"container_fs_{name}", type, help, c => c.IsContainer ? Math.Floor(Age(c) * c.Between(0, 3, name)) : null, ("device", "/dev/vda"));
        foreach (var (direction, name) in new[] { ("reads", "reads"), ("writes", "writes") })
        {
            Family($"container_fs_{direction}_total", "counter", $"Cumulative count of {name} completed", c => c.IsContainer ? Math.Floor(Age(c) * c.Between(0, 3, direction)) : null, ("device", "/dev/vda"));
            Family($"container_fs_{direction}_bytes_total", "counter", $"Cumulative count of bytes of {name}", c => c.IsContainer ? Math.Floor(Age(c) * c.Between(0, 30_000, direction)) : null, ("device", "/dev/vda"));
        }
        foreach (var direction in new[] { "receive", "transmit" })
        {
            // A pod's network is its sandbox's; pods on the host network have none of their own.
            Family($"container_network_{direction}_bytes_total", "counter", $"Cumulative count of bytes {direction}d", c => c.HasNetwork ? Math.Floor(Age(c) * c.Between(200, 20_000, direction)) : null, ("interface", "eth0"));
            Family($"container_network_{direction}_packets_total", "counter", $"Cumulative count of packets {direction}d", c => c.HasNetwork ? Math.Floor(Age(c) * c.Between(1, 40, direction)) : null, ("interface", "eth0"));
            Family($"container_network_{direction}_packets_dropped_total", "counter", $"Cumulative count of packets dropped while {direction}", c => c.HasNetwork ? 0 : null, ("interface", "eth0"));
            Family($"container_network_{direction}_errors_total", "counter", $"Cumulative count of errors encountered while {direction}", c => c.HasNetwork ? 0 : null, ("interface", "eth0"));
        }
        return e;
    }

    private void Volumes(Exposition e, IReadOnlyList<JsonObject> pods)
    {
        var claims = pods.SelectMany(pod => pod.Objects("spec", "volumes").Select(volume => (Namespace: pod.Namespace()!, Claim: volume.Text("persistentVolumeClaim", "claimName"))))
            .Where(claim => claim.Claim is not null).Distinct().ToList();
        void Family(string name, string help, Func<double, double> value, double capacity)
        {
            e.Family($"kubelet_volume_stats_{name}", "gauge", help);
            foreach (var (ns, claim) in claims) e.Sample(Math.Floor(value(Between(0.1, 0.6, ns, claim!)) * capacity), ("namespace", ns), ("persistentvolumeclaim", claim));
        }
        const double Bytes = 10.0 * 1024 * Mebibyte;
        const double Inodes = 655_360;
        Family("capacity_bytes", "[ALPHA] Capacity in bytes of the volume", _ => 1, Bytes);
        Family("used_bytes", "[ALPHA] Number of used bytes in the volume", used => used, Bytes);
        Family("available_bytes", "[ALPHA] Number of available bytes in the volume", used => 1 - used, Bytes);
        Family("inodes", "[ALPHA] Maximum number of inodes in the volume", _ => 1, Inodes);
        Family("inodes_used", "[ALPHA] Number of used inodes in the volume", used => used / 10, Inodes);
        Family("inodes_free", "[ALPHA] Number of free inodes in the volume", used => 1 - (used / 10), Inodes);
    }

    private List<Cgroup> Cgroups(IReadOnlyList<JsonObject> pods)
    {
        var all = new List<Cgroup>();
        foreach (var pod in pods)
        {
            var (ns, name) = (pod.Namespace()!, pod.Name());
            var started = Timestamp.Seconds(pod.Text("status", "startTime")) ?? Now();
            var slice = $"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{pod.Uid().Replace('-', '_')}.slice";
            var containers = new List<Cgroup>();
            foreach (var container in pod.Objects("spec", "containers"))
            {
                var its = container.Text("name") ?? "";
                var id = Fingerprint(pod.Uid(), its).ToString("x16", CultureInfo.InvariantCulture);
                containers.Add(new Cgroup(ns, name, its, $"{slice}/cri-containerd-{id}.scope", container.Text("image") ?? "", id, started, Between(0.002, 0.25, ns, name, its), Between(16, 400, ns, name, its) * Mebibyte)
                {
                    Seed = [cluster, node, ns, name, its],
                    CpuLimit = container.Text("resources", "limits", "cpu") is { } cpu ? KubeStateExposition.Quantity(cpu) : null,
                    MemoryLimit = container.Text("resources", "limits", "memory") is { } memory ? KubeStateExposition.Quantity(memory) : null,
                });
            }
            all.Add(new Cgroup(ns, name, "", slice, "", "", started, containers.Sum(c => c.Cores), containers.Sum(c => c.Memory))
            {
                Seed = [cluster, node, ns, name], HasNetwork = !pod.Flag("spec", "hostNetwork"),
            });
            all.AddRange(containers);
        }
        all.Insert(0, new Cgroup("", "", "", RootCgroup, "", "", _started, all.Where(c => c.IsContainer).Sum(c => c.Cores) + 0.1, all.Where(c => c.IsContainer).Sum(c => c.Memory) + (700 * Mebibyte))
        {
            Seed = [cluster, node], HasNetwork = true,
        });
        return all;
    }

    private void Histogram(Exposition e, string name, string help, double count, int typicalBound, params (string, string?)[] labels)
    {
        e.Family(name, "histogram", help);
        for (var i = 0; i < HistogramBounds.Length; i++)
            e.Suffixed("_bucket", i < typicalBound ? Math.Floor(count * 0.98 * (i + 1) / typicalBound) : count, [.. labels, ("le", HistogramBounds[i])]);
        e.Suffixed("_bucket", count, [.. labels, ("le", "+Inf")]);
        e.Suffixed("_sum", count * double.Parse(HistogramBounds[typicalBound - 1], CultureInfo.InvariantCulture) / 2, labels);
        e.Suffixed("_count", count, labels);
    }

    private double Between(double low, double high, params ReadOnlySpan<string> seed) => low + ((high - low) * Fraction(Fingerprint([cluster, node, .. seed])));

    /// <summary>A slow wave around 1, so that levels move.</summary>
    private static double Breathe(Cgroup cgroup, double now) => 1 + (0.05 * Math.Sin((now / 600) + (6 * Fraction(Fingerprint(cgroup.Seed)))));

    private static double Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;

    private static double Fraction(ulong fingerprint) => (fingerprint >> 11) * (1.0 / (1UL << 53));

    /// <summary>FNV-1a over the parts, with a final mix: unlike string hash codes the same on every run.</summary>
    private static ulong Fingerprint(params ReadOnlySpan<string> parts)
    {
        var hash = 14695981039346656037UL;
        foreach (var part in parts)
        {
            foreach (var c in part) hash = (hash ^ c) * 1099511628211UL;
            hash = (hash ^ 0xff) * 1099511628211UL;
        }
        hash = (hash ^ (hash >> 32)) * 0x9E3779B97F4A7C15UL;
        return hash ^ (hash >> 29);
    }

    /// <summary>What cadvisor counts as one: a container, a whole pod, or the machine.</summary>
    private sealed record Cgroup(string Namespace, string Pod, string Container, string Id, string Image, string Name, double Started, double Cores, double Memory)
    {
        public string[] Seed { get; init; } = [];

        public double? CpuLimit { get; init; }

        public double? MemoryLimit { get; init; }

        public bool HasNetwork { get; init; }

        public bool IsContainer => Container.Length > 0;

        public (string, string?)[] Labels { get; } =
            [("container", Container), ("id", Id), ("image", Image), ("name", Name), ("namespace", Namespace), ("pod", Pod)];

        public double Between(double low, double high, string what) => low + ((high - low) * Fraction(Fingerprint([.. Seed, what])));
    }
}
