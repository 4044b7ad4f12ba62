using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using FleetPrometheus.Validation;
using FleetPrometheus.Yaml;

namespace FleetPrometheus.Scraping;

/// <summary>A cluster that sends its samples to the centre.</summary>
/// <param name="Name">Its name: the user as whom it sends, and the value of <c>cluster</c> on all it sends.</param>
/// <param name="Labels">The operator's own labels of it, on all it sends too.</param>
/// <param name="Passwords">What it may identify itself with.</param>
public sealed record Pusher(string Name, ImmutableSortedDictionary<string, string> Labels, ImmutableArray<SecretText> Passwords)
{
    /// <summary>Which of several Prometheus gets its samples. Default null: there is one only.</summary>
    public int? Shard { get; init; }
}

/// <summary>
/// The files of the two programs that take what clusters send: vmauth knows who sends and says so in labels that it adds to the request's
/// address, vmagent puts these labels in the place of what was sent and passes everything on to every Prometheus.
/// </summary>
/// <remarks>
/// vmagent appends what the address adds, also where a label of that name was sent, and Prometheus refuses a label that is there twice. So
/// the added labels have names of their own until relabelling, and these hold a part that no sender knows.
/// Source of the fields: vmauth and vmagent 1.145.
/// </remarks>
public static class PushFiles
{
    /// <summary>The clusters and their passwords, for vmauth.</summary>
    public const string Users = "users.yml";

    /// <summary>The relabelling, for vmagent.</summary>
    public const string Relabelling = "relabel.yml";

    /// <summary>The password between the two, and from both to Prometheus.</summary>
    public const string Password = "password";

    /// <summary>What both verify the centre's certificates with, where its programs speak TLS.</summary>
    public const string Ca = "ca.crt";

    /// <summary>The relabelling of what goes to one of several Prometheus, for vmagent.</summary>
    public static string ShardRelabelling(int shard) => string.Create(CultureInfo.InvariantCulture, $"shard-{shard}.yml");

    /// <summary>The content of <see cref="Users"/>, in the order of the clusters' names. Without clusters nobody is let in.</summary>
    /// <param name="pushers">The clusters.</param>
    /// <param name="forwarders">The addresses (scheme://host:port) of vmagent's replicas; the first that answers is used, so that samples keep their order.</param>
    /// <param name="user">The user as whom vmauth comes to vmagent.</param>
    /// <param name="password">That user's password.</param>
    /// <param name="secretName">What no sender knows: letters and digits.</param>
    public static string RenderUsers(
        IEnumerable<Pusher> pushers, IReadOnlyCollection<string> forwarders, string user, string password, string secretName)
    {
        var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        var users = pushers.OrderBy(pusher => pusher.Name, StringComparer.Ordinal)
            .SelectMany(pusher => pusher.Passwords.Distinct().Select(secret => new YamlMap
            {
                { "username", pusher.Name },
                { "password", secret.Reveal() },
                {
                    "url_map",
                    [
                        new YamlMap
                        {
                            { "src_paths", ["/api/v1/write"] },
                            { "url_prefix", forwarders.Select(forwarder => $"{forwarder}/?{Labels(pusher, secretName)}") },
                            { "load_balancing_policy", "first_available" },
                            { "headers", [$"Authorization: Basic {credentials}"] },
                        },
                    ]
                },
            })).ToList();
        return users.Count == 0 ? "users: []\n" : new YamlMap { { "users", users } }.ToString();
    }

    /// <summary>The content of <see cref="Relabelling"/>.</summary>
    /// <param name="secretName">As for <see cref="RenderUsers"/>.</param>
    public static string RenderRelabelling(string secretName)
    {
        // No label that we add begins with two underscores, so what would yield another added label is none.
        var map = new YamlMap { { "action", "labelmap" }, { "regex", $"{Prefix(secretName)}([^_].*|_[^_].*)" } };
        var drop = new YamlMap { { "action", "labeldrop" }, { "regex", $"{Prefix(secretName)}.*" } };
        return Steps(map, drop);
    }

    /// <summary>The content of <see cref="ShardRelabelling"/>: it names no cluster, because vmagent does not read it again.</summary>
    /// <param name="secretName">As for <see cref="RenderUsers"/>.</param>
    /// <param name="shard">The number of the Prometheus.</param>
    public static string RenderShardRelabelling(string secretName, int shard) => Steps(
        new YamlMap { { "action", "keep" }, { "source_labels", [ShardLabel(secretName)] }, { "regex", shard.ToString(CultureInfo.InvariantCulture) } },
        new YamlMap { { "action", "labeldrop" }, { "regex", ShardLabel(secretName) } });

    private static string Steps(params ReadOnlySpan<YamlMap> steps)
    {
        var text = new StringBuilder();
        foreach (var step in steps)
        {
            text.Append("- ").Append(step.ToString().TrimEnd('\n').Replace("\n", "\n  ", StringComparison.Ordinal)).Append('\n');
        }

        return text.ToString();
    }

    private static string Labels(Pusher pusher, string secretName) => string.Join('&', pusher.Labels
        .Where(label => label.Key != "cluster")
        .Prepend(new("cluster", pusher.Name))
        .Concat(pusher.Shard is { } shard ? [KeyValuePair.Create(ShardLabel(secretName), shard.ToString(CultureInfo.InvariantCulture))] : [])
        .Select(label => $"extra_label={Uri.EscapeDataString($"{Prefix(secretName)}{label.Key}={label.Value}")}"));

    // Between the relabelling of all and that of each Prometheus vmagent removes labels with two underscores; no sender knows this one either.
    private static string ShardLabel(string secretName) => $"shard_{secretName}";

    private static string Prefix(string secretName) => $"__push_{secretName}_";
}
