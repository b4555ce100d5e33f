using PeerNet.Core.Resources;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Core.Connections;

/// <summary>
/// An authenticated connection that carries many streams. The upgrade ladder makes it from a raw connection; a transport that is born
/// secure and multiplexed, such as QUIC, makes it at once. All members are safe to call from any thread.
/// </summary>
public abstract class MuxedConnection : IAsyncDisposable
{
    /// <summary>What is known of the connection's two ends and of how it was made.</summary>
    public abstract ConnectionDescription Description { get; }

    /// <summary>The resource scope that the connection lives in; disposed with it.</summary>
    public abstract IConnectionScope Scope { get; }

    /// <summary>Streams open now, in both directions.</summary>
    public abstract int StreamCount { get; }

    /// <summary>The round-trip time last measured below the streams; null before the first.</summary>
    public abstract TimeSpan? RoundTripTime { get; }

    /// <summary>Bytes received and sent, with all framing.</summary>
    public abstract ConnectionTraffic Traffic { get; }

    /// <summary>Completes when the connection has ended, with how; it never faults.</summary>
    public abstract Task<Errors.ConnectionClosedException> Closed { get; }

    /// <summary>
    /// Opens a stream. Nothing need be sent before the first write. Waits while the peer has too many unacknowledged streams.
    /// </summary>
    /// <exception cref="Errors.ConnectionClosedException">The connection has ended or is ending.</exception>
    public abstract ValueTask<MuxedStream> OpenStreamAsync(CancellationToken token = default);

    /// <summary>The next stream that the peer opened; null once the connection has ended. One caller at a time.</summary>
    public abstract ValueTask<MuxedStream?> AcceptStreamAsync(CancellationToken token = default);

    /// <summary>Tells the peer, lets what was written go out, then ends the connection. Streams still open are reset.</summary>
    /// <param name="code">Sent where the multiplexer can; see <see cref="Errors.ErrorCodes"/>.</param>
    /// <param name="token">Cancelling ends the connection at once.</param>
    public abstract ValueTask CloseAsync(uint code = 0, CancellationToken token = default);

    /// <summary>Ends the connection at once. Idempotent; never blocks and never throws.</summary>
    public abstract void Abort(uint code = 0);

    /// <inheritdoc />
    public virtual ValueTask DisposeAsync()
    {
        Abort();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}

/// <summary>What is known of a connection's ends and of how it was made.</summary>
public sealed record ConnectionDescription
{
    /// <summary>This end.</summary>
    public required Multiaddress LocalAddress { get; init; }

    /// <summary>The other end, without a peer id.</summary>
    public required Multiaddress RemoteAddress { get; init; }

    /// <summary>This node.</summary>
    public required PeerId LocalPeer { get; init; }

    /// <summary>The key that the peer proved to hold.</summary>
    public required PublicKey RemoteKey { get; init; }

    /// <summary>The peer.</summary>
    public PeerId RemotePeer => RemoteKey.PeerId;

    /// <summary>Who opened it.</summary>
    public required Direction Direction { get; init; }

    /// <summary>The transport's name: <c>tcp</c>, <c>ws</c>, <c>wss</c>, <c>quic-v1</c>, <c>memory</c>.</summary>
    public required string Transport { get; init; }

    /// <summary>The security protocol's id.</summary>
    public required ProtocolId Security { get; init; }

    /// <summary>The multiplexer's id.</summary>
    public required ProtocolId Muxer { get; init; }

    /// <summary>Whether it runs through a relay with limits: protocols must ask to run on it.</summary>
    public bool IsLimited { get; init; }
}

/// <summary>Bytes that a connection has moved, with all framing.</summary>
/// <param name="BytesReceived">Bytes received.</param>
/// <param name="BytesSent">Bytes sent.</param>
public readonly record struct ConnectionTraffic(long BytesReceived, long BytesSent);
