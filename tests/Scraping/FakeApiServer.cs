using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FleetPrometheus.Tests.Scraping;

/// <summary>Just enough of an API server to see what Prometheus makes of a cluster's file: it lists objects, and every other path serves metrics.</summary>
internal sealed class FakeApiServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private FakeApiServer(WebApplication application, string certificate)
    {
        _application = application;
        Certificate = certificate;
    }

    /// <summary>The server's own certificate, PEM.</summary>
    public string Certificate { get; }

    public Uri Address => new(_application.Urls.Single());

    /// <summary>Path, query and token of every request.</summary>
    public ConcurrentQueue<(string Path, string Query, string? Token)> Requests { get; } = [];

    /// <summary>Items by the path that lists them.</summary>
    public required Dictionary<string, object[]> Lists { get; init; }

    /// <summary>What a path that lists nothing serves.</summary>
    public required Func<HttpContext, Task> Metrics { get; init; }

    public static async Task<FakeApiServer> StartAsync(Dictionary<string, object[]> lists, Func<HttpContext, Task> metrics)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=fake", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var server = new FakeApiServer(builder.Build(), certificate.ExportCertificatePem() + "\n") { Lists = lists, Metrics = metrics };
        server._application.Run(server.AnswerAsync);
        await server._application.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        Requests.Enqueue((path, context.Request.QueryString.Value!, context.Request.Headers.Authorization));
        if (context.Request.Headers.Authorization != "Bearer token")
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        }
        else if (!Lists.TryGetValue(path, out var items))
        {
            context.Response.ContentType = "text/plain; version=0.0.4";
            await Metrics(context);
        }
        else if (context.Request.Query.ContainsKey("sendInitialEvents"))
        {
            // As servers that cannot stream a list answer; the client then lists and watches.
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
        }
        else if (context.Request.Query.ContainsKey("watch"))
        {
            await context.Response.StartAsync();
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        }
        else
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(JsonSerializer.Serialize(new
            {
                kind = path.EndsWith("/nodes", StringComparison.Ordinal) ? "NodeList" : "PodList",
                apiVersion = "v1",
                metadata = new { resourceVersion = "1" },
                items,
            }));
        }
    }
}
