using PeerNet.Core.Buffers;
using PeerNet.Core.Resources;

namespace PeerNet.Core.Connections;

/// <summary>
/// One stream of a multiplexed connection, before it is known what it is for. Each direction ends on its own. One reader and one writer
/// at a time; the other members are safe to call from any thread.
/// </summary>
public abstract class MuxedStream
{
    /// <summary>The multiplexer's number of the stream.</summary>
    public abstract ulong Id { get; }

    /// <summary>Who opened it.</summary>
    public abstract Direction Direction { get; }

    /// <summary>Whether both directions have ended.</summary>
    public abstract bool IsClosed { get; }

    /// <summary>Completes when both directions have ended or the stream was reset; it never faults.</summary>
    public abstract Task Closed { get; }

    /// <summary>Reads what is there, waiting for at least one byte; 0 is the end of what the peer sends. An empty buffer waits for data and returns 0.</summary>
    /// <exception cref="Errors.StreamResetException">The stream was reset.</exception>
    /// <exception cref="Errors.ConnectionClosedException">The connection ended first.</exception>
    public abstract ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken token = default);

    /// <summary>
    /// Takes received bytes as they lie, without a copy: one slice, empty only at the end. The caller owns and releases it; window credit
    /// returns to the peer as it is taken.
    /// </summary>
    /// <exception cref="Errors.StreamResetException">The stream was reset.</exception>
    /// <exception cref="Errors.ConnectionClosedException">The connection ended first.</exception>
    public abstract ValueTask<BufferSlice> ReadSliceAsync(CancellationToken token = default);

    /// <summary>
    /// Queues all of it for sending, waiting for the peer's window and for room in the connection's send buffer. The buffer may be reused
    /// when the call has ended; the bytes go out without a flush.
    /// </summary>
    /// <exception cref="Errors.StreamResetException">The stream was reset.</exception>
    /// <exception cref="Errors.ConnectionClosedException">The connection ended first.</exception>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken token = default);

    /// <summary>Ends the sending direction in good order: the peer reads all that was written, then the end. Idempotent.</summary>
    public abstract ValueTask CloseWriteAsync(CancellationToken token = default);

    /// <summary>Stops reading: what arrives from now on is dropped, with its window credit returned so that the peer's writer does not hang. Idempotent.</summary>
    public abstract void CloseRead();

    /// <summary>Ends both directions at once and tells the peer. Idempotent; never blocks and never throws.</summary>
    /// <param name="code">Sent where the multiplexer can; see <see cref="Errors.ErrorCodes"/>.</param>
    public abstract void Reset(uint code = 0);

    /// <summary>The stream's resource scope, set by the swarm right after it was opened or accepted and disposed when the stream has ended.</summary>
    public virtual IStreamScope? Scope { get; set; }
}
