using System.Collections.Immutable;
using System.Text.Json;
using FleetPrometheus.Scraping;
using FleetPrometheus.Targets;

namespace FleetPrometheus.Infra.Settings;

/// <summary>A mapping from jobs to what is chosen for them; which jobs there are is not known here.</summary>
internal sealed class JobsForm : Form<ImmutableSortedDictionary<string, JobOptions>>
{
    private static readonly ImmutableArray<(string, MetricProfile)> Profiles = [("usual", MetricProfile.Usual), ("needed", MetricProfile.Needed), ("all", MetricProfile.All)];

    /// <summary>What is stored to begin with.</summary>
    public static readonly Form<MetricProfile> Profile = Scalars.Choice(Profiles);

    private static readonly Form<ImmutableArray<string>> Names = new ListForm<string>(Scalars.Text, "");

    private static readonly ObjectForm<JobOptions> Options = new(
        new Field<JobOptions, TimeSpan?>("scrapeInterval", new OptionalForm<TimeSpan>(Scalars.Duration(ScrapeTiming.Shortest)), o => o.ScrapeInterval, (o, v) => o with { ScrapeInterval = v },
            "how often it is scraped, at most `2m`") { WithoutIt = "as often as the cluster" },
        new Field<JobOptions, TimeSpan?>("scrapeTimeout", new OptionalForm<TimeSpan>(Scalars.Duration(ScrapeTiming.Shortest)), o => o.ScrapeTimeout, (o, v) => o with { ScrapeTimeout = v },
            "how long a scrape may take, at most its `scrapeInterval`, which must be there too") { WithoutIt = "`10s`, or the interval if shorter" },
        new Field<JobOptions, MetricProfile?>("metrics",
            new OptionalForm<MetricProfile>(Scalars.Choice(Profiles.Add(("none", MetricProfile.None)))),
            o => o.Metrics, (o, v) => o with { Metrics = v },
            "what is stored of it to begin with; `none` makes `keep` the whole list") { WithoutIt = "as for the cluster" },
        new Field<JobOptions, ImmutableArray<string>>("keep", Names, o => o.Keep, (o, v) => o with { Keep = v },
            "metrics that are stored in any case, by name or RE2 expression"),
        new Field<JobOptions, ImmutableArray<string>>("drop", Names, o => o.Drop, (o, v) => o with { Drop = v },
            "further metrics that are not stored, by name or RE2 expression"));

    /// <inheritdoc/>
    public override string Type => "mapping by job";

    /// <inheritdoc/>
    public override ImmutableSortedDictionary<string, JobOptions> Read(Written written, ImmutableSortedDictionary<string, JobOptions> start)
    {
        if (written.Element.ValueKind == JsonValueKind.Object)
        {
            return written.Element.EnumerateObject().Aggregate(
                start, (jobs, member) => jobs.SetItem(member.Name, Options.Read(written.OwnMember(member), jobs.GetValueOrDefault(member.Name, new JobOptions()))));
        }

        written.Refuse("must be a mapping from jobs to what is chosen for them, such as {cadvisor: {scrapeInterval: 1m}}");
        return start;
    }

    /// <inheritdoc/>
    public override string? Show(ImmutableSortedDictionary<string, JobOptions> value) => null;

    /// <inheritdoc/>
    public override IEnumerable<ReferenceRow> Describe(string key, ImmutableSortedDictionary<string, JobOptions> value) => Options.Describe($"{key}.JOB", new JobOptions());
}
