using FleetPrometheus.Contract;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Contract;

public sealed class PushConnectionTests
{
    [Fact]
    public void Read_PushingStack_YieldsItsPasswordsAndNeedsNoToken()
    {
        var problems = new Problems();
        var reading = Read(Complete(), problems);

        Assert.Empty(problems);
        Assert.Null(reading.Connection);
        Assert.Equal("stage", reading.Push!.ClusterName);
        Assert.Equal(("one", "two"), (reading.Push.Password.Reveal(), reading.Push.NextPassword.Reveal()));
        Assert.Equal("test", reading.Push.Labels["environment"]);
    }

    [Theory]
    [InlineData("collection", "carrier pigeon", "output collection: 'carrier pigeon': must be pull or push")]
    [InlineData("pushPassword", null, "output pushPassword: is missing or no password; run 'pulumi up --stack stage'")]
    [InlineData("nextPushPassword", "with space", "output nextPushPassword: is missing or no password")]
    [InlineData("clusterName", "Not A Label", "output clusterName: 'Not A Label': must be a DNS label")]
    public void Read_BadOutput_NamesItWithoutItsSecret(string output, string? value, string expected)
    {
        var problems = new Problems();
        var outputs = Complete();
        outputs[output] = value;
        var reading = Read(outputs, problems);

        Assert.Null(reading.Push);
        Assert.Contains(problems, problem => problem.ToString().Contains(expected, StringComparison.Ordinal));
        Assert.DoesNotContain(problems, problem => problem.ToString().Contains("with space", StringComparison.Ordinal));
    }

    private static Dictionary<string, object?> Complete() => new()
    {
        ["contractVersion"] = 1.0,
        ["clusterName"] = "stage",
        ["collection"] = "push",
        ["clusterLabels"] = new Dictionary<string, object?> { ["environment"] = "test" },
        ["pushPassword"] = "one",
        ["nextPushPassword"] = "two",
    };

    private static ConnectionReading Read(Dictionary<string, object?> outputs, Problems problems) =>
        ClusterConnectionReader.Read("stage", name => (outputs.GetValueOrDefault(name), name.EndsWith("Password", StringComparison.Ordinal)), problems);
}
