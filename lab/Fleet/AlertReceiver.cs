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

/// <summary>A notification that reached the receiver: the alerts of one group.</summary>
/// <param name="Receiver">The name of the receiver that Alertmanager meant.</param>
/// <param name="Alerts">Its alerts.</param>
/// <param name="At">When it arrived.</param>
internal sealed record Notification(string Receiver, ImmutableArray<ReceivedAlert> Alerts, DateTimeOffset At)
{
    /// <summary>Whether it tells that an alert of that name and cluster is firing, or resolved.</summary>
    public bool Tells(string status, string name, string cluster) =>
        Alerts.Any(alert => alert.Status == status && alert.Name == name && alert.Cluster == cluster);

    public override string ToString() =>
        $"{Receiver} told {string.Join(", ", Alerts.Select(alert => $"{alert.Name} of {alert.Cluster} ({alert.Status})"))}";
}

/// <summary>The lab's on-call person: a webhook to which Alertmanager posts.</summary>
internal sealed class AlertReceiver : IAsyncDisposable
{
    private readonly WebApplication _web;
    private readonly ConcurrentQueue<Notification> _received = [];

    private AlertReceiver(WebApplication web) => _web = web;

    /// <summary>Where Alertmanager is to post.</summary>
    public Uri Address => new(_web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/alerts");

    /// <summary>Every notification so far, in order of arrival.</summary>
    public ImmutableArray<Notification> Notifications => [.. _received];

    /// <summary>Every alert of every notification, in order of arrival.</summary>
    public ImmutableArray<ReceivedAlert> Received => [.. _received.SelectMany(notification => notification.Alerts)];

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
        Received.Any(alert => alert.At >= since && alert.Status == status && alert.Name == name && alert.Cluster == cluster);

    public ValueTask DisposeAsync() => _web.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context)
    {
        var notification = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        var now = DateTimeOffset.UtcNow;
        _received.Enqueue(new Notification(
            (string)notification!["receiver"]!,
            [
                .. notification["alerts"]!.AsArray().Select(alert => new ReceivedAlert(
                    (string)alert!["status"]!,
                    alert["labels"]!.AsObject().ToImmutableSortedDictionary(label => label.Key, label => (string)label.Value!, StringComparer.Ordinal),
                    now)),
            ],
            now));
    }
}
