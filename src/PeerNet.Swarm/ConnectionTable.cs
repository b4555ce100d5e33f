using System.Collections.Concurrent;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Identity;
using PeerNet.Swarm.Events;
using PeerNet.Swarm.Streams;

namespace PeerNet.Swarm;

/// <summary>
/// The open connections. Reading takes no lock; opening and closing are ordered, so that events tell a consistent story. Thread-safe.
/// </summary>
internal sealed class ConnectionTable(SwarmContext context)
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<PeerId, PeerState> _peers = [];
    private long _lastNumber;
    private int _count;

    /// <summary>Open connections.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>All open connections, the oldest first: the order of a hash table would differ from run to run.</summary>
    public List<PeerConnection> Snapshot()
    {
        var all = new List<PeerConnection>(Count);
        foreach (var (_, peer) in _peers)
            all.AddRange(peer.Connections);
        all.Sort(static (left, right) => left.Number.CompareTo(right.Number));
        return all;
    }

    /// <summary>The open connections to one peer, the oldest first.</summary>
    public IReadOnlyList<PeerConnection> Of(PeerId peer) => _peers.TryGetValue(peer, out var state) ? state.Connections : [];

    /// <summary>
    /// The connection to use for a new stream: one that goes straight before one through a relay, of those the newest, since the peer made it
    /// or agreed to it last.
    /// </summary>
    public PeerConnection? Best(PeerId peer, bool allowLimited)
    {
        if (!_peers.TryGetValue(peer, out var state))
            return null;
        PeerConnection? limited = null;
        var connections = state.Connections;
        for (var i = connections.Length - 1; i >= 0; i--)
        {
            var connection = connections[i];
            if (connection.IsClosed)
                continue;
            if (!connection.IsLimited)
                return connection;
            limited ??= connection;
        }

        return allowLimited ? limited : null;
    }

    /// <summary>Adds a connection that was admitted and announces it.</summary>
    public PeerConnection Add(MuxedConnection muxed, StreamDispatcher dispatcher, StreamOpener opener)
    {
        var peer = muxed.Description.RemotePeer;
        lock (_lock)
        {
            if (!_peers.TryGetValue(peer, out var state))
            {
                state = new PeerState(peer, context.Bandwidth.Connect(peer), context.Bandwidth);
                _peers[peer] = state;
            }

            var connection = new PeerConnection(context, muxed, ++_lastNumber, state, dispatcher, opener);
            var isFirst = state.Connections.Length == 0;
            state.Connections = [.. state.Connections, connection];
            _count++;
            context.Metrics.ConnectionOpened(connection.Direction, connection.Description.Transport);
            if (context.Events.HasSubscribers)
            {
                context.Events.Publish(new ConnectionOpened(context.Events.Now, connection));
                if (isFirst)
                    context.Events.Publish(new PeerConnected(context.Events.Now, peer, connection));
            }

            return connection;
        }
    }

    /// <summary>Removes a connection that has ended and announces that.</summary>
    /// <returns>Whether it was the peer's last.</returns>
    public bool Remove(PeerConnection connection, ConnectionClosedException how)
    {
        lock (_lock)
        {
            var state = connection.State;
            state.Connections = Array.FindAll(state.Connections, other => other != connection);
            var wasLast = state.Connections.Length == 0;
            if (wasLast)
            {
                _peers.TryRemove(connection.Peer, out _);
                context.Bandwidth.Disconnect(connection.Peer);
            }

            _count--;
            context.Metrics.ConnectionClosed(connection.Direction, connection.Description.Transport);
            if (context.Events.HasSubscribers)
            {
                context.Events.Publish(new ConnectionClosed(context.Events.Now, connection, how.Reason, how.Code));
                if (wasLast)
                    context.Events.Publish(new PeerDisconnected(context.Events.Now, connection.Peer));
            }

            return wasLast;
        }
    }
}
