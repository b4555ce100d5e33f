using System.Buffers.Binary;

namespace PeerNet.Hivemind.Rpc;

/// <summary>
/// Reads frames of a stream call. The length is checked before anything is allocated, and memory grows with what has arrived: who announces
/// much and sends little holds little. One reader at a time.
/// </summary>
internal sealed class StreamFrameReader(Stream stream, int maxBytes)
{
    // Implementation limit: the first piece of memory for a message; it doubles as bytes arrive.
    private const int InitialBytes = 64 * 1024;

    private readonly byte[] _header = new byte[RpcProtocol.FrameHeaderBytes];

    public async ValueTask<StreamFrame> ReadAsync(CancellationToken token)
    {
        var read = await stream.ReadAtLeastAsync(_header, _header.Length, throwOnEndOfStream: false, token).ConfigureAwait(false);
        if (read > 0 && _header[0] is not (RpcProtocol.MessageMarker or RpcProtocol.ErrorMarker))
            return new StreamFrame(StreamFrameKind.BadMarker, default);
        if (read < _header.Length)
            return new StreamFrame(read == 0 ? StreamFrameKind.Closed : StreamFrameKind.Truncated, default);
        var length = BinaryPrimitives.ReadUInt64BigEndian(_header.AsSpan(1));
        if (length > (ulong)maxBytes)
            return new StreamFrame(StreamFrameKind.TooLarge, default);

        var payload = new byte[Math.Min((int)length, InitialBytes)];
        var count = 0;
        while (count < (int)length)
        {
            if (count == payload.Length)
                Array.Resize(ref payload, (int)Math.Min((long)length, payload.Length * 2L));
            var more = await stream.ReadAsync(payload.AsMemory(count), token).ConfigureAwait(false);
            if (more == 0)
                return new StreamFrame(StreamFrameKind.Truncated, default);
            count += more;
        }

        return new StreamFrame(_header[0] == RpcProtocol.MessageMarker ? StreamFrameKind.Message : StreamFrameKind.ErrorOrEnd, payload);
    }
}
