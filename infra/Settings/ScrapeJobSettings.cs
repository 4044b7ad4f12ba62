using System.Collections.Immutable;
using FleetPrometheus.Scraping;
using FleetPrometheus.Targets;

namespace FleetPrometheus.Infra.Settings;

/// <summary>A scrape job as it is written: what differs from a preset, or the whole job.</summary>
public sealed record ScrapeJobSettings
{
    private static readonly PodProxyJob Blank = new("")
    {
        Namespace = "",
        Selector = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal),
        Port = 0,
    };

    /// <summary>The name of one of <see cref="JobPresets"/>. Default null: none.</summary>
    public string? Preset { get; init; }

    /// <summary>The job's name. Default null: the preset's, as for everything that follows.</summary>
    public string? Name { get; init; }

    /// <inheritdoc cref="PodJob.Namespace"/>
    public string? Namespace { get; init; }

    /// <inheritdoc cref="PodJob.Selector"/>
    public ImmutableSortedDictionary<string, string>? Labels { get; init; }

    /// <inheritdoc cref="PodJob.Port"/>
    public int? Port { get; init; }

    /// <inheritdoc cref="PodJob.MetricsPath"/>
    public string? Path { get; init; }

    /// <inheritdoc cref="PodJob.Scheme"/>
    public string? Scheme { get; init; }

    /// <inheritdoc cref="PodJob.Instance"/>
    public InstanceFrom? Instance { get; init; }

    /// <inheritdoc cref="PodJob.HonorLabels"/>
    public bool? HonorLabels { get; init; }

    /// <summary>The job that is meant; what is written nowhere is empty.</summary>
    public PodProxyJob ToJob()
    {
        var start = Preset is null ? Blank : JobPresets.All.GetValueOrDefault(Preset, Blank);
        return start with
        {
            Name = Name ?? start.Name,
            Namespace = Namespace ?? start.Namespace,
            Selector = Labels ?? start.Selector,
            Port = Port ?? start.Port,
            MetricsPath = Path ?? start.MetricsPath,
            Scheme = Scheme ?? start.Scheme,
            Instance = Instance ?? start.Instance,
            HonorLabels = HonorLabels ?? start.HonorLabels,
        };
    }
}
