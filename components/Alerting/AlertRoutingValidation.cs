using System.Collections.Immutable;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Alerting;

/// <summary>Checks what Alertmanager would refuse, or would silently take for something else.</summary>
public static class AlertRoutingValidation
{
    /// <summary>Notes every problem of the routing.</summary>
    /// <param name="routing">The routing.</param>
    /// <param name="key">The configuration key that it stands at.</param>
    /// <param name="problems">Where problems are noted.</param>
    public static void Check(AlertRouting routing, string key, Problems problems)
    {
        var receivers = CheckNames(routing.Receivers.Select(receiver => receiver.Name), $"{key}.receivers", "receiver", problems);
        foreach (var (index, receiver) in routing.Receivers.Index())
        {
            CheckReceiver(receiver, $"{key}.receivers[{index}]", routing.Smtp is not null, problems);
        }

        CheckReference(routing.DefaultReceiver, $"{key}.defaultReceiver", receivers, problems);
        CheckReference(routing.WatchdogReceiver, $"{key}.watchdogReceiver", receivers, problems);
        if (routing.Smtp is { } smtp)
        {
            CheckSmtp(smtp, $"{key}.smtp", problems);
        }

        var times = CheckNames(routing.TimeIntervals.Select(time => time.Name), $"{key}.timeIntervals", "time interval", problems);
        foreach (var (index, time) in routing.TimeIntervals.Index())
        {
            CheckTime(time, $"{key}.timeIntervals[{index}]", problems);
        }

        foreach (var (index, route) in routing.Routes.Index())
        {
            CheckRoute(route, $"{key}.routes[{index}]", index == routing.Routes.Length - 1, receivers, times, problems);
        }
    }

    private static HashSet<string> CheckNames(IEnumerable<string> names, string key, string what, Problems problems)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, name) in names.Index())
        {
            var fix = string.IsNullOrWhiteSpace(name) ? "must not be empty"
                : what == "receiver" && name == AlertmanagerConfiguration.Nobody ? "stands for nobody; choose another name"
                : !seen.Add(name) ? $"is the name of another {what} too; give each its own"
                : null;
            problems.Check($"{key}[{index}].name", name, fix);
        }

        return seen;
    }

    private static void CheckReceiver(Receiver receiver, string key, bool hasSmtp, Problems problems)
    {
        if (!receiver.Integrations.Any())
        {
            problems.Add(key, receiver.Name, "tells nobody; give it a webhook, slack, pagerduty, email or msteams");
        }

        if (!hasSmtp && !receiver.Email.IsEmpty)
        {
            problems.Add($"{key}.email", receiver.Email[0].To, "needs the server that takes e-mail; set alertmanager.smtp");
        }
    }

    private static void CheckSmtp(SmtpServer smtp, string key, Problems problems)
    {
        problems.Check($"{key}.server", smtp.Server, Checks.HostAndPort(smtp.Server));
        if (smtp.Username is null != smtp.Password is null)
        {
            problems.Add(smtp.Username is null ? $"{key}.username" : $"{key}.password", null, "is missing; give both username and password, or neither");
        }
    }

    private static void CheckTime(NamedTime time, string key, Problems problems)
    {
        CheckEach(time.Times, $"{key}.times", NamedTime.CheckTimes, problems);
        CheckEach(time.Weekdays, $"{key}.weekdays", NamedTime.CheckWeekdays, problems);
        CheckEach(time.DaysOfMonth, $"{key}.daysOfMonth", NamedTime.CheckDaysOfMonth, problems);
        CheckEach(time.Months, $"{key}.months", NamedTime.CheckMonths, problems);
        if (time.Location is { } location)
        {
            problems.Check($"{key}.location", location, NamedTime.CheckLocation(location));
        }

        if (time.Times.IsEmpty && time.Weekdays.IsEmpty && time.DaysOfMonth.IsEmpty && time.Months.IsEmpty)
        {
            problems.Add(key, time.Name, "is always; give it times, weekdays, daysOfMonth or months");
        }
    }

    private static void CheckRoute(AlertRoute route, string key, bool isLast, HashSet<string> receivers, HashSet<string> times, Problems problems)
    {
        if (route.Receiver != AlertmanagerConfiguration.Nobody)
        {
            CheckReference(route.Receiver, $"{key}.receiver", receivers, problems);
        }

        CheckEach(route.Clusters, $"{key}.clusters", Checks.DnsLabel, problems);
        CheckEach(route.Matchers, $"{key}.matchers", LabelMatcher.Check, problems);
        foreach (var (list, names) in new[] { ("muteTimes", route.MuteTimes), ("activeTimes", route.ActiveTimes) })
        {
            CheckEach(names, $"{key}.{list}", name => times.Contains(name) ? null : "is not the name of a time interval in alertmanager.timeIntervals", problems);
        }

        if (route is { TakesAll: true, Continue: false } && !isLast)
        {
            problems.Add(key, route.Receiver, "takes every alert, so that the routes after it get none; give it conditions or continue, or make it the last");
        }
    }

    private static void CheckReference(string? name, string key, HashSet<string> receivers, Problems problems) =>
        problems.Check(key, name, name is null || receivers.Contains(name) ? null : "is not the name of a receiver in alertmanager.receivers");

    private static void CheckEach(ImmutableArray<string> values, string key, Func<string, string?> check, Problems problems)
    {
        foreach (var (index, value) in values.Index())
        {
            problems.Check($"{key}[{index}]", value, check(value));
        }
    }
}
