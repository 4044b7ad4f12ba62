using System.Text.Json;
using Pulumi.Testing;

namespace Pulumi;

/// <summary>One run of a program.</summary>
public sealed partial class Deployment
{
    private static readonly AsyncLocal<DeploymentInstance?> s_instance = new();

    private readonly ImmutableDictionary<string, string> _config = ReadConfig();
    private readonly TaskTracker _tasks = new();
    private readonly List<string> _errors = [];
    private readonly MockEngine _engine;
    private Stack? _stack;

    private Deployment(IMocks mocks, TestOptions? options)
    {
        ProjectName = options?.ProjectName ?? "project";
        StackName = options?.StackName ?? "stack";
        OrganizationName = options?.OrganizationName ?? "organization";
        RootDirectory = options?.RootDirectory;
        IsDryRun = options?.IsPreview ?? true;
        _engine = new MockEngine(mocks, StackName, ProjectName);
    }

    /// <exception cref="InvalidOperationException">No run is going on.</exception>
    public static DeploymentInstance Instance
    {
        get => s_instance.Value ?? throw new InvalidOperationException("Trying to acquire Deployment.Instance before 'Run' was called.");
        internal set => s_instance.Value = s_instance.Value is null
            ? value
            : throw new InvalidOperationException("Deployment.Instance should only be set once at the beginning of a 'Run' call.");
    }

    internal static Deployment? Current => s_instance.Value?.Deployment;

    internal static Deployment InstanceOrFail => Instance.Deployment;

    internal string ProjectName { get; }

    internal string StackName { get; }

    internal string OrganizationName { get; }

    internal string? RootDirectory { get; }

    internal bool IsDryRun { get; }

    internal Stack Stack
    {
        get => _stack ?? throw new InvalidOperationException("Trying to acquire Deployment.Stack before 'Run' was called.");
        set => _stack = value;
    }

    internal void Track(Task task) => _tasks.Add(task);

    internal void ReportError(string message)
    {
        lock (_errors)
            _errors.Add(message);
    }

    internal string? GetConfig(string fullKey) => _config.GetValueOrDefault(fullKey);

    // As the CLI passes it on; `project:config:key` is the old way of writing `project:key`.
    private static ImmutableDictionary<string, string> ReadConfig()
    {
        var config = ImmutableDictionary.CreateBuilder<string, string>();
        if (Environment.GetEnvironmentVariable("PULUMI_CONFIG") is { } json)
        {
            using var document = JsonDocument.Parse(json);
            foreach (var field in document.RootElement.EnumerateObject())
                config[field.Name.Split(':') is [var project, "config", var key] ? $"{project}:{key}" : field.Name] = field.Value.ToString();
        }

        return config.ToImmutable();
    }
}
