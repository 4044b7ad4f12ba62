using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Rendering;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Lab.Processes;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>
/// The centre, run on this machine: real Prometheus and Alertmanager with the very files and arguments that their pods would have,
/// but for the addresses they listen at.
/// </summary>
internal sealed class Centre : IDisposable
{
    private readonly ProcessSupervisor _processes;
    private readonly ImmutableDictionary<Tool, LocatedTool> _tools;
    private readonly Member _prometheus;
    private readonly Member _alertmanager;
    private readonly string _user;
    private readonly string _password;

    public Centre(ProcessSupervisor processes, ImmutableDictionary<Tool, LocatedTool> tools, EvaluatedStack central)
    {
        _processes = processes;
        _tools = tools;
        _prometheus = new Member("prometheus", 9090, central, processes.DirectoryPath);
        _alertmanager = new Member("alertmanager", 9093, central, processes.DirectoryPath);
        _user = central.Outputs.Text("webUser")!;
        _password = central.Outputs.Text("webPassword")!;
        Apis = [.. _prometheus.Ports.Select(port => new PrometheusApi(Address(port), _user, _password))];
    }

    /// <summary>One client per Prometheus replica.</summary>
    public ImmutableArray<PrometheusApi> Apis { get; }

    /// <summary>The first replica, which is as good as any.</summary>
    public PrometheusApi Prometheus => Apis[0];

    public Uri AlertmanagerAddress => Address(_alertmanager.Ports[0]);

    public string User => _user;

    public string Password => _password;

    /// <summary>The directory that stands for a Prometheus pod's /etc/prometheus.</summary>
    public string PrometheusDirectory => _prometheus.Bundle.DirectoryPath;

    /// <summary>The directory that stands for an Alertmanager pod's /etc/alertmanager.</summary>
    public string AlertmanagerDirectory => _alertmanager.Bundle.DirectoryPath;

    /// <summary>Changes a file on its way into the bundle, so that a test can break what the program rendered.</summary>
    public Func<PodFile, PodFile> Alter { get; init; } = file => file;

    /// <summary>Writes the files that a rendering of the central stack mounts; running programs notice by themselves.</summary>
    public void Write(EvaluatedStack central)
    {
        // In a pod these names are the replicas' own; here they are ports of this machine.
        var places = new[] { _prometheus, _alertmanager }.SelectMany(member => member.Places(central)).ToList();
        foreach (var member in new[] { _alertmanager, _prometheus })
        {
            member.Bundle.Write([.. PodFiles.Under($"/etc/{member.Name}", member.Name, central.Manifests)
                .Select(file => file with { Content = places.Aggregate(file.Content, (text, place) => text.Replace(place.From, place.To, StringComparison.Ordinal)) })
                .Select(Alter)]);
        }
    }

    /// <summary>Starts every replica and returns when all are ready.</summary>
    public async Task StartAsync(EvaluatedStack central, CancellationToken cancellation)
    {
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{_user}:{_password}")));
        foreach (var (member, tool) in new[] { (_alertmanager, Tool.Alertmanager), (_prometheus, Tool.Prometheus) })
        {
            for (var replica = 0; replica < member.Ports.Length; replica++)
            {
                var process = _processes.Start(_tools[tool].Run($"{member.Name}-{replica}", member.Arguments(central, replica)) with
                {
                    Environment = ImmutableSortedDictionary<string, string>.Empty.Add("PROMETHEUS_REPLICA", $"{member.Name}-{replica}"),
                });
                await process.UntilReadyAsync(client, new Uri(Address(member.Ports[replica]), "/-/ready"), TimeSpan.FromSeconds(30), cancellation);
            }
        }
    }

    public void Dispose()
    {
        foreach (var api in Apis)
        {
            api.Dispose();
        }
    }

    private static Uri Address(int port) => new($"http://127.0.0.1:{port}");

    /// <summary>Prometheus or Alertmanager: its StatefulSet, and where its replicas are on this machine.</summary>
    private sealed class Member
    {
        private readonly int _podPort;
        private readonly string _runDirectory;

        public Member(string name, int podPort, EvaluatedStack central, string runDirectory)
        {
            Name = name;
            _podPort = podPort;
            _runDirectory = runDirectory;
            Bundle = new Bundle(Path.Combine(runDirectory, "bundle", name));
            Ports = [.. Enumerable.Range(0, (int)(long)Workload(central)["spec"]!["replicas"]!).Select(_ => FreePort.Find())];
            ClusterPorts = [.. Ports.Select(_ => FreePort.Find())];
        }

        public string Name { get; }

        public Bundle Bundle { get; }

        public ImmutableArray<int> Ports { get; }

        private ImmutableArray<int> ClusterPorts { get; }

        /// <summary>Each replica's address in a cluster's DNS, and the one it has here.</summary>
        public IEnumerable<(string From, string To)> Places(EvaluatedStack central)
        {
            var workload = Workload(central);
            var service = $"{(string)workload["spec"]!["serviceName"]!}.{(string)workload["metadata"]!["namespace"]!}.svc";
            for (var replica = 0; replica < Ports.Length; replica++)
            {
                var pod = string.Create(CultureInfo.InvariantCulture, $"{Name}-{replica}.{service}");
                yield return ($"{pod}:{_podPort}", $"127.0.0.1:{Ports[replica]}");
                // Gossip between Alertmanagers.
                yield return ($"{pod}:9094", $"127.0.0.1:{ClusterPorts[replica]}");
            }
        }

        /// <summary>The container's own arguments, with this machine's paths and addresses.</summary>
        public ImmutableArray<string> Arguments(EvaluatedStack central, int replica)
        {
            var places = Places(central).ToList();
            var data = Path.Combine(_runDirectory, "data", $"{Name}-{replica}");
            Directory.CreateDirectory(data);
            var container = Workload(central)["spec"]!["template"]!["spec"]!["containers"]!.AsArray().Single(container => (string?)container!["name"] == Name)!;
            var arguments = container["args"]!.AsArray().Select(argument => (string)argument!)
                .Where(argument => !argument.StartsWith("--web.listen-address", StringComparison.Ordinal))
                .Select(argument => argument.Replace($"=/etc/{Name}", $"={Bundle.DirectoryPath}", StringComparison.Ordinal))
                .Select(argument => argument.EndsWith($"=/{Name}", StringComparison.Ordinal) ? argument[..^(Name.Length + 1)] + data : argument)
                .Select(argument => argument.StartsWith("--cluster.listen-address=", StringComparison.Ordinal) && !argument.EndsWith('=')
                    ? $"--cluster.listen-address=127.0.0.1:{ClusterPorts[replica]}" : argument)
                .Select(argument => places.Aggregate(argument, (text, place) => text.Replace(place.From, place.To, StringComparison.Ordinal)))
                .Append($"--web.listen-address=127.0.0.1:{Ports[replica]}");
            return Name == "prometheus" ? [.. arguments, "--config.auto-reload-interval=1s"] : [.. arguments];
        }

        private JsonNode Workload(EvaluatedStack central) =>
            central.Manifests.Single(manifest => manifest.Kind == "StatefulSet" && manifest.Name == Name).Content;
    }
}
