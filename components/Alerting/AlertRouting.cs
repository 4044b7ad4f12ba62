using System.Collections.Immutable;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Alerting;

/// <summary>Who is told about alerts: the part of Alertmanager's configuration that operators set.</summary>
public sealed record AlertRouting
{
    /// <summary>Receivers by unique name; empty: alerts are shown in the web UI and told to nobody.</summary>
    public ImmutableArray<WebhookReceiver> Receivers { get; init; } = [];

    /// <summary>The name of the receiver of alerts that no other route takes. Default null: the first receiver.</summary>
    public string? DefaultReceiver { get; init; }

    /// <summary>How long a new group of alerts waits for company before the first notification. Default 30 s.</summary>
    public TimeSpan GroupWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a changed group waits before the next notification. Default 5 min.</summary>
    public TimeSpan GroupInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long until an unchanged firing group is told again. Default 4 h.</summary>
    public TimeSpan RepeatInterval { get; init; } = TimeSpan.FromHours(4);
}

/// <summary>A receiver that gets alerts as JSON by HTTP POST.</summary>
/// <param name="Name">Unique among receivers.</param>
/// <param name="Url">An absolute http(s) address; a secret, because such addresses often carry one.</param>
public sealed record WebhookReceiver(string Name, SecretText Url);
