using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Swarm.Streams;

namespace PeerNet.Swarm;

/// <summary>
/// The one door through which every connection enters the swarm, whatever its transport and direction: is it who was dialled, is it not this
/// node itself, do gater and limits allow it. Before it has passed no handler and no event sees it. Thread-safe.
/// </summary>
internal sealed class ConnectionAdmitter(SwarmContext context, ConnectionTable table, StreamDispatcher dispatcher, StreamOpener opener)
{
    /// <summary>Implementation limit: how long a refused connection may take to hear of it.</summary>
    private static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Raised after a connection was added and before its streams are accepted.</summary>
    public event Action<PeerConnection>? Opened;

    /// <summary>Raised after a connection has ended; the flag says whether it was the peer's last.</summary>
    public event Action<PeerConnection, bool>? Closed;

    /// <summary>Admits a connection, or ends it and throws.</summary>
    /// <param name="muxed">The connection; from here on it belongs to the swarm.</param>
    /// <param name="expected">The peer that was dialled; null when any will do.</param>
    /// <exception cref="HandshakeException">Another peer answered.</exception>
    /// <exception cref="DialException">The peer is this node itself, gated, or the node is shutting down.</exception>
    /// <exception cref="ResourceLimitException">The peer has too many connections.</exception>
    public PeerConnection Admit(MuxedConnection muxed, PeerId? expected)
    {
        var peer = muxed.Description.RemotePeer;
        if (expected is not null && peer != expected)
        {
            muxed.Abort();
            throw new HandshakeException(HandshakeFailure.UnexpectedPeer, $"Peer {peer} answered instead of {expected}.");
        }

        if (peer == context.LocalPeer)
        {
            muxed.Abort();
            throw new DialException(peer, DialFailure.Self, []);
        }

        if (context.IsDraining)
        {
            _ = EndAsync(muxed, ErrorCodes.ConnectionShutdown);
            throw new DialException(peer, DialFailure.ShuttingDown, []);
        }

        if (!context.Gater.AllowSecured(muxed.Description.Direction, peer, muxed.Description.RemoteAddress) || !context.Gater.AllowUpgraded(muxed.Description))
        {
            _ = EndAsync(muxed, ErrorCodes.ConnectionGated);
            throw new DialException(peer, DialFailure.Gated, []);
        }

        if (!muxed.Scope.TrySetPeer(peer, out var refusal))
        {
            _ = EndAsync(muxed, ErrorCodes.ConnectionResourceLimit);
            throw new ResourceLimitException(refusal);
        }

        var connection = table.Add(muxed, dispatcher, opener);
        context.PeerStore.OnConnected(peer);
        context.PeerStore.AddPublicKey(peer, muxed.Description.RemoteKey);
        SwarmLog.ConnectionOpened(context.Log, connection.Id, peer, muxed.Description.RemoteAddress);
        Opened?.Invoke(connection);
        connection.Watch = WatchAsync(connection);
        _ = dispatcher.AcceptAsync(connection);
        return connection;
    }

    private async Task WatchAsync(PeerConnection connection)
    {
        var how = await connection.Closed.ConfigureAwait(false);
        var telling = connection.OnClosedAsync();
        var wasLast = table.Remove(connection, how);
        context.PeerStore.OnDisconnected(connection.Peer);
        SwarmLog.ConnectionClosed(context.Log, connection.Id, how.Message);
        Closed?.Invoke(connection, wasLast);
        await connection.Muxed.DisposeAsync().ConfigureAwait(false);
        await telling.ConfigureAwait(false);
    }

    private async Task EndAsync(MuxedConnection muxed, uint code)
    {
        try
        {
            using var deadline = context.Time.CreateDeadline(FarewellTimeout);
            await muxed.CloseAsync(code, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is PeerNetException or OperationCanceledException or IOException)
        {
            // It was to end anyway.
        }
        finally
        {
            muxed.Abort(code);
        }
    }
}
