using PeerNet.Multiformats;

namespace PeerNet.Core.Connections;

/// <summary>
/// The first rung of the ladder raw, secure, multiplexed, peer: an ordered stream of bytes between two addresses, nothing proven yet.
/// One reader and one writer at a time. <see cref="Abort"/> may be called from any thread and ends pending calls.
/// </summary>
public abstract class RawConnection : IAsyncDisposable
{
    /// <summary>This end, as a multiaddress with its transport suffix.</summary>
    public abstract Multiaddress LocalAddress { get; }

    /// <summary>The other end, as a multiaddress with its transport suffix and without a peer id.</summary>
    public abstract Multiaddress RemoteAddress { get; }

    /// <summary>
    /// Receives what is there. An empty buffer waits until something can be received, without holding memory meanwhile, and returns 0.
    /// For any other buffer 0 is the end.
    /// </summary>
    /// <exception cref="Errors.ConnectionClosedException">The transport failed, the peer reset the connection, or it was aborted here.</exception>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken token = default);

    /// <summary>Sends all of it. The buffer may be reused when the call has ended.</summary>
    /// <exception cref="Errors.ConnectionClosedException">The transport failed, the peer reset the connection, or it was aborted here.</exception>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> buffer, CancellationToken token = default);

    /// <summary>Ends the sending direction in good order, where the transport can; the peer then reads the end.</summary>
    public abstract ValueTask ShutdownAsync(CancellationToken token = default);

    /// <summary>Ends both directions at once. Idempotent; never blocks and never throws.</summary>
    public abstract void Abort();

    /// <inheritdoc />
    public virtual ValueTask DisposeAsync()
    {
        Abort();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
