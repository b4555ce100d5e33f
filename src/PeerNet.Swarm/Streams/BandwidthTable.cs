using System.Collections.Concurrent;
using PeerNet.Core;
using PeerNet.Core.Diagnostics;
using PeerNet.Identity;

namespace PeerNet.Swarm.Streams;

/// <summary>
/// Payload bytes of the whole node, of each protocol and of each peer. Bounded: protocols beyond the limit share one counter, and of peers
/// that are gone the ones longest gone are forgotten. Thread-safe.
/// </summary>
public sealed class BandwidthTable
{
    /// <summary>Implementation limit: protocols counted one by one. Peers may invent names, a node's own are few.</summary>
    public const int MaxProtocols = 512;

    /// <summary>Implementation limit: peers that are gone whose counts are kept.</summary>
    public const int MaxPastPeers = 4096;

    private readonly ConcurrentDictionary<ProtocolId, BandwidthCounter> _protocols = [];
    private readonly Lock _lock = new();
    private readonly Dictionary<PeerId, BandwidthCounter> _connected = [];
    private readonly Dictionary<PeerId, BandwidthCounter> _past = [];
    private readonly Queue<PeerId> _pastOrder = new();

    internal BandwidthTable()
    {
    }

    /// <summary>All streams.</summary>
    public BandwidthCounter Total { get; } = new();

    /// <summary>Streams of protocols beyond <see cref="MaxProtocols"/>.</summary>
    public BandwidthCounter OtherProtocols { get; } = new();

    /// <summary>Counters by protocol.</summary>
    public IReadOnlyDictionary<ProtocolId, BandwidthCounter> Protocols => _protocols;

    /// <summary>The counter of a peer that is connected, or was not long ago; null when it is not known.</summary>
    public BandwidthCounter? OfPeer(PeerId peer)
    {
        lock (_lock)
            return _connected.GetValueOrDefault(peer) ?? _past.GetValueOrDefault(peer);
    }

    internal BandwidthCounter OfProtocol(ProtocolId protocol)
    {
        if (_protocols.TryGetValue(protocol, out var counter))
            return counter;
        return _protocols.Count < MaxProtocols ? _protocols.GetOrAdd(protocol, static _ => new BandwidthCounter()) : OtherProtocols;
    }

    internal BandwidthCounter Connect(PeerId peer)
    {
        lock (_lock)
        {
            if (_connected.TryGetValue(peer, out var counter))
                return counter;
            counter = _past.Remove(peer, out var past) ? past : new BandwidthCounter();
            _connected.Add(peer, counter);
            return counter;
        }
    }

    internal void Disconnect(PeerId peer)
    {
        lock (_lock)
        {
            if (!_connected.Remove(peer, out var counter))
                return;
            _past[peer] = counter;
            _pastOrder.Enqueue(peer);

            // A peer that came and went stands here more than once and is forgotten by its first place: rough, but bounded.
            while (_pastOrder.Count > MaxPastPeers)
                _past.Remove(_pastOrder.Dequeue());
        }
    }
}
