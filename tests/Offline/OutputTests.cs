using System.Collections.Immutable;
using System.Globalization;
using Pulumi;
using Pulumi.Utilities;

namespace FleetPrometheus.Tests.Offline;

/// <summary>Secrets and unknowns go along wherever a value goes.</summary>
[Collection(PulumiCollection.Name)]
public sealed class OutputTests
{
    private static readonly Output<string> s_plain = Output.Create("plain");
    private static readonly Output<string> s_secret = Output.CreateSecret("secret");
    private static readonly Output<string> s_unknown = OutputUtilities.CreateUnknown("unknown");

    private static async Task AssertMarksAsync<T>(Output<T> output, bool known, bool secret)
        => Assert.Equal((known, secret), (await OutputUtilities.GetIsKnownAsync(output), await Output.IsSecretAsync(output)));

    [Fact]
    public async Task Apply_Secret_StaysSecret()
    {
        var applied = s_secret.Apply(value => value.Length);

        await AssertMarksAsync(applied, known: true, secret: true);
        Assert.Equal(6, await OutputUtilities.GetValueAsync(applied));
    }

    [Fact]
    public async Task Apply_Unknown_DoesNotRun()
    {
        var ran = false;

        var applied = Output.CreateSecret(s_unknown).Apply(value => ran = true);

        await AssertMarksAsync(applied, known: false, secret: true);
        Assert.False(ran);
    }

    [Fact]
    public async Task Apply_ToSecretOutput_BecomesSecret()
        => await AssertMarksAsync(s_plain.Apply(_ => s_secret), known: true, secret: true);

    [Fact]
    public async Task Apply_ToUnknownOutput_BecomesUnknownAndStaysSecret()
        => await AssertMarksAsync(s_secret.Apply(_ => s_unknown), known: false, secret: true);

    [Fact]
    public async Task Apply_ToNoOutput_IsDefault()
    {
        var applied = s_secret.Apply(_ => (Output<string>?)null);

        await AssertMarksAsync(applied, known: true, secret: true);
        Assert.Null(await OutputUtilities.GetValueAsync(applied));
    }

    [Fact]
    public async Task Apply_AsynchronousFunction_IsAwaited()
        => Assert.Equal("plain!", await OutputUtilities.GetValueAsync(s_plain.Apply(async value =>
        {
            await Task.Yield();
            return value + "!";
        })));

    [Fact]
    public async Task All_Plain_KeepsOrder()
    {
        var all = Output.All(s_plain, Output.Create("second"));

        await AssertMarksAsync(all, known: true, secret: false);
        Assert.Equal(["plain", "second"], (await OutputUtilities.GetValueAsync(all)).AsEnumerable());
    }

    [Fact]
    public async Task All_OneSecretOneUnknown_IsBoth()
        => await AssertMarksAsync(Output.All(s_plain, s_secret, s_unknown), known: false, secret: true);

    [Fact]
    public async Task Tuple_OneSecret_IsSecret()
    {
        var tuple = Output.Tuple(s_plain, s_secret, Output.Create(3));

        await AssertMarksAsync(tuple, known: true, secret: true);
        Assert.Equal(("plain", "secret", 3), await OutputUtilities.GetValueAsync(tuple));
    }

    [Fact]
    public async Task Tuple_UnknownBeforeSecret_IsBoth()
        => await AssertMarksAsync(Output.Tuple(s_unknown, s_plain, s_secret), known: false, secret: true);

    [Fact]
    public async Task Tuple_OfEight_KeepsOrder()
    {
        Input<int> One(int value) => value;

        var tuple = Output.Tuple(One(1), One(2), One(3), One(4), One(5), One(6), One(7), One(8));

        Assert.Equal((1, 2, 3, 4, 5, 6, 7, 8), await OutputUtilities.GetValueAsync(tuple));
    }

    [Fact]
    public async Task Format_PlainAndOutput_IsText()
        => Assert.Equal("a plain b", await OutputUtilities.GetValueAsync(Output.Format($"a {s_plain} {"b"}")));

    [Fact]
    public async Task Format_SecretArgument_IsSecret()
        => await AssertMarksAsync(Output.Format($"{s_plain} {s_secret}"), known: true, secret: true);

    [Fact]
    public async Task Format_UnknownArgument_IsUnknown()
        => await AssertMarksAsync(Output.Format($"{s_unknown}"), known: false, secret: false);

    [Fact]
    public async Task Format_InputArgument_IsResolved()
    {
        Input<string> input = s_secret;

        var formatted = Output.Format($"<{input}>");

        Assert.Equal("<secret>", await OutputUtilities.GetValueAsync(formatted));
        Assert.True(await Output.IsSecretAsync(formatted));
    }

    [Fact]
    public async Task Format_GermanCulture_WritesNumbersInvariantly()
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
        try
        {
            Assert.Equal("1.5", await OutputUtilities.GetValueAsync(Output.Format($"{Output.Create(1.5)}")));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public async Task Unsecret_Secret_IsPlain()
        => await AssertMarksAsync(Output.Unsecret(s_secret), known: true, secret: false);

    [Fact]
    public async Task CreateSecret_OfUnknown_StaysUnknown()
        => await AssertMarksAsync(Output.CreateSecret(s_unknown), known: false, secret: true);

    [Fact]
    public async Task JsonSerialize_SecretInside_IsSecret()
    {
        var json = Output.JsonSerialize(Output.Create(new Dictionary<string, object> { ["a"] = s_secret, ["b"] = 1 }));

        await AssertMarksAsync(json, known: true, secret: true);
        Assert.Equal("""{"a":"secret","b":1}""", await OutputUtilities.GetValueAsync(json));
    }

    [Fact]
    public async Task JsonSerialize_UnknownInside_IsUnknown()
        => await AssertMarksAsync(
            Output.JsonSerialize(Output.Create(new Dictionary<string, Output<string>> { ["a"] = s_unknown })), known: false, secret: false);

    [Fact]
    public async Task JsonDeserialize_Secret_StaysSecret()
    {
        var list = Output.JsonDeserialize<int[]>(Output.CreateSecret("[1,2]"));

        await AssertMarksAsync(list, known: true, secret: true);
        Assert.Equal([1, 2], (await OutputUtilities.GetValueAsync(list)).AsEnumerable());
    }

    [Fact]
    public async Task GetAt_Secret_StaysSecret()
    {
        var item = Output.CreateSecret(ImmutableArray.Create("a", "b")).GetAt(1);

        await AssertMarksAsync(item, known: true, secret: true);
        Assert.Equal("b", await OutputUtilities.GetValueAsync(item));
    }

    [Fact]
    public void ToString_OutsideARun_Fails()
        => Assert.Throws<InvalidOperationException>(() => s_plain.ToString());
}
