using System.Collections.Immutable;
using System.Net;
using FleetPrometheus.Alerting;
using FleetPrometheus.Scraping;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Evaluation.Host;

/// <summary>What can be set about a host.</summary>
public sealed record HostOptions
{
    /// <summary>Where Prometheus listens. Default <c>127.0.0.1:9090</c>.</summary>
    public string PrometheusListen { get; init; } = "127.0.0.1:9090";

    /// <summary>Where Alertmanager listens. Default <c>127.0.0.1:9093</c>.</summary>
    public string AlertmanagerListen { get; init; } = "127.0.0.1:9093";

    /// <summary>Where the exporter that probes the clusters listens; on loopback. Default <c>127.0.0.1:9115</c>.</summary>
    public string BlackboxListen { get; init; } = "127.0.0.1:9115";

    /// <summary>The host's directory of prometheus, promtool, alertmanager, amtool and blackbox_exporter. Default <c>/usr/local/bin</c>.</summary>
    public string Programs { get; init; } = "/usr/local/bin";

    /// <summary>Whether Prometheus also takes samples that others send to <c>/api/v1/write</c>. Default false.</summary>
    public bool RemoteWriteReceiver { get; init; }

    /// <summary>Notes every problem under the name of the option of <c>./dev host</c>.</summary>
    public void Check(Problems problems)
    {
        CheckListen("--prometheus-listen", PrometheusListen);
        CheckListen("--alertmanager-listen", AlertmanagerListen);
        CheckListen("--blackbox-listen", BlackboxListen);
        if (PrometheusListen == AlertmanagerListen)
        {
            problems.Add("--alertmanager-listen", AlertmanagerListen, "must differ from --prometheus-listen");
        }

        if (BlackboxListen == PrometheusListen || BlackboxListen == AlertmanagerListen)
        {
            problems.Add("--blackbox-listen", BlackboxListen, "must differ from --prometheus-listen and --alertmanager-listen");
        }
        else if (HostPort.IsValid(BlackboxListen) && !(IPEndPoint.TryParse(BlackboxListen, out var place) && IPAddress.IsLoopback(place.Address)))
        {
            problems.Add("--blackbox-listen", BlackboxListen, "must be an address of loopback, 127.0.0.1 or [::1]: whoever asks it has it send the clusters' tokens");
        }

        if (!Programs.StartsWith('/') || Programs.Any(character => !char.IsAsciiLetterOrDigit(character) && !"/._-".Contains(character)))
        {
            problems.Add("--programs", Programs, "must be an absolute path of letters, digits and any of / . _ -");
        }

        void CheckListen(string option, string listen)
        {
            if (!HostPort.IsValid(listen))
            {
                problems.Check(option, listen, Checks.HostAndPort(listen));
            }
            else if (int.Parse(listen[(listen.LastIndexOf(':') + 1)..], System.Globalization.CultureInfo.InvariantCulture) < 1024)
            {
                problems.Add(option, listen, "must be port 1024 or higher: the programs have no privileges");
            }
        }
    }
}

/// <summary>Everything that a Linux host needs to be the centre: configuration, credentials, systemd units, and the script that installs them.</summary>
public static class HostBundle
{
    /// <summary>The script that installs the bundle, within it.</summary>
    public const string Installer = "install.sh";

    private const string Prometheus = "prometheus";
    private const string Alertmanager = "alertmanager";
    private const string ConfigurationRoot = "/etc/fleet-prometheus";

    /// <summary>The bundle's files, by the central stack as <see cref="HostCentre"/> evaluates it.</summary>
    /// <exception cref="EvaluationException">The configuration needs what exists within the central cluster only.</exception>
    public static ImmutableArray<BundleFile> Files(EvaluatedStack central, HostOptions options)
    {
        var places = new Dictionary<string, HostPlace>
        {
            [Prometheus] = Place(Prometheus, options.PrometheusListen) with { Exporter = options.BlackboxListen },
            [Alertmanager] = Place(Alertmanager, options.AlertmanagerListen),
        };
        var programs = HostProgram.Of(central, places).ToDictionary(program => program.Name);
        var units = new[]
        {
            new HostUnit
            {
                Name = UnitName(Prometheus),
                User = UnitName(Prometheus),
                Description = "Prometheus that watches the fleet's clusters",
                After = $"{UnitName(Alertmanager)}.service",
                Environment = [$"{PrometheusMainFile.ReplicaVariable}=%H"],
                Checks =
                [
                    [$"{options.Programs}/promtool", "check", "config", $"{places[Prometheus].ConfigurationDirectory}/{ConfigurationPaths.Main}"],
                    [$"{options.Programs}/promtool", "check", "web-config", $"{places[Prometheus].ConfigurationDirectory}/{ConfigurationPaths.Web}"],
                ],
                Command =
                [
                    $"{options.Programs}/prometheus",
                    .. programs[Prometheus].Arguments.Single(),
                    .. options.RemoteWriteReceiver ? ["--web.enable-remote-write-receiver"] : Array.Empty<string>(),
                ],
                StopSeconds = CentralWorkload.Of(central, Prometheus).StopSeconds,
            },
            new HostUnit
            {
                Name = UnitName(Alertmanager),
                User = UnitName(Alertmanager),
                Description = "Alertmanager of the fleet's clusters",
                Checks = [[$"{options.Programs}/amtool", "check-config", $"{places[Alertmanager].ConfigurationDirectory}/{AlertmanagerConfiguration.FileName}"]],
                Command = [$"{options.Programs}/alertmanager", .. programs[Alertmanager].Arguments.Single()],
                StopSeconds = CentralWorkload.Of(central, Alertmanager).StopSeconds,
            },
            new HostUnit
            {
                Name = UnitName("blackbox-exporter"),
                // It reads Prometheus's files, the clusters' tokens among them.
                User = UnitName(Prometheus),
                Description = "Probe of the API servers of the fleet's clusters",
                Checks = [[$"{options.Programs}/blackbox_exporter", "--config.check", $"--config.file={places[Prometheus].ConfigurationDirectory}/{ConfigurationPaths.Blackbox}"]],
                Command = [$"{options.Programs}/blackbox_exporter", .. programs[Prometheus].ExporterArguments],
                StopSeconds = 10,
            },
        };
        return
        [
            .. programs.Values.SelectMany(Configuration),
            .. units.Select(unit => new BundleFile($"systemd/{unit.Name}.service", unit.ToString(), BundleFile.Public)),
            new BundleFile(Installer, InstallScript(options), BundleFile.Executable),
        ];
    }

    /// <summary>A program's configuration within a bundle. All of it is private: much of it holds credentials, and only one user reads it.</summary>
    public static IEnumerable<BundleFile> Configuration(HostProgram program) =>
        program.Files.Select(file => new BundleFile($"{program.Name}/{file.Path}", file.Content));

    private static string UnitName(string program) => $"fleet-{program}";

    private static HostPlace Place(string program, string listen) => new()
    {
        ConfigurationDirectory = $"{ConfigurationRoot}/{program}",
        Replicas = [new HostReplica(listen, $"/var/lib/{UnitName(program)}")],
    };

    private static string InstallScript(HostOptions options)
    {
        using var reader = new StreamReader(typeof(HostBundle).Assembly.GetManifestResourceStream(Installer)!);
        return reader.ReadToEnd().Replace("@programs@", options.Programs, StringComparison.Ordinal);
    }
}
