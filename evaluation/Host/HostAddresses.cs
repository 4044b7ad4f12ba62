using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace FleetPrometheus.Evaluation.Host;

/// <summary>What takes the place of the addresses that the centre's programs have in their cluster's DNS.</summary>
internal sealed class HostAddresses
{
    private readonly ImmutableDictionary<string, string> _places;
    private readonly Regex _known;
    private readonly Regex _leftOver;

    /// <param name="central">What the central stack declares.</param>
    /// <param name="programs">Those of its programs that are run.</param>
    /// <param name="own">The one of them whose texts are translated: each has an exporter of its own beside it, all at the same address of their pods.</param>
    public HostAddresses(EvaluatedStack central, IEnumerable<(CentralWorkload Workload, HostPlace Place)> programs, (CentralWorkload Workload, HostPlace Place) own)
    {
        _places = programs.SelectMany(Places).ToImmutableDictionary();
        if (own.Workload.ExporterAddress is { } exporter)
        {
            _places = _places.Add(exporter, own.Place.Exporter ?? exporter);
        }

        _known = Whole(_places.Keys);
        // A name that a certificate is for leads nowhere.
        _leftOver = Whole(central.Manifests.Where(manifest => manifest.Kind == "Service").Select(service => $"{service.Name}.{service.Namespace}.svc"), "(?<!server_name: )");
    }

    /// <summary>A text with this host's addresses.</summary>
    /// <param name="name">How a refusal names the text.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="EvaluationException">It names a program of the centre that is not run on this host.</exception>
    public string Translate(string name, string text)
    {
        var translated = _known.Replace(text, match => _places[match.Value]);
        return _leftOver.Match(translated) is { Success: true } stranger
            ? throw new EvaluationException($"{name}: {stranger.Value} exists within the central cluster only, so a host cannot reach it; leave out of the central stack what needs it.")
            : translated;
    }

    private static IEnumerable<KeyValuePair<string, string>> Places((CentralWorkload Workload, HostPlace Place) program)
    {
        var (workload, place) = program;
        if (workload.ServiceAddress("web") is { } service)
        {
            yield return KeyValuePair.Create(service, place.Replicas[0].Address); // one is as good as another
        }

        for (var index = 0; index < workload.Replicas; index++)
        {
            var replica = place.Replicas[index];
            yield return KeyValuePair.Create(workload.Address(index, "web")!, replica.Address);
            if (workload.Address(index, "internal") is { } own)
            {
                yield return KeyValuePair.Create(own, replica.Internal!);
            }

            if (workload.Address(index, "gossip-tcp") is { } gossip)
            {
                yield return KeyValuePair.Create(gossip, replica.Gossip!);
            }
        }
    }

    // Not the end of a longer name, nor the beginning of a longer port.
    private static Regex Whole(IEnumerable<string> names, string notAfter = "") =>
        new($@"{notAfter}(?<![\w-])(?:{string.Join('|', names.Order(StringComparer.Ordinal).Select(Regex.Escape))})(?!\w)", RegexOptions.CultureInvariant);
}
