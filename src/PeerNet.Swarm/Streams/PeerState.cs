using System.Collections.Concurrent;
using PeerNet.Core;
using PeerNet.Core.Diagnostics;
using PeerNet.Identity;

namespace PeerNet.Swarm.Streams;

/// <summary>What the connections of one peer share while there is one. Thread-safe.</summary>
internal sealed class PeerState(PeerId peer, BandwidthCounter bandwidth, BandwidthTable table)
{
    /// <summary>Implementation limit: protocols of one peer whose counter lists are kept ready.</summary>
    private const int CounterListsKept = 64;

    private readonly ConcurrentDictionary<HandlerRegistration, InboundCount> _inbound = [];
    private readonly ConcurrentDictionary<ProtocolId, BandwidthCounter[]> _counters = [];
    private readonly TaskCompletionSource _direct = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PeerConnection[] _connections = [];

    /// <summary>Completes when the first connection without limits is open, or when none is left at all.</summary>
    public Task DirectOrGone => _direct.Task;

    public PeerId Peer => peer;

    public BandwidthCounter Bandwidth => bandwidth;

    /// <summary>The open connections, the newest last; replaced as a whole.</summary>
    public PeerConnection[] Connections
    {
        get => Volatile.Read(ref _connections);
        set
        {
            Volatile.Write(ref _connections, value);
            if (value.Length == 0 || Array.Exists(value, connection => !connection.IsLimited))
                _direct.TrySetResult();
        }
    }

    /// <summary>Counters that a stream of a protocol adds to.</summary>
    public BandwidthCounter[] CountersOf(ProtocolId protocol)
    {
        if (_counters.TryGetValue(protocol, out var counters))
            return counters;
        counters = [table.Total, bandwidth, table.OfProtocol(protocol)];
        if (_counters.Count < CounterListsKept)
            _counters.TryAdd(protocol, counters);
        return counters;
    }

    public bool TryCountInbound(HandlerRegistration handler)
    {
        var count = _inbound.GetOrAdd(handler, static _ => new InboundCount());
        if (Interlocked.Increment(ref count.Value) <= handler.Options.MaxInboundStreams)
            return true;
        Interlocked.Decrement(ref count.Value);
        return false;
    }

    public void UncountInbound(HandlerRegistration handler)
    {
        if (_inbound.TryGetValue(handler, out var count))
            Interlocked.Decrement(ref count.Value);
    }

    private sealed class InboundCount
    {
        public int Value;
    }
}
