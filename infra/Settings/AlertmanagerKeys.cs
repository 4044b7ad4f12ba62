using System.Collections.Immutable;
using FleetPrometheus.Alerting;
using FleetPrometheus.Central;
using FleetPrometheus.Targets;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Infra.Settings;

/// <summary>Alertmanager's own settings and who is told, which are one mapping to the user.</summary>
internal sealed record AlertmanagerSettings(AlertmanagerOptions Server, AlertRouting Routing);

/// <summary>The keys of Alertmanager.</summary>
internal static class AlertmanagerKeys
{
    private static readonly Form<TimeSpan> Interval = Scalars.Duration(TimeSpan.FromSeconds(1));

    private static readonly Form<Webhook> WebhookForm = new ObjectForm<Webhook>(
        new Field<Webhook, SecretText>("url", Scalars.SecretWebAddress, o => o.Url, (o, v) => o with { Url = v },
            "the address that alerts are posted to; set it with `--secret`") { IsRequired = true },
        SendResolved<Webhook>()) { Shorthand = "url" };

    private static readonly Form<SlackChannel> SlackForm = new ObjectForm<SlackChannel>(
        new Field<SlackChannel, SecretText>("url", Scalars.SecretWebAddress, o => o.Url, (o, v) => o with { Url = v },
            "the address of an incoming webhook; set it with `--secret`") { IsRequired = true },
        new Field<SlackChannel, string?>("channel", Scalars.Text!, o => o.Channel, (o, v) => o with { Channel = v },
            "the channel, if the webhook leaves the choice") { WithoutIt = "the webhook's own" },
        SendResolved<SlackChannel>()) { Shorthand = "url" };

    private static readonly Form<PagerDutyService> PagerDutyForm = new ObjectForm<PagerDutyService>(
        new Field<PagerDutyService, SecretText>("routingKey", Scalars.Secret, o => o.RoutingKey, (o, v) => o with { RoutingKey = v },
            "the integration key of a service with Events API v2; set it with `--secret`") { IsRequired = true },
        new Field<PagerDutyService, Uri?>("url", Scalars.WebAddress!, o => o.Url, (o, v) => o with { Url = v },
            "the address of the Events API") { WithoutIt = "the one in the US" },
        SendResolved<PagerDutyService>()) { Shorthand = "routingKey" };

    private static readonly Form<EmailAddress> EmailForm = new ObjectForm<EmailAddress>(
        new Field<EmailAddress, string>("to", Scalars.EmailAddresses, o => o.To, (o, v) => o with { To = v },
            "the address, or several with commas between; needs `alertmanager.smtp`") { IsRequired = true },
        SendResolved<EmailAddress>()) { Shorthand = "to" };

    private static readonly Form<TeamsChannel> TeamsForm = new ObjectForm<TeamsChannel>(
        new Field<TeamsChannel, SecretText>("url", Scalars.SecretWebAddress, o => o.Url, (o, v) => o with { Url = v },
            "the address of a workflow's webhook; set it with `--secret`") { IsRequired = true },
        SendResolved<TeamsChannel>()) { Shorthand = "url" };

    private static readonly SecretText Blank = new("");

    private static readonly Form<Receiver> ReceiverForm = new ObjectForm<Receiver>(
        new Field<Receiver, string>("name", Scalars.Text, o => o.Name, (o, v) => o with { Name = v },
            "its name, unique") { IsRequired = true },
        new Field<Receiver, ImmutableArray<Webhook>>("webhook", new OneOrManyForm<Webhook>(WebhookForm, new Webhook(Blank)),
            o => o.Webhook, (o, v) => o with { Webhook = v },
            "alerts as JSON by HTTP POST"),
        new Field<Receiver, ImmutableArray<SlackChannel>>("slack", new OneOrManyForm<SlackChannel>(SlackForm, new SlackChannel(Blank)),
            o => o.Slack, (o, v) => o with { Slack = v },
            "messages to Slack"),
        new Field<Receiver, ImmutableArray<PagerDutyService>>("pagerduty", new OneOrManyForm<PagerDutyService>(PagerDutyForm, new PagerDutyService(Blank)),
            o => o.PagerDuty, (o, v) => o with { PagerDuty = v },
            "incidents in PagerDuty"),
        new Field<Receiver, ImmutableArray<EmailAddress>>("email", new OneOrManyForm<EmailAddress>(EmailForm, new EmailAddress("")),
            o => o.Email, (o, v) => o with { Email = v },
            "e-mail"),
        new Field<Receiver, ImmutableArray<TeamsChannel>>("msteams", new OneOrManyForm<TeamsChannel>(TeamsForm, new TeamsChannel(Blank)),
            o => o.MsTeams, (o, v) => o with { MsTeams = v },
            "cards in Microsoft Teams"));

    private static readonly Form<SmtpServer?> SmtpForm = new ObjectForm<SmtpServer?>(
        new Field<SmtpServer?, string>("server", Scalars.HostAndPort, o => o?.Server ?? "", (o, v) => Or(o) with { Server = v },
            "its address; on port 465 encrypted from the start, else by STARTTLS") { IsRequired = true },
        new Field<SmtpServer?, string>("from", Scalars.EmailAddresses, o => o?.From ?? "", (o, v) => Or(o) with { From = v },
            "the sender's address") { IsRequired = true },
        new Field<SmtpServer?, string?>("username", Scalars.Text!, o => o?.Username, (o, v) => Or(o) with { Username = v },
            "the user to log in as"),
        new Field<SmtpServer?, SecretText?>("password", Scalars.Secret!, o => o?.Password, (o, v) => Or(o) with { Password = v },
            "the user's password; set it with `--secret`"),
        new Field<SmtpServer?, bool>("requireTls", Scalars.Boolean, o => o?.RequireTls ?? true, (o, v) => Or(o) with { RequireTls = v },
            "refuse a server without encryption"));

    private static readonly Form<AlertRoute> RouteForm = new ObjectForm<AlertRoute>(
        new Field<AlertRoute, string>("receiver", Scalars.Text, o => o.Receiver, (o, v) => o with { Receiver = v },
            "the name of a receiver, or `nobody`") { IsRequired = true },
        new Field<AlertRoute, ImmutableArray<string>>("clusters", new ListForm<string>(Scalars.DnsLabel, ""),
            o => o.Clusters, (o, v) => o with { Clusters = v },
            "only alerts of these clusters") { WithoutIt = "of all" },
        new Field<AlertRoute, ImmutableArray<string>>("severities", new ListForm<string>(Scalars.OneOf("critical", "warning", "info"), ""),
            o => o.Severities, (o, v) => o with { Severities = v },
            "only alerts of these severities") { WithoutIt = "of all" },
        new Field<AlertRoute, ImmutableArray<string>>("matchers", new ListForm<string>(Scalars.LabelMatcher, ""),
            o => o.Matchers, (o, v) => o with { Matchers = v },
            "only alerts whose labels fulfil all of these, such as `environment = \"product\"` or `namespace =~ \"shop-.+\"`"),
        new Field<AlertRoute, bool>("continue", Scalars.Boolean, o => o.Continue, (o, v) => o with { Continue = v },
            "ask the routes after this one too; the default receiver gets only what no route took"),
        new Field<AlertRoute, ImmutableArray<string>>("muteTimes", new ListForm<string>(Scalars.Text, ""),
            o => o.MuteTimes, (o, v) => o with { MuteTimes = v },
            "the names of time intervals in which it tells nothing"),
        new Field<AlertRoute, ImmutableArray<string>>("activeTimes", new ListForm<string>(Scalars.Text, ""),
            o => o.ActiveTimes, (o, v) => o with { ActiveTimes = v },
            "the names of time intervals outside of which it tells nothing") { WithoutIt = "always" },
        new Field<AlertRoute, TimeSpan?>("repeatInterval", new OptionalForm<TimeSpan>(Interval),
            o => o.RepeatInterval, (o, v) => o with { RepeatInterval = v },
            "how long until an unchanged group is told again") { WithoutIt = "`alertmanager.repeatInterval`" });

    private static readonly Form<NamedTime> TimeForm = new ObjectForm<NamedTime>(
        new Field<NamedTime, string>("name", Scalars.Text, o => o.Name, (o, v) => o with { Name = v },
            "its name, unique") { IsRequired = true },
        new Field<NamedTime, ImmutableArray<string>>("times", new ListForm<string>(Scalars.Checked("range", NamedTime.CheckTimes), ""),
            o => o.Times, (o, v) => o with { Times = v },
            "times of day, such as `18:00-24:00`") { WithoutIt = "all day" },
        new Field<NamedTime, ImmutableArray<string>>("weekdays", new ListForm<string>(Scalars.Checked("day or range", NamedTime.CheckWeekdays), ""),
            o => o.Weekdays, (o, v) => o with { Weekdays = v },
            "days of the week, such as `saturday` or `monday:friday`; a week begins with sunday") { WithoutIt = "all" },
        new Field<NamedTime, ImmutableArray<string>>("daysOfMonth", new ListForm<string>(Scalars.Checked("day or range", NamedTime.CheckDaysOfMonth), ""),
            o => o.DaysOfMonth, (o, v) => o with { DaysOfMonth = v },
            "days of the month, such as `1:7`; `-1` is the last") { WithoutIt = "all" },
        new Field<NamedTime, ImmutableArray<string>>("months", new ListForm<string>(Scalars.Checked("month or range", NamedTime.CheckMonths), ""),
            o => o.Months, (o, v) => o with { Months = v },
            "months, such as `december` or `june:august`") { WithoutIt = "all" },
        new Field<NamedTime, string?>("location", Scalars.Checked("time zone", NamedTime.CheckLocation)!,
            o => o.Location, (o, v) => o with { Location = v },
            "the time zone, such as `Europe/Berlin`") { WithoutIt = "UTC" });

    /// <summary>All keys.</summary>
    public static readonly Form<AlertmanagerSettings> Form = new ObjectForm<AlertmanagerSettings>(
        Server("image", Scalars.Image, o => o.Image, (o, v) => o with { Image = v },
            "its image, version 0.28 or newer"),
        Server("replicas", Scalars.Integer(1, 9), o => o.Replicas, (o, v) => o with { Replicas = v },
            "members of its cluster; 3 for high availability"),
        Server("storage", CommonKeys.Storage, o => o.Storage, (o, v) => o with { Storage = v },
            "its volumes"),
        Server("resources", CommonKeys.Resources, o => o.Resources, (o, v) => o with { Resources = v },
            "CPU and memory of its container"),
        Server<Uri?>("externalUrl", Scalars.WebAddress!, o => o.ExternalUrl, (o, v) => o with { ExternalUrl = v },
            "the address people use, for links in notifications"),
        Routing("receivers", new ListForm<Receiver>(ReceiverForm, new Receiver { Name = "" }), o => o.Receivers, (o, v) => o with { Receivers = v },
            "who is told about alerts, each in one or several ways", "nobody; alerts are shown in the web page"),
        Routing<string?>("defaultReceiver", Scalars.Text!, o => o.DefaultReceiver, (o, v) => o with { DefaultReceiver = v },
            "the receiver of alerts that no other route takes", "the first receiver"),
        Routing("routes", new ListForm<AlertRoute>(RouteForm, new AlertRoute { Receiver = "" }), o => o.Routes, (o, v) => o with { Routes = v },
            "which alerts go to other receivers; the first route that takes an alert has it"),
        Routing("timeIntervals", new ListForm<NamedTime>(TimeForm, new NamedTime { Name = "" }), o => o.TimeIntervals, (o, v) => o with { TimeIntervals = v },
            "times that come again, for `muteTimes` and `activeTimes`; a moment must fit all that is written"),
        Routing<string?>("watchdogReceiver", Scalars.Text!, o => o.WatchdogReceiver, (o, v) => o with { WatchdogReceiver = v },
            "the receiver of the alert that always fires: something outside that raises the alarm when it stops"),
        Routing("watchdogInterval", Interval, o => o.WatchdogInterval, (o, v) => o with { WatchdogInterval = v },
            "how often `watchdogReceiver` is told"),
        Routing("smtp", SmtpForm, o => o.Smtp, (o, v) => o with { Smtp = v },
            "the server that takes e-mail"),
        Routing("groupWait", Scalars.Duration(TimeSpan.Zero), o => o.GroupWait, (o, v) => o with { GroupWait = v },
            "how long a new group of alerts waits for company"),
        Routing("groupInterval", Interval, o => o.GroupInterval, (o, v) => o with { GroupInterval = v },
            "how long a changed group waits before it is told again"),
        Routing("repeatInterval", Interval, o => o.RepeatInterval, (o, v) => o with { RepeatInterval = v },
            "how long until an unchanged group is told again"));

    private static Field<T, bool> SendResolved<T>() where T : Integration => new(
        "sendResolved", Scalars.Boolean, o => o.SendResolved, (o, v) => o with { SendResolved = v }, "tell the end of alerts too");

    private static Field<AlertmanagerSettings, T> Server<T>(
        string name, Form<T> form, Func<AlertmanagerOptions, T> get, Func<AlertmanagerOptions, T, AlertmanagerOptions> set, string meaning) =>
        new(name, form, o => get(o.Server), (o, v) => o with { Server = set(o.Server, v) }, meaning);

    private static Field<AlertmanagerSettings, T> Routing<T>(
        string name, Form<T> form, Func<AlertRouting, T> get, Func<AlertRouting, T, AlertRouting> set, string meaning, string withoutIt = "none") =>
        new(name, form, o => get(o.Routing), (o, v) => o with { Routing = set(o.Routing, v) }, meaning) { WithoutIt = withoutIt };

    private static SmtpServer Or(SmtpServer? smtp) => smtp ?? new SmtpServer { Server = "", From = "" };
}
