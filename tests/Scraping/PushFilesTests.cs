using System.Collections.Immutable;
using FleetPrometheus.Scraping;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Scraping;

public sealed class PushFilesTests
{
    [Fact]
    public void RenderUsers_TwoClusters_AreAsReviewed() => Golden.Check("push-users.yml", PushFiles.RenderUsers(
        [
            new Pusher("stage", Labels(("environment", "a b&c=%{HOME}")), [new SecretText("s1"), new SecretText("s2")]),
            new Pusher("product", Labels(), [new SecretText("p1")]),
        ],
        ["http://push-forwarder-0.push-forwarder-replicas.monitoring.svc:8429", "http://push-forwarder-1.push-forwarder-replicas.monitoring.svc:8429"],
        "fleet", "web", "5ec2e7"));

    [Fact]
    public void RenderUsers_NoClusters_LetsNobodyIn() => Assert.Equal("users: []\n", PushFiles.RenderUsers([], ["http://a:1"], "fleet", "web", "x"));

    /// <summary>A sender's shard travels beside its labels, under a name that no sender knows, and is gone once it has been heeded.</summary>
    [Fact]
    public void Render_Shards_EachTakesItsSendersOnly()
    {
        var users = PushFiles.RenderUsers([new Pusher("stage", Labels(), [new SecretText("s1")]) { Shard = 1 }], ["http://a:1"], "fleet", "web", "5ec2e7");

        Assert.Contains("extra_label=__push_5ec2e7_cluster%3Dstage&extra_label=__push_5ec2e7_shard_5ec2e7%3D1", users);
        Assert.Equal(
            """
            - action: keep
              source_labels: [shard_5ec2e7]
              regex: '1'
            - action: labeldrop
              regex: shard_5ec2e7

            """,
            PushFiles.RenderShardRelabelling("5ec2e7", 1));
    }

    [Fact]
    public void RenderRelabelling_TakesTheSecretNamesOnce() => Golden.Check("push-relabel.yml", PushFiles.RenderRelabelling("5ec2e7"));

    private static ImmutableSortedDictionary<string, string> Labels(params (string Name, string Value)[] labels) =>
        labels.ToImmutableSortedDictionary(label => label.Name, label => label.Value, StringComparer.Ordinal);
}
