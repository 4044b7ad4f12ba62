using Pulumi;

namespace FleetPrometheus.Tests.Offline;

/// <summary>Which provider a resource gets.</summary>
[Collection(PulumiCollection.Name)]
public sealed class ProviderTests
{
    private const string Mine = "urn:pulumi:stack::project::pulumi:pulumi:Stack$pulumi:providers:test::mine::mine-id";
    private const string Other = "urn:pulumi:stack::project::pulumi:pulumi:Stack$pulumi:providers:test::other::other-id";

    private static async Task<string?> ProviderOfChildAsync(Func<Resource> program)
    {
        var mocks = new RecordingMocks();
        await TestProgram.RunAsync(mocks, TestProgram.Update, () => program());
        return mocks["child"].Provider;
    }

    [Fact]
    public async Task Provider_None_IsEmpty()
        => Assert.Equal("", await ProviderOfChildAsync(() => new Thing("child")));

    [Fact]
    public async Task Provider_OfTheResource_IsUsed()
        => Assert.Equal(Mine, await ProviderOfChildAsync(() => new Thing("child", null, new() { Provider = new TestProvider("mine") })));

    [Fact]
    public async Task Provider_OfTheComponent_IsInherited()
        => Assert.Equal(Mine, await ProviderOfChildAsync(() => new Group(
            "group", group => new Thing("child", null, new() { Parent = group }), new() { Provider = new TestProvider("mine") })));

    [Fact]
    public async Task Provider_OfTheComponentsParent_IsInherited()
        => Assert.Equal(Mine, await ProviderOfChildAsync(() => new Group(
            "outer",
            outer => new Group("inner", inner => new Thing("child", null, new() { Parent = inner }), new() { Parent = outer }),
            new() { Providers = { new TestProvider("mine") } })));

    [Fact]
    public async Task Provider_OfTheResource_WinsOverTheComponents()
        => Assert.Equal(Other, await ProviderOfChildAsync(() => new Group(
            "group",
            group => new Thing("child", null, new() { Parent = group, Provider = new TestProvider("other") }),
            new() { Provider = new TestProvider("mine") })));

    [Fact]
    public async Task Provider_OfAnotherPackage_IsNotInherited()
        => Assert.Equal("", await ProviderOfChildAsync(() => new Group(
            "group", group => new Thing("child", null, new() { Parent = group }), new() { Provider = new TestProvider("mine", "foreign") })));

    [Fact]
    public async Task Provider_AndProvidersOfAComponent_Fail()
        => Assert.Contains("Do not supply both 'provider' and 'providers'", (await TestProgram.FailAsync(
            new RecordingMocks(),
            () => new Group("group", _ => { }, new() { Provider = new TestProvider("mine"), Providers = { new TestProvider("other") } }))).Message);
}
