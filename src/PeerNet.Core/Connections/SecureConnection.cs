using PeerNet.Core.Buffers;
using PeerNet.Identity;

namespace PeerNet.Core.Connections;

/// <summary>
/// A raw connection after its security handshake: the peer is known. It is made for one multiplexer on top, which lays plaintext
/// straight into frames (a prefix, up to <see cref="MaxFramePlaintext"/> bytes, a suffix), seals them in place and sends many at once;
/// received bytes come as slices of the very block they arrived in. One sender and one receiver at a time.
/// </summary>
public abstract class SecureConnection : IAsyncDisposable
{
    /// <summary>The connection below.</summary>
    public abstract RawConnection Raw { get; }

    /// <summary>The security protocol's id, such as <c>/noise</c>.</summary>
    public abstract ProtocolId Security { get; }

    /// <summary>The key that the peer proved to hold.</summary>
    public abstract PublicKey RemoteKey { get; }

    /// <summary>The peer.</summary>
    public PeerId RemotePeer => RemoteKey.PeerId;

    /// <summary>The multiplexer agreed on inside the handshake; null when it is still to be negotiated.</summary>
    public abstract ProtocolId? EarlyMuxer { get; }

    /// <summary>Bytes in front of each frame's plaintext.</summary>
    public abstract int FramePrefixBytes { get; }

    /// <summary>Bytes behind each frame's plaintext.</summary>
    public abstract int FrameSuffixBytes { get; }

    /// <summary>The most plaintext one frame holds.</summary>
    public abstract int MaxFramePlaintext { get; }

    /// <summary>
    /// Seals one frame in place. Plaintext lies at <see cref="FramePrefixBytes"/>; frames are sealed in the order in which they are sent.
    /// </summary>
    /// <param name="frame">Room for prefix, plaintext and suffix.</param>
    /// <param name="plaintextBytes">Length of the plaintext.</param>
    /// <returns>Length of the sealed frame.</returns>
    public abstract int Seal(Span<byte> frame, int plaintextBytes);

    /// <summary>Sends sealed frames. The buffer may be reused when the call has ended.</summary>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> sealedFrames, CancellationToken token = default);

    /// <summary>
    /// Receives plaintext: never more than one frame's worth, never empty except at the end. The caller owns the slice and releases it.
    /// While nothing arrives no buffer is held.
    /// </summary>
    /// <exception cref="Errors.ConnectionClosedException">The transport failed, or a frame did not verify.</exception>
    /// <exception cref="Errors.HandshakeException">The peer refused this end, which an initiator of TLS hears only by its first receive.</exception>
    public abstract ValueTask<BufferSlice> ReceiveAsync(CancellationToken token = default);

    /// <summary>Ends the sending direction in good order.</summary>
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
