using System.Globalization;
using System.Net;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Lab.Processes;
using FleetPrometheus.Lab.Verification;
using Microsoft.AspNetCore.Http;

namespace FleetPrometheus.Tests.Verification;

/// <summary>Which scrapes count as missed: Prometheus's answers are made up here, since real ones would be late at their own will.</summary>
public sealed class MissedScrapeTests
{
    private const double Interval = 2;

    [Theory]
    [InlineData("1 1 1 1", "0.1 0.1 0.1 0.1", null)]
    [InlineData("1 0 1 1", "0.1 2.0 0.1 0.1", null)]
    [InlineData("1 0 1 1", "0.1 0.1 0.1 0.1", "1 of 4 scrapes failed")]
    [InlineData("1 0 0 1", "0.1 2.0 2.0 0.1", "2 of 4 scrapes failed")]
    [InlineData("1 0 0 1", "0.1 2.0 0.1 0.1", "2 of 4 scrapes failed")]
    [InlineData("1 - 1 1", "0.1 - 0.1 0.1", "a gap of 4.0 s between scrapes")]
    public async Task NoScrapeMissed_OneThatCameToItsTimeout_IsLetPass(string up, string durations, string? expected)
    {
        var port = FreePort.Find();
        await using var server = await WebServer.StartAsync(options => options.Listen(IPAddress.Loopback, port), async context =>
        {
            var query = context.Request.Query["query"].ToString();
            await context.Response.WriteAsync(Answer(query.Split('{')[0], query.StartsWith("up", StringComparison.Ordinal) ? up : durations));
        });
        using var prometheus = new PrometheusApi(new Uri($"http://127.0.0.1:{port}"), "", "");

        var wrong = await TargetChecks.NoScrapeMissedAsync(prometheus, ["a"], TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(Interval), CancellationToken.None);

        Assert.Equal(expected is null ? "" : $"a kubelet/metrics n: {expected}", string.Join('\n', wrong));
    }

    private static string Answer(string metric, string samples)
    {
        var values = samples.Split(' ').Index().Where(sample => sample.Item != "-").Select(sample => string.Create(CultureInfo.InvariantCulture, $"[{1000 + (sample.Index * Interval)},\"{sample.Item}\"]"));
        return $$$"""
            {"status":"success","data":{"resultType":"matrix","result":[
             {"metric":{"__name__":"{{{metric}}}","cluster":"a","job":"kubelet","metrics_path":"/metrics","instance":"n"},"values":[{{{string.Join(',', values)}}}]}]}}
            """;
    }
}
