using System.Buffers;
using PeerNet.Multiformats;

namespace PeerNet.Core.Wire;

/// <summary>
/// Gathers length-prefixed frames in one pooled buffer, so that they leave in a single write: the prefix never travels in a packet of its
/// own. Not thread-safe.
/// </summary>
public sealed class FrameWriter : IDisposable
{
    // Implementation limit: a request, an identify message.
    private const int InitialBytes = 512;

    private byte[]? _buffer;
    private int _count;

    /// <summary>The frames gathered so far. Valid until the next change.</summary>
    public ReadOnlyMemory<byte> Written => _buffer is null ? default : _buffer.AsMemory(0, _count);

    /// <summary>Adds a frame and returns the room for its message, which the caller fills before the next call.</summary>
    public Span<byte> Append(int messageBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(messageBytes);
        var prefix = Varint.Length((ulong)messageBytes);
        Reserve(checked(prefix + messageBytes));
        Varint.Write(_buffer.AsSpan(_count), (ulong)messageBytes);
        var message = _buffer.AsSpan(_count + prefix, messageBytes);
        _count += prefix + messageBytes;
        return message;
    }

    /// <summary>Adds a frame with a copy of <paramref name="message"/>.</summary>
    public void Append(ReadOnlySpan<byte> message) => message.CopyTo(Append(message.Length));

    /// <summary>Forgets the frames gathered so far, and keeps the buffer.</summary>
    public void Clear() => _count = 0;

    /// <summary>Sends all gathered frames in one write. They are forgotten when the call has ended well.</summary>
    public async ValueTask SendAsync(Stream stream, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        await stream.WriteAsync(Written, token).ConfigureAwait(false);
        Clear();
    }

    /// <summary>Sends one message as a frame, in one write.</summary>
    public static async ValueTask SendAsync(Stream stream, ReadOnlyMemory<byte> message, CancellationToken token = default)
    {
        using var writer = new FrameWriter();
        writer.Append(message.Span);
        await writer.SendAsync(stream, token).ConfigureAwait(false);
    }

    /// <summary>Returns the buffer. Idempotent.</summary>
    public void Dispose()
    {
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
        _count = 0;
    }

    private void Reserve(int bytes)
    {
        var needed = checked(_count + bytes);
        if (_buffer is not null && needed <= _buffer.Length)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(InitialBytes, needed));
        Written.Span.CopyTo(larger);
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
