using System.Collections.Immutable;
using System.Text;
using FleetPrometheus.Scraping;
using FleetPrometheus.Targets;

namespace FleetPrometheus.Tests.Docs;

/// <summary>What the centre's token may do, by setting, as Markdown, from the code that declares the Roles.</summary>
internal static class RightsTable
{
    private const string AdoptedNamespace = "NAMESPACE";

    public static string Markdown()
    {
        var text = new StringBuilder("| setting | scraped (`job`) | rights in the whole cluster | rights in one namespace |\n|---|---|---|---|\n");
        var nothing = Jobs(NodeAccess.Off, ExporterMode.Off, ExporterMode.Off);
        Row(text, "always", nothing, []);
        // The relay has node-exporter with it, for which nothing more is needed.
        Row(text, "`nodeAccess: relay`", Jobs(NodeAccess.Relay, ExporterMode.Install, ExporterMode.Off), nothing);
        foreach (var access in Enum.GetValues<NodeAccess>().Where(access => access != NodeAccess.Relay))
        {
            Row(text, $"`nodeAccess: {Written(access)}`", Jobs(access, ExporterMode.Off, ExporterMode.Off), nothing);
        }

        foreach (var mode in Enum.GetValues<ExporterMode>())
        {
            Row(text, $"`nodeExporter.mode: {Written(mode)}` without the relay", Jobs(NodeAccess.Off, mode, ExporterMode.Off), nothing);
        }

        Row(
            text, "`nodeExporter.mode: install` with `nodeAccess: direct`",
            Jobs(NodeAccess.Direct, ExporterMode.Install, ExporterMode.Off), Jobs(NodeAccess.Direct, ExporterMode.Off, ExporterMode.Off));
        foreach (var mode in Enum.GetValues<ExporterMode>())
        {
            Row(text, $"`kubeStateMetrics.mode: {Written(mode)}`", Jobs(NodeAccess.Off, ExporterMode.Off, mode), nothing);
        }

        Row(text, "each of `scrapeJobs`", Jobs(args => args.ExtraJobs = [JobPresets.CoreDns with { Name = "NAME", Namespace = AdoptedNamespace }]), nothing);
        Row(text, "`annotatedPods`", Jobs(args => args.AnnotatedPods = [AdoptedNamespace]), nothing);
        Row(text, "`collection: federate`", Jobs(args => args.Federate = new FederateJob { Namespace = AdoptedNamespace, Service = "SERVICE", Port = "PORT" }), nothing);
        Row(text, "`annotatedServices`", Jobs(args => args.AnnotatedServices = [AdoptedNamespace]), nothing);
        Row(text, "each of `staticTargets`", Jobs(args => args.StaticTargets = [new StaticJob("NAME") { Targets = ["address:9100"] }]), nothing);
        return text.ToString();
    }

    private static ImmutableArray<ScrapeJob> Jobs(NodeAccess access, ExporterMode nodeExporter, ExporterMode kubeStateMetrics) => Jobs(args =>
    {
        args.NodeAccess = access;
        args.NodeExporter = As(new NodeExporterOptions(), nodeExporter);
        args.KubeStateMetrics = As(new KubeStateMetricsOptions(), kubeStateMetrics);
    });

    private static ImmutableArray<ScrapeJob> Jobs(Action<TargetClusterArgs> choose)
    {
        var args = new TargetClusterArgs
        {
            ClusterName = "cluster",
            NodeAccess = NodeAccess.Off,
            NodeExporter = new NodeExporterOptions { Mode = ExporterMode.Off },
            KubeStateMetrics = new KubeStateMetricsOptions { Mode = ExporterMode.Off },
        };
        choose(args);
        return TargetJobs.For(args);
    }

    private static T As<T>(T options, ExporterMode mode) where T : ExporterOptions => (T)(mode == ExporterMode.Adopt
        ? options with { Mode = mode, Namespace = AdoptedNamespace, Labels = options.Labels.Add("app", "exporter") }
        : options with { Mode = mode });

    /// <summary>What the jobs need beyond those that are there anyway; a setting that adds none has no row.</summary>
    private static void Row(StringBuilder text, string setting, ImmutableArray<ScrapeJob> jobs, ImmutableArray<ScrapeJob> without)
    {
        var (rules, common) = (ScrapeRules.For(jobs), ScrapeRules.For(without));
        var added = jobs.Select(job => job.Name).Except(without.Select(job => job.Name)).Select(name => $"`{name}`");
        var cluster = rules.Cluster.Select(Describe).Except(common.Cluster.Select(Describe));
        var namespaced = rules.Namespaced.Select(item => $"{string.Join("; ", item.Value.Select(Describe))} in `{item.Key}`")
            .Except(common.Namespaced.Select(item => $"{string.Join("; ", item.Value.Select(Describe))} in `{item.Key}`"));
        if (jobs.Length > without.Length)
        {
            text.Append($"| {setting} | {List(added)} | {List(cluster)} | {List(namespaced)} |\n");
        }
    }

    private static string Describe(AccessRule rule) =>
        $"{string.Join(", ", rule.Verbs)} {string.Join(", ", rule.Resources.Concat(rule.NonResourceUrls).Select(what => $"`{what}`"))}"
        + (rule.ResourceNames.IsEmpty ? "" : $" of {string.Join(", ", rule.ResourceNames.Select(name => $"`{name}`"))}");

    private static string List(IEnumerable<string> items) => string.Join("; ", items) is { Length: > 0 } list ? list : "none";

    private static string Written(Enum value) => $"{char.ToLowerInvariant(value.ToString()[0])}{value.ToString()[1..]}";
}
