using System.Net.Sockets;
using FleetPrometheus.Lab.Binaries;

namespace FleetPrometheus.Tests.Binaries;

/// <summary>A test that needs apt, and its mirror if it says so; skipped elsewhere.</summary>
public sealed class DebianFactAttribute : FactAttribute
{
    /// <summary>True when the test downloads from the host's mirror.</summary>
    public bool NeedsMirror { get; init; }

    public override string? Skip => ToolSources.Default.HostSuite is null ? "needs a Debian host"
        : NeedsMirror && !AptSource.ReadHost("/etc/apt").Any(Reachable) ? "needs a reachable Debian mirror"
        : null;

    private static bool Reachable(AptSource source)
    {
        try
        {
            var uri = new Uri(source.Uri);
            using var client = new TcpClient();
            return client.ConnectAsync(uri.Host, uri.Port).Wait(TimeSpan.FromSeconds(3));
        }
        catch (Exception error) when (error is UriFormatException or AggregateException)
        {
            return false;
        }
    }
}
