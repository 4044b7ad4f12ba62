using System.Collections.Immutable;
using FleetPrometheus.Yaml;

namespace FleetPrometheus.Scraping;

/// <summary>A file of scrape jobs, as <c>scrape_config_files</c> names them.</summary>
public static class ScrapeConfigFile
{
    /// <summary>The file's content, the same bytes for the same jobs.</summary>
    public static string Render(ImmutableArray<ScrapeConfig> configs) =>
        new YamlMap { { "scrape_configs", configs.Select(config => config.ToYaml()) } }.ToString();
}
