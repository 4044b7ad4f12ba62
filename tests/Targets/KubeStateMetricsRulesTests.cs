using FleetPrometheus.Targets;

namespace FleetPrometheus.Tests.Targets;

public class KubeStateMetricsRulesTests
{
    [Fact]
    public void DefaultResources_HoldNothingConfidential()
    {
        Assert.DoesNotContain("secrets", KubeStateMetricsRules.DefaultResources);
        Assert.DoesNotContain("configmaps", KubeStateMetricsRules.DefaultResources);
        Assert.Contains("pods", KubeStateMetricsRules.DefaultResources);
        Assert.Contains("nodes", KubeStateMetricsRules.DefaultResources);
    }

    [Fact]
    public void For_SomeResources_GrantsListAndWatchOfExactlyThese()
    {
        var rules = KubeStateMetricsRules.For(["pods", "deployments", "nodes", "pods"]);

        Assert.Equal<string>(["", "apps"], rules.Select(rule => Assert.Single(rule.ApiGroups)));
        Assert.Equal<string>(["nodes", "pods"], rules[0].Resources);
        Assert.Equal<string>(["deployments"], rules[1].Resources);
        Assert.All(rules, rule => Assert.Equal<string>(["list", "watch"], rule.Verbs));
    }

    [Fact]
    public void For_EveryKnownResource_HasAGroup() =>
        Assert.Equal(
            KubeStateMetricsRules.KnownResources.Order(StringComparer.Ordinal),
            KubeStateMetricsRules.For(KubeStateMetricsRules.KnownResources).SelectMany(rule => rule.Resources).Order(StringComparer.Ordinal));
}
