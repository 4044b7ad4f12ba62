using System.Collections.Immutable;
using FleetPrometheus.Scraping;
using FleetPrometheus.Validation;
using FleetPrometheus.Workloads;
using Pulumi;

namespace FleetPrometheus.Targets;

/// <summary>Checks a target cluster's arguments before anything is declared.</summary>
public static class TargetValidation
{
    /// <summary>Notes every problem of the arguments.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="problems">Where problems are noted; keys are the arguments' names in the configuration's spelling.</param>
    public static void Check(TargetClusterArgs args, Problems problems)
    {
        problems.Check("clusterName", args.ClusterName, Checks.DnsLabel(args.ClusterName));
        problems.Check("namespace", args.Namespace, Checks.DnsLabel(args.Namespace));
        CheckPush(args, problems);
        if (args is { ApiServer: null, Collection: not Collection.Push })
        {
            problems.Add("apiServer", null, "is missing; give the address at which the central Prometheus reaches the API server");
        }

        foreach (var (label, value) in args.ClusterLabels)
        {
            problems.Check("clusterLabels", label, Checks.OwnLabelName(label));
            problems.Check($"clusterLabels.{label}", value, args.Collection == Collection.Push ? Checks.SentLabelValue(value) : Checks.OwnLabelValue(value));
        }

        if (args.TokenGeneration < 1)
        {
            problems.Add("tokenGeneration", $"{args.TokenGeneration}", "must be 1 or more");
        }

        foreach (var member in args.ApiServerMembers)
        {
            problems.Check("apiServers", member, Checks.HostAndPort(member));
        }

        if (args.KubeletCa is { } authority && authority != TargetClusterArgs.UncheckedKubelets)
        {
            // Not shown: it may be a key that was pasted by mistake.
            problems.Check("kubeletCa", null, Checks.CaCertificate(authority));
        }

        if (args.KubeletCa is not null && args.NodeAccess is not (NodeAccess.Relay or NodeAccess.Direct))
        {
            problems.Add("kubeletCa", null, "has a meaning only for kubelets that are asked by the relay or directly; set nodeAccess to relay or direct, or leave it out");
        }

        if (args.Federate is { } federate)
        {
            CheckFederate(federate, problems);
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        CheckExtraJobs(args.ExtraJobs, names, problems);
        CheckStaticTargets(args, names, problems);
        foreach (var (key, places) in new[] { ("annotatedPods", args.AnnotatedPods), ("annotatedServices", args.AnnotatedServices) })
        {
            foreach (var (index, place) in places.Index())
            {
                problems.Check($"{key}[{index}]", place, Checks.DnsLabel(place));
            }
        }

        CheckJobOptions(args, problems);
        Check("nodeExporter", args.NodeExporter, args.NodeAccess == NodeAccess.Relay, problems);
        Check("kubeStateMetrics", args.KubeStateMetrics, false, problems);
        if (args.NodeAccess == NodeAccess.Relay)
        {
            problems.Check("nodeRelay.namespace", args.NodeRelay.Namespace, Checks.DnsLabel(args.NodeRelay.Namespace));
            args.NodeRelay.Resources.Check("nodeRelay.resources", problems);
            CheckTolerations("nodeRelay.tolerations", args.NodeRelay.Tolerations, problems);
            problems.Check("nodeRelay.port", $"{args.NodeRelay.Port}", args.NodeRelay.Port < 1024 ? "must be 1024 or more" : Checks.Port(args.NodeRelay.Port));
        }

        if (args.NodeExporter.Mode == ExporterMode.Install)
        {
            CheckNodeExporterNamespace(args, problems);
        }

        if (args.KubeStateMetrics.Mode == ExporterMode.Install)
        {
            CheckInstalled(args.KubeStateMetrics, problems);
        }
    }

    /// <summary>Throws when the arguments have problems, else returns the name, so that it can stand before anything is declared.</summary>
    /// <exception cref="RunException">With all problems.</exception>
    internal static string Require(string name, TargetClusterArgs args)
    {
        var problems = new Problems();
        Check(args, problems);
        problems.Require($"Target cluster '{name}' can't be declared");
        return name;
    }

    private static void CheckPush(TargetClusterArgs args, Problems problems)
    {
        var push = args.Push;
        if (args.Collection != Collection.Push)
        {
            if (push.Url is not null || push.CaCertificate is not null)
            {
                problems.Add("push", null, "has a meaning only for a cluster that sends by itself; set collection to push or leave it out");
            }

            return;
        }

        if (push.Url is null)
        {
            problems.Add("push.url", null, "is missing; give the address of the centre's front, such as https://push.example.com:8427");
        }
        else if (!HttpsAddress.TryParse(push.Url.OriginalString, out _))
        {
            problems.Add("push.url", null, "must be an absolute https address without user, '?' and '#', because a password is sent there, such as https://push.example.com:8427");
        }

        push.Resources.Check("push.resources", problems);
        problems.Check("push.caCertificate", null, push.CaCertificate is { } certificate ? Checks.CaCertificate(certificate) : null);
        if (push.ScrapeInterval < TimeSpan.FromSeconds(1))
        {
            problems.Add("push.scrapeInterval", $"{push.ScrapeInterval}", "must be at least 1 s");
        }

        if (args.NodeAccess is not (NodeAccess.Direct or NodeAccess.Off))
        {
            problems.Add("nodeAccess", $"{args.NodeAccess}", "is a way for a centre that comes from outside; an agent in the cluster asks kubelets directly: write direct or off");
        }

        if (args.CaCertificate is not null)
        {
            problems.Add("caCertificate", null, "has no meaning for a cluster that sends by itself, whose agent knows the cluster's CA; leave it out, or did you mean push.caCertificate?");
        }
    }

    /// <param name="key">The options' key.</param>
    /// <param name="options">The options.</param>
    /// <param name="relayed">Whether it is asked at its node's address, so that its pods need not be found.</param>
    /// <param name="problems">Where problems are noted.</param>
    private static void Check(string key, ExporterOptions options, bool relayed, Problems problems)
    {
        if (options.Mode == ExporterMode.Off)
        {
            return;
        }

        problems.Check($"{key}.namespace", options.Namespace, Checks.DnsLabel(options.Namespace));
        problems.Check($"{key}.port", $"{options.Port}", Checks.Port(options.Port));
        if (options.Mode == ExporterMode.Adopt && options.Labels.IsEmpty && !relayed)
        {
            problems.Add($"{key}.labels", null, "is missing; give the labels that select the pods of the exporter to adopt");
        }

        if (options.Mode == ExporterMode.Adopt)
        {
            CheckSelector($"{key}.labels", options.Labels, problems);
        }

        if (options.Mode == ExporterMode.Install)
        {
            options.Resources.Check($"{key}.resources", problems);
            CheckTolerations($"{key}.tolerations", options.Tolerations, problems);
            foreach (var label in options.Labels.Keys.Where(label => ObjectLabels.Of("", "").ContainsKey(label)))
            {
                problems.Add($"{key}.labels", label, "is set by fleet-prometheus itself; leave it out");
            }
        }
    }

    // Discovery tells of one of them only, so no pod would have both values.
    private static void CheckSelector(string key, ImmutableSortedDictionary<string, string> labels, Problems problems)
    {
        foreach (var alike in labels.GroupBy(label => ClusterScrapeFile.MetaLabel(label.Key), StringComparer.Ordinal).Where(alike => alike.Select(label => label.Value).Distinct(StringComparer.Ordinal).Count() > 1))
        {
            problems.Add(key, string.Join(", ", alike.Select(label => label.Key)),
                $"are all {alike.Key} to Prometheus, which can have one value only, so that no pod would be found; keep the one that tells the pods apart");
        }
    }

    private static void CheckTolerations(string key, ImmutableArray<Toleration> tolerations, Problems problems)
    {
        foreach (var (index, toleration) in tolerations.Index())
        {
            problems.Check($"{key}[{index}]", null, toleration switch
            {
                { Key: null, Operator: not "Exists" } => "needs a key, or the operator Exists for every key",
                { Operator: "Exists", Value: { Length: > 0 } } => "compares no value with the operator Exists; leave the value out, or write Equal",
                _ => null,
            });
        }
    }

    private static void CheckFederate(FederateJob job, Problems problems)
    {
        Require("federate.namespace", job.Namespace, "give the namespace of the Service in front of the cluster's Prometheus", Checks.DnsLabel);
        Require("federate.service", job.Service, "give the Service in front of the cluster's Prometheus", Checks.DnsLabel);
        Require("federate.port", job.Port, "give the name or number of a port that the Service declares", Checks.ServicePort);
        problems.Check("federate.path", job.MetricsPath, Checks.Path(job.MetricsPath));
        problems.Check("federate.scheme", job.Scheme, job.Scheme is "http" or "https" ? null : "must be http or https");
        if (job.Matches.IsEmpty)
        {
            problems.Add("federate.match", null, "is empty; list what to take over, or leave it out for the aggregates");
        }

        foreach (var (index, match) in job.Matches.Index())
        {
            problems.Check($"federate.match[{index}]", match, SeriesSelector.Check(match));
        }

        void Require(string key, string value, string what, Func<string, string?> check) =>
            problems.Check(key, value.Length == 0 ? null : value, value.Length == 0 ? $"is missing; {what}" : check(value));
    }

    private static void CheckExtraJobs(ImmutableArray<PodProxyJob> jobs, HashSet<string> names, Problems problems)
    {
        foreach (var (index, job) in jobs.Index())
        {
            var key = $"scrapeJobs[{index}]";
            Require($"{key}.name", job.Name, "name the job, or write a preset", name =>
                TargetJobs.OwnNames.Contains(name) ? "is a job of fleet-prometheus itself; choose another name"
                : !names.Add(name) ? "is the name of an earlier job; choose another name"
                : Checks.DnsLabel(name));
            Require($"{key}.namespace", job.Namespace, "give the namespace of the pods", Checks.DnsLabel);
            Require($"{key}.port", job.Port == 0 ? "" : $"{job.Port}", "give the port that the pods' container declares", _ => Checks.Port(job.Port));
            Require($"{key}.labels", job.Selector.IsEmpty ? "" : "labels", "give the labels that select the pods, at least one", _ => null);
            CheckSelector($"{key}.labels", job.Selector, problems);
            problems.Check($"{key}.path", job.MetricsPath, Checks.Path(job.MetricsPath));
            problems.Check($"{key}.scheme", job.Scheme, job.Scheme is "http" or "https" ? null : "must be http or https");
        }

        void Require(string key, string value, string what, Func<string, string?> check) =>
            problems.Check(key, value.Length == 0 ? null : value, value.Length == 0 ? $"is missing; {what}" : check(value));
    }

    // node-exporter is welcome: a machine beside the cluster is watched by the same rules as its nodes.
    private static void CheckStaticTargets(TargetClusterArgs args, HashSet<string> names, Problems problems)
    {
        foreach (var (index, job) in args.StaticTargets.Index())
        {
            var key = $"staticTargets[{index}]";
            problems.Check($"{key}.name", job.Name,
                job.Name != NodeExporter.ProgramName && TargetJobs.OwnNames.Contains(job.Name) ? "is a job of fleet-prometheus itself; choose another name"
                : !names.Add(job.Name) ? "is the name of an earlier job; choose another name"
                : Checks.DnsLabel(job.Name));
            if (job.Targets.IsEmpty)
            {
                problems.Add($"{key}.targets", null, "is missing; give the addresses, host:port, at least one");
            }

            foreach (var (number, target) in job.Targets.Index())
            {
                problems.Check($"{key}.targets[{number}]", target,
                    job.Targets.IndexOf(target) < number ? "is listed twice; list each address once" : Checks.HostAndPort(target));
            }

            foreach (var (label, value) in job.Labels)
            {
                problems.Check($"{key}.labels", label,
                    args.ClusterLabels.ContainsKey(label) ? "is one of clusterLabels already; choose another name" : Checks.OwnLabelName(label));
                problems.Check($"{key}.labels.{label}", value, Checks.OwnLabelValue(value));
            }

            problems.Check($"{key}.path", job.MetricsPath, Checks.Path(job.MetricsPath));
            problems.Check($"{key}.scheme", job.Scheme, job.Scheme is "http" or "https" ? null : "must be http or https");
            problems.Check($"{key}.caCertificate", null, job.CaCertificate is { } certificate ? Checks.CaCertificate(certificate) : null);
            if (job.Scheme != "https" && (job.CaCertificate is not null || job.InsecureSkipVerify))
            {
                problems.Add($"{key}.scheme", job.Scheme, "checks no certificate, so caCertificate and insecureSkipVerify have no meaning; write https or leave them out");
            }
        }
    }

    private static void CheckJobOptions(TargetClusterArgs args, Problems problems)
    {
        var names = TargetJobs.For(args).Select(job => job.Key).Where(name => name.Length > 0).ToImmutableSortedSet(StringComparer.Ordinal);
        foreach (var (name, options) in args.JobOptions)
        {
            var key = $"jobs.{name}";
            if (!names.Contains(name))
            {
                var nearest = Spelling.Nearest(name, names);
                problems.Add(key, null, $"is no job of this cluster; {(nearest is null ? $"its jobs are {string.Join(", ", names)}" : $"did you mean '{nearest}'?")}");
            }

            CheckTiming(key, options, problems);
            foreach (var (list, expressions) in new[] { ("keep", options.Keep), ("drop", options.Drop) })
            {
                foreach (var (index, expression) in expressions.Index())
                {
                    problems.Check($"{key}.{list}[{index}]", expression, expression.Length == 0 ? "is empty; write the name of a metric" : Checks.Expression(expression));
                }
            }

            if (options.Metrics is MetricProfile.Needed && names.Contains(name) && !NeededMetrics.Jobs.Contains(name))
            {
                problems.Add($"{key}.metrics", "needed", $"is known only of {string.Join(", ", NeededMetrics.Jobs)}; write none, and in keep what is to be stored");
            }

            if ((options.Metrics ?? args.Metrics) is MetricProfile.None && options.Keep.IsEmpty)
            {
                problems.Add($"{key}.keep", null, "is missing; with metrics none, name what is to be stored");
            }

            if ((options.Metrics ?? args.Metrics) is MetricProfile.None && !options.Drop.IsEmpty)
            {
                problems.Add($"{key}.drop", null, "has no meaning with metrics none, which stores nothing but what keep names; leave it out");
            }
        }
    }

    private static void CheckTiming(string key, JobOptions options, Problems problems)
    {
        if (options.ScrapeInterval is { } interval && (interval < ScrapeTiming.Shortest || interval > ScrapeTiming.Longest))
        {
            problems.Add($"{key}.scrapeInterval", PrometheusDuration.Format(interval),
                $"must be {PrometheusDuration.Format(ScrapeTiming.Shortest)} to {PrometheusDuration.Format(ScrapeTiming.Longest)}; rules that look back five minutes would see gaps");
        }

        if (options.ScrapeTimeout is not { } timeout)
        {
            return;
        }

        problems.Check($"{key}.scrapeTimeout", PrometheusDuration.Format(timeout),
            options.ScrapeInterval is null ? "needs a scrapeInterval beside it, which it must not exceed"
            : timeout > options.ScrapeInterval ? "is longer than scrapeInterval; make it at most that"
            : timeout < ScrapeTiming.Shortest ? $"must be at least {PrometheusDuration.Format(ScrapeTiming.Shortest)}"
            : null);
    }

    // The proxy reaches any port of a pod's node when the pod is on the host's network, so only node-exporter may live there.
    private static void CheckNodeExporterNamespace(TargetClusterArgs args, Problems problems)
    {
        var shared = args.NodeExporter.Namespace == args.Namespace
            || (args.KubeStateMetrics.Mode == ExporterMode.Install && args.NodeExporter.Namespace == args.KubeStateMetrics.Namespace)
            || (args.NodeAccess == NodeAccess.Relay && args.NodeExporter.Namespace == args.NodeRelay.Namespace);
        if (shared)
        {
            problems.Add("nodeExporter.namespace", args.NodeExporter.Namespace, "must be a namespace of its own, because node-exporter needs a privileged one");
        }
    }

    private static void CheckInstalled(KubeStateMetricsOptions options, Problems problems)
    {
        problems.Check("kubeStateMetrics.telemetryPort", $"{options.TelemetryPort}", Checks.Port(options.TelemetryPort));
        if (options.TelemetryPort == options.Port)
        {
            problems.Add("kubeStateMetrics.telemetryPort", $"{options.TelemetryPort}", "must differ from kubeStateMetrics.port");
        }

        if (options.ExportedResources.IsEmpty)
        {
            problems.Add("kubeStateMetrics.exportedResources", null, "must name at least one resource; to have none, set kubeStateMetrics.mode to off");
        }

        foreach (var resource in options.ExportedResources.Except(KubeStateMetricsRules.KnownResources))
        {
            problems.Add("kubeStateMetrics.exportedResources", resource, $"is not one of {string.Join(", ", KubeStateMetricsRules.KnownResources)}");
        }
    }
}
