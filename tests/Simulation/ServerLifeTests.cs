using System.Net;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Tests.Simulation;

public sealed class ServerLifeTests : IAsyncLifetime
{
    private readonly ApiServerFixture _fixture = new();

    public Task InitializeAsync() => _fixture.InitializeAsync();

    public Task DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Stop_DropsWatches_AndStartBringsEverythingBack()
    {
        var token = await _fixture.AccountAsync("lasting");
        var version = (await _fixture.Admin.ListAsync(KubeKind.Pod)).ResourceVersion;
        var watch = Task.Run(async () =>
        {
            await foreach (var _ in _fixture.Admin.WatchAsync(KubeKind.Pod, null, version))
            {
            }
        });
        await Task.Delay(200);
        await _fixture.Server.StopAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => watch.WaitAsync(TimeSpan.FromSeconds(5)));
        await Assert.ThrowsAsync<HttpRequestException>(() => _fixture.Admin.ListAsync(KubeKind.Pod));

        await _fixture.Server.StartAsync();
        using var http = _fixture.Http(token);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/apis")).StatusCode);
        Assert.NotNull(await _fixture.Admin.GetAsync(KubeKind.Namespace, null, "space"));
    }

    [Fact]
    public async Task RotateCa_LocksOutWhoTrustsTheOldOne_AndFillsInTheNew()
    {
        var old = _fixture.Server.CaCertificate;
        await _fixture.AccountAsync("trusting");
        await _fixture.Server.RotateCaAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => _fixture.Admin.ListAsync(KubeKind.Node));
        _fixture.Admin.Trust(_fixture.Server.CaCertificate);
        Assert.NotEqual(old, _fixture.Server.CaCertificate);
        var expected = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(_fixture.Server.CaCertificate));
        await _fixture.Admin.WaitForAsync(KubeKind.Secret, "space", "trusting-token", secret => secret.Text("data", "ca.crt") == expected, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Faults_DelayAndStatus_HitEveryRequestUntilTakenBack()
    {
        _fixture.Server.Faults.Status = 500;
        Assert.Equal(HttpStatusCode.InternalServerError, (await Assert.ThrowsAsync<KubeException>(() => _fixture.Admin.ListAsync(KubeKind.Node))).Code);
        _fixture.Server.Faults.Status = 0;
        _fixture.Server.Faults.Delay = TimeSpan.FromSeconds(1);
        var begun = DateTime.UtcNow;
        await _fixture.Admin.ListAsync(KubeKind.Node);
        Assert.True(DateTime.UtcNow - begun > TimeSpan.FromSeconds(0.9));
        _fixture.Server.Faults.Delay = TimeSpan.Zero;
    }

    [Fact]
    public async Task Metrics_CountRequestsServed()
    {
        const string Series = "apiserver_request_total{code=\"200\",component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"nodes\",scope=\"cluster\",subresource=\"\",verb=\"LIST\",version=\"v1\"} ";
        async Task<double> CountAsync() => (await _fixture.Admin.ReadAsync("metrics")).Split('\n').Where(line => line.StartsWith(Series, StringComparison.Ordinal)).Select(line => double.Parse(line[Series.Length..])).SingleOrDefault();
        var before = await CountAsync();
        for (var i = 0; i < 3; i++) await _fixture.Admin.ListAsync(KubeKind.Node);
        Assert.Equal(before + 3, await CountAsync());
    }

    [Fact]
    public async Task PatchStatus_OfAPredecessor_DoesNotHitItsSuccessor()
    {
        await _fixture.PodAsync("again", _fixture.Addresses.Pod(0, 0), 80, "again");
        var first = (await _fixture.Admin.GetAsync(KubeKind.Pod, "space", "again"))!.Uid();
        await _fixture.Admin.DeleteAsync(KubeKind.Pod, "space", "again");
        await _fixture.PodAsync("again", _fixture.Addresses.Pod(0, 0), 80, "again");
        var refusal = await Assert.ThrowsAsync<KubeException>(() => _fixture.Admin.PatchStatusAsync(KubeKind.Pod, "space", "again", new JsonObject { ["phase"] = "Failed" }, first));
        Assert.Equal(HttpStatusCode.Conflict, refusal.Code);
        Assert.Equal("Running", (await _fixture.Admin.GetAsync(KubeKind.Pod, "space", "again"))!.Text("status", "phase"));
    }
}
