using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;

namespace PeerNet.Connections.Negotiation.Multistream;

/// <summary>Negotiates the security protocol.</summary>
internal readonly struct RawCarrier(RawConnection raw) : INegotiationCarrier
{
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken token) => raw.SendAsync(bytes, token);

    public async ValueTask<BufferSlice> ReceiveAsync(CancellationToken token)
    {
        var block = BufferPool.Shared.RentSmall();
        var received = 0;
        try
        {
            received = await raw.ReceiveAsync(block.Array, token).ConfigureAwait(false);
            return received == 0 ? default : block.Slice(0, received);
        }
        finally
        {
            if (received == 0)
                block.Release();
        }
    }
}

/// <summary>Negotiates the multiplexer, where the security handshake has not.</summary>
internal readonly struct SecureCarrier(SecureConnection secure) : INegotiationCarrier
{
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken token)
    {
        var sealedBytes = SealAll(secure, bytes.Span);
        await secure.SendAsync(sealedBytes, token).ConfigureAwait(false);
    }

    public ValueTask<BufferSlice> ReceiveAsync(CancellationToken token) => secure.ReceiveAsync(token);

    /// <summary>Seals what a negotiation says; it is far shorter than the smallest frame of any security protocol.</summary>
    public static ReadOnlyMemory<byte> SealAll(SecureConnection secure, ReadOnlySpan<byte> plaintext)
    {
        var frame = new byte[secure.FramePrefixBytes + plaintext.Length + secure.FrameSuffixBytes];
        plaintext.CopyTo(frame.AsSpan(secure.FramePrefixBytes));
        return frame.AsMemory(0, secure.Seal(frame, plaintext.Length));
    }
}

/// <summary>Negotiates what a stream is for.</summary>
internal readonly struct StreamCarrier(MuxedStream stream) : INegotiationCarrier
{
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken token) => stream.WriteAsync(bytes, token);

    public ValueTask<BufferSlice> ReceiveAsync(CancellationToken token) => stream.ReadSliceAsync(token);
}
