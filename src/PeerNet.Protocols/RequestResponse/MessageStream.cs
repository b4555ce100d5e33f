using System.Buffers;
using PeerNet.Core.Wire;

namespace PeerNet.Protocols.RequestResponse;

/// <summary>One message in, one message out, in either framing. Disposing returns the memory that the last message read lies in.</summary>
internal sealed class MessageStream(Stream stream, MessageFraming framing) : IDisposable
{
    // Implementation limit: most messages fit; more is taken only as bytes arrive.
    private const int InitialBytes = 4096;

    private readonly FrameReader _frames = new(stream);
    private byte[]? _buffer;

    /// <summary>Reads the one message of a direction; it is valid until this is disposed.</summary>
    public ValueTask<Frame> ReadAsync(int maxBytes, CancellationToken token)
        => framing == MessageFraming.LengthPrefixed ? _frames.ReadAsync(maxBytes, token) : ReadToEndAsync(maxBytes, token);

    /// <summary>Writes a message in one write. Where the end of the direction ends the message, the caller ends the direction.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> message, CancellationToken token)
        => framing == MessageFraming.LengthPrefixed ? FrameWriter.SendAsync(stream, message, token) : stream.WriteAsync(message, token);

    public void Dispose()
    {
        _frames.Dispose();
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
    }

    private async ValueTask<Frame> ReadToEndAsync(int maxBytes, CancellationToken token)
    {
        _buffer ??= ArrayPool<byte>.Shared.Rent(InitialBytes);
        var count = 0;
        while (true)
        {
            if (count == _buffer.Length)
                Grow(count);
            var read = await stream.ReadAsync(_buffer.AsMemory(count), token).ConfigureAwait(false);
            if (read == 0)
                return new Frame(FrameStatus.Message, _buffer.AsMemory(0, count), (ulong)count);
            count += read;
            if (count > maxBytes)
                return new Frame(FrameStatus.TooLong, default, (ulong)count);
        }
    }

    private void Grow(int count)
    {
        var larger = ArrayPool<byte>.Shared.Rent(checked(count * 2));
        _buffer.AsSpan(0, count).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer!);
        _buffer = larger;
    }
}
