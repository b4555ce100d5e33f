using System.Net;
using PeerNet.Swarm.Listening;

namespace PeerNet.Testing.Swarm;

/// <summary>Network interfaces that a test sets.</summary>
public sealed class FakeInterfaces(params IPAddress[] addresses) : INetworkInterfaces
{
    private volatile IPAddress[] _addresses = addresses;

    public event EventHandler? Changed;

    public IReadOnlyList<IPAddress> GetAddresses() => _addresses;

    /// <summary>Replaces the addresses and says so.</summary>
    public void Set(params IPAddress[] addresses)
    {
        _addresses = addresses;
        Changed?.Invoke(this, EventArgs.Empty);
    }
}
