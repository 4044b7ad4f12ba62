using System.Collections.Immutable;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>A target as Prometheus reports it.</summary>
/// <param name="Labels">Its labels after relabelling.</param>
/// <param name="Health"><c>up</c>, <c>down</c> or <c>unknown</c> (not scraped yet).</param>
/// <param name="Error">What the last scrape failed with, or empty.</param>
/// <param name="Url">The address scraped.</param>
internal sealed record ActiveTarget(ImmutableSortedDictionary<string, string> Labels, string Health, string Error, string Url)
{
    public string this[string label] => Labels.GetValueOrDefault(label, "");
}

/// <summary>One series of a query's result: its labels and its samples (one for an instant query).</summary>
internal sealed record Series(ImmutableSortedDictionary<string, string> Labels, ImmutableArray<Sample> Samples)
{
    public string this[string label] => Labels.GetValueOrDefault(label, "");

    public double Value => Samples[^1].Value;
}

/// <summary>A sample; <paramref name="Time"/> in seconds since 1970.</summary>
internal readonly record struct Sample(double Time, double Value);

/// <summary>A rule as Prometheus reports it.</summary>
/// <param name="Name">The alert or the metric recorded.</param>
/// <param name="Query">Its expression.</param>
/// <param name="Health"><c>ok</c>, <c>err</c> or <c>unknown</c> (not evaluated yet).</param>
/// <param name="Error">What the last evaluation failed with, or empty.</param>
internal sealed record RuleState(string Name, string Query, string Health, string Error);

/// <summary>The few calls of Prometheus's HTTP API that the lab makes.</summary>
internal sealed class PrometheusApi : IDisposable
{
    private readonly HttpClient _http;

    /// <param name="address">Its address.</param>
    /// <param name="user">The user.</param>
    /// <param name="password">The password.</param>
    /// <param name="caCertificate">The CA of its certificate, PEM; null: it speaks HTTP.</param>
    public PrometheusApi(Uri address, string user, string password, string? caCertificate = null)
    {
        Address = address;
        _http = new HttpClient(TrustingHandler.Of(caCertificate)) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(10) };
        _http.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
    }

    public Uri Address { get; }

    public async Task<ImmutableArray<ActiveTarget>> TargetsAsync(CancellationToken cancellation) =>
        [.. (await GetAsync("/api/v1/targets?state=active", cancellation))["activeTargets"]!.AsArray().Select(target => new ActiveTarget(
            Labels(target!["labels"]!), (string)target["health"]!, (string)target["lastError"]!, (string)target["scrapeUrl"]!))];

    /// <summary>How many targets were discovered that relabelling drops.</summary>
    public async Task<int> DroppedAsync(CancellationToken cancellation) =>
        (await GetAsync("/api/v1/targets?state=dropped", cancellation))["droppedTargetCounts"]!.AsObject().Sum(pool => (int)pool.Value!);

    /// <summary>What its own page of metrics says, the samples of each name added up: known also while it cannot scrape itself.</summary>
    public async Task<IReadOnlyDictionary<string, double>> MetricsAsync(CancellationToken cancellation)
    {
        var sums = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var line in (await _http.GetStringAsync("/metrics", cancellation)).Split('\n').Where(line => line.Length > 0 && line[0] != '#'))
        {
            var name = line[..line.AsSpan().IndexOfAny('{', ' ')];
            sums[name] = sums.GetValueOrDefault(name) + double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
        }

        return sums;
    }

    /// <summary>An instant query (a range selector gives its raw samples), at the server's present.</summary>
    public async Task<ImmutableArray<Series>> QueryAsync(string promql, CancellationToken cancellation) =>
        [.. (await GetAsync($"/api/v1/query?query={Uri.EscapeDataString(promql)}", cancellation))["result"]!.AsArray().Select(series => new Series(
            Labels(series!["metric"]!),
            series["values"] is JsonArray values ? [.. values.Select(Sample)] : [Sample(series["value"])]))];

    /// <summary>The value of a query that gives one series; NaN when it gives none.</summary>
    public async Task<double> ScalarAsync(string promql, CancellationToken cancellation) =>
        await QueryAsync(promql, cancellation) is [var only, ..] ? only.Value : double.NaN;

    /// <summary>The sum of one of its own counters; 0 while it has none of that name.</summary>
    public async Task<double> OwnCounterAsync(string name, CancellationToken cancellation) => (await MetricsAsync(cancellation)).GetValueOrDefault(name);

    /// <summary>Whether it was built with its web interface, which Debian's package lacks.</summary>
    public async Task<bool> HasPagesAsync(CancellationToken cancellation)
    {
        using var response = await _http.GetAsync("/query", cancellation);
        return response.IsSuccessStatusCode;
    }

    /// <summary>Every rule, as it was evaluated last.</summary>
    public async Task<ImmutableArray<RuleState>> RulesAsync(CancellationToken cancellation) =>
        [.. (await GetAsync("/api/v1/rules", cancellation))["groups"]!.AsArray().SelectMany(group => group!["rules"]!.AsArray()).Select(rule => new RuleState(
            (string)rule!["name"]!, (string)rule["query"]!, (string)rule["health"]!, (string?)rule["lastError"] ?? ""))];

    /// <summary>What an expression is made of.</summary>
    public async Task<PromqlTree> ParseAsync(string promql, CancellationToken cancellation) =>
        new((await GetAsync($"/api/v1/parse_query?query={Uri.EscapeDataString(promql)}", cancellation)).AsObject());

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode> GetAsync(string path, CancellationToken cancellation)
    {
        using var response = await _http.GetAsync(path, cancellation);
        var body = await response.Content.ReadAsStringAsync(cancellation);
        return response.IsSuccessStatusCode
            ? JsonNode.Parse(body)!["data"]!
            : throw new HttpRequestException($"Prometheus answered {(int)response.StatusCode} to {path}: {body}");
    }

    private static ImmutableSortedDictionary<string, string> Labels(JsonNode labels) =>
        labels.AsObject().ToImmutableSortedDictionary(label => label.Key, label => (string)label.Value!, StringComparer.Ordinal);

    private static Sample Sample(JsonNode? sample) =>
        new((double)sample![0]!, double.Parse((string)sample[1]!, CultureInfo.InvariantCulture));
}
