using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json;
using FleetPrometheus.Alerting;
using FleetPrometheus.Contract;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Scraping;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Lab.Verification.Join;

/// <summary><c>collection: push</c>: two clusters join whose agents scrape them from inside and send everything to the centre.</summary>
internal sealed class Push(JoinSite site)
{
    /// <summary>A cluster that sends everything there is.</summary>
    public const string Field = "field";

    private const string Depot = "depot";
    private const string Agent = "prometheus-agent";
    private const string Exporters = "fleet-exporters";

    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ClosedFor = TimeSpan.FromSeconds(15);

    private readonly LabFleet _fleet = site.Fleet;

    private FleetMember Member => _fleet.Members.Single(member => member.Name == Field);

    private PushEntrance Entrance => _fleet.Push!;

    private Uri Address => new($"https://{Entrance.Address}/api/v1/write");

    /// <summary>Has <see cref="Field"/> join.</summary>
    public Task JoinAsync(CancellationToken cancellation) =>
        site.TryAsync("a cluster that sends by itself has every target that its file asks for, on every Prometheus, with its labels", async () =>
        {
            AddStack(Field, "");
            await _fleet.ReconcileAsync(cancellation);
            // Only a running cluster tells its kubelets' CA.
            site.Write(Field, ("kubeletCa", JsonSerializer.Serialize(Member.Cluster.KubeletCa)));
            await _fleet.ReconcileAsync(cancellation);
            return await Eventually.NothingWrongAsync(() => TargetsAsync(cancellation), site.Patience, cancellation);
        }, () => $"{Member.Expected.Length} targets, {_fleet.Centre.Apis.Length} Prometheus");

    public async Task RunAsync(CancellationToken cancellation)
    {
        // What is taken over from another Prometheus comes at that one's pace: a sample may fall between two scrapes of ours.
        var others = _fleet.Members.Where(member => !JoinWay.Federates(member.File)).Select(member => member.Name).ToImmutableArray();
        await JoinAsync(cancellation);
        if (_fleet.Members.All(member => member.Name != Field))
        {
            return;
        }

        var before = DateTimeOffset.UtcNow;
        await site.TryAsync("its samples come from the nodes they name",
            () => Eventually.NothingWrongAsync(() => IdentitiesAsync(cancellation), site.Patience, cancellation), () => "kubelets, cadvisor and node-exporters by what they say of themselves");
        await site.TryAsync("its agent may do what its jobs need from inside, and nothing more", () => RightsAsync(cancellation), () => "asked with a token of its account");
        await site.TryAsync("another such cluster joins without a pause for any other", async () =>
        {
            AddStack(Depot, """

                  fleet-prometheus:nodeAccess: "off"
                  fleet-prometheus:nodeExporter:
                    mode: "off"
                  fleet-prometheus:kubeStateMetrics:
                    mode: "off"
                """);
            var joined = DateTimeOffset.UtcNow;
            await _fleet.ReconcileAsync(cancellation);
            var wrong = await Eventually.NothingWrongAsync(
                async () => (await _fleet.Centre.Prometheus.QueryAsync($$"""up{cluster="{{Depot}}",job="apiserver"} == 1""", cancellation)).Length == 1 ? [] : [$"no API server of {Depot}"],
                site.Patience, cancellation);
            return [.. wrong, .. await NoGapsAsync(Field, DateTimeOffset.UtcNow - joined, cancellation)];
        }, () => $"{Depot}; {Field} goes on");
        await site.TryAsync("a label of another cluster cannot be sent, not even by who knows how labels are forced", () => ForgeAsync(cancellation), () => "seven ways of forging, all stored as the sender's own or not at all");
        await site.TryAsync("wrong credentials are refused, and a rotation ends one cluster's old password alone, without a lost sample", () => RotateAsync(cancellation), () => "401 for the old one; both clusters go on");
        await site.TryAsync("a Prometheus that was away gets everything that was sent meanwhile", () => OutageAsync(others, cancellation),
            () => $"away for {Outage.TotalSeconds:0} s: no sample of {Field} is missing on any Prometheus, while scraped clusters have the gap");
        await site.TryAsync("while the way in is closed, agents keep what they scrape", () => ClosedAsync(cancellation), () => $"closed for {ClosedFor.TotalSeconds:0} s: no sample of {Field} is missing");
        await site.TryAsync("and no scraped cluster missed a scrape on the other Prometheus meanwhile", async () =>
            [.. (await Task.WhenAll(others.Select(other => GapsAsync(_fleet.Centre.Apis[^1], other, DateTimeOffset.UtcNow - before, cancellation)))).SelectMany(gaps => gaps)],
            () => string.Join(", ", others));
    }

    private void AddStack(string name, string further)
    {
        File.WriteAllText(Path.Combine(_fleet.Project, $"Pulumi.{name}.yaml"), $"""
            config:
              fleet-prometheus:role: target
              fleet-prometheus:context: {name}
              fleet-prometheus:clusterLabels:
                environment: {name}
              fleet-prometheus:collection: push
              fleet-prometheus:push:
                url: https://{Entrance.Address}
                caCertificate: {JsonSerializer.Serialize(Entrance.CaCertificate)}
                scrapeInterval: {site.Interval.TotalSeconds:0}s{further}

            """);
        site.Write(_fleet.Central.Stack, ("clusters", $"[{string.Join(", ", _fleet.Members.Select(member => member.File.Name).Append(name))}]"));
    }

    private async Task<ImmutableArray<string>> TargetsAsync(CancellationToken cancellation)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var api in _fleet.Centre.Apis)
        {
            var series = await api.QueryAsync($$"""up{cluster="{{Field}}"}""", cancellation);
            var targets = series.ToLookup(one => new ExpectedTarget(one["cluster"], one["job"], one["instance"], one["metrics_path"], one["node"]));
            wrong.AddRange(targets.Where(group => group.Count() > 1).Select(group => $"{group.Key}: {group.Count()} series where one is expected"));
            wrong.AddRange(series.Where(one => one.Value != 1).Select(one => $"{one["job"]} {one["instance"]} is down"));
            wrong.AddRange(series.Where(one => one["environment"] != Field).Select(one => $"{one["job"]} {one["instance"]}: environment is '{one["environment"]}'"));
            wrong.AddRange(targets.Select(group => group.Key).Except(Member.Expected).Select(unexpected => $"unexpected target {unexpected}"));
            wrong.AddRange(Member.Expected.Except(targets.Select(group => group.Key)).Select(missing => $"missing target {missing}"));
            if ((await api.QueryAsync($$"""{{PushedClusters.Metric}}{cluster="{{Field}}"}""", cancellation)).Length != 1)
            {
                wrong.Add($"nothing says that {Field} is expected to send");
            }
        }

        return wrong.ToImmutable();
    }

    private async Task<ImmutableArray<string>> IdentitiesAsync(CancellationToken cancellation)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var (metric, label) in new[] { ("kubelet_node_name", "exported_node"), ("machine_cpu_cores", "machine_id"), ("lab_node_identity", "exported_node") })
        {
            var series = await _fleet.Centre.Prometheus.QueryAsync($$"""{{metric}}{cluster="{{Field}}"}""", cancellation);
            wrong.AddRange(series.Where(one => one[label] != one["node"]).Select(one => $"{metric} of {one["node"]} is of '{one[label]}'"));
            wrong.AddRange(Member.Cluster.Nodes.Except(series.Select(one => one["node"])).Select(node => $"no {metric} of {node}"));
        }

        return wrong.ToImmutable();
    }

    private async Task<ImmutableArray<string>> RightsAsync(CancellationToken cancellation)
    {
        var token = await Member.Cluster.Admin.RequestTokenAsync(Exporters, Agent, cancellation);
        using var server = new KubeClient(Member.Cluster.ApiServer, Member.Cluster.CaCertificate, token);
        var node = Member.Cluster.Nodes[0];
        return
        [
            .. await Rights.WrongAsync(server, HttpStatusCode.OK, [
                "/metrics", "/api/v1/nodes", $"/api/v1/namespaces/{Exporters}/pods", "/api/v1/namespaces/fleet-node-exporter/pods",
                "/api/v1/namespaces/default/endpoints?fieldSelector=metadata.name%3Dkubernetes"], cancellation),
            .. await Rights.WrongAsync(server, HttpStatusCode.Forbidden, [
                "/api/v1/pods", "/api/v1/namespaces/default/endpoints", "/api/v1/namespaces/default/pods", $"/api/v1/nodes/{node}", $"/api/v1/nodes/{node}/proxy/metrics",
                $"/api/v1/namespaces/{Exporters}/secrets", $"/api/v1/namespaces/{Exporters}/configmaps", $"/api/v1/namespaces/{Exporters}/pods/http:x:8080/proxy/metrics"], cancellation),
        ];
    }

    private async Task<ImmutableArray<string>> ForgeAsync(CancellationToken cancellation)
    {
        var forwarder = await File.ReadAllTextAsync(Path.Combine(_fleet.Centre.PrometheusDirectory, "..", "push-forwarder", PushFiles.Relabelling), cancellation);
        var start = forwarder.IndexOf("__push_", StringComparison.Ordinal);
        var prefix = forwarder[start..forwarder.IndexOf('(', StringComparison.Ordinal)];
        const string Metric = "lab_forged";
        (string, string)[][] forgeries =
        [
            [("way", "plain"), ("cluster", Depot), ("environment", "none")],
            [("way", "twice"), ("cluster", Depot), ("cluster", Depot)],
            [("way", "forced"), ($"{prefix}cluster", Depot)],
            [("way", "forced twice"), ($"{prefix}cluster", Depot), ($"{prefix}cluster", Depot)],
            [("way", "forced and plain"), ($"{prefix}cluster", Depot), ("cluster", Depot)],
            [("way", "forced to be forced"), ($"{prefix}{prefix}cluster", Depot)],
            [("way", "empty"), ("cluster", "")],
        ];
        var password = Password(Field, StackOutputs.PushPassword);
        var code = await SendAsync(Field, password, [.. forgeries.Select(labels => ((string, string)[])[("__name__", Metric), .. labels])], cancellation);
        var added = await SendAsync(Field, password, [[("__name__", Metric), ("way", "address")]], cancellation, $"?extra_label={prefix}cluster%3D{Depot}");
        return await Eventually.NothingWrongAsync(async () =>
        {
            var wrong = ImmutableArray.CreateBuilder<string>();
            foreach (var api in _fleet.Centre.Apis)
            {
                var stored = await api.QueryAsync(Metric, cancellation);
                wrong.AddRange(stored.Where(one => one["cluster"] != Field || one["environment"] != Field).Select(one => $"{one["way"]}: stored as cluster '{one["cluster"]}', environment '{one["environment"]}'"));
                wrong.AddRange(new[] { "plain", "forced", "empty", "address" }.Except(stored.Select(one => one["way"])).Select(way => $"{way}: not stored (answers {(int)code}, {(int)added})"));
            }

            return wrong.ToImmutable();
        }, site.Patience, cancellation);
    }

    private async Task<ImmutableArray<string>> RotateAsync(CancellationToken cancellation)
    {
        var began = DateTimeOffset.UtcNow;
        var old = Password(Field, StackOutputs.PushPassword);
        var next = Password(Field, StackOutputs.NextPushPassword);
        var wrong = ImmutableArray.CreateBuilder<string>();
        await ExpectAsync(Field, new SecretText("wrong"), HttpStatusCode.Unauthorized);
        await ExpectAsync(Depot, old, HttpStatusCode.Unauthorized);
        await ExpectAsync(Field, old, HttpStatusCode.NoContent);
        site.Write(Field, ("tokenGeneration", "2"));
        await _fleet.ReconcileAsync(cancellation);
        wrong.AddRange(await Eventually.TrueAsync(
            async () => await SendAsync(Field, old, [], cancellation) == HttpStatusCode.Unauthorized, $"{Field}'s old password is still let in", site.Patience, cancellation));
        await ExpectAsync(Field, next, HttpStatusCode.NoContent);
        await ExpectAsync(Depot, Password(Depot, StackOutputs.PushPassword), HttpStatusCode.NoContent);
        await Task.Delay(2 * site.Interval, cancellation);
        wrong.AddRange(await Eventually.NothingWrongAsync(() => NoGapsAsync(Field, DateTimeOffset.UtcNow - began, cancellation), site.Patience, cancellation));
        wrong.AddRange(await Eventually.NothingWrongAsync(() => NoGapsAsync(Depot, DateTimeOffset.UtcNow - began, cancellation), site.Patience, cancellation));
        return wrong.ToImmutable();

        async Task ExpectAsync(string user, SecretText password, HttpStatusCode expected)
        {
            var code = await SendAsync(user, password, [], cancellation);
            if (code != expected)
            {
                wrong.Add($"as {user}: {(int)code} instead of {(int)expected}");
            }
        }
    }

    private async Task<ImmutableArray<string>> OutageAsync(ImmutableArray<string> scraped, CancellationToken cancellation)
    {
        var began = DateTimeOffset.UtcNow;
        await _fleet.Centre.Replica("prometheus-0").StopAsync();
        await Task.Delay(Outage, cancellation);
        await _fleet.Centre.StartAgainAsync("prometheus-0", cancellation);
        var wrong = await Eventually.NothingWrongAsync(async () =>
        {
            try
            {
                return await NoGapsAsync(Field, DateTimeOffset.UtcNow - began, cancellation);
            }
            catch (HttpRequestException starting)
            {
                return [starting.Message];
            }
        }, site.Patience, cancellation);
        // Else the outage was none.
        var gaps = await GapsAsync(_fleet.Centre.Prometheus, scraped[0], DateTimeOffset.UtcNow - began, cancellation);
        return gaps.IsEmpty ? [.. wrong, $"{scraped[0]}, which is scraped, has no gap either: Prometheus was not away"] : wrong;
    }

    private async Task<ImmutableArray<string>> ClosedAsync(CancellationToken cancellation)
    {
        var began = DateTimeOffset.UtcNow;
        await _fleet.Centre.Replica("push-front-0").StopAsync();
        await Task.Delay(ClosedFor, cancellation);
        var meanwhile = await _fleet.Centre.Prometheus.QueryAsync($$"""up{cluster="{{Field}}"}[{{ClosedFor.TotalSeconds / 3:0}}s]""", cancellation);
        await _fleet.Centre.StartAgainAsync("push-front-0", cancellation);
        var wrong = await Eventually.NothingWrongAsync(() => NoGapsAsync(Field, DateTimeOffset.UtcNow - began, cancellation), site.Patience, cancellation);
        return meanwhile.IsEmpty ? wrong : [.. wrong, $"{Field} was heard of while the way in was closed"];
    }

    /// <summary>On no Prometheus a sample of the cluster is missing.</summary>
    private async Task<ImmutableArray<string>> NoGapsAsync(string cluster, TimeSpan window, CancellationToken cancellation) =>
        [.. (await Task.WhenAll(_fleet.Centre.Apis.Select(api => GapsAsync(api, cluster, window, cancellation)))).SelectMany(gaps => gaps)];

    /// <summary>Where samples of a cluster's targets are missing: between two, before the first and after the last.</summary>
    private async Task<ImmutableArray<string>> GapsAsync(PrometheusApi api, string cluster, TimeSpan window, CancellationToken cancellation)
    {
        // Sent samples are some seconds behind.
        const double Behind = 10;
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
        var seconds = (int)window.TotalSeconds;
        var series = await api.QueryAsync(string.Create(CultureInfo.InvariantCulture, $"up{{cluster=\"{cluster}\"}}[{seconds}s]"), cancellation);
        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var one in series)
        {
            double[] times = [now - seconds, .. one.Samples.Select(sample => sample.Time), now - Behind];
            var gap = times.Zip(times.Skip(1), (a, b) => b - a).Max();
            // Scrapes keep to their interval to the millisecond; twice the interval is one left out.
            if (gap > 1.9 * site.Interval.TotalSeconds)
            {
                wrong.Add(string.Create(CultureInfo.InvariantCulture, $"{cluster} {one["job"]}{one["metrics_path"]} {one["instance"]} at {api.Address.Authority}: {gap:0.0} s without a sample"));
            }
        }

        return series.IsEmpty ? [$"no samples of {cluster} at {api.Address.Authority}"] : wrong.ToImmutable();
    }

    private SecretText Password(string cluster, string output) => new(_fleet.Members.Single(member => member.Name == cluster).Evaluated.Outputs.Text(output)!);

    private async Task<HttpStatusCode> SendAsync(
        string user, SecretText password, IReadOnlyList<IReadOnlyList<(string, string)>> series, CancellationToken cancellation, string query = "")
    {
        using var client = new HttpClient(TrustingHandler.Of(Entrance.CaCertificate));
        using var request = RemoteWriteRequest.Make(new Uri(Address + query), user, password, series);
        using var response = await client.SendAsync(request, cancellation);
        return response.StatusCode;
    }
}
