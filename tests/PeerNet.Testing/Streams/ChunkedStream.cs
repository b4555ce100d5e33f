namespace PeerNet.Testing.Streams;

/// <summary>
/// A read-only stream that hands out given bytes in given pieces, one piece per read at most: the network at its most inconvenient. It
/// counts what was asked of it.
/// </summary>
public sealed class ChunkedStream : Stream
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly Func<int, int> _pieceAt;
    private int _position;

    /// <summary>Hands out <paramref name="bytes"/>; <paramref name="pieceAt"/> says how many bytes a read at a position may return at most.</summary>
    public ChunkedStream(ReadOnlyMemory<byte> bytes, Func<int, int>? pieceAt = null)
    {
        _bytes = bytes;
        _pieceAt = pieceAt ?? (static _ => int.MaxValue);
    }

    /// <summary>One byte per read.</summary>
    public static ChunkedStream OneByOne(ReadOnlyMemory<byte> bytes) => new(bytes, static _ => 1);

    /// <summary>Two pieces, cut at <paramref name="cut"/>.</summary>
    public static ChunkedStream CutAt(ReadOnlyMemory<byte> bytes, int cut) => new(bytes, at => at < cut ? cut - at : int.MaxValue);

    /// <summary>Bytes handed out so far.</summary>
    public int BytesRead => _position;

    /// <summary>The largest buffer that a read brought.</summary>
    public int LargestBuffer { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Take(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<int>(Take(buffer.Span));
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int Take(Span<byte> buffer)
    {
        LargestBuffer = Math.Max(LargestBuffer, buffer.Length);
        var count = Math.Min(Math.Min(buffer.Length, _pieceAt(_position)), _bytes.Length - _position);
        _bytes.Span.Slice(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }
}
