using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>A Kestrel with one handler: no routing, no configuration files, no logging, no hold on Ctrl-C.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private WebServer(WebApplication application) => _application = application;

    /// <summary>Starts listening.</summary>
    /// <exception cref="IOException">An address is taken.</exception>
    public static async Task<WebServer> StartAsync(Action<KestrelServerOptions> configure, RequestDelegate handle, CancellationToken cancellation = default)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MinResponseDataRate = null;
            options.Limits.Http2.MaxStreamsPerConnection = 250;
            configure(options);
        });
        var application = builder.Build();
        application.Run(handle);
        try
        {
            await application.StartAsync(cancellation);
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
        return new WebServer(application);
    }

    /// <summary>Stops listening and drops every established connection at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync(new CancellationToken(canceled: true));
        await _application.DisposeAsync();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
