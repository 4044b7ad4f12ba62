using System.Collections.Immutable;
using System.Globalization;
using FleetPrometheus.Scraping;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Contract;

/// <summary>Scrape jobs as the plain maps and lists in which stack outputs carry them.</summary>
public static class ScrapeJobMaps
{
    private const string Kind = "kind";
    private const string ApiServer = "apiserver";
    private const string Node = "node";
    private const string DirectNode = "directNode";
    private const string Pods = "pods";
    private const string DirectPods = "directPods";
    private const string AnnotatedPods = "annotatedPods";
    private const string AnnotatedServices = "annotatedServices";
    private const string Static = "static";
    private const string Federate = "federate";
    private const string OnlyMetrics = "onlyMetrics";
    private const string DropMetrics = "dropMetrics";
    private const string DropBuckets = "dropBuckets";
    private const string KeepMetrics = "keepMetrics";
    private const string ScrapeInterval = "scrapeInterval";
    private const string ScrapeTimeout = "scrapeTimeout";

    /// <summary>The jobs as a list of maps, in their order.</summary>
    public static IReadOnlyList<object?> Write(ImmutableArray<ScrapeJob> jobs) => [.. jobs.Select(Write)];

    private static Dictionary<string, object?> Write(ScrapeJob job)
    {
        Dictionary<string, object?> map = job switch
        {
            ApiServerJob apiServer => new() { [Kind] = ApiServer, ["members"] = List(apiServer.Members) },
            NodeProxyJob node => new() { [Kind] = Node, ["job"] = node.Name, ["path"] = node.MetricsPath },
            NodeDirectJob node => new()
            {
                [Kind] = DirectNode,
                ["job"] = node.Name,
                ["path"] = node.MetricsPath,
                ["caCertificate"] = node.CaCertificate ?? StackOutputs.ClusterCa,
                ["insecureSkipVerify"] = node.InsecureSkipVerify,
            },
            PodJob pods => new()
            {
                [Kind] = pods is PodDirectJob ? DirectPods : Pods,
                ["job"] = pods.Name,
                ["namespace"] = pods.Namespace,
                ["labels"] = pods.Selector.ToDictionary(label => label.Key, label => (object?)label.Value),
                ["port"] = pods.Port,
                ["path"] = pods.MetricsPath,
                ["scheme"] = pods.Scheme,
                ["honorLabels"] = pods.HonorLabels,
                ["instance"] = pods.Instance == InstanceFrom.Node ? "node" : "pod",
            },
            AnnotatedPodsJob annotated => new() { [Kind] = AnnotatedPods, ["namespaces"] = List([.. annotated.Namespaces]) },
            AnnotatedServicesJob annotated => new() { [Kind] = AnnotatedServices, ["namespaces"] = List([.. annotated.Namespaces]) },
            StaticJob fixedTargets => new()
            {
                [Kind] = Static,
                ["job"] = fixedTargets.Name,
                ["targets"] = List(fixedTargets.Targets),
                ["labels"] = fixedTargets.Labels.ToDictionary(label => label.Key, label => (object?)label.Value),
                ["path"] = fixedTargets.MetricsPath,
                ["scheme"] = fixedTargets.Scheme,
                ["caCertificate"] = fixedTargets.CaCertificate ?? StackOutputs.SystemRoots,
                ["insecureSkipVerify"] = fixedTargets.InsecureSkipVerify,
            },
            FederateJob federate => new()
            {
                [Kind] = Federate,
                ["namespace"] = federate.Namespace,
                ["service"] = federate.Service,
                ["port"] = federate.Port,
                ["scheme"] = federate.Scheme,
                ["path"] = federate.MetricsPath,
                ["matches"] = List(federate.Matches),
            },
            _ => throw new NotSupportedException($"The contract has no form for jobs of type {job.GetType().Name}."),
        };
        if (job is PodJob { KubeletPath: { } kubeletPath })
        {
            map["kubeletPath"] = kubeletPath;
        }

        // What was not written by versions before is written only where there is something to say, and need not be there.
        foreach (var (field, metrics) in new[]
        {
            (OnlyMetrics, job.Metrics.Only), (DropMetrics, job.Metrics.Drop), (DropBuckets, job.Metrics.DropBuckets), (KeepMetrics, job.Metrics.Keep),
        })
        {
            if (!metrics.IsEmpty)
            {
                map[field] = List(metrics);
            }
        }

        foreach (var (field, time) in new[] { (ScrapeInterval, job.ScrapeInterval), (ScrapeTimeout, job.ScrapeTimeout) })
        {
            if (time is { } duration)
            {
                map[field] = PrometheusDuration.Format(duration);
            }
        }

        return map;
    }

    private static List<object?> List(ImmutableArray<string> values) => [.. values];

    /// <summary>Reads back what <see cref="Write(ImmutableArray{ScrapeJob})"/> wrote, in whatever collections Pulumi delivers it.</summary>
    /// <param name="key">How problems name the value.</param>
    /// <param name="value">The list of maps.</param>
    /// <param name="isSecret">Whether nothing of it must be shown.</param>
    /// <param name="remedy">What to run when something is wrong, the end of each problem's sentence.</param>
    /// <param name="problems">Where problems are noted.</param>
    /// <returns>The jobs that could be read.</returns>
    internal static ImmutableArray<ScrapeJob> Read(string key, object? value, bool isSecret, string remedy, Problems problems)
    {
        if (PlainValue.List(value) is not { Count: > 0 } items)
        {
            problems.Add(key, null, $"must be a list of scrape jobs, at least one; {remedy}");
            return [];
        }

        var jobs = ImmutableArray.CreateBuilder<ScrapeJob>();
        for (var index = 0; index < items.Count; index++)
        {
            var reader = new MapReader($"{key}[{index}]", PlainValue.Map(items[index]), isSecret, remedy, problems);
            if (Read(reader) is { } job)
            {
                jobs.Add(ReadCommon(reader, job));
            }
        }

        return jobs.ToImmutable();
    }

    private static ScrapeJob ReadCommon(MapReader map, ScrapeJob job)
    {
        var interval = map.Duration(ScrapeInterval);
        var timeout = map.Duration(ScrapeTimeout);
        if (timeout is not null && !(timeout <= interval))
        {
            // Prometheus would refuse the configuration of the whole fleet.
            map.Problem(ScrapeTimeout, PrometheusDuration.Format(timeout.Value), "is longer than the scrapeInterval beside it");
        }

        return job with
        {
            Metrics = new()
            {
                Only = map.Strings(OnlyMetrics, Checks.Expression),
                Drop = map.Strings(DropMetrics, Checks.Expression),
                DropBuckets = map.Strings(DropBuckets, Checks.Expression),
                Keep = map.Strings(KeepMetrics, Checks.Expression),
            },
            ScrapeInterval = interval,
            ScrapeTimeout = timeout,
        };
    }

    private static ScrapeJob? Read(MapReader map)
    {
        switch (map.Text(Kind))
        {
            case ApiServer:
                return new ApiServerJob { Members = map.Strings("members", Checks.HostAndPort) };
            case Node:
                return new NodeProxyJob(map.Text("job", Checks.DnsLabel), map.Text("path", Checks.Path));
            case DirectNode:
                return new NodeDirectJob(map.Text("job", Checks.DnsLabel), map.Text("path", Checks.Path))
                {
                    CaCertificate = map.Certificate("caCertificate", StackOutputs.ClusterCa),
                    InsecureSkipVerify = map.Flag("insecureSkipVerify"),
                };
            case Pods:
                return ReadPods(map);
            case DirectPods:
                return ReadPods(map).ToDirect();
            case AnnotatedPods:
                return new AnnotatedPodsJob { Namespaces = map.Names("namespaces", Checks.DnsLabel) };
            case AnnotatedServices:
                return new AnnotatedServicesJob { Namespaces = map.Names("namespaces", Checks.DnsLabel) };
            case Static:
                return new StaticJob(map.Text("job", Checks.DnsLabel))
                {
                    Targets = [.. map.Names("targets", Checks.HostAndPort)],
                    Labels = map.OwnLabels("labels"),
                    MetricsPath = map.Text("path", Checks.Path),
                    Scheme = map.Text("scheme", OneOf("http", "https")),
                    CaCertificate = map.Certificate("caCertificate", StackOutputs.SystemRoots),
                    InsecureSkipVerify = map.Flag("insecureSkipVerify"),
                };
            case Federate:
                return new FederateJob
                {
                    Namespace = map.Text("namespace", Checks.DnsLabel),
                    Service = map.Text("service", Checks.DnsLabel),
                    Port = map.Text("port", Checks.ServicePort),
                    Scheme = map.Text("scheme", OneOf("http", "https")),
                    MetricsPath = map.Text("path", Checks.Path),
                    Matches = map.Strings("matches", SeriesSelector.Check),
                };
            case { Length: > 0 } unknown:
                map.Problem(Kind, unknown, "is a kind of scrape job that this version doesn't know");
                return null;
            default:
                return null; // its absence is noted
        }
    }

    private static PodProxyJob ReadPods(MapReader map) => new(map.Text("job", Checks.DnsLabel))
    {
        Namespace = map.Text("namespace", Checks.DnsLabel),
        Selector = map.Labels("labels"),
        Port = map.Number("port", Checks.Port),
        MetricsPath = map.Text("path", Checks.Path),
        Scheme = map.Text("scheme", OneOf("http", "https")),
        HonorLabels = map.Flag("honorLabels"),
        Instance = map.Text("instance", OneOf("node", "pod")) == "node" ? InstanceFrom.Node : InstanceFrom.Pod,
        KubeletPath = map.Has("kubeletPath") ? map.Text("kubeletPath", Checks.Path) : null,
    };

    private static Func<string, string?> OneOf(params string[] choices) =>
        value => choices.Contains(value) ? null : $"must be {string.Join(" or ", choices)}";

    /// <summary>Reads one map's fields, noting every problem.</summary>
    private sealed class MapReader(string key, IReadOnlyDictionary<string, object?>? map, bool isSecret, string remedy, Problems problems)
    {
        private readonly IReadOnlyDictionary<string, object?> _map = map ?? ImmutableDictionary<string, object?>.Empty;

        public void Problem(string field, string? value, string fix) => problems.Add($"{key}.{field}", isSecret ? null : value, $"{fix}; {remedy}");

        public bool Has(string field) => _map.ContainsKey(field);

        public string Text(string field, Func<string, string?>? check = null)
        {
            if (_map.GetValueOrDefault(field) is not string { Length: > 0 } text)
            {
                Problem(field, null, "is missing or no text");
                return "";
            }

            Note(field, text, check?.Invoke(text));
            return text;
        }

        /// <summary>A certificate, or null where a word stands in its place.</summary>
        public string? Certificate(string field, string word)
        {
            var certificate = Text(field, value => value == word ? null : Checks.CaCertificate(value));
            return certificate == word ? null : certificate;
        }

        public int Number(string field, Func<int, string?> check)
        {
            if (PlainValue.Integer(_map.GetValueOrDefault(field)) is not { } number)
            {
                Problem(field, null, "is missing or no whole number");
                return 0;
            }

            Note(field, number.ToString(CultureInfo.InvariantCulture), check(number));
            return number;
        }

        /// <summary>A duration, or null where there is none.</summary>
        public TimeSpan? Duration(string field)
        {
            if (!Has(field))
            {
                return null;
            }

            var text = Text(field);
            if (text.Length > 0 && PrometheusDuration.TryParse(text, out var duration) && duration >= ScrapeTiming.Shortest)
            {
                return duration;
            }

            Problem(field, text, $"must be a duration of at least {PrometheusDuration.Format(ScrapeTiming.Shortest)}");
            return null;
        }

        public bool Flag(string field)
        {
            if (_map.GetValueOrDefault(field) is bool flag)
            {
                return flag;
            }

            Problem(field, null, "is missing or neither true nor false");
            return false;
        }

        public ImmutableArray<string> Strings(string field, Func<string, string?>? check = null)
        {
            if (_map.GetValueOrDefault(field) is not { } value)
            {
                return [];
            }

            var texts = PlainValue.List(value)?.OfType<string>().ToImmutableArray();
            if (texts is not { } list || list.Length != PlainValue.List(value)!.Count)
            {
                Problem(field, null, "must be a list of texts");
                return [];
            }

            foreach (var text in list)
            {
                Note(field, text, check?.Invoke(text));
            }

            return list;
        }

        public ImmutableSortedSet<string> Names(string field, Func<string, string?> check)
        {
            var names = Strings(field, check).ToImmutableSortedSet(StringComparer.Ordinal);
            if (names.IsEmpty)
            {
                Problem(field, null, "must be a list of names, at least one");
            }

            return names;
        }

        public ImmutableSortedDictionary<string, string> Labels(string field)
        {
            var labels = PlainValue.TextMap(_map.GetValueOrDefault(field));
            if (labels is null || labels.IsEmpty)
            {
                Problem(field, null, "must be a map of labels to texts, at least one");
            }

            return labels ?? PlainValue.NoTexts;
        }

        /// <summary>Labels for series; none is fine.</summary>
        public ImmutableSortedDictionary<string, string> OwnLabels(string field)
        {
            if (PlainValue.TextMap(_map.GetValueOrDefault(field)) is not { } labels)
            {
                Problem(field, null, "must be a map of labels to texts");
                return PlainValue.NoTexts;
            }

            foreach (var (label, value) in labels)
            {
                Note(field, label, Checks.OwnLabelName(label));
                Note(field, value, Checks.OwnLabelValue(value));
            }

            return labels;
        }

        private void Note(string field, string value, string? fix)
        {
            if (fix is not null)
            {
                // A key may have been pasted by mistake.
                Problem(field, value.Contains("PRIVATE KEY", StringComparison.Ordinal) ? null : value, fix);
            }
        }
    }
}
