using System.Buffers;
using PeerNet.Multiformats;

namespace PeerNet.Core.Wire;

/// <summary>
/// Reads frames of a varint length and that many bytes from a stream: the framing of identify, Kademlia, relay, rendezvous, gossipsub and
/// others. The length is checked against the caller's cap before anything is allocated or waited for, and the buffer grows with what has
/// arrived, not with what was announced: a peer that announces much and sends little holds little. Between messages no buffer is held.
/// One reader at a time. Deadlines are the caller's, by its token; after a cancelled read the reader may go on.
/// </summary>
public sealed class FrameReader : IDisposable
{
    // Implementation limit: most messages fit, and a stream hands over at most one small block at a time.
    private const int InitialBytes = 4096;

    private readonly Stream _stream;
    private byte[]? _buffer;
    private int _start;
    private int _count;
    private int _pending;
    private FrameStatus? _failure;

    /// <summary>Reads from <paramref name="stream"/>, which stays the caller's.</summary>
    public FrameReader(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _stream = stream;
    }

    /// <summary>Bytes received behind the last message, for a protocol that leaves its framing. Valid until the next read.</summary>
    public ReadOnlyMemory<byte> Remainder => _buffer is null ? default : _buffer.AsMemory(_start + _pending, _count - _pending);

    /// <summary>Reads the next frame.</summary>
    /// <param name="maxBytes">The most bytes that a message may have.</param>
    /// <param name="token">Cancelling leaves what was received in the reader.</param>
    /// <returns>The outcome; its message is valid until the next call. After a violation or the end every call returns the same.</returns>
    /// <remarks>Errors of the stream itself, a reset or a closed connection, are thrown as the stream throws them.</remarks>
    public async ValueTask<Frame> ReadAsync(int maxBytes, CancellationToken token = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        Consume();
        if (_failure is { } failure)
            return new Frame(failure, default, 0);
        if (_count == 0)
            await WaitWithoutBufferAsync(token).ConfigureAwait(false);

        ulong length;
        int prefix;
        while (true)
        {
            var status = Varint.TryRead(Buffered, out length, out prefix);
            if (status == OperationStatus.Done)
                break;
            if (status == OperationStatus.InvalidData)
                return Fail(FrameStatus.Malformed);
            if (!await FillAsync(InitialBytes, token).ConfigureAwait(false))
                return Fail(_count == 0 ? FrameStatus.End : FrameStatus.Truncated);
        }

        if (length > (ulong)maxBytes)
            return Fail(FrameStatus.TooLong, length);

        var needed = prefix + (int)length;
        while (_count < needed)
        {
            if (!await FillAsync(needed, token).ConfigureAwait(false))
                return Fail(FrameStatus.Truncated, length);
        }

        _pending = needed;
        return new Frame(FrameStatus.Message, _buffer.AsMemory(_start + prefix, (int)length), length);
    }

    /// <summary>Returns the buffer. The stream stays open. Idempotent.</summary>
    public void Dispose()
    {
        _count = 0;
        _pending = 0;
        _failure ??= FrameStatus.End;
        ReturnBuffer();
    }

    private ReadOnlySpan<byte> Buffered => _buffer is null ? default : _buffer.AsSpan(_start, _count);

    private void Consume()
    {
        _start += _pending;
        _count -= _pending;
        _pending = 0;
    }

    private Frame Fail(FrameStatus status, ulong announced = 0)
    {
        _failure = status;
        _count = 0;
        ReturnBuffer();
        return new Frame(status, default, announced);
    }

    private async ValueTask WaitWithoutBufferAsync(CancellationToken token)
    {
        ReturnBuffer();
        _ = await _stream.ReadAsync(Memory<byte>.Empty, token).ConfigureAwait(false);
    }

    private async ValueTask<bool> FillAsync(int needed, CancellationToken token)
    {
        MakeRoom(needed);
        var read = await _stream.ReadAsync(_buffer.AsMemory(_start + _count), token).ConfigureAwait(false);
        _count += read;
        return read > 0;
    }

    /// <summary>Leaves free space behind the buffered bytes: moves them to the front, or doubles the buffer up to what is needed.</summary>
    private void MakeRoom(int needed)
    {
        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(InitialBytes);
            return;
        }

        if (_count < _buffer.Length)
        {
            if (_start > 0 && _start + Math.Max(needed, _count + 1) > _buffer.Length)
            {
                Buffered.CopyTo(_buffer);
                _start = 0;
            }

            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_count + 1, Math.Min(needed, _buffer.Length * 2)));
        Buffered.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
        _start = 0;
    }

    private void ReturnBuffer()
    {
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
        _start = 0;
    }
}
