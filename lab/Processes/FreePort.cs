using System.Net;
using System.Net.Sockets;

namespace FleetPrometheus.Lab.Processes;

/// <summary>Ports for programs that must be told theirs beforehand.</summary>
public static class FreePort
{
    /// <summary>A TCP port that is free on the address at this moment.</summary>
    /// <param name="address">The address; loopback by default.</param>
    public static int Find(IPAddress? address = null)
    {
        using var listener = new TcpListener(address ?? IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
