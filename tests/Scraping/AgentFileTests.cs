using FleetPrometheus.Lab.Binaries;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Tests.Scraping;

public sealed class AgentFileTests
{
    [Fact]
    public async Task Render_EveryKindOfJob_IsAsReviewedAndPromtoolAcceptsIt()
    {
        var file = AgentFile.Render(new AgentConfiguration
        {
            Cluster = Samples.Inside,
            ScrapeInterval = TimeSpan.FromSeconds(5),
            Url = new Uri("https://push.example.com:8427/api/v1/write"),
            PasswordFile = "/etc/prometheus/push/password",
        });
        Golden.Check("agent.yml", file);

        using var directory = new TemporaryDirectory();
        await Tools.SucceedAsync(Tool.Promtool, "/", "check", "config", "--agent", "--syntax-only", directory.Write("prometheus.yml", file));
    }
}
