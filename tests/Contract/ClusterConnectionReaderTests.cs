using System.Collections.Immutable;
using System.Text.Json;
using FleetPrometheus.Contract;
using FleetPrometheus.Scraping;
using FleetPrometheus.Tests.Components;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Contract;

public class ClusterConnectionReaderTests
{
    private const string Token = "eyJhbGciOiJSUzI1NiJ9.secret-token";
    private const string PreviousToken = "eyJhbGciOiJSUzI1NiJ9.previous-secret-token";

    private static readonly ImmutableArray<ScrapeJob> EveryJob =
    [
        new ApiServerJob { Members = ["10.0.0.1:6443", "10.0.0.2:6443"] },
        new NodeProxyJob("kubelet", "/metrics"),
        new NodeProxyJob("kubelet", "/metrics/cadvisor")
        {
            Metrics = new() { Only = ["container_.+"], Drop = ["container_tasks_state", "x_.*"], DropBuckets = ["a_bucket;0\\.5"], Keep = ["x_y"] },
            ScrapeInterval = TimeSpan.FromSeconds(90),
            ScrapeTimeout = TimeSpan.FromSeconds(20),
        },
        new PodProxyJob("node-exporter")
        {
            Namespace = "fleet-node-exporter",
            Selector = ImmutableSortedDictionary<string, string>.Empty.Add("app", "ne").Add("part", "of"),
            Port = 9100,
            Instance = InstanceFrom.Node,
        },
        new PodProxyJob("web")
        {
            Namespace = "shop",
            Selector = ImmutableSortedDictionary<string, string>.Empty.Add("app", "web"),
            Port = 8443,
            MetricsPath = "/m",
            Scheme = "https",
            HonorLabels = true,
        },
        new NodeDirectJob("kubelet", "/metrics") { CaCertificate = TestCertificate.Pem },
        new NodeDirectJob("kubelet", "/metrics/cadvisor") { InsecureSkipVerify = true },
        new PodDirectJob("node-exporter")
        {
            Namespace = "fleet-node-exporter",
            Selector = ImmutableSortedDictionary<string, string>.Empty.Add("app", "ne"),
            Port = 9100,
            Instance = InstanceFrom.Node,
        },
        new FederateJob { Namespace = "monitoring", Service = "prometheus", Port = "9090", Scheme = "https", MetricsPath = "/p/federate", Matches = ["up", """{a=~"b.+"}"""] },
        new AnnotatedPodsJob { Namespaces = ["market", "shop"] },
        new AnnotatedServicesJob { Namespaces = ["store"] },
        new StaticJob("router")
        {
            Targets = ["10.0.0.1:443"],
            Labels = ImmutableSortedDictionary<string, string>.Empty.Add("rack", "r1"),
            Scheme = "https",
            CaCertificate = TestCertificate.Pem,
        },
        new StaticJob("vm") { Targets = ["a:1", "b:2"], InsecureSkipVerify = true },
    ];

    [Fact]
    public void Read_CompleteOutputs_YieldsTheCluster()
    {
        var connection = ReadWell(Complete());

        Assert.Equal("stage", connection.ClusterName);
        Assert.Equal(new Uri("https://stage.example:6443/prefix"), connection.ApiServer);
        Assert.Equal(TestCertificate.Pem, connection.CaCertificate);
        Assert.Equal(Token, connection.Token.Reveal());
        Assert.Equal("a1", connection.TokenId);
        Assert.Equal(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero), connection.TokenIssued);
        Assert.Equal(PreviousToken, connection.PreviousToken!.Reveal());
        Assert.Equal("b2", connection.PreviousTokenId);
        Assert.Equal("staging", connection.Labels["environment"]);
    }

    [Fact]
    public void Read_JobsOfEveryKind_ComeBackUnchanged() =>
        Assert.Equal(Json(ScrapeJobMaps.Write(EveryJob)), Json(ScrapeJobMaps.Write(ReadWell(Complete()).Jobs)));

    [Fact]
    public void Read_AsPulumiDeserialises_ComesBackUnchanged()
    {
        var outputs = Complete().ToDictionary(output => output.Key, output => AsPulumi(output.Value));

        var connection = ReadWell(outputs);

        Assert.Equal(Json(ScrapeJobMaps.Write(EveryJob)), Json(ScrapeJobMaps.Write(connection.Jobs)));
        Assert.Equal("staging", connection.Labels["environment"]);
    }

    [Fact]
    public void Read_SystemRoots_HasNoCertificate()
    {
        var outputs = Complete();
        outputs[StackOutputs.CaCertificate] = "system";

        Assert.Null(ReadWell(outputs).CaCertificate);
    }

    [Fact]
    public void Read_FirstGeneration_HasNoPreviousToken()
    {
        var outputs = Complete();
        outputs.Remove(StackOutputs.PreviousToken);
        outputs.Remove(StackOutputs.PreviousTokenId);

        Assert.Null(ReadWell(outputs).PreviousToken);
    }

    [Fact]
    public void Read_NoOutputs_IsDistinctAndNoProblem()
    {
        var problems = new Problems();

        var reading = ClusterConnectionReader.Read("stage", _ => (null, false), problems);

        Assert.False(reading.HasOutputs);
        Assert.Null(reading.Connection);
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData(0, "upgrade fleet-prometheus in stage")]
    [InlineData(2, "central stack")]
    [InlineData(null, "upgrade fleet-prometheus in stage")]
    [InlineData(1.5, "whole number")]
    public void Read_OtherVersion_IsTheOnlyProblem(object? version, string expected)
    {
        var outputs = Complete();
        outputs[StackOutputs.ContractVersion] = version;
        outputs.Remove(StackOutputs.Token);

        var problem = Assert.Single(ReadBadly(outputs));

        Assert.Contains(expected.Replace("in stage", "in stack stage"), problem.ToString());
        Assert.Contains("pulumi up", problem.Fix);
    }

    [Theory]
    [InlineData(StackOutputs.ClusterName, null)]
    [InlineData(StackOutputs.ClusterName, "Not A Label")]
    [InlineData(StackOutputs.ApiServer, null)]
    [InlineData(StackOutputs.ApiServer, "http://stage.example")]
    [InlineData(StackOutputs.ApiServer, 12.0)]
    [InlineData(StackOutputs.CaCertificate, null)]
    [InlineData(StackOutputs.CaCertificate, "rubbish")]
    [InlineData(StackOutputs.Token, null)]
    [InlineData(StackOutputs.Token, "two words")]
    [InlineData(StackOutputs.TokenId, null)]
    [InlineData(StackOutputs.TokenId, "../../etc")]
    [InlineData(StackOutputs.TokenIssued, "yesterday")]
    [InlineData(StackOutputs.PreviousToken, null)]
    [InlineData(StackOutputs.PreviousTokenId, null)]
    [InlineData(StackOutputs.PreviousTokenId, "a1")]
    [InlineData(StackOutputs.ClusterLabels, null)]
    [InlineData(StackOutputs.ClusterLabels, "environment=staging")]
    [InlineData(StackOutputs.ScrapeJobs, null)]
    [InlineData(StackOutputs.ScrapeJobs, "apiserver")]
    public void Read_OneBadOutput_IsTheOnlyProblem(string name, object? value)
    {
        var outputs = Complete();
        outputs[name] = value;

        var problem = Assert.Single(ReadBadly(outputs));

        Assert.Equal($"stack stage, output {name}", problem.Key);
        Assert.Contains("pulumi up --stack stage", problem.Fix);
    }

    [Fact]
    public void Read_EverythingWrong_NamesAllAtOnceWithoutAnySecret()
    {
        var outputs = Complete();
        outputs[StackOutputs.ClusterName] = "BAD";
        outputs[StackOutputs.ApiServer] = "http://x";
        outputs[StackOutputs.Token] = Token + " broken";
        outputs[StackOutputs.PreviousToken] = PreviousToken + "\n";
        outputs[StackOutputs.ClusterLabels] = new Dictionary<string, object?> { ["cluster"] = "x" };

        var problems = ReadBadly(outputs);

        Assert.Equal(5, problems.Count);
        Assert.DoesNotContain("secret-token", problems.Describe("x"));
    }

    [Fact]
    public void Read_BadValueMarkedSecret_IsNotShown()
    {
        var outputs = Complete();
        outputs[StackOutputs.ApiServer] = "http://hidden.example";
        var problems = new Problems();

        ClusterConnectionReader.Read("stage", name => (outputs.GetValueOrDefault(name), true), problems);

        Assert.DoesNotContain("hidden", problems.Describe("x"));
    }

    [Theory]
    [InlineData("kind", "rocket", "[1].kind")]
    [InlineData("port", 0, "[3].port")]
    [InlineData("port", "9100", "[3].port")]
    [InlineData("path", "metrics", "[1].path")]
    [InlineData("scheme", "ftp", "[3].scheme")]
    [InlineData("instance", "moon", "[3].instance")]
    [InlineData("honorLabels", "yes", "[3].honorLabels")]
    [InlineData("labels", null, "[3].labels")]
    [InlineData("namespace", null, "[3].namespace")]
    public void Read_BadJobField_IsNamedByItsPlace(string field, object? value, string place)
    {
        var outputs = Complete();
        var jobs = ScrapeJobMaps.Write(EveryJob);
        ((Dictionary<string, object?>)jobs[int.Parse(place[1..2])]!)[field] = value;
        outputs[StackOutputs.ScrapeJobs] = jobs;

        var problem = Assert.Single(ReadBadly(outputs));

        Assert.Equal($"stack stage, output scrapeJobs{place}", problem.Key);
        Assert.Contains("pulumi up --stack stage", problem.Fix);
    }

    [Theory]
    [InlineData(StackOutputs.Push, "must not hold '{{'")]
    [InlineData(StackOutputs.Pull, null)]
    public void Read_LabelThatTheFrontWouldFillIn_IsRefusedOfWhoSends(string collection, string? expected)
    {
        var outputs = Complete();
        outputs[StackOutputs.Collection] = collection;
        outputs[StackOutputs.ClusterLabels] = new Dictionary<string, object?> { ["environment"] = "{{ x }}" };
        outputs[StackOutputs.PushPassword] = outputs[StackOutputs.NextPushPassword] = "0123456789abcdef0123456789abcdef";

        var problems = new Problems();
        ClusterConnectionReader.Read("stage", name => (AsPulumi(outputs.GetValueOrDefault(name)), false), problems);

        Assert.Equal(expected is null ? [] : [$"stack stage, output {StackOutputs.ClusterLabels}"], problems.Select(problem => problem.Key));
        Assert.All(problems, problem => Assert.StartsWith(expected!, problem.Fix));
    }

    private static Dictionary<string, object?> Complete() => new()
    {
        [StackOutputs.ContractVersion] = StackOutputs.Version,
        [StackOutputs.ClusterName] = "stage",
        [StackOutputs.ApiServer] = "https://stage.example:6443/prefix",
        [StackOutputs.CaCertificate] = TestCertificate.Pem,
        [StackOutputs.Token] = Token,
        [StackOutputs.TokenId] = "a1",
        [StackOutputs.TokenIssued] = "2026-01-31T12:00:00Z",
        [StackOutputs.PreviousToken] = PreviousToken,
        [StackOutputs.PreviousTokenId] = "b2",
        [StackOutputs.ClusterLabels] = new Dictionary<string, object?> { ["environment"] = "staging" },
        [StackOutputs.ScrapeJobs] = ScrapeJobMaps.Write(EveryJob),
    };

    private static ClusterConnection ReadWell(Dictionary<string, object?> outputs)
    {
        var problems = new Problems();
        var reading = ClusterConnectionReader.Read("stage", name => (outputs.GetValueOrDefault(name), name.Contains("oken")), problems);
        Assert.Empty(problems);
        return reading.Connection!;
    }

    private static Problems ReadBadly(Dictionary<string, object?> outputs)
    {
        var problems = new Problems();
        var reading = ClusterConnectionReader.Read("stage", name => (outputs.GetValueOrDefault(name), false), problems);
        Assert.True(reading.HasOutputs);
        Assert.Null(reading.Connection);
        return problems;
    }

    private static string Json(object? value) => JsonSerializer.Serialize(value);

    /// <summary>The collections and numbers in which a StackReference delivers values.</summary>
    private static object? AsPulumi(object? value) => value switch
    {
        IDictionary<string, object?> map => map.ToImmutableDictionary(item => item.Key, item => AsPulumi(item.Value)!),
        IReadOnlyList<object?> list => list.Select(item => AsPulumi(item)!).ToImmutableArray(),
        int number => (double)number,
        _ => value,
    };
}
