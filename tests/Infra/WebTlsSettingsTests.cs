using System.Text.Json.Nodes;
using FleetPrometheus.Infra.Settings;
using FleetPrometheus.Tests.Components;

namespace FleetPrometheus.Tests.Infra;

public sealed class WebTlsSettingsTests
{
    private static readonly IssuedCertificate Good = IssuedCertificate.For(IssuedCertificate.CentralNames);

    [Fact]
    public void Read_CertificateWithKey_IsTaken()
    {
        var tls = Given.Read<CentralSettings>(Stored(Good)).WebTls;

        Assert.True(tls.Enabled);
        Assert.Equal(Good.Certificate, tls.Certificate);
        Assert.Equal(Good.Key.Trim(), tls.PrivateKey!.Reveal().Trim());
        Assert.False(Given.Read<CentralSettings>(Given.Central()).WebTls.Enabled);
    }

    [Fact]
    public void Read_SecretOfSomebodyElse_NeedsItsCa()
    {
        Assert.True(Given.Read<CentralSettings>(Stored(("tlsSecret", "web"), ("caCertificate", Good.Ca))).WebTls.Enabled);
        Assert.StartsWith("webTls.caCertificate: is missing; what is in a Secret is not known here", Assert.Single(Given.ProblemsOf(Stored(("tlsSecret", "web")))), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OneNameForAll_NeedsNoOther()
    {
        var issued = IssuedCertificate.For(["*.example.com"]);

        Given.Read<CentralSettings>(Stored(issued, ("serverName", "monitoring.example.com")));
        Assert.Equal(
            ["webTls.certificate: is not for prometheus.monitoring.svc, alertmanager.monitoring.svc; issue it with these names (subject alternative names, of type DNS), or set webTls.serverName to a name that it has"],
            Given.ProblemsOf(Stored(issued)));
        Assert.Equal(
            ["webTls.certificate: is not for example.com; issue it with this name (subject alternative names, of type DNS)"],
            Given.ProblemsOf(Stored(issued, ("serverName", "example.com"))));
    }

    [Fact]
    public void Read_Forwarder_IsAmongTheNames()
    {
        var issued = IssuedCertificate.For(IssuedCertificate.CentralNames[..2]);
        var stored = Stored(issued);

        Given.Read<CentralSettings>(stored);
        Assert.StartsWith(
            "webTls.certificate: is not for push-forwarder.monitoring.svc;",
            Assert.Single(Given.ProblemsOf(stored with { Values = stored.Values.SetItem("pushFront", """{"tlsSecret": "push"}""") })), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_EverythingWrong_IsToldAtOnceWithoutTheKey()
    {
        var other = IssuedCertificate.For(["elsewhere.example.com"]);

        var problems = Given.ProblemsOf(Stored(("certificate", other.Certificate), ("privateKey", Good.Key), ("caCertificate", Good.Ca)));

        Assert.Collection(
            problems,
            problem => Assert.Equal("webTls.privateKey: must be the PEM private key (-----BEGIN … PRIVATE KEY-----) of webTls.certificate", problem),
            problem => Assert.StartsWith("webTls.certificate: is not for prometheus.monitoring.svc, alertmanager.monitoring.svc;", problem, StringComparison.Ordinal),
            problem => Assert.StartsWith("webTls.caCertificate: did not sign webTls.certificate;", problem, StringComparison.Ordinal));
        Assert.DoesNotContain(problems, problem => problem.Contains(Good.Key[40..60], StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("certificate", "rubbish", "webTls.certificate: must be one or more PEM certificates")]
    [InlineData("caCertificate", "rubbish", "webTls.caCertificate: must be one or more PEM certificates")]
    [InlineData("serverName", "Not a name", "webTls.serverName: must be the name of a host")]
    [InlineData("tlsSecret", "web", "webTls.tlsSecret: takes the place of certificate and privateKey")]
    public void Read_OneWrong_SaysWhatToWrite(string field, string value, string expected) =>
        Assert.Contains(Given.ProblemsOf(Stored(Good, (field, value))), problem => problem.StartsWith(expected, StringComparison.Ordinal));

    [Theory]
    [InlineData("caCertificate")]
    [InlineData("serverName")]
    public void Read_WithoutACertificate_IsRefused(string field) =>
        Assert.Equal(
            ["webTls: has no certificate; give certificate and privateKey, or a tlsSecret"],
            Given.ProblemsOf(Stored((field, field == "serverName" ? "a.example.com" : Good.Ca))));

    [Fact]
    public void Read_KeyMissing_IsToldOnce() =>
        Assert.Equal(["webTls.privateKey: is missing; certificate and privateKey belong together"], Given.ProblemsOf(Stored(("certificate", Good.Certificate), ("caCertificate", Good.Ca))));

    [Fact]
    public void Read_NothingOfTheCa_TrustsTheLastOfTheChain()
    {
        var chain = Good.Certificate + Good.Ca;

        Assert.Equal(Good.Ca.ReplaceLineEndings("\n"), Given.Read<CentralSettings>(Stored(("certificate", chain), ("privateKey", Good.Key))).WebTls.Trusted);
        Assert.Equal(Good.Certificate, Given.Read<CentralSettings>(Stored(("certificate", Good.Certificate), ("privateKey", Good.Key))).WebTls.Trusted);
    }

    private static RawConfiguration Stored(IssuedCertificate issued, params (string Field, string Value)[] further) =>
        Stored([("certificate", issued.Certificate), ("privateKey", issued.Key), ("caCertificate", issued.Ca), .. further]);

    private static RawConfiguration Stored(params (string Field, string Value)[] fields)
    {
        var json = new JsonObject();
        foreach (var (field, value) in fields)
        {
            json[field] = value;
        }

        return Given.Central(("webTls", json.ToJsonString())) with { SecretKeys = ["webTls"] };
    }
}
