using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FleetPrometheus.Tests.Alerting;

/// <summary>Stands for whatever Alertmanager talks to over HTTP, and remembers what it was told where.</summary>
internal sealed class TellTale : IAsyncDisposable
{
    private readonly WebApplication _web;
    private readonly ConcurrentQueue<(string Path, string Body)> _told = [];

    private TellTale(WebApplication web) => _web = web;

    /// <summary>Its address, ending in a slash.</summary>
    public string Address => _web.Urls.First() + "/";

    public static async Task<TellTale> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var tale = new TellTale(builder.Build());
        tale._web.MapPost("/{**path}", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            tale._told.Enqueue((request.Path, await reader.ReadToEndAsync()));
            return "ok";
        });
        await tale._web.StartAsync();
        return tale;
    }

    /// <summary>Waits until a message with these texts in it was posted to a path.</summary>
    public async Task UntilAsync(string path, params string[] texts)
    {
        for (var tries = 0; tries < 100; tries++)
        {
            if (_told.Any(message => message.Path == path && texts.All(text => message.Body.Contains(text, StringComparison.Ordinal))))
            {
                return;
            }

            await Task.Delay(100);
        }

        Assert.Fail($"{path} was never told {string.Join(" and ", texts)}; all that was told:\n{string.Join('\n', _told)}");
    }

    public ValueTask DisposeAsync() => _web.DisposeAsync();
}
