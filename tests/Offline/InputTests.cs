using System.Collections.Immutable;
using Pulumi;
using Pulumi.Utilities;

namespace FleetPrometheus.Tests.Offline;

/// <summary>Lists and maps of inputs.</summary>
[Collection(PulumiCollection.Name)]
public sealed class InputTests
{
    private static Task<T> ValueAsync<T>(Input<T> input) => OutputUtilities.GetValueAsync(input.ToOutput());

    private static async Task<IEnumerable<T>> ItemsAsync<T>(InputList<T> list) => await ValueAsync(list);

    [Fact]
    public async Task List_OfPlainAndOutputs_KeepsOrder()
    {
        InputList<string> list = new() { "a", Output.Create("b") };
        list.Add("c", "d");

        Assert.Equal(["a", "b", "c", "d"], await ItemsAsync(list));
    }

    [Fact]
    public async Task List_OneSecretElement_IsSecret()
    {
        InputList<string> list = new[] { Output.Create("a"), Output.CreateSecret("b") };

        Assert.True(await Output.IsSecretAsync(list.ToOutput()));
    }

    [Fact]
    public async Task List_Concat_LeavesBothAlone()
    {
        InputList<string> first = "a";
        InputList<string> second = new[] { "b" };

        var both = first.Concat(second);

        Assert.Equal(["a", "b"], await ItemsAsync(both));
        Assert.Equal(["a"], await ItemsAsync(first));
        Assert.Equal(["b"], await ItemsAsync(second));
    }

    [Fact]
    public async Task List_AddRange_AppendsOutputOfList()
    {
        var list = new InputList<int> { 1 };

        list.AddRange(Output.Create(ImmutableArray.Create(2, 3)));

        Assert.Equal([1, 2, 3], await ItemsAsync(list));
    }

    [Fact]
    public void List_EnumeratedSynchronously_Fails()
        => Assert.Throws<NotSupportedException>(() => ((System.Collections.IEnumerable)new InputList<int> { 1 }).GetEnumerator());

    [Fact]
    public async Task Map_OfPlainAndOutputs_HasAll()
    {
        InputMap<string> map = new() { ["a"] = "1", ["b"] = Output.Create("2") };
        map.Add("c", "3");

        Assert.Equal(
            new Dictionary<string, string> { ["a"] = "1", ["b"] = "2", ["c"] = "3" },
            (await ValueAsync(map)).ToDictionary());
    }

    [Fact]
    public async Task Map_OneSecretValue_IsSecret()
    {
        InputMap<string> map = new() { ["a"] = "1", ["b"] = Output.CreateSecret("2") };

        Assert.True(await Output.IsSecretAsync(map.ToOutput()));
    }

    [Fact]
    public async Task Map_SameKeyTwice_AllowsOnlyTheSameValue()
    {
        InputMap<string> map = new() { { "a", "1" } };
        map.Add("a", "1");
        Assert.Equal("1", (await ValueAsync(map))["a"]);

        map.Add("a", "2");
        await Assert.ThrowsAsync<ArgumentException>(() => ValueAsync(map));
    }

    [Fact]
    public async Task Map_Merge_SecondWins()
    {
        InputMap<string> first = new() { ["a"] = "1", ["b"] = "1" };
        InputMap<string> second = new() { ["b"] = "2" };

        var merged = await ValueAsync(InputMap<string>.Merge(first, second));

        Assert.Equal(("1", "2"), (merged["a"], merged["b"]));
    }

    [Fact]
    public async Task Union_OfEitherType_KnowsWhich()
    {
        InputUnion<int, string> number = 8080;
        InputUnion<int, string> name = Output.Create("metrics");

        Assert.Equal(8080, (await ValueAsync(number)).AsT0);
        Assert.Equal("metrics", (await ValueAsync(name)).AsT1);
    }

    [Fact]
    public void Conversion_OfNoOutput_Fails()
        => Assert.Throws<ArgumentNullException>(() =>
        {
            Input<string> _ = (Output<string>)null!;
        });

    [Fact]
    public async Task ToOutput_OfNoInput_IsDefault()
        => Assert.Equal(0, await OutputUtilities.GetValueAsync(((Input<int>?)null).ToOutput()));
}
