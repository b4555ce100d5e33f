using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Dialing;

/// <summary>What all dials of a node share: addresses that back off, black holes, and the number of descriptors in use. Thread-safe.</summary>
internal sealed class DialDefences(TimeProvider time, DialOptions options) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly DialBackoff _backoff = new();
    private readonly EndPointGuard _endPoints = new();
    private readonly BlackHoleDetector _udp = new();
    private readonly BlackHoleDetector _ip6 = new();

    /// <summary>A place for each attempt that holds a file descriptor.</summary>
    public SemaphoreSlim Descriptors { get; } = new(options.MaxFileDescriptors);

    public bool IsBackingOff(PeerId peer, Multiaddress address)
    {
        lock (_lock)
            return _backoff.IsBackingOff(peer, address, time.GetInstant()) || (!DialRanker.IsNear(address) && _endPoints.IsSpared(address, time.GetInstant()));
    }

    /// <summary>Whether the classes that an address belongs to lead anywhere. Near addresses are never held back.</summary>
    public bool AllowClass(Multiaddress address)
    {
        if (DialRanker.IsNear(address) || address.IsCircuit())
            return true;
        lock (_lock)
        {
            var udp = !IsUdp(address) || _udp.AllowDial();
            var ip6 = !IsIp6(address) || _ip6.AllowDial();
            return udp && ip6;
        }
    }

    public void OnSucceeded(PeerId? peer, Multiaddress address)
    {
        lock (_lock)
        {
            if (peer is not null)
                _backoff.OnSucceeded(peer, address);
            _endPoints.OnSucceeded(address);
            RecordClass(address, succeeded: true);
        }
    }

    /// <summary>An attempt failed. What only the local network is to blame for raises no back-off.</summary>
    public void OnFailed(PeerId? peer, Multiaddress address, DialFailure failure)
    {
        lock (_lock)
        {
            if (peer is not null && failure is (DialFailure.Unreachable or DialFailure.TimedOut or DialFailure.UpgradeFailed or DialFailure.UnexpectedPeer))
            {
                _backoff.OnFailed(peer, address, time.GetInstant());
                _endPoints.OnFailed(address, time.GetInstant());
            }

            if (failure is DialFailure.Unreachable or DialFailure.TimedOut or DialFailure.LocalNetwork)
                RecordClass(address, succeeded: false);
        }
    }

    /// <summary>The peer is alive: nothing is held against its addresses any more.</summary>
    public void Clear(PeerId peer)
    {
        lock (_lock)
            _backoff.Clear(peer);
    }

    public void Collect()
    {
        lock (_lock)
        {
            _backoff.Collect(time.GetInstant());
            _endPoints.Collect(time.GetInstant());
        }
    }

    public void Dispose() => Descriptors.Dispose();

    private static bool IsUdp(Multiaddress address) => address.Contains(MultiaddressCodes.Udp);

    private static bool IsIp6(Multiaddress address) => address.TryGetIPAddress(out var ip) && ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;

    private void RecordClass(Multiaddress address, bool succeeded)
    {
        if (DialRanker.IsNear(address) || address.IsCircuit())
            return;
        if (IsUdp(address))
            _udp.Record(succeeded);
        if (IsIp6(address))
            _ip6.Record(succeeded);
    }
}
