using System.Collections.Immutable;
using FleetPrometheus.Scraping;
using FleetPrometheus.Targets;

namespace FleetPrometheus.Tests.Targets;

public class ScrapeRulesTests
{
    private static readonly ScrapeJob ApiServer = new ApiServerJob();
    private static readonly ScrapeJob Kubelet = new NodeProxyJob("kubelet", "/metrics");
    private static readonly ScrapeJob Cadvisor = new NodeProxyJob("kubelet", "/metrics/cadvisor");

    [Fact]
    public void For_NoJobs_GrantsNothing() => AssertRules([], [], []);

    [Fact]
    public void For_ApiServer_GrantsItsMetricsOnly() => AssertRules([ApiServer], ["get /metrics"], []);

    [Fact]
    public void For_KubeletAndCadvisor_GrantsNodesOnce() =>
        AssertRules([Kubelet, Cadvisor], ["list,watch nodes", "get nodes/proxy"], []);

    [Fact]
    public void For_DirectKubelets_GrantsMetricsAndNoProxy() => AssertRules(
        [new NodeDirectJob("kubelet", "/metrics"), new NodeDirectJob("kubelet", "/metrics/cadvisor")], ["list,watch nodes", "get nodes/metrics"], []);

    [Fact]
    public void For_DirectPods_GrantsFindingThemOnly() => AssertRules(
        [new PodDirectJob("x") { Namespace = "a", Selector = ImmutableSortedDictionary<string, string>.Empty.Add("app", "x"), Port = 80 }],
        [],
        ["a: list,watch pods"]);

    [Fact]
    public void For_Federation_GrantsTheOnePortOfTheOneService()
    {
        var rules = ScrapeRules.For([ApiServer, new FederateJob { Namespace = "monitoring", Service = "prometheus", Port = "web" }]);

        Assert.Equal(["get /metrics"], rules.Cluster.Select(Describe));
        var (place, rule) = (Assert.Single(rules.Namespaced).Key, Assert.Single(Assert.Single(rules.Namespaced).Value));
        Assert.Equal(("monitoring", "get services/proxy", "http:prometheus:web"), (place, Describe(rule), Assert.Single(rule.ResourceNames)));
    }

    [Fact]
    public void For_PodsInTwoNamespaces_GrantsEachNamespaceOnceAndNothingClusterWide() => AssertRules(
        [Pods("x", "b"), Pods("y", "a"), Pods("z", "b")],
        [],
        ["a: list,watch pods", "a: get pods/proxy", "b: list,watch pods", "b: get pods/proxy"]);

    [Fact]
    public void For_AnnotatedPods_GrantsEachNamedNamespaceOnceAndNothingElse() => AssertRules(
        [Pods("x", "b"), new AnnotatedPodsJob { Namespaces = ["a", "b"] }],
        [],
        ["a: list,watch pods", "a: get pods/proxy", "b: list,watch pods", "b: get pods/proxy"]);

    [Fact]
    public void For_AnnotatedServices_GrantsToFindTheirPodsAndToProxyToThese() => AssertRules(
        [new AnnotatedServicesJob { Namespaces = ["a"] }],
        [],
        ["a: list,watch endpoints", "a: list,watch services", "a: list,watch pods", "a: get pods/proxy"]);

    [Fact]
    public void For_StaticTargets_GrantsNothing() => AssertRules([new StaticJob("router") { Targets = ["a:1"] }], [], []);

    [Fact]
    public void For_AllJobs_GrantsTheSumOfThem() => AssertRules(
        [ApiServer, Kubelet, Cadvisor, Pods("x", "a")],
        ["get /metrics", "list,watch nodes", "get nodes/proxy"],
        ["a: list,watch pods", "a: get pods/proxy"]);

    [Fact]
    public void For_AnyJobs_NeverGrantsSecretsServicesOrWildcards()
    {
        var rules = ScrapeRules.For([ApiServer, Kubelet, Cadvisor, Pods("x", "a")]);

        var all = rules.Cluster.Concat(rules.Namespaced.Values.SelectMany(namespaced => namespaced)).ToList();
        Assert.DoesNotContain(all, rule => rule.Resources.Any(resource => resource is "secrets" or "services" or "services/proxy" or "*"));
        Assert.All(all, rule => Assert.All(rule.Verbs, verb => Assert.Contains(verb, new[] { "get", "list", "watch" })));
    }

    private static PodProxyJob Pods(string name, string place) => new(name)
    {
        Namespace = place,
        Selector = ImmutableSortedDictionary<string, string>.Empty.Add("app", name),
        Port = 80,
    };

    private static void AssertRules(ImmutableArray<ScrapeJob> jobs, string[] cluster, string[] namespaced)
    {
        var rules = ScrapeRules.For(jobs);

        Assert.Equal(cluster, rules.Cluster.Select(Describe));
        Assert.Equal(namespaced, rules.Namespaced.SelectMany(item => item.Value.Select(rule => $"{item.Key}: {Describe(rule)}")));
    }

    private static string Describe(AccessRule rule) =>
        $"{string.Join(',', rule.Verbs)} {string.Join(',', rule.Resources.Concat(rule.NonResourceUrls))}";
}
