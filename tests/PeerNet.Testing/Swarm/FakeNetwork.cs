using System.Collections.Concurrent;
using System.Net.Sockets;
using PeerNet.Core.Time;
using PeerNet.Multiformats;

namespace PeerNet.Testing.Swarm;

/// <summary>What an address does when it is dialled.</summary>
public enum FakeRoute
{
    /// <summary>Leads to whoever listens there; refused when nobody does.</summary>
    Open,

    /// <summary>Swallows everything.</summary>
    BlackHole,

    /// <summary>There is no way out of this machine.</summary>
    NoNetwork,

    /// <summary>Fails while the dial comes from a listening port, as when both sides dial at once.</summary>
    SimultaneousOpen,

    /// <summary>Answers with something that is no handshake.</summary>
    BrokenHandshake,
}

/// <summary>One dial that a <see cref="FakeTransport"/> was asked for.</summary>
public sealed record FakeDial(Multiaddress Address, Instant At, bool ReusePort, bool IsInitiator);

/// <summary>A network in memory: who listens where, and where routes lead nowhere. Thread-safe.</summary>
public sealed class FakeNetwork
{
    private readonly ConcurrentDictionary<Multiaddress, FakeListener> _listeners = [];
    private readonly ConcurrentDictionary<Multiaddress, FakeRoute> _routes = [];
    private int _lastPort = 20_000;

    /// <summary>All dials so far.</summary>
    public ConcurrentQueue<FakeDial> Dials { get; } = [];

    /// <summary>Every pair of connection ends made so far, the dialler's first.</summary>
    public ConcurrentQueue<(FakeMuxedConnection Dialer, FakeMuxedConnection Listener)> Pairs { get; } = [];

    /// <summary>Dials running now, and the most there were at once.</summary>
    public int Running { get; private set; }

    public int MostRunning { get; private set; }

    /// <summary>Says what an address does.</summary>
    public void Route(Multiaddress address, FakeRoute route) => _routes[address] = route;

    internal int NextPort() => Interlocked.Increment(ref _lastPort);

    internal FakeRoute RouteOf(Multiaddress address) => _routes.GetValueOrDefault(address);

    public FakeListener? Find(Multiaddress address) => _listeners.GetValueOrDefault(address);

    internal void Add(Multiaddress address, FakeListener listener)
    {
        if (!_listeners.TryAdd(address, listener))
            throw new SocketException((int)SocketError.AddressAlreadyInUse);
    }

    internal void Remove(Multiaddress address) => _listeners.TryRemove(address, out _);

    internal void Enter()
    {
        lock (Dials)
        {
            Running++;
            MostRunning = Math.Max(MostRunning, Running);
        }
    }

    internal void Leave()
    {
        lock (Dials)
            Running--;
    }
}
