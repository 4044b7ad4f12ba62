using System.Collections.Immutable;
using Pulumi;
using Pulumi.Utilities;

namespace FleetPrometheus.Tests.Offline;

/// <summary>What one stack sees of another's outputs.</summary>
[Collection(PulumiCollection.Name)]
public sealed class StackReferenceTests
{
    private static RecordingMocks Target() => RecordingMocks.Answering(
        null,
        ("name", "org/project/stage"),
        ("outputs", new Dictionary<string, object> { ["url"] = "https://a", ["count"] = 2, ["token"] = Output.CreateSecret("s3cret") }),
        ("secretOutputNames", new[] { "token" }));

    private static async Task<T> ReadAsync<T>(Func<StackReference, Task<T>> read, RecordingMocks? mocks = null)
    {
        T result = default!;
        await Deployment.TestAsync(mocks ?? Target(), TestProgram.Preview, async () =>
            result = await read(new StackReference("org/project/stage")));
        return result;
    }

    [Fact]
    public async Task Reference_ReachesMocks_ByTheStacksName()
    {
        var mocks = Target();

        await ReadAsync(_ => Task.FromResult(0), mocks);

        var reference = Assert.Single(mocks.Resources);
        Assert.Equal("pulumi:pulumi:StackReference", reference.Type);
        Assert.Equal("org/project/stage", reference.Id);
        Assert.Equal("org/project/stage", reference.Inputs["name"]);
    }

    [Fact]
    public async Task Reference_WithArgs_ReadsTheStackTheyName()
    {
        var mocks = Target();

        await TestProgram.RunAsync(mocks, TestProgram.Preview, () => new StackReference("stage", new StackReferenceArgs { Name = "org/p/s" }));

        Assert.Equal(("stage", "org/p/s"), (mocks.Resources[0].Name, mocks.Resources[0].Id));
    }

    [Fact]
    public async Task Details_OfPlainOutput_HaveItsValue()
    {
        var details = await ReadAsync(stack => stack.GetOutputDetailsAsync("url"));

        Assert.Equal(("https://a", null), (details.Value, details.SecretValue));
    }

    [Fact]
    public async Task Details_OfNumber_IsDouble()
        => Assert.Equal(2.0, (await ReadAsync(stack => stack.GetOutputDetailsAsync("count"))).Value);

    [Fact]
    public async Task Details_OfSecretOutput_HaveItsSecretValue()
    {
        var details = await ReadAsync(stack => stack.GetOutputDetailsAsync("token"));

        Assert.Equal((null, "s3cret"), (details.Value, details.SecretValue));
    }

    [Fact]
    public async Task Details_OfAbsentOutput_AreEmpty()
    {
        var details = await ReadAsync(stack => stack.GetOutputDetailsAsync("absent"));

        Assert.Equal((null, null), (details.Value, details.SecretValue));
    }

    [Fact]
    public async Task GetOutput_PlainBesideASecret_IsPlain()
    {
        Assert.False(await ReadAsync(stack => Output.IsSecretAsync(stack.GetOutput("url"))));
        Assert.True(await ReadAsync(stack => Output.IsSecretAsync(stack.GetOutput("token"))));
        Assert.True(await ReadAsync(stack => Output.IsSecretAsync(stack.Outputs)));
    }

    [Fact]
    public async Task RequireOutput_Secret_KeepsValueAndSecrecy()
        => Assert.Equal(("s3cret", true), await ReadAsync(async stack =>
        {
            var output = stack.RequireOutput("token");
            return ((string)await OutputUtilities.GetValueAsync(output), await Output.IsSecretAsync(output));
        }));

    [Fact]
    public async Task RequireOutput_Absent_FailsNamingOutput()
        => Assert.Contains("Required output 'absent' does not exist on stack", (await TestProgram.FailAsync(
            Target(), () => new StackReference("org/project/stage").RequireOutput("absent"))).Message);

    [Fact]
    public async Task RequireValue_Secret_Fails()
        => await ReadAsync(async stack => await Assert.ThrowsAsync<InvalidOperationException>(() => stack.RequireValueAsync("token")));

    [Fact]
    public async Task GetValue_Plain_IsIt()
        => Assert.Equal("https://a", await ReadAsync(stack => stack.GetValueAsync("url")));

    [Fact]
    public async Task Outputs_OfAStackWithoutAny_AreEmpty()
        => Assert.Null((await ReadAsync(
            stack => stack.GetOutputDetailsAsync("url"),
            RecordingMocks.Answering(
                null, ("outputs", ImmutableDictionary<string, object>.Empty), ("secretOutputNames", ImmutableArray<string>.Empty)))).Value);
}
