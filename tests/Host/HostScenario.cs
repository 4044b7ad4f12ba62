using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Host;
using FleetPrometheus.Evaluation.Rendering;
using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Tests.Components;

namespace FleetPrometheus.Tests.Host;

/// <summary>The repository's own centre as a bundle, with the real programs in one directory as a host has them.</summary>
internal sealed class HostScenario : IDisposable
{
    public const string StageToken = "real-token-of-stage-1234567890";
    public const string ProductToken = "real-token-of-product-1234567890";

    private static readonly Lazy<Task<ImmutableDictionary<string, StackOutputValues>>> Evaluated = new(async () =>
        (await new Rendering { Stacks = StackFile.ReadAll(Repository.Root) }.EvaluateAsync(["stage", "product"], _ => { }))
            .ToImmutableDictionary(stack => stack.Stack, stack => stack.Outputs));

    private readonly TemporaryDirectory _directory = new();

    private HostScenario()
    {
    }

    public string Directory => _directory.Path;

    /// <summary>The bundle.</summary>
    public string Bundle => Path.Combine(Directory, "bundle");

    /// <summary>The root directory of the host that it is installed on.</summary>
    public string Host => Path.Combine(Directory, "host");

    public ImmutableArray<StackFile> Stacks { get; set; } = StackFile.ReadAll(Repository.Root);

    public ImmutableDictionary<string, StackOutputValues> Outputs { get; set; } = ImmutableDictionary<string, StackOutputValues>.Empty;

    public HostOptions Options { get; set; } = new();

    public string? ConfigurationFile { get; set; }

    public static async Task<HostScenario> CreateAsync()
    {
        var evaluated = await Evaluated.Value;
        var scenario = new HostScenario { Outputs = evaluated.SetItem("stage", With(evaluated["stage"], StageToken)).SetItem("product", With(evaluated["product"], ProductToken)) };
        var programs = Path.Combine(scenario.Directory, "bin");
        System.IO.Directory.CreateDirectory(programs);
        foreach (var tool in new[] { Tool.Prometheus, Tool.Promtool, Tool.Alertmanager, Tool.Amtool, Tool.BlackboxExporter })
        {
            File.CreateSymbolicLink(Path.Combine(programs, tool.Name), await Tools.PathOfAsync(tool));
        }

        scenario.Options = new HostOptions { Programs = programs };
        return scenario;
    }

    /// <summary>Changes the central stack's file.</summary>
    public void Change(Func<StackFile, StackFile> change) => Stacks = [.. Stacks.Select(stack => stack.IsCentral ? change(stack) : stack)];

    /// <summary>Has the centre serve HTTPS with a certificate.</summary>
    public void Serve(IssuedCertificate issued) => Change(central => central.With("webTls", new JsonObject
    {
        ["certificate"] = issued.Certificate, ["privateKey"] = issued.Key, ["caCertificate"] = issued.Ca,
    }.ToJsonString()) with { SecretKeys = central.SecretKeys.Add("fleet-prometheus:webTls") });

    /// <summary>Writes the bundle; what changed in it.</summary>
    public async Task<string[]> WriteAsync() => [.. (await Centre().WriteAsync(Bundle, Options)).Changed];

    public Task<EvaluationException> RefusalAsync() => Assert.ThrowsAsync<EvaluationException>(() => Centre().WriteAsync(Bundle, Options));

    public string Read(string path) => File.ReadAllText(Path.Combine(Bundle, path));

    /// <summary>The bundle's files, relative to it.</summary>
    public string[] Files() => Under(Bundle);

    public static string[] Under(string root) =>
        [.. System.IO.Directory.GetFiles(root, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(root, path)).Order(StringComparer.Ordinal)];

    /// <summary>Runs the bundle's script on the host.</summary>
    public (int ExitCode, string Output) Install(params string[] further) =>
        Run("/bin/sh", [Path.Combine(Bundle, HostBundle.Installer), "--prefix", Host, .. further]);

    public static (int ExitCode, string Output) Run(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(1)), $"{file} does not end");
        return (process.ExitCode, output + errors.Result);
    }

    /// <summary>The command of an installed unit as systemd would run it, with the host's directories where they are here.</summary>
    public ImmutableArray<string> ExecStart(string unit)
    {
        var text = File.ReadAllText(Path.Combine(Host, "etc/systemd/system", unit)).Replace(" \\\n", " ", StringComparison.Ordinal);
        var line = text.Split('\n').Single(line => line.StartsWith("ExecStart=", StringComparison.Ordinal))["ExecStart=".Length..];
        return [.. Words(line).Select(word => word
            .Replace("=/etc/", $"={Host}/etc/", StringComparison.Ordinal)
            .Replace("=/var/", $"={Host}/var/", StringComparison.Ordinal))];
    }

    public void Dispose() => _directory.Dispose();

    // As systemd splits a command line: at spaces, but for what stands in double quotes; %% and $$ stand for one.
    private static IEnumerable<string> Words(string line) => Regex.Matches(line, """\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))""")
        .Select(match => match.Groups[1].Success ? Regex.Replace(match.Groups[1].Value, @"\\(.)", "$1") : match.Groups[2].Value)
        .Select(word => word.Replace("%%", "%", StringComparison.Ordinal).Replace("$$", "$", StringComparison.Ordinal));

    private static StackOutputValues With(StackOutputValues outputs, string token) => outputs with { Values = outputs.Values.SetItem("token", JsonValue.Create(token)) };

    private HostCentre Centre() => new() { Stacks = Stacks, Outputs = Outputs, ConfigurationFile = ConfigurationFile };
}
