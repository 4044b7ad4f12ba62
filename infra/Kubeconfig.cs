using System.Collections.Immutable;
using FleetPrometheus.Yaml;
using YamlDotNet.RepresentationModel;

namespace FleetPrometheus.Infra;

/// <summary>What this program needs to know of a kubeconfig: its contexts and the servers they lead to. Holds no credentials.</summary>
/// <remarks>Source of the format: Kubernetes, "Organizing Cluster Access Using kubeconfig Files".</remarks>
public sealed record Kubeconfig
{
    /// <summary>A kubeconfig without contexts.</summary>
    public static readonly Kubeconfig Empty = new();

    /// <summary>The name of the context that is used when none is asked for, or null.</summary>
    public string? CurrentContext { get; private init; }

    /// <summary>The cluster that each context leads to.</summary>
    public ImmutableSortedDictionary<string, string> Contexts { get; private init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>The address of each cluster's API server, as written.</summary>
    public ImmutableSortedDictionary<string, string> Servers { get; private init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>The files that kubectl and Pulumi's provider read when they are told nothing: those in <c>KUBECONFIG</c>, else <c>~/.kube/config</c>.</summary>
    public static ImmutableArray<string> AmbientFiles()
    {
        var files = (Environment.GetEnvironmentVariable("KUBECONFIG") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return files.Length > 0 ? [.. files] : [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config")];
    }

    /// <summary>Reads a kubeconfig's contents.</summary>
    /// <param name="text">The contents.</param>
    /// <param name="fault">What is wrong with them, without quoting them; null when nothing is.</param>
    public static Kubeconfig Parse(string text, out string? fault)
    {
        var document = YamlReader.Read(text, out fault);
        if (fault is not null)
        {
            return Empty;
        }

        if (document is not YamlMappingNode root)
        {
            fault = "is not a kubeconfig: it holds no mapping with contexts and clusters";
            return Empty;
        }

        return new Kubeconfig
        {
            CurrentContext = Text(root, "current-context") is { Length: > 0 } current ? current : null,
            Contexts = Named(root, "contexts", "context", "cluster"),
            Servers = Named(root, "clusters", "cluster", "server"),
        };
    }

    /// <summary>This kubeconfig with what another adds; on both sides' entries this one wins, as in kubectl.</summary>
    public Kubeconfig Merge(Kubeconfig other) => new()
    {
        CurrentContext = CurrentContext ?? other.CurrentContext,
        Contexts = other.Contexts.SetItems(Contexts),
        Servers = other.Servers.SetItems(Servers),
    };

    /// <summary>From a list of <c>{name, kind: {member}}</c>, the members by name; the first of a name wins, as in kubectl.</summary>
    private static ImmutableSortedDictionary<string, string> Named(YamlMappingNode root, string list, string kind, string member)
    {
        var result = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var entries = Child(root, list) as YamlSequenceNode;
        foreach (var entry in entries?.Children.OfType<YamlMappingNode>() ?? [])
        {
            if (Text(entry, "name") is { } name && Child(entry, kind) is YamlMappingNode body && Text(body, member) is { } value)
            {
                result.TryAdd(name, value);
            }
        }
        return result.ToImmutable();
    }

    private static string? Text(YamlMappingNode mapping, string key) => (Child(mapping, key) as YamlScalarNode)?.Value;

    private static YamlNode? Child(YamlMappingNode mapping, string key) =>
        mapping.Children.FirstOrDefault(child => child.Key is YamlScalarNode name && name.Value == key).Value;
}
