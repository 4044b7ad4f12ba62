using System.Collections.Immutable;
using FleetPrometheus.Scraping;
using Microsoft.AspNetCore.Http;

namespace FleetPrometheus.Tests.Scraping;

/// <summary>What a real Prometheus makes of pods' annotations, which anybody may write who may write pods.</summary>
public sealed class AnnotatedPodsTests
{
    private static readonly Cluster Cluster = Samples.Default with
    {
        Jobs =
        [
            new PodProxyJob("shop") { Namespace = "market", Selector = Samples.Labels(("app.kubernetes.io/name", "shop")), Port = 8080 },
            new AnnotatedPodsJob { Namespaces = ImmutableSortedSet.Create(StringComparer.Ordinal, "market") },
        ],
    };

    [Fact]
    public async Task Prometheus_AnnotatedPods_OnlyWellFormedOnesBecomeTargets()
    {
        await using var server = await FakeApiServer.StartAsync(
            new()
            {
                ["/api/v1/namespaces/market/pods"] =
                [
                    .. new[]
                    {
                    Pod("declared", [8080, 9100]),
                    Pod("annotated", [8080, 9100], ("port", "9400"), ("path", "/stats/prometheus;v=1"), ("scheme", "https")),
                    Pod("undeclared", [], ("port", "9000")),
                    Pod("silent", [8080], ("scrape", "false")),
                    Pod("unasked", [8080], ("scrape", "")),
                    Pod("finished", [8080]) with { Phase = "Succeeded" },
                    // Scraped by the job of its own; its other port is not.
                    Pod("shop", [8080, 8081]) with { Application = "shop" },
                    // Attempts to be more than a target.
                    Pod("path-up", [8080], ("path", "/../../../secrets")),
                    Pod("path-up-at-end", [8080], ("path", "/metrics/..")),
                    Pod("path-dot", [8080], ("path", "/./metrics")),
                    Pod("path-escaped", [8080], ("path", "/%2e%2e/secrets")),
                    Pod("path-query", [8080], ("path", "/metrics?x=1")),
                    Pod("path-fragment", [8080], ("path", "/metrics#x")),
                    Pod("path-relative", [8080], ("path", "metrics")),
                    Pod("path-line", [8080], ("path", "/metrics\n/x")),
                    Pod("path-template", [8080], ("path", "/${1}/\u0000")),
                    Pod("port-name", [8080], ("port", "http")),
                    Pod("port-path", [8080], ("port", "8080/proxy/../../x")),
                    Pod("port-more", [8080], ("port", "8080;http")),
                    Pod("port-zero", [8080], ("port", "0")),
                    Pod("scheme-more", [8080], ("scheme", "https:other")),
                    Pod("scheme-file", [8080], ("scheme", "file")),
                    }.Select(pod => pod.ToObject()),
                ],
            },
            context => context.Response.WriteAsync($"probe{{path=\"{context.Request.Path}\",cluster=\"forged\"}} 1\n"));
        await using var prometheus = await RunningPrometheus.StartAsync([Cluster with { ApiServer = server.Address }], server.Certificate);

        var series = await prometheus.SeriesAsync("probe", 6);

        const string Proxy = "/api/v1/namespaces/market/pods/";
        Assert.Equal(
        [
            $"annotated-pods|annotated|annotated:9400|{Proxy}https:annotated:9400/proxy/stats/prometheus;v=1",
            $"annotated-pods|declared|declared:8080|{Proxy}http:declared:8080/proxy/metrics",
            $"annotated-pods|declared|declared:9100|{Proxy}http:declared:9100/proxy/metrics",
            $"annotated-pods|shop|shop:8081|{Proxy}http:shop:8081/proxy/metrics",
            $"annotated-pods|undeclared|undeclared:9000|{Proxy}http:undeclared:9000/proxy/metrics",
            $"shop|shop|shop|{Proxy}http:shop:8080/proxy/metrics",
        ], series.Select(labels => string.Join('|', labels["job"], labels["pod"], labels["instance"], labels["path"])).Order(StringComparer.Ordinal));
        Assert.All(series, labels =>
        {
            Assert.Equal("stage", labels["cluster"]);
            Assert.Equal("stage", labels["environment"]);
            Assert.Equal("market", labels["namespace"]);
            Assert.DoesNotContain("node", (IDictionary<string, string>)labels);
        });
        Assert.All(server.Requests, request => Assert.StartsWith("/api/v1/namespaces/market/pods", request.Path, StringComparison.Ordinal));
    }

    private static PodSketch Pod(string name, int[] ports, params (string Name, string Value)[] annotations) => new(name, ports, annotations);

    /// <summary>A pod that asks to be scraped unless its annotations say otherwise.</summary>
    private sealed record PodSketch(string Name, int[] Ports, (string Name, string Value)[] Annotations)
    {
        public string Phase { get; init; } = "Running";

        public string Application { get; init; } = "other";

        public object ToObject() => new
        {
            metadata = new
            {
                name = Name,
                @namespace = "market",
                uid = Name,
                resourceVersion = "1",
                labels = Samples.Labels(("app.kubernetes.io/name", Application)),
                annotations = Annotations.Prepend(("scrape", "true")).GroupBy(one => one.Item1).ToDictionary(one => $"prometheus.io/{one.Key}", one => one.Last().Item2),
            },
            spec = new
            {
                nodeName = "n1",
                initContainers = new[] { new { name = "init", image = "init", ports = new[] { new { containerPort = 7000, protocol = "TCP" } } } },
                containers = new object[]
                {
                    new { name = "main", image = "main", ports = Ports.Select(port => new { containerPort = port, protocol = "TCP" }).ToArray() },
                    new { name = "side", image = "side", ports = new[] { new { containerPort = 5353, protocol = "UDP" } } },
                },
            },
            status = new { phase = Phase, podIP = "10.0.0.9", hostIP = "10.0.0.1" },
        };
    }
}
