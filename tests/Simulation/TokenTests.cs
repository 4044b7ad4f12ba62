using System.Net;
using FleetPrometheus.Lab.Kubernetes;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Simulation;

public sealed class TokenTests(ApiServerFixture fixture) : IClassFixture<ApiServerFixture>
{
    [Fact]
    public async Task Secret_OfTokenType_IsFilledWithTokenCaAndNamespace()
    {
        var token = await fixture.AccountAsync("filled");
        var secret = (await fixture.Admin.GetAsync(KubeKind.Secret, "space", "filled-token"))!;
        Assert.Equal(fixture.Server.CaCertificate, Decode(secret.Text("data", "ca.crt")!));
        Assert.Equal("space", Decode(secret.Text("data", "namespace")!));
        Assert.Equal(3, token.Reveal().Split('.').Length);
    }

    [Fact]
    public async Task Secret_Deleted_RevokesItsTokenAndNoOther()
    {
        var token = await fixture.AccountAsync("revoked");
        var other = await fixture.AccountAsync("staying");
        Assert.Equal(HttpStatusCode.OK, await VersionAsync(token));
        await fixture.Admin.DeleteAsync(KubeKind.Secret, "space", "revoked-token");
        Assert.Equal(HttpStatusCode.Unauthorized, await VersionAsync(token));
        Assert.Equal(HttpStatusCode.OK, await VersionAsync(other));
    }

    [Fact]
    public async Task Account_Deleted_TakesItsTokensAlong()
    {
        var token = await fixture.AccountAsync("left");
        await fixture.Admin.DeleteAsync(KubeKind.ServiceAccount, "space", "left");
        Assert.Equal(HttpStatusCode.Unauthorized, await VersionAsync(token));
        for (var i = 0; i < 50 && await fixture.Admin.GetAsync(KubeKind.Secret, "space", "left-token") is not null; i++) await Task.Delay(50);
        Assert.Null(await fixture.Admin.GetAsync(KubeKind.Secret, "space", "left-token"));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("a.b.c")]
    [InlineData("")]
    public async Task Token_NotIssuedHere_IsRefused(string token) =>
        Assert.Equal(HttpStatusCode.Unauthorized, await VersionAsync(new SecretText(token)));

    [Fact]
    public async Task Token_OfAnotherServer_IsRefused()
    {
        var other = new ApiServerFixture();
        await other.InitializeAsync();
        var foreign = await other.AccountAsync("foreign");
        await other.DisposeAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, await VersionAsync(foreign));
    }

    [Fact]
    public async Task TokenRequest_GivesTheAccountsRights()
    {
        await fixture.AccountAsync("asking");
        await fixture.GrantAsync("asking", """[{"apiGroups":[""],"resources":["pods"],"verbs":["list"]}]""");
        using var client = new KubeClient(fixture.Server.Address, fixture.Server.CaCertificate, await fixture.Admin.RequestTokenAsync("space", "asking"));
        Assert.Empty((await client.ListAsync(KubeKind.Pod, "space", labelSelector: "app=none")).Items);
        Assert.Equal(HttpStatusCode.Forbidden, (await Assert.ThrowsAsync<KubeException>(() => client.ListAsync(KubeKind.Secret, "space"))).Code);
    }

    [Fact]
    public async Task Client_TrustingAnotherCa_DoesNotConnect()
    {
        var other = new ApiServerFixture();
        await other.InitializeAsync();
        using var client = new KubeClient(fixture.Server.Address, other.Server.CaCertificate, fixture.Server.AdminToken);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.ListAsync(KubeKind.Node));
        await other.DisposeAsync();
    }

    private async Task<HttpStatusCode> VersionAsync(SecretText token)
    {
        using var http = fixture.Http(null);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/version");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token.Reveal()}");
        using var response = await http.SendAsync(request);
        return response.StatusCode;
    }

    private static string Decode(string text) => System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(text));
}
