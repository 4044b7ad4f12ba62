using System.Text.Json;
using Pulumi;

namespace FleetPrometheus.Tests.Offline;

/// <summary>Configuration as the CLI hands it to a program.</summary>
[Collection(PulumiCollection.Name)]
public sealed class ConfigTests
{
    private const string Variable = "PULUMI_CONFIG";

    private static async Task<T> ReadAsync<T>(object config, Func<Config, T> read)
    {
        var before = Environment.GetEnvironmentVariable(Variable);
        Environment.SetEnvironmentVariable(Variable, JsonSerializer.Serialize(config));
        var exitCode = Environment.ExitCode;
        try
        {
            T result = default!;
            await TestProgram.RunAsync(new RecordingMocks(), TestProgram.Preview, () => result = read(new Config()));
            return result;
        }
        finally
        {
            Environment.SetEnvironmentVariable(Variable, before);
            Environment.ExitCode = exitCode;
        }
    }

    private static Dictionary<string, string> Of(string value) => new() { ["project:key"] = value };

    [Fact]
    public async Task Get_OwnKey_IsItsText() => Assert.Equal("value", await ReadAsync(Of("value"), config => config.Get("key")));

    [Fact]
    public async Task Get_AbsentKey_IsNull() => Assert.Null(await ReadAsync(Of("value"), config => config.Get("other")));

    [Fact]
    public async Task Get_LegacyKey_IsItsText()
        => Assert.Equal("v", await ReadAsync(new Dictionary<string, string> { ["project:config:key"] = "v" }, config => config.Get("key")));

    [Fact]
    public async Task Get_OfAnotherNamespace_IsItsText()
        => Assert.Equal("v", await ReadAsync(new Dictionary<string, string> { ["kubernetes:context"] = "v" }, _ => new Config("kubernetes").Get("context")));

    [Fact]
    public async Task GetBoolean_AndNumbers_AreTyped()
    {
        Assert.True(await ReadAsync(Of("true"), config => config.GetBoolean("key")));
        Assert.Equal(42, await ReadAsync(Of("42"), config => config.GetInt32("key")));
        Assert.Equal(1.5, await ReadAsync(Of("1.5"), config => config.GetDouble("key")));
    }

    [Fact]
    public async Task GetObject_List_IsTyped()
        => Assert.Equal(["a", "b"], await ReadAsync(Of("""["a","b"]"""), config => config.GetObject<string[]>("key")!));

    [Fact]
    public async Task GetSecret_IsSecret()
        => Assert.True(await Output.IsSecretAsync((await ReadAsync(Of("value"), config => config.GetSecret("key")))!));

    [Fact]
    public async Task Require_AbsentKey_FailsNamingIt()
    {
        var failure = await Assert.ThrowsAsync<RunException>(() => ReadAsync(Of("value"), config => config.Require("other")));

        Assert.Contains("Missing Required configuration variable 'project:other'", failure.Message);
    }

    [Fact]
    public async Task GetInt32_OfText_FailsNamingIt()
    {
        var failure = await Assert.ThrowsAsync<RunException>(() => ReadAsync(Of("many"), config => config.GetInt32("key")));

        Assert.Contains("Configuration 'project:key' value 'many' is not a valid Int32", failure.Message);
    }

    [Fact]
    public async Task GetObject_OfBrokenJson_FailsNamingIt()
    {
        var failure = await Assert.ThrowsAsync<RunException>(() => ReadAsync(Of("{"), config => config.GetObject<string[]>("key")));

        Assert.Contains("Configuration 'project:key'", failure.Message);
    }
}
