using System.Collections.Immutable;
using FleetPrometheus.Yaml;

namespace FleetPrometheus.Scraping;

/// <summary>Targets known beforehand.</summary>
public sealed record StaticConfig
{
    /// <summary>Addresses, each with its port.</summary>
    public required ImmutableArray<string> Targets { get; init; }

    /// <summary>Labels of these targets, taken literally.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Labels { get; init; } = [];

    internal YamlMap ToYaml() => new() { { "targets", Targets }, { "labels", Labels } };
}
