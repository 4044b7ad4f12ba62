using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using FleetPrometheus.Lab.Fleet;
using FleetPrometheus.Lab.Simulation;
using FleetPrometheus.Lab.Verification.Join;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Lab.Verification.Access;

/// <summary><c>webTls</c>: the centre's web endpoints speak HTTPS only, and everybody who talks to them verifies them.</summary>
internal sealed class WebTls(JoinSite site)
{
    // Of the centre's own programs, those that serve others than their own pod.
    private const string Served = """job=~"prometheus|alertmanager" """;

    private readonly LabFleet _fleet = site.Fleet;

    private string RuleFile => Path.Combine(_fleet.Centre.PrometheusDirectory, ConfigurationPaths.Rules, "lab.yml");

    private string CaFile => Path.Combine(_fleet.Centre.PrometheusDirectory, ConfigurationPaths.WebCa);

    public async Task RunAsync(CancellationToken cancellation)
    {
        await site.TryAsync("the centre's web endpoints speak HTTPS and nothing else, with a certificate that the given CA signed",
            () => HttpsOnlyAsync(cancellation), () => string.Join(", ", _fleet.Centre.WebAddresses.Keys));
        await site.TryAsync("the centre's programs verify each other: their scrapes and the pods' probes succeed, and alerts are delivered", async () =>
        [
            .. await Eventually.NothingWrongAsync(() => VerifiedAsync(cancellation), site.Patience, cancellation),
            .. await ProgramChecks.ConfigurationAsync(_fleet, cancellation),
            .. await ProgramChecks.ProbesAsync(_fleet, cancellation),
            .. await DeliveredAsync("LabFirst", cancellation),
        ], () => "by up, promtool, amtool and the receiver");
        await site.TryAsync("when the certificate that each presents will end is seen, for the alert on it",
            () => Eventually.NothingWrongAsync(() => EndsAsync(cancellation), site.Patience, cancellation), () => "by the exporter beside Prometheus");
        await site.TryAsync("a new certificate is taken up while they run: nothing restarts, no scrape is lost",
            () => RenewedAsync(cancellation), () => "on the next connection");
        await site.TryAsync("whom another CA signed is not talked to",
            () => DistrustedAsync(cancellation), () => "no scrape, no alert; both again with the right CA");
        File.Delete(RuleFile);
    }

    private async Task<ImmutableArray<string>> HttpsOnlyAsync(CancellationToken cancellation)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        using var stranger = new CertificateAuthority("stranger");
        using var plain = new HttpClient();
        using var trusting = new HttpClient(TrustingHandler.Of(_fleet.Web!.CaCertificate));
        using var distrusting = new HttpClient(TrustingHandler.Of(stranger.CertificatePem));
        foreach (var (name, address) in _fleet.Centre.WebAddresses)
        {
            var page = new Uri(address, "/-/healthy");
            using (var answer = await plain.GetAsync(new UriBuilder(page) { Scheme = "http" }.Uri, cancellation))
            {
                if (answer.StatusCode != HttpStatusCode.BadRequest)
                {
                    wrong.Add($"{name} answers {(int)answer.StatusCode} to plain HTTP");
                }
            }

            using (var answer = await trusting.GetAsync(page, cancellation))
            {
                if (answer.StatusCode != HttpStatusCode.Unauthorized)
                {
                    wrong.Add($"{name} answers {(int)answer.StatusCode} over HTTPS without a password");
                }
            }

            try
            {
                using var answer = await distrusting.GetAsync(page, cancellation);
                wrong.Add($"{name} passes for one that another CA signed");
            }
            catch (HttpRequestException refusal) when (refusal.InnerException is AuthenticationException)
            {
                // That is what was wanted.
            }
        }

        return wrong.ToImmutable();
    }

    private async Task<ImmutableArray<string>> VerifiedAsync(CancellationToken cancellation)
    {
        var targets = await OwnTargetsAsync(cancellation);
        return
        [
            .. targets.Where(target => target.Health != "up").Select(target => $"{target["job"]} {target["instance"]} is {target.Health}: {target.Error}"),
            .. targets.Where(target => !target.Url.StartsWith("https://", StringComparison.Ordinal)).Select(target => $"{target["job"]} is scraped at {target.Url}"),
            .. targets.Select(target => target["instance"]).Order(StringComparer.Ordinal).SequenceEqual(_fleet.Centre.WebAddresses.Keys) ? [] : new[] { "other programs are scraped than serve" },
        ];
    }

    private async Task<ImmutableArray<string>> EndsAsync(CancellationToken cancellation)
    {
        using var certificate = X509Certificate2.CreateFromPem(_fleet.Web!.Certificate);
        var end = new DateTimeOffset(certificate.NotAfter).ToUnixTimeSeconds();
        var seen = (await _fleet.Centre.Prometheus.QueryAsync(
            string.Create(CultureInfo.InvariantCulture, $"probe_ssl_earliest_cert_expiry{{job=\"{CertificateProbe.Job}\"}} == {end}"), cancellation)).Select(series => series["instance"]).ToImmutableHashSet();
        return [.. _fleet.Centre.WebAddresses.Keys.Where(name => !seen.Contains(name)).Select(name => $"the end of the certificate of {name} is not seen")];
    }

    /// <summary>An alert that begins to fire now reaches the receiver.</summary>
    private Task<ImmutableArray<string>> DeliveredAsync(string name, CancellationToken cancellation)
    {
        Fire(name);
        return Eventually.TrueAsync(() => Task.FromResult(IsDelivered(name)), $"alert {name} did not reach the receiver", site.Patience, cancellation);
    }

    private bool IsDelivered(string name) => _fleet.Receiver.Received.Any(alert => alert.Name == name);

    private void Fire(string name) => Replace(
        RuleFile,
        $"groups: [{{name: lab, rules: [{{alert: {name}, expr: vector(1), labels: {{severity: warning}}}}]}}]\n");

    private async Task<ImmutableArray<string>> RenewedAsync(CancellationToken cancellation)
    {
        var began = DateTimeOffset.UtcNow;
        const string Started = $"max(process_start_time_seconds{{{Served}}})";
        var before = await _fleet.Centre.Prometheus.ScalarAsync(Started, cancellation);
        _fleet.Web!.Renew();
        await _fleet.ReconcileAsync(cancellation);
        using var renewed = X509Certificate2.CreateFromPem(_fleet.Web.Certificate);
        var wrong = new List<string>();
        foreach (var (name, address) in _fleet.Centre.WebAddresses)
        {
            wrong.AddRange(await Eventually.TrueAsync(async () => await SerialAsync(address, cancellation) == renewed.SerialNumber, $"{name} has the certificate of before", site.Patience, cancellation));
        }

        await Task.Delay(3 * site.Interval, cancellation);
        var seconds = (int)(DateTimeOffset.UtcNow - began).TotalSeconds;
        var lost = await _fleet.Centre.Prometheus.QueryAsync(string.Create(CultureInfo.InvariantCulture, $"min_over_time(up{{{Served}}}[{seconds}s]) == 0"), cancellation);
        return
        [
            .. wrong,
            .. lost.Select(series => $"a scrape of {series["instance"]} failed"),
            .. await _fleet.Centre.Prometheus.ScalarAsync(Started, cancellation) == before ? [] : new[] { "a program was started again" },
        ];
    }

    private async Task<ImmutableArray<string>> DistrustedAsync(CancellationToken cancellation)
    {
        const string Refused = "LabRefused";
        var prometheus = _fleet.Centre.Prometheus;
        using var stranger = new CertificateAuthority("stranger");
        var before = await prometheus.OwnCounterAsync("prometheus_notifications_errors_total", cancellation);
        Replace(CaFile, stranger.CertificatePem);
        Fire(Refused);
        var refused = await Eventually.TrueAsync(
            async () => (await OwnTargetsAsync(cancellation)).All(target => target.Error.Contains("x509", StringComparison.Ordinal)), "with another CA scrapes go on", site.Patience, cancellation);
        var failed = await Eventually.TrueAsync(
            async () => await prometheus.OwnCounterAsync("prometheus_notifications_errors_total", cancellation) > before, "with another CA no alert fails", site.Patience, cancellation);
        var delivered = IsDelivered(Refused);
        Replace(CaFile, _fleet.Web!.CaCertificate);
        return
        [
            .. refused, .. failed, .. delivered ? new[] { "with another CA an alert was delivered" } : [],
            .. await Eventually.NothingWrongAsync(() => VerifiedAsync(cancellation), site.Patience, cancellation),
            .. await DeliveredAsync("LabTrusted", cancellation),
        ];
    }

    private async Task<ImmutableArray<ActiveTarget>> OwnTargetsAsync(CancellationToken cancellation) =>
        [.. (await _fleet.Centre.Prometheus.TargetsAsync(cancellation)).Where(target => target["job"] is "prometheus" or "alertmanager")];

    private static void Replace(string path, string content)
    {
        File.WriteAllText($"{path}.new", content);
        File.Move($"{path}.new", path, overwrite: true);
    }

    private static async Task<string> SerialAsync(Uri address, CancellationToken cancellation)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, cancellation);
        await using var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = address.Host, RemoteCertificateValidationCallback = (_, _, _, _) => true }, cancellation);
        return ((X509Certificate2)stream.RemoteCertificate!).SerialNumber;
    }
}
