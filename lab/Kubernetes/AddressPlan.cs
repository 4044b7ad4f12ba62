using System.Net;
using System.Net.Sockets;

namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>
/// Which addresses the clusters of a lab live at: cluster <c>c</c> owns one /16, nodes in its lower half, pods in its upper, the API server at its end.
/// </summary>
public sealed class AddressPlan : IDisposable
{
    private const int PerBlock = 250;
    private const int Lowest = 64;
    private const int Highest = 254;

    // Held as long as the plan lives: another lab on this machine that tries the same block sees it taken.
    private readonly List<TcpListener> _claims = [];
    private readonly byte _first;
    private readonly int _base;

    private AddressPlan(byte first, int @base, int clusters) => (_first, _base, Clusters) = (first, @base, clusters);

    /// <summary>How many clusters the plan has room for.</summary>
    public int Clusters { get; }

    /// <summary>Claims a block of loopback addresses that no other lab on this machine uses.</summary>
    /// <param name="clusters">How many clusters there may be at most; up to 191.</param>
    /// <exception cref="IOException">There is no free block of that size.</exception>
    public static AddressPlan Loopback(int clusters)
    {
        for (var @base = Lowest; @base + clusters - 1 <= Highest; @base++)
        {
            var plan = new AddressPlan(127, @base, clusters);
            if (plan.Claim()) return plan;
            plan.Dispose();
        }
        throw new IOException($"no block of {clusters} free /16 networks between 127.{Lowest}.0.0 and 127.{Highest}.255.255: are other labs running?");
    }

    /// <summary>The same plan in 10.0.0.0/8, for a network namespace of the lab's own: real API servers refuse loopback pods.</summary>
    /// <param name="clusters">How many clusters there may be at most; up to 191.</param>
    public static AddressPlan Private(int clusters) => new(10, Lowest, clusters);

    /// <summary>The plan that an API server's address is from, for a process that was given no more; it claims nothing.</summary>
    internal static AddressPlan Of(IPEndPoint apiServer) => apiServer.Address.GetAddressBytes() is [var first, var second, ..] ? new(first, second, 1) : throw new ArgumentException("not an address of version 4", nameof(apiServer));

    /// <summary>The address of a cluster's API server; of its n-th member, counted from 0, where it has several.</summary>
    public IPEndPoint ApiServer(int cluster, int member = 0) => new(Address(cluster, 255, member + 1), 6443);

    /// <summary>The address of the n-th node of a cluster, counted from 0.</summary>
    public IPAddress Node(int cluster, int n) => Address(cluster, n / PerBlock, (n % PerBlock) + 1);

    /// <summary>The i-th address for pods that are not on the host network, counted from 0.</summary>
    public IPAddress Pod(int cluster, int i) => Address(cluster, 128 + (i / PerBlock), (i % PerBlock) + 1);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var claim in _claims) claim.Dispose();
        _claims.Clear();
    }

    private IPAddress Address(int cluster, int third, int fourth)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(cluster, Clusters);
        return new IPAddress([_first, (byte)(_base + cluster), (byte)third, (byte)fourth]);
    }

    private bool Claim()
    {
        for (var cluster = 0; cluster < Clusters; cluster++)
        {
            // The API server's own port is only tried; the one beside it is kept.
            var claim = new TcpListener(Address(cluster, 255, 1), 6442);
            var probe = new TcpListener(ApiServer(cluster));
            try
            {
                claim.Start();
                _claims.Add(claim);
                probe.Start();
            }
            catch (SocketException)
            {
                return false;
            }
            finally
            {
                probe.Dispose();
            }
        }
        return true;
    }
}
