using System.Security.Cryptography;
using FleetPrometheus.Tests.Scraping;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Validation;

public sealed class ValidationTests
{
    private static readonly string SixtyThree = new('a', 63);

    [Theory]
    [InlineData("stage", true)]
    [InlineData("a-1", true)]
    [InlineData("1", true)]
    [InlineData("", false)]
    [InlineData("-a", false)]
    [InlineData("a-", false)]
    [InlineData("A", false)]
    [InlineData("a.b", false)]
    [InlineData("a\n", false)]
    [InlineData("ä", false)]
    [InlineData("١", false)]
    [InlineData(null, false)]
    public void IsDnsLabel_Text_IsJudged(string? text, bool valid)
    {
        Assert.Equal(valid, KubernetesNames.IsDnsLabel(text));
        Assert.Equal(valid, KubernetesNames.IsNamespace(text));
    }

    [Fact]
    public void KubernetesNames_Lengths_AreBounded()
    {
        Assert.True(KubernetesNames.IsDnsLabel(SixtyThree));
        Assert.False(KubernetesNames.IsDnsLabel(SixtyThree + "a"));
        Assert.True(KubernetesNames.IsLabelValue(SixtyThree));
        Assert.False(KubernetesNames.IsLabelValue(SixtyThree + "a"));
        Assert.True(KubernetesNames.IsLabelKey($"{SixtyThree}.example.org/{SixtyThree}"));
        Assert.False(KubernetesNames.IsLabelKey($"{string.Join('.', Enumerable.Repeat(SixtyThree, 4))}/a"));
    }

    [Theory]
    [InlineData("app", true)]
    [InlineData("app.kubernetes.io/name", true)]
    [InlineData("App_1", true)]
    [InlineData("", false)]
    [InlineData("/name", false)]
    [InlineData("example.org/", false)]
    [InlineData("a/b/c", false)]
    [InlineData("Example.org/a", false)]
    [InlineData("a b", false)]
    [InlineData(null, false)]
    public void IsLabelKey_Text_IsJudged(string? text, bool valid) => Assert.Equal(valid, KubernetesNames.IsLabelKey(text));

    [Theory]
    [InlineData("", true)]
    [InlineData("v1.2_x-y", true)]
    [InlineData("a=b", false)]
    [InlineData("a,b", false)]
    [InlineData("_a", false)]
    [InlineData(null, false)]
    public void IsLabelValue_Text_IsJudged(string? text, bool valid) => Assert.Equal(valid, KubernetesNames.IsLabelValue(text));

    [Theory]
    [InlineData("environment", true, false)]
    [InlineData("_a1", true, false)]
    [InlineData("1a", false, false)]
    [InlineData("a-b", false, false)]
    [InlineData("größe", false, false)]
    [InlineData("", false, false)]
    [InlineData(null, false, false)]
    [InlineData("cluster", true, true)]
    [InlineData("job", true, true)]
    [InlineData("instance", true, true)]
    [InlineData("node", true, true)]
    [InlineData("replica", true, true)]
    [InlineData("metrics_path", true, true)]
    [InlineData("__name__", true, true)]
    [InlineData("exported_job", true, true)]
    [InlineData("Cluster", true, false)]
    public void IsName_Text_IsJudgedAndReservedKnown(string? text, bool valid, bool reserved)
    {
        Assert.Equal(valid, PrometheusLabels.IsName(text));
        Assert.Equal(reserved, PrometheusLabels.IsReserved(text));
    }

    [Theory]
    [InlineData("eu-1", true)]
    [InlineData("Zürich 東京 🏔 $1", true)]
    [InlineData("", false)]
    [InlineData("a\nb", false)]
    [InlineData("a\u2028b", false)]
    [InlineData("a\u0000", false)]
    [InlineData(null, false)]
    public void IsValue_Text_IsJudged(string? text, bool valid) => Assert.Equal(valid, PrometheusLabels.IsValue(text));

    [Fact]
    public void IsValue_HalfACharacterOrTooMany_IsRefused()
    {
        Assert.False(PrometheusLabels.IsValue("a\ud83c"));
        Assert.False(PrometheusLabels.IsValue("\udfd4a"));
        Assert.False(PrometheusLabels.IsValue(new string('a', PrometheusLabels.LongestValue + 1)));
    }

    [Theory]
    [InlineData("https://a.example.org", "a.example.org:443")]
    [InlineData("HTTPS://A.example.org:6443/k8s/c-1/", "a.example.org:6443")]
    [InlineData("https://[fd00::1]:6443", "[fd00::1]:6443")]
    [InlineData("https://10.0.0.1", "10.0.0.1:443")]
    public void HttpsAddress_Valid_GivesHostAndPort(string text, string hostPort)
    {
        Assert.True(HttpsAddress.TryParse(text, out var address));
        Assert.Equal(hostPort, HostPort.Of(address));
        Assert.True(HostPort.IsValid(hostPort));
    }

    [Theory]
    [InlineData("http://a.example.org")]
    [InlineData("a.example.org:6443")]
    [InlineData("https://")]
    [InlineData("https://:6443")]
    [InlineData("https://a:0")]
    [InlineData("https://a:65536")]
    [InlineData("https://user:password@a")]
    [InlineData("https://a?b")]
    [InlineData("https://a#b")]
    [InlineData("https://a/%20")]
    [InlineData("https://a/ü")]
    [InlineData(" https://a")]
    [InlineData("https://a\n")]
    [InlineData("https:\\\\a")]
    [InlineData("")]
    [InlineData(null)]
    public void HttpsAddress_Invalid_IsRefused(string? text) => Assert.False(HttpsAddress.TryParse(text, out _));

    [Theory]
    [InlineData("a:1", true)]
    [InlineData("[::1]:65535", true)]
    [InlineData("a", false)]
    [InlineData(":1", false)]
    [InlineData("a:", false)]
    [InlineData("a:0", false)]
    [InlineData("a:65536", false)]
    [InlineData("a:+1", false)]
    [InlineData("::1:80", false)]
    [InlineData("a/b:1", false)]
    [InlineData(null, false)]
    public void HostPort_Text_IsJudged(string? text, bool valid) => Assert.Equal(valid, HostPort.IsValid(text));

    [Theory]
    [InlineData("/metrics", true)]
    [InlineData("/", true)]
    [InlineData("/a/b-c_d.e~f", true)]
    [InlineData("metrics", false)]
    [InlineData("/a?b=c", false)]
    [InlineData("/a#b", false)]
    [InlineData("/a%20b", false)]
    [InlineData("/a b", false)]
    [InlineData("/../secrets", false)]
    [InlineData("/a/..", false)]
    [InlineData("/./a", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void HttpPath_Text_IsJudged(string? text, bool valid) => Assert.Equal(valid, HttpPath.IsValid(text));

    [Theory]
    [InlineData("30s", 30_000, "30s")]
    [InlineData("90s", 90_000, "1m30s")]
    [InlineData("1h30m", 5_400_000, "1h30m")]
    [InlineData("15d", 1_296_000_000, "15d")]
    [InlineData("1y", 31_536_000_000, "365d")]
    [InlineData("2w", 1_209_600_000, "14d")]
    [InlineData("1m5ms", 60_005, "1m5ms")]
    [InlineData("0", 0, "0s")]
    [InlineData("0s", 0, "0s")]
    public void PrometheusDuration_Valid_IsReadAndWritten(string text, long milliseconds, string written)
    {
        Assert.True(PrometheusDuration.TryParse(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
        Assert.Equal(written, PrometheusDuration.Format(duration));
    }

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("-1s")]
    [InlineData("1.5h")]
    [InlineData("1 h")]
    [InlineData("1s1m")]
    [InlineData("1s\n")]
    [InlineData("293y")]
    [InlineData("99999999999999999999s")]
    [InlineData("9223372036854775807y")]
    [InlineData("١s")]
    [InlineData(null)]
    public void PrometheusDuration_Invalid_IsRefused(string? text) => Assert.False(PrometheusDuration.TryParse(text, out _));

    [Theory]
    [InlineData("512MB", 536_870_912, "512MB")]
    [InlineData("1GiB", 1_073_741_824, "1GB")]
    [InlineData("1500B", 1_500, "1500B")]
    [InlineData("0B", 0, "0B")]
    [InlineData("7EB", 8_070_450_532_247_928_832, "7EB")]
    public void ByteSize_Valid_IsReadAndWritten(string text, long bytes, string written)
    {
        Assert.True(ByteSize.TryParse(text, out var read));
        Assert.Equal(bytes, read);
        Assert.Equal(written, ByteSize.Format(read));
    }

    [Theory]
    [InlineData("512")]
    [InlineData("8EB")]
    [InlineData("-1MB")]
    [InlineData("1.5GB")]
    [InlineData("1mb")]
    [InlineData("1GB ")]
    [InlineData("99999999999999999999B")]
    [InlineData(null)]
    public void ByteSize_Invalid_IsRefused(string? text) => Assert.False(ByteSize.TryParse(text, out _));

    [Fact]
    public void PemCertificates_Valid_AreWrittenInOneForm()
    {
        var one = ConfigurationTree.Certificate();
        var two = ConfigurationTree.Certificate();
        Assert.True(PemCertificates.TryNormalize($"subject: x\r\n{one.ReplaceLineEndings("\r\n")}\n\n{two.TrimEnd()}", out var pem));
        Assert.Equal(one + two, pem);
    }

    [Fact]
    public void PemCertificates_Invalid_AreRefused()
    {
        var good = ConfigurationTree.Certificate();
        using var key = ECDsa.Create();
        string?[] bad =
        [
            null, "", "nonsense", good[..^40], good + good[..^40], good.Replace("M", "!", StringComparison.Ordinal),
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", $"{good}{key.ExportECPrivateKeyPem()}\n",
        ];
        Assert.All(bad, text => Assert.False(PemCertificates.TryNormalize(text, out _)));
    }

    /// <summary>Whatever is typed, the helpers answer; and what they accept survives being written.</summary>
    [Fact]
    public void Helpers_AnyText_NeverThrow()
    {
        var random = new Random(2);
        string[] pieces =
        [
            "a", "A", "0", "9", "-", ".", "_", "/", ":", "[", "]", "::1", "%", "@", "https://", "example.org", "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----",
            "y", "w", "d", "h", "m", "s", "ms", "B", "KB", "EB", "99999999999999999999", "\n", "\0", "\ud83c", "\udfd4", "é", "１", "。", " ", "\\", "?", "#", "xn--", "$",
        ];
        for (var run = 0; run < 50_000; run++)
        {
            var text = string.Concat(random.GetItems(pieces, random.Next(9)));
            if (run % 2 == 0)
            {
                text = $"https://{text}";
            }

            _ = KubernetesNames.IsDnsLabel(text) | KubernetesNames.IsDnsSubdomain(text) | KubernetesNames.IsLabelKey(text) | KubernetesNames.IsLabelValue(text)
                | PrometheusLabels.IsName(text) | PrometheusLabels.IsReserved(text) | PrometheusLabels.IsValue(text) | HostPort.IsValid(text) | HttpPath.IsValid(text)
                | PemCertificates.TryNormalize(text, out _);
            if (HttpsAddress.TryParse(text, out var address))
            {
                Assert.True(HostPort.IsValid(HostPort.Of(address)), text);
            }

            if (PrometheusDuration.TryParse(text, out var duration))
            {
                Assert.True(PrometheusDuration.TryParse(PrometheusDuration.Format(duration), out var again) && again == duration, text);
            }

            if (ByteSize.TryParse(text, out var bytes))
            {
                Assert.True(ByteSize.TryParse(ByteSize.Format(bytes), out var again) && again == bytes, text);
            }
        }
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(long.MaxValue)]
    public void Format_AnyNumber_NeverThrows(long number)
    {
        Assert.NotEmpty(PrometheusDuration.Format(new TimeSpan(number)));
        Assert.NotEmpty(ByteSize.Format(number));
    }
}
