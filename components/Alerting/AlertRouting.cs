using System.Collections.Immutable;

namespace FleetPrometheus.Alerting;

/// <summary>Who is told about alerts: the part of Alertmanager's configuration that operators set.</summary>
public sealed record AlertRouting
{
    /// <summary>Receivers by unique name; empty: alerts are shown in the web UI and told to nobody.</summary>
    public ImmutableArray<Receiver> Receivers { get; init; } = [];

    /// <summary>The name of the receiver of alerts that no other route takes. Default null: the first receiver.</summary>
    public string? DefaultReceiver { get; init; }

    /// <summary>Routes in order; an alert goes to the first that takes it, and on from there only if that one says so. The default receiver gets what no route took.</summary>
    public ImmutableArray<AlertRoute> Routes { get; init; } = [];

    /// <summary>Times of the week or year by unique name, which routes refer to.</summary>
    public ImmutableArray<NamedTime> TimeIntervals { get; init; } = [];

    /// <summary>
    /// The receiver of the always-firing <c>Watchdog</c>: something outside that raises the alarm when it hears nothing any more.
    /// Default null: it is told to nobody.
    /// </summary>
    public string? WatchdogReceiver { get; init; }

    /// <summary>How often <see cref="WatchdogReceiver"/> is told. Default 1 min.</summary>
    public TimeSpan WatchdogInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The server that takes e-mail; needed when a receiver has some.</summary>
    public SmtpServer? Smtp { get; init; }

    /// <summary>How long a new group of alerts waits for company before the first notification. Default 30 s.</summary>
    public TimeSpan GroupWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a changed group waits before the next notification. Default 5 min.</summary>
    public TimeSpan GroupInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long until an unchanged firing group is told again. Default 4 h.</summary>
    public TimeSpan RepeatInterval { get; init; } = TimeSpan.FromHours(4);
}

/// <summary>Sends some alerts to a receiver of their own. An alert must meet every condition; without any, the route takes all.</summary>
public sealed record AlertRoute
{
    /// <summary>The name of a receiver, or <see cref="AlertmanagerConfiguration.Nobody"/>.</summary>
    public required string Receiver { get; init; }

    /// <summary>The clusters, any of which will do.</summary>
    public ImmutableArray<string> Clusters { get; init; } = [];

    /// <summary>The severities, any of which will do.</summary>
    public ImmutableArray<string> Severities { get; init; } = [];

    /// <summary>Conditions on any label, all of which must hold, such as <c>environment = "product"</c>; see <see cref="LabelMatcher"/>.</summary>
    public ImmutableArray<string> Matchers { get; init; } = [];

    /// <summary>Whether the routes after this one are asked too. Default false.</summary>
    public bool Continue { get; init; }

    /// <summary>The names of time intervals in which this route tells nothing.</summary>
    public ImmutableArray<string> MuteTimes { get; init; } = [];

    /// <summary>The names of time intervals outside of which this route tells nothing. Default none: always.</summary>
    public ImmutableArray<string> ActiveTimes { get; init; } = [];

    /// <summary>Default null: <see cref="AlertRouting.RepeatInterval"/>.</summary>
    public TimeSpan? RepeatInterval { get; init; }

    /// <summary>Whether it takes every alert.</summary>
    internal bool TakesAll => Clusters.IsEmpty && Severities.IsEmpty && Matchers.IsEmpty;
}
