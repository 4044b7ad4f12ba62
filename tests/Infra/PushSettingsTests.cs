using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using FleetPrometheus.Infra.Settings;
using FleetPrometheus.Targets;

namespace FleetPrometheus.Tests.Infra;

public sealed class PushSettingsTests
{
    private const string Url = """{"url": "https://push.example.com:8427"}""";

    [Fact]
    public void Read_PushingCluster_ReachesItsKubeletsDirectly()
    {
        var settings = Given.Read<TargetSettings>(Given.Target(("collection", "push"), ("push", Url)));

        Assert.Equal((Collection.Push, NodeAccess.Direct), (settings.Collection, settings.NodeAccess));
        Assert.Equal(NodeAccess.Off, Given.Read<TargetSettings>(Given.Target(("collection", "push"), ("push", Url), ("nodeAccess", "off"))).NodeAccess);
    }

    [Theory]
    [InlineData("push", null, null, "push.url: is missing; give the address of the centre's front")]
    [InlineData("push", """{"url": "http://push.example.com"}""", null, "push.url: 'http://push.example.com': must be an absolute https address")]
    [InlineData("push", """{"url": "https://me:pw@push.example.com"}""", null, "push.url: must be an absolute https address")]
    [InlineData("push", Url, "nodesProxy", "nodeAccess: 'NodesProxy': is a way for a centre that comes from outside")]
    [InlineData("pull", Url, null, "push: has a meaning only for a cluster that sends by itself")]
    public void Read_BadPushingCluster_SaysWhatToWrite(string collection, string? push, string? nodeAccess, string expected) =>
        Assert.Contains(Given.ProblemsOf(Given.Target(("collection", collection), ("push", push), ("nodeAccess", nodeAccess))), problem => problem.StartsWith(expected, StringComparison.Ordinal));

    [Fact]
    public void Read_Front_TakesACertificateWithItsKey()
    {
        var (certificate, key) = Issue();
        var front = Given.Read<CentralSettings>(Stored(certificate, key)).PushFront;

        Assert.True(front.Enabled);
        Assert.Equal(key.Trim(), front.PrivateKey!.Reveal().Trim());
        Assert.True(Given.Read<CentralSettings>(Given.Central(("pushFront", """{"tlsSecret": "push-tls"}"""))).PushFront.Enabled);
        Assert.False(Given.Read<CentralSettings>(Given.Central()).PushFront.Enabled);
    }

    [Fact]
    public void Read_KeyInPlainText_IsRefusedAndNotShown()
    {
        var (certificate, key) = Issue();
        var problems = Given.ProblemsOf(Stored(certificate, key) with { SecretKeys = [] });

        Assert.Contains(problems, problem => problem.StartsWith("pushFront.privateKey: is in plain text", StringComparison.Ordinal));
        Assert.DoesNotContain(problems, problem => problem.Contains(key[40..60], StringComparison.Ordinal));
    }

    [Fact]
    public void Read_KeyOfAnotherCertificate_IsRefused()
    {
        var problems = Given.ProblemsOf(Stored(Issue().Certificate, Issue().Key));

        Assert.Equal(["pushFront.privateKey: must be the PEM private key (-----BEGIN … PRIVATE KEY-----) of pushFront.certificate"], problems);
    }

    [Theory]
    [InlineData("""{"tlsSecret": "a", "certificate": "rubbish"}""", "pushFront.certificate: must be one or more PEM certificates")]
    [InlineData("""{"tlsSecret": "Not a label"}""", "pushFront.tlsSecret: 'Not a label': must be a DNS label")]
    [InlineData("""{"serviceType": "Magic", "tlsSecret": "a"}""", "pushFront.serviceType: 'Magic': must be one of ClusterIP, LoadBalancer, NodePort")]
    public void Read_BadFront_SaysWhatToWrite(string front, string expected) =>
        Assert.Contains(Given.ProblemsOf(Given.Central(("pushFront", front))), problem => problem.StartsWith(expected, StringComparison.Ordinal));

    private static RawConfiguration Stored(string certificate, string key) =>
        Given.Central(("pushFront", JsonSerializer.Serialize(new { certificate, privateKey = key }))) with { SecretKeys = ["pushFront"] };

    private static (string Certificate, string Key) Issue()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=push", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
