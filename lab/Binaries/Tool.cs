using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace FleetPrometheus.Lab.Binaries;

/// <summary>A real program that the lab runs, and everything there is to know about finding it.</summary>
public sealed partial record Tool
{
    private Tool(string name, string minimum)
    {
        Name = name;
        Minimum = Version.Parse(minimum);
        Package = name;
        FileNames = [name];
    }

    /// <summary>What upstream calls it, such as <c>node_exporter</c>.</summary>
    public string Name { get; }

    /// <summary>The oldest version that the lab works with.</summary>
    public Version Minimum { get; }

    /// <summary>From which version on it is another program; null: every newer one will do.</summary>
    public Version? Below { get; private init; }

    /// <summary>The one Debian suite that has it; null: any may.</summary>
    public string? Suite { get; private init; }

    /// <summary>The Debian package that holds it.</summary>
    public string Package { get; private init; }

    /// <summary>The file names it goes by, upstream's first; Debian prefixes some.</summary>
    public ImmutableArray<string> FileNames { get; private init; }

    /// <summary>What its image is called in a container, without registry, path and tag.</summary>
    public string Image => Name.Replace('_', '-');

    /// <summary>The arguments that make it print its version and end with exit code 0.</summary>
    public ImmutableArray<string> VersionArguments { get; private init; } = ["--version"];

    // From 3.5: auto-reload with scrape_config_files, and the 3.x configuration format.
    public static Tool Prometheus { get; } = new("prometheus", "3.5");
    public static Tool Promtool { get; } = new("promtool", "3.5");
    public static Tool Alertmanager { get; } = new("alertmanager", "0.27") { Package = "prometheus-alertmanager", FileNames = ["alertmanager", "prometheus-alertmanager"] };
    public static Tool Amtool { get; } = new("amtool", "0.27") { Package = "prometheus-alertmanager" };
    public static Tool NodeExporter { get; } = new("node_exporter", "1.5") { Package = "prometheus-node-exporter", FileNames = ["node_exporter", "prometheus-node-exporter"] };
    // It reloads its configuration by itself from then on.
    public static Tool BlackboxExporter { get; } = new("blackbox_exporter", "0.28") { Package = "prometheus-blackbox-exporter", FileNames = ["blackbox_exporter", "prometheus-blackbox-exporter"] };
    public static Tool Pushgateway { get; } = new("pushgateway", "1.5") { Package = "prometheus-pushgateway", FileNames = ["pushgateway", "prometheus-pushgateway"] };
    public static Tool Nginx { get; } = new("nginx", "1.22") { VersionArguments = ["-v"] };
    public static Tool VictoriaMetrics { get; } = new("victoria-metrics", "1.112") { FileNames = ["victoria-metrics-prod", "victoria-metrics"], VersionArguments = ["-version"] };
    public static Tool Vmauth { get; } = new("vmauth", "1.112") { Package = "victoria-metrics", FileNames = ["vmauth-prod", "vmauth"], VersionArguments = ["-version"] };
    public static Tool Vmagent { get; } = new("vmagent", "1.112") { Package = "victoria-metrics", FileNames = ["vmagent-prod", "vmagent"], VersionArguments = ["-version"] };
    // Older ones know no {file.…}, which the relay reads its token with.
    public static Tool Caddy { get; } = new("caddy", "2.8") { VersionArguments = ["version"] };

    /// <summary>The generation before ours, which reads a job's token again for every scrape.</summary>
    public static Tool Prometheus2 { get; } = new("prometheus-2", "2.45") { Below = new(3, 0), Suite = "trixie", Package = "prometheus", FileNames = ["prometheus-2", "prometheus"] };

    /// <summary>What every run of the lab needs.</summary>
    public static ImmutableArray<Tool> Core { get; } = [Prometheus, Promtool, Alertmanager, Amtool, NodeExporter, BlackboxExporter, Caddy];

    /// <summary>Every tool the lab knows.</summary>
    public static ImmutableArray<Tool> All { get; } = [.. Core, Pushgateway, Nginx, VictoriaMetrics, Vmauth, Vmagent, Prometheus2];

    /// <summary>The version in what the tool printed about itself, or null when it does not say (Debian's VictoriaMetrics).</summary>
    public static Version? ParseVersion(string text) => FirstVersion().Match(text) is { Success: true } match ? Version.Parse(match.Value) : null;

    /// <inheritdoc/>
    public override string ToString() => Name;

    [GeneratedRegex(@"(?<![\d.])\d{1,5}\.\d{1,5}(\.\d{1,5})?")]
    private static partial Regex FirstVersion();
}
