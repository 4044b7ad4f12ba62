using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>One alert within a notification that reached the receiver.</summary>
/// <param name="Status"><c>firing</c> or <c>resolved</c>.</param>
/// <param name="Labels">The alert's labels.</param>
/// <param name="At">When it arrived.</param>
internal sealed record ReceivedAlert(string Status, ImmutableSortedDictionary<string, string> Labels, DateTimeOffset At)
{
    public string Name => Labels.GetValueOrDefault("alertname", "");

    public string Cluster => Labels.GetValueOrDefault("cluster", "");
}

/// <summary>The lab's on-call person: a webhook to which Alertmanager posts.</summary>
internal sealed class AlertReceiver : IAsyncDisposable
{
    private readonly WebApplication _web;
    private readonly ConcurrentQueue<ReceivedAlert> _received = [];

    private AlertReceiver(WebApplication web) => _web = web;

    /// <summary>Where Alertmanager is to post.</summary>
    public Uri Address => new(_web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/alerts");

    /// <summary>Everything received so far, in order of arrival.</summary>
    public ImmutableArray<ReceivedAlert> Received => [.. _received];

    public static async Task<AlertReceiver> StartAsync(CancellationToken cancellation)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = new AlertReceiver(builder.Build());
        receiver._web.MapPost("/alerts", receiver.ReceiveAsync);
        await receiver._web.StartAsync(cancellation);
        return receiver;
    }

    /// <summary>Whether an alert of that name and cluster arrived with that status since <paramref name="since"/>.</summary>
    public bool Has(string status, string name, string cluster, DateTimeOffset since) =>
        _received.Any(alert => alert.At >= since && alert.Status == status && alert.Name == name && alert.Cluster == cluster);

    public ValueTask DisposeAsync() => _web.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context)
    {
        var notification = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        foreach (var alert in notification!["alerts"]!.AsArray())
        {
            _received.Enqueue(new ReceivedAlert(
                (string)alert!["status"]!,
                alert["labels"]!.AsObject().ToImmutableSortedDictionary(label => label.Key, label => (string)label.Value!, StringComparer.Ordinal),
                DateTimeOffset.UtcNow));
        }
    }
}
