using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace FleetPrometheus.Lab.Processes;

/// <summary>Ports for programs that must be told theirs beforehand.</summary>
public static class FreePort
{
    private static readonly ConcurrentDictionary<(IPAddress, int), bool> Given = [];

    /// <summary>A TCP port that is free on the address at this moment, and that nobody in this process was given before.</summary>
    /// <param name="address">The address; loopback by default.</param>
    public static int Find(IPAddress? address = null)
    {
        while (true)
        {
            using var listener = new TcpListener(address ?? IPAddress.Loopback, 0);
            listener.Start();
            var endpoint = (IPEndPoint)listener.LocalEndpoint;
            if (Given.TryAdd((endpoint.Address, endpoint.Port), true))
            {
                return endpoint.Port;
            }
        }
    }
}
