using System.Globalization;
using System.Text.RegularExpressions;
using FleetPrometheus.Evaluation.Rendering;
using FleetPrometheus.Scraping;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Lab.Verification;

/// <summary>Rules that wait no longer than a verification can: a minute becomes a scrape interval.</summary>
internal static partial class Hurry
{
    private const int LongestWait = 8;
    private const int ShortestWindow = 5;
    private const int LongestWindow = 20;

    /// <summary>
    /// The rules on the fleet and its targets, with waiting times of minutes being as many scrape intervals; longer ones than eight minutes are
    /// like these. The others stay as they are: what is told of this machine's clock and load is no matter of routing.
    /// </summary>
    public static PodFile Waiting(PodFile file, TimeSpan interval) =>
        Is(file, "fleet", "general") ? file with { Content = Waits(file.Content, interval) } : file;

    /// <summary>The rules on the fleet, its targets and the centre, with waiting times as above, and also the windows they look back to, from five minutes to twenty.</summary>
    public static PodFile WaitingAndLookingBack(PodFile file, TimeSpan interval) =>
        Is(file, "fleet", "general", "prometheus", "alertmanager") ? file with { Content = Windows(Waits(file.Content, interval), interval) } : file;

    private static bool Is(PodFile file, params ReadOnlySpan<string> rules)
    {
        foreach (var name in rules)
        {
            if (file.Path == $"{ConfigurationPaths.Rules}/{name}.yml")
            {
                return true;
            }
        }

        return false;
    }

    private static string Waits(string content, TimeSpan interval) => WaitingTime().Replace(content, match => Scale(match, interval, 0, LongestWait));

    private static string Windows(string content, TimeSpan interval) => Window().Replace(content, match => Scale(match, interval, ShortestWindow, LongestWindow));

    private static string Scale(Match match, TimeSpan interval, int least, int most) =>
        PrometheusDuration.TryParse(match.Groups["time"].Value, out var time) && time >= TimeSpan.FromMinutes(1)
            ? string.Create(CultureInfo.InvariantCulture, $"{match.Groups["before"].Value}{PrometheusDuration.Format(interval * Math.Clamp(time.TotalMinutes, least, most))}")
            : match.Value;

    [GeneratedRegex(@"^(?<before> +(keep_firing_)?for: )(?<time>\S+)", RegexOptions.Multiline)]
    private static partial Regex WaitingTime();

    [GeneratedRegex(@"(?<before>\[|offset )(?<time>\d+[mh])\b")]
    private static partial Regex Window();
}
