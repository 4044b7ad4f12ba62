using System.Collections.Immutable;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Alerting;

/// <summary>Somebody who is told about alerts, in one or several ways at once.</summary>
public sealed record Receiver
{
    /// <summary>Unique among receivers.</summary>
    public required string Name { get; init; }

    public ImmutableArray<Webhook> Webhook { get; init; } = [];

    public ImmutableArray<SlackChannel> Slack { get; init; } = [];

    public ImmutableArray<PagerDutyService> PagerDuty { get; init; } = [];

    public ImmutableArray<EmailAddress> Email { get; init; } = [];

    public ImmutableArray<TeamsChannel> MsTeams { get; init; } = [];

    /// <summary>Every way, in the order in which they are written.</summary>
    internal IEnumerable<Integration> Integrations => [.. Webhook, .. Slack, .. PagerDuty, .. Email, .. MsTeams];
}

/// <summary>One way of telling somebody.</summary>
public abstract record Integration
{
    /// <summary>Whether the end of an alert is told too. Default true.</summary>
    public bool SendResolved { get; init; } = true;
}

/// <summary>Alerts as JSON by HTTP POST.</summary>
/// <param name="Url">An absolute http(s) address; a secret, because such addresses often carry one.</param>
public sealed record Webhook(SecretText Url) : Integration;

/// <summary>A message to Slack, through an incoming webhook.</summary>
/// <param name="Url">The webhook's https address, which is a credential.</param>
public sealed record SlackChannel(SecretText Url) : Integration
{
    /// <summary>The channel, for webhooks that leave the choice. Default null: the webhook's own.</summary>
    public string? Channel { get; init; }
}

/// <summary>An incident in PagerDuty, through the Events API v2.</summary>
/// <param name="RoutingKey">The integration key of the service.</param>
public sealed record PagerDutyService(SecretText RoutingKey) : Integration
{
    /// <summary>The address of the Events API. Default null: the one in the US.</summary>
    public Uri? Url { get; init; }
}

/// <summary>An e-mail, through <see cref="AlertRouting.Smtp"/>.</summary>
/// <param name="To">The address, or several with commas between.</param>
public sealed record EmailAddress(string To) : Integration;

/// <summary>A card in Microsoft Teams, through a workflow that a webhook starts.</summary>
/// <param name="Url">The workflow's https address, which is a credential.</param>
public sealed record TeamsChannel(SecretText Url) : Integration;

/// <summary>A server that takes e-mail.</summary>
public sealed record SmtpServer
{
    /// <summary>Its address, host:port. On port 465 the connection is encrypted from the start, else by STARTTLS.</summary>
    public required string Server { get; init; }

    /// <summary>The sender's address.</summary>
    public required string From { get; init; }

    /// <summary>The user to log in as. Default null: no login.</summary>
    public string? Username { get; init; }

    /// <summary>The user's password.</summary>
    public SecretText? Password { get; init; }

    /// <summary>Whether a server without encryption is refused. Default true.</summary>
    public bool RequireTls { get; init; } = true;
}
