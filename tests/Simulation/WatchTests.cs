using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Tests.Simulation;

public sealed class WatchTests(ApiServerFixture fixture) : IClassFixture<ApiServerFixture>
{
    private const string ConfigMaps = "/api/v1/namespaces/space/configmaps";

    [Fact]
    public async Task List_SetBasedSelectors_FindsTheRightOnes()
    {
        foreach (var (name, tier) in new[] { ("set-a", "front"), ("set-b", "back"), ("set-c", "") })
            await ApplyAsync(name, tier.Length > 0 ? $$"""{"suite":"set","tier":"{{tier}}"}""" : """{"suite":"set"}""");
        Assert.Equal(["set-a", "set-b"], await NamesAsync("suite=set,tier in (front, back)"));
        Assert.Equal(["set-b", "set-c"], await NamesAsync("suite=set,tier notin (front)"));
        Assert.Equal(["set-a", "set-b"], await NamesAsync("suite=set,tier"));
        Assert.Equal(["set-c"], await NamesAsync("suite=set,!tier"));
        Assert.Equal(["set-b", "set-c"], await NamesAsync("suite=set,tier!=front"));
        Assert.Equal(["set-b"], (await fixture.Admin.ListAsync(KubeKind.ConfigMap, "space", "suite=set", "metadata.name=set-b")).Items.Select(item => item.Name()));
        await Assert.ThrowsAsync<KubeException>(() => fixture.Admin.ListAsync(KubeKind.ConfigMap, "space", fieldSelector: "data.x=1"));
    }

    [Fact]
    public async Task List_WithLimit_ContinuesToTheEnd()
    {
        for (var i = 0; i < 5; i++) await ApplyAsync($"page-{i}", """{"suite":"page"}""");
        using var http = fixture.HttpAsAdmin();
        var names = new List<string>();
        string? next = null;
        do
        {
            var page = JsonNode.Parse(await http.GetStringAsync($"{ConfigMaps}?labelSelector=suite%3Dpage&limit=2&continue={Uri.EscapeDataString(next ?? "")}"));
            Assert.True(page.Objects("items").Count() <= 2);
            names.AddRange(page.Objects("items").Select(item => item.Name()));
            next = page.Text("metadata", "continue");
        }
        while (next is not null);
        Assert.Equal(["page-0", "page-1", "page-2", "page-3", "page-4"], names);
    }

    [Fact]
    public async Task Watch_FromAVersion_TellsWhatHappenedSinceWithinTheSelector()
    {
        await ApplyAsync("moving", """{"suite":"watch"}""");
        var version = (await fixture.Admin.ListAsync(KubeKind.ConfigMap, "space")).ResourceVersion;
        await ApplyAsync("moving", """{"suite":"watch","step":"2"}""");
        await ApplyAsync("moving", """{"suite":"elsewhere"}""");
        await ApplyAsync("moving", """{"suite":"watch"}""");
        await fixture.Admin.DeleteAsync(KubeKind.ConfigMap, "space", "moving");
        var events = await EventsAsync($"{ConfigMaps}?watch=true&resourceVersion={version}&labelSelector=suite%3Dwatch", 4);
        Assert.Equal(["MODIFIED", "DELETED", "ADDED", "DELETED"], events.Select(change => change.Text("type")));
        Assert.All(events, change => Assert.Equal("moving", ((JsonObject)change["object"]!).Name()));
    }

    [Fact]
    public async Task WatchList_SendsPresentObjectsThenTheirEnd()
    {
        await ApplyAsync("present", """{"suite":"watchlist"}""");
        var events = await EventsAsync(
            $"{ConfigMaps}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=&labelSelector=suite%3Dwatchlist", 2);
        Assert.Equal(["ADDED", "BOOKMARK"], events.Select(change => change.Text("type")));
        Assert.Equal("true", events[1].Text("object", "metadata", "annotations", "k8s.io/initial-events-end"));
        Assert.True(long.Parse(events[1].Text("object", "metadata", "resourceVersion")!) >= long.Parse(events[0].Text("object", "metadata", "resourceVersion")!));
    }

    [Fact]
    public async Task Watch_HistoryForgotten_EndsWith410AndAListContinues()
    {
        var old = (await fixture.Admin.ListAsync(KubeKind.ConfigMap, "space")).ResourceVersion;
        fixture.Server.ForgetWatchHistory();
        var error = Assert.Single(await EventsAsync($"{ConfigMaps}?watch=true&resourceVersion={old}", 1));
        Assert.Equal("ERROR", error.Text("type"));
        Assert.Equal(410, error.Number("object", "code"));
        Assert.Equal("Expired", error.Text("object", "reason"));

        var version = (await fixture.Admin.ListAsync(KubeKind.ConfigMap, "space")).ResourceVersion;
        await ApplyAsync("after", """{"suite":"after"}""");
        Assert.Equal("ADDED", Assert.Single(await EventsAsync($"{ConfigMaps}?watch=true&resourceVersion={version}", 1)).Text("type"));
    }

    [Fact]
    public async Task Watch_OlderThanTheHistory_Is410()
    {
        var old = (await fixture.Admin.ListAsync(KubeKind.ConfigMap, "space")).ResourceVersion;
        for (var i = 0; i < 1_001; i++) await ApplyAsync("churn", $$"""{"round":"{{i}}"}""");
        Assert.Equal(410, Assert.Single(await EventsAsync($"{ConfigMaps}?watch=true&resourceVersion={old}", 1)).Number("object", "code"));
    }

    [Fact]
    public async Task Watch_Timeout_EndsTheStream()
    {
        using var http = fixture.HttpAsAdmin();
        var version = (await fixture.Admin.ListAsync(KubeKind.Node)).ResourceVersion;
        Assert.Equal("", await http.GetStringAsync($"/api/v1/nodes?watch=true&resourceVersion={version}&timeoutSeconds=1").WaitAsync(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task Apply_FieldNoLongerApplied_IsRemovedAndOthersStay()
    {
        await fixture.ApplyAsync("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"owned","namespace":"space"},"data":{"a":"1","b":"2"}}""");
        await fixture.Admin.PatchAsync(KubeKind.ConfigMap, "space", "owned", (JsonObject)JsonNode.Parse("""{"data":{"c":"3"}}""")!);
        var before = await fixture.ApplyAsync("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"owned","namespace":"space"},"data":{"a":"1"}}""");
        Assert.Equal("""{"a":"1","c":"3"}""", before["data"]!.ToJsonString());
        var again = await fixture.ApplyAsync("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"owned","namespace":"space"},"data":{"a":"1"}}""");
        Assert.Equal(before.Text("metadata", "resourceVersion"), again.Text("metadata", "resourceVersion"));
    }

    [Theory]
    [InlineData("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","namespace":"nowhere"}}""", 404)]
    [InlineData("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"Upper","namespace":"space"}}""", 422)]
    [InlineData("""{"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"x","namespace":"space"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"c"}}}}}""", 422)]
    public async Task Apply_WhatARealServerRefuses_IsRefused(string json, int code) =>
        Assert.Equal(code, (int)(await Assert.ThrowsAsync<KubeException>(() => fixture.ApplyAsync(json))).Code);

    [Fact]
    public async Task Create_Twice_Is409()
    {
        var obj = (JsonObject)JsonNode.Parse("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"twice","namespace":"space"}}""")!;
        await fixture.Admin.CreateAsync(obj);
        var refusal = await Assert.ThrowsAsync<KubeException>(() => fixture.Admin.CreateAsync(obj));
        Assert.Equal(("AlreadyExists", "configmaps \"twice\" already exists"), (refusal.Reason, refusal.Message));
    }

    [Fact]
    public async Task Namespace_Deleted_TakesItsContentAlong()
    {
        await fixture.ApplyAsync("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"brief"}}""");
        await fixture.ApplyAsync("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"inside","namespace":"brief"}}""");
        await fixture.Admin.DeleteAsync(KubeKind.Namespace, null, "brief");
        Assert.Null(await fixture.Admin.GetAsync(KubeKind.ConfigMap, "brief", "inside"));
    }

    private Task ApplyAsync(string name, string labels) =>
        fixture.ApplyAsync($$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{name}}","namespace":"space","labels":{{labels}}} }""");

    private async Task<IEnumerable<string>> NamesAsync(string selector) =>
        (await fixture.Admin.ListAsync(KubeKind.ConfigMap, "space", selector)).Items.Select(item => item.Name());

    private async Task<List<JsonObject>> EventsAsync(string path, int count)
    {
        using var http = fixture.HttpAsAdmin();
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var response = await http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(timeout.Token));
        var events = new List<JsonObject>();
        while (events.Count < count && await reader.ReadLineAsync(timeout.Token) is { } line) events.Add((JsonObject)JsonNode.Parse(line)!);
        return events;
    }
}
