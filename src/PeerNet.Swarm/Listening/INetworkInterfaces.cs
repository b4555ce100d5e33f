using System.Net;

namespace PeerNet.Swarm.Listening;

/// <summary>The addresses of this machine's network interfaces. Thread-safe.</summary>
public interface INetworkInterfaces
{
    /// <summary>Addresses of the interfaces that are up, loopback included. IPv6 link-local ones carry their zone.</summary>
    IReadOnlyList<IPAddress> GetAddresses();

    /// <summary>Raised, on any thread, when the addresses may have changed.</summary>
    event EventHandler? Changed;
}
